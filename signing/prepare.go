package signing

import (
	"crypto"
	"errors"
	"time"

	"guichet.example/certs"
)

// Bounds on bytes from outside.
const (
	// MaxPDF is the largest file read or written, in bytes.
	MaxPDF = 25 << 20
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
	// Field names the signature field. Empty: "Signature" and the first free number.
	Field string
}

// Mark is a visible signature: where and what it shows. What it shows is no evidence.
type Mark struct {
	Page  int        // counted from 1; 0 means invisible
	Rect  [4]float64 // llx, lly, urx, ury in points, origin at the lower left
	Lines []string   // text from top to bottom
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
}

// SignatureValue is what the card gives: PKCS#1 v1.5 for RSA; for ECDSA r‖s in the
// length of the curve (IEEE P1363), or DER, minimal or not.
type SignatureValue []byte

// Prepare writes the signature field into an incremental update of the file and
// computes what the card signs. The same request gives the same bytes.
//
// Errors: ErrNotPDF, ErrTooLarge, ErrUnsuitable, ErrCertificate.
func Prepare(r Request) (*Prepared, error) {
	return nil, ErrUnsuitable
}

// Complete puts the value into the hole and returns the file signed at PAdES B-B. The
// value is verified first, with the key of the prepared certificate and no other. The
// same value always gives the same bytes.
//
// Errors: ErrSignatureValue, ErrPrepared.
func (p *Prepared) Complete(v SignatureValue) ([]byte, error) {
	return nil, ErrSignatureValue
}
