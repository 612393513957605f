package signing

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"guichet.example/certs"
	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/pdf"
)

// Bounds on bytes from outside.
const (
	// MaxPDF is the largest file read or written, in bytes.
	MaxPDF = 128 << 20
	// Hole is the room kept for a signature in bytes of DER; twice that in hexadecimal.
	// A path of three certificates with a timestamp token and its path takes about 10 KB.
	Hole = 16 << 10
)

// Conditions a caller branches on.
var (
	// ErrNotPDF is returned for bytes that do not begin as a PDF file.
	ErrNotPDF = errors.New("not a PDF file")
	// ErrTooLarge is returned for a file over MaxPDF.
	ErrTooLarge = errors.New("file is too large")
	// ErrUnsuitable means the file is a PDF but cannot be signed: encrypted, its structure
	// is broken, or an earlier signature forbids it. The wrapping error says which.
	ErrUnsuitable = errors.New("file cannot be signed")
	// ErrCertificate means the signer's certificate, key or path does not serve.
	ErrCertificate = errors.New("certificate cannot sign")
	// ErrSignatureValue means the value is not a signature over the prepared digest by
	// the key of the prepared certificate. Nothing was written.
	ErrSignatureValue = errors.New("signature value does not verify")
	// ErrPrepared means the stored preparation was altered or is incomplete.
	ErrPrepared = errors.New("prepared signature is damaged")
)

// Request says what to sign, by whom and when.
type Request struct {
	// PDF is the file as the member read it, at most MaxPDF bytes.
	PDF []byte
	// Path is the certification path of the signer, leaf first, already checked. The
	// certificates between leaf and root travel in the signature, the root does not.
	Path certs.Path
	// At is the claimed signing time (entry M), to the second. Required.
	At time.Time
	// Mark is the visible signature; the zero value makes an invisible one.
	Mark Mark
	// Field names the signature field. Empty: "Signature", or "Seal" where the certificate
	// is an organisation's, and the first free number.
	Field string
	// Name and Reason are shown beside the signature (ISO 32000-1, table 252), at most
	// MaxText characters each; empty: left out. They are chosen by the signer, no evidence.
	Name, Reason string
	// Attachment is embedded in the same revision, so that the signature covers it; nil:
	// none. A file that somebody has signed takes no more attachments.
	Attachment *Attachment
	// Certify makes the file's first signature say what may be done afterwards; zero: an
	// approval signature.
	Certify Permission
	// PSS asks an RSA key for RSASSA-PSS instead of PKCS#1 v1.5 (RFC 4056), salt and mask
	// on the hash of the signature. Cards cannot be expected to have it.
	PSS bool
}

// MaxText is the longest Name or Reason, in characters.
const MaxText = 200

// Mark is a visible signature: where and what it shows. What it shows is no evidence.
type Mark struct {
	Page  int        // counted from 1; 0 means invisible
	Rect  [4]float64 // llx, lly, urx, ury in points, origin at the lower left
	Lines []string   // text from top to bottom

	seal bool // of an organisation: drawn with a stamp, not with a pen
}

// Prepared is a signature without its value. It is data only: marshal it as JSON, keep
// it between the phases, complete it in any process. It is not secret, but whoever can
// alter it chooses what is signed: keep it on the server.
type Prepared struct {
	PDF         []byte      `json:"pdf"`         // final bytes, the hole filled with zeros
	ByteRange   [4]int      `json:"byteRange"`   // what is hashed: all but the hole
	Attributes  []byte      `json:"attributes"`  // signed attributes, DER SET OF as hashed
	Hash        crypto.Hash `json:"hash"`        // hash of bytes, of attributes and of the signature
	Digest      []byte      `json:"digest"`      // Hash of Attributes: what the card signs
	Certificate []byte      `json:"certificate"` // DER of the signer's certificate
	Path        [][]byte    `json:"path"`        // DER of the certificates above it, root left out
	At          time.Time   `json:"at"`          // claimed signing time
	Field       string      `json:"field"`       // name of the signature field
	PSS         bool        `json:"pss,omitempty"`
}

// SignatureValue is what the card gives: PKCS#1 v1.5 or PSS for RSA; for ECDSA r‖s in the
// length of the curve (IEEE P1363), or DER, minimal or not.
type SignatureValue []byte

// tsaBudget is the part of the hole kept for a timestamp token and its path; overhead
// is what a signature needs beside certificates: attributes, value, names and tags.
const (
	tsaBudget = 8 << 10
	overhead  = 2 << 10
)

// Prepare writes the signature field into an incremental update of the file and
// computes what the card signs. The same request gives the same bytes.
//
// Errors: ErrNotPDF, ErrTooLarge, ErrUnsuitable, ErrCertificate.
func Prepare(r Request) (*Prepared, error) {
	p, signed, err := prepare(r)
	if err != nil {
		return nil, err
	}
	if _, err := p.selfCheck(signed); err != nil {
		return nil, err
	}
	return p, nil
}

// prepare is Prepare without a look at what came out. It also reports whether there are
// earlier signatures.
func prepare(r Request) (*Prepared, bool, error) {
	hash, err := r.check()
	if err != nil {
		return nil, false, err
	}
	f, err := open(r.PDF)
	if err != nil {
		return nil, false, err
	}
	earlier, err := signable(f)
	if err != nil {
		return nil, false, err
	}
	p := &Prepared{Hash: hash, Certificate: r.Path[0].Raw, At: r.At.UTC().Truncate(time.Second), Field: r.Field, PSS: r.PSS}
	for _, cert := range r.Path[1:] {
		if !selfIssued(cert) {
			p.Path = append(p.Path, cert.Raw)
		}
	}
	u := f.Update()
	prefix := "Signature"
	if certs.Seal.Check(r.Path[0]) == nil {
		prefix, r.Mark.seal = "Seal", true
	}
	if p.Field, err = openField(f, r.Field, prefix); err != nil {
		return nil, false, err
	}
	s := newSlot("/Sig", "/ETSI.CAdES.detached", Hole, p.At, note{key: "Name", text: r.Name}, note{key: "Reason", text: r.Reason},
		note{key: "Reference", raw: r.Certify.reference()})
	if err := addField(f, u, s, p.Field, r.Mark, len(earlier) == 0); err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	if r.Attachment != nil {
		if err := attach(f.Last(), u, *r.Attachment, p.At); err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrUnsuitable, err)
		}
	}
	if r.Certify != 0 {
		if err := certify(f.Last(), u, s.ref, len(earlier)); err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrUnsuitable, err)
		}
	}
	from := newSource(r.PDF)
	p.PDF, p.ByteRange = s.write(u, from.secondID(p.At, p.Certificate))
	if p.Attributes, p.Digest, err = p.deriveFrom(from); err != nil {
		return nil, false, err
	}
	return p, len(earlier) > 0, nil
}

// check looks at all of the request but the file.
func (r *Request) check() (crypto.Hash, error) {
	if len(r.Path) == 0 {
		return 0, fmt.Errorf("%w: no path", ErrCertificate)
	}
	if r.At.IsZero() {
		return 0, fmt.Errorf("%w: no signing time", ErrUnsuitable)
	}
	if !fits(r.Name) || !fits(r.Reason) {
		return 0, fmt.Errorf("%w: name or reason is too long or no text", ErrUnsuitable)
	}
	if err := r.Attachment.check(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	if err := r.Certify.check(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	leaf := r.Path[0]
	hash, err := cms.HashFor(leaf.PublicKey)
	if err != nil {
		return 0, fmt.Errorf("%w: %v", ErrCertificate, err)
	}
	if _, isRSA := leaf.PublicKey.(*rsa.PublicKey); r.PSS && !isRSA {
		return 0, fmt.Errorf("%w: PSS with a key that is not RSA", ErrCertificate)
	}
	if err := certs.Signature.Check(leaf); err != nil && certs.Seal.Check(leaf) != nil {
		return 0, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	size := 0
	for _, cert := range r.Path {
		if !selfIssued(cert) {
			size += len(cert.Raw)
		}
	}
	if size > Hole-tsaBudget-overhead {
		return 0, fmt.Errorf("%w: path of %d bytes does not fit beside a timestamp", ErrCertificate, size)
	}
	return hash, nil
}

func selfIssued(cert *x509.Certificate) bool { return bytes.Equal(cert.RawSubject, cert.RawIssuer) }

// open reads a file's structure and translates what is wrong with it.
func open(file []byte) (*pdf.File, error) {
	f, err := pdf.Open(file)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, pdf.ErrNotPDF):
		return nil, ErrNotPDF
	case errors.Is(err, pdf.ErrTooLarge):
		return nil, ErrTooLarge
	}
	return nil, fmt.Errorf("%w: %w", ErrUnsuitable, err)
}

// signable refuses files in which a further signature is forbidden or would join broken
// ones. It returns the signatures there are.
func signable(f *pdf.File) ([]*pdf.Signature, error) {
	locked, err := f.Last().Locked()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	if locked {
		return nil, fmt.Errorf("%w: a certification permits no further signature", ErrUnsuitable)
	}
	earlier, err := f.Signatures()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	for _, s := range earlier {
		if s.Err != nil || s.Gone {
			return nil, fmt.Errorf("%w: an earlier signature is broken", ErrUnsuitable)
		}
	}
	return earlier, nil
}

// derive computes attributes and digest from the bytes and the certificate.
func (p *Prepared) derive() (attributes, digest []byte, err error) {
	return p.deriveFrom(newSource(nil))
}

// deriveFrom is derive for bytes that begin with those of a source.
func (p *Prepared) deriveFrom(from source) (attributes, digest []byte, err error) {
	if attributes, err = cms.NewAttributes(from.digest(p.Hash, p.PDF, p.ByteRange), p.Certificate); err != nil {
		return nil, nil, fmt.Errorf("encoding signed attributes: %w", err)
	}
	h := p.Hash.New()
	h.Write(attributes)
	return attributes, h.Sum(nil), nil
}

// written is a file read again, and its last signature.
type written struct {
	f   *pdf.File
	sig *pdf.Signature
}

// selfCheck reads what was written, without or with the value, as a verifier would: the
// new field is there, its hole is the byte range, and no earlier signature sees a change.
func (p *Prepared) selfCheck(signed bool) (*written, error) {
	f, err := open(p.PDF)
	if err != nil {
		return nil, err
	}
	list, err := f.Signatures()
	if err != nil || len(list) == 0 {
		return nil, fmt.Errorf("%w: signature field not found again: %v", ErrUnsuitable, err)
	}
	last := list[len(list)-1]
	if last.Err != nil || last.Field != p.Field || last.ByteRange != p.ByteRange {
		return nil, fmt.Errorf("%w: signature field not as written: %v", ErrUnsuitable, last.Err)
	}
	found := &written{f, last}
	if !signed {
		return found, nil
	}
	changes, err := f.Changes(f.Revisions() - 1)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	for _, c := range changes {
		if !c.Allowed {
			return nil, fmt.Errorf("%w: %s would change under an earlier signature", ErrUnsuitable, c.What)
		}
	}
	return found, nil
}
