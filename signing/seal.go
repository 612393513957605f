package signing

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"guichet.example/certs"
	"guichet.example/signing/internal/cms"
)

// Sealer puts the mutuality's own signature, a seal, under a document. It makes one
// revision at B-B, which [Extender] raises like a member's signature. A seal tells where a
// document comes from and that it is unchanged; it is nobody's consent. Safe for
// concurrent use.
type Sealer struct {
	// Key is the seal key: *hsm.Key, or any signer for RSA or ECDSA. Required.
	Key crypto.Signer
	// Certificates are the organisation's certificate for the key (certs.Seal), and the
	// certificates above it that the anchors do not hold. At least the first.
	Certificates []*x509.Certificate
	// Anchors end the path of the certificate. Required.
	Anchors *certs.TrustAnchors
	// Now is the claimed time of a seal, to the second. Nil: time.Now.
	Now func() time.Time
	// Rand is for keys in software. Nil: crypto/rand.
	Rand io.Reader

	last atomic.Pointer[sealPath] // the path found last
}

// ErrSealKey means the key gave no signature: the token is away or busy, which passes.
// Nothing was written.
var ErrSealKey = errors.New("seal key does not sign")

// SealOptions says what goes into the revision beside the seal.
type SealOptions struct {
	Reason     string      // shown with the seal; at most MaxText characters
	Mark       Mark        // the zero value makes an invisible seal
	Attachment *Attachment // nil: none
	Certify    Permission  // only for the file's first signature; zero: none
	PSS        bool        // RSASSA-PSS with an RSA key
}

// contextSigner is a key whose use can be waited for no longer than the caller wants.
type contextSigner interface {
	SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

// checkedSigner is a contextSigner that leaves the verification of the value to its
// caller, and wants to hear of a false one: *hsm.Key.
type checkedSigner interface {
	SignChecked(ctx context.Context, digest []byte, opts crypto.SignerOpts, check func(value []byte) error) ([]byte, error)
}

// Name is the organisation that seals, as its certificate says it.
func (s *Sealer) Name() string {
	if len(s.Certificates) == 0 || len(s.Certificates[0].Subject.Organization) == 0 {
		return ""
	}
	return s.Certificates[0].Subject.Organization[0]
}

// Seal returns the file with one more revision, sealed at B-B: the attachment, and a
// signature over all of it in the name of the organisation. The bytes given are a prefix
// of the bytes returned.
//
// The sealed file is read again and its seal verified before it is returned. That is the
// one verification of what the key gave: a key that would do it too is asked not to.
//
// Errors: those of [Prepare], ErrSealKey, ErrSignatureValue, ErrPrepared.
func (s *Sealer) Seal(ctx context.Context, pdf []byte, o SealOptions) ([]byte, error) {
	own, err := s.path()
	if err != nil {
		return nil, err
	}
	p, signed, err := prepare(Request{
		PDF: pdf, Path: own.path, At: clock(s.Now).Truncate(time.Second), Mark: o.Mark,
		Name: s.Name(), Reason: o.Reason, Attachment: o.Attachment, Certify: o.Certify, PSS: o.PSS,
	})
	if err != nil {
		return nil, err
	}
	if signed { // nothing is signed that would break what others signed
		if _, err := p.selfCheck(signed); err != nil {
			return nil, err
		}
	}
	return s.sign(ctx, p, own)
}

// finish is Complete for a preparation that has not left this function's caller: nobody
// can have altered it, and the file is filled in where it stands. The value is verified
// where it ended up: in the file, read again as a verifier would.
func (p *Prepared) finish(own *sealPath, value SignatureValue) ([]byte, error) {
	cert := own.path[0]
	if key, ok := cert.PublicKey.(*ecdsa.PublicKey); ok {
		r, s, ok := derRS(value, key)
		if !ok {
			return nil, ErrSignatureValue
		}
		value = encodeRS(r, s)
	}
	der, err := p.encode(cert, value)
	if err != nil {
		return nil, err
	}
	if err := splice(p.PDF, p.ByteRange, der); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrPrepared, err)
	}
	found, err := p.selfCheck(false)
	if err != nil {
		return nil, err
	}
	s := &subject{sig: found.sig, report: &SignatureReport{}}
	(&validation{f: found.f, known: own.known()}).integrity(s)
	switch r := s.report; {
	case r.SubIndication == SigCryptoFailure:
		return nil, ErrSignatureValue
	case !r.Integrity.Passed || !r.Coverage.Passed || !r.CoversWhole || !s.profile || !bytes.Equal(s.cert.Raw, p.Certificate):
		return nil, fmt.Errorf("%w: the seal does not verify: %v", ErrPrepared, r.Reasons)
	}
	return p.PDF, nil
}

// sign has the key sign what was prepared, and finishes the file.
func (s *Sealer) sign(ctx context.Context, p *Prepared, own *sealPath) (sealed []byte, err error) {
	var opts crypto.SignerOpts = p.Hash
	if p.PSS {
		opts = cms.PSS(p.Hash)
	}
	if key, ok := s.Key.(checkedSigner); ok {
		var failed error
		_, err := key.SignChecked(ctx, p.Digest, opts, func(value []byte) error {
			if sealed, failed = p.finish(own, value); errors.Is(failed, ErrSignatureValue) {
				return failed
			}
			return nil // whatever else failed is not the key's fault
		})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSealKey, err)
		}
		return sealed, failed
	}
	value, err := s.value(ctx, p, opts)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealKey, err)
	}
	return p.finish(own, value)
}

// value is what a key gives that knows nothing of checks.
func (s *Sealer) value(ctx context.Context, p *Prepared, opts crypto.SignerOpts) (SignatureValue, error) {
	if key, ok := s.Key.(contextSigner); ok {
		return key.SignContext(ctx, p.Digest, opts)
	}
	random := s.Rand
	if random == nil {
		random = rand.Reader
	}
	return s.Key.Sign(random, p.Digest, opts)
}
