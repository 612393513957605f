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
	"slices"
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

// sealPath is a path that was verified, for the certificates and anchors it was found
// with. It holds while each certificate in it is valid: signatures do not age.
type sealPath struct {
	certificates []*x509.Certificate
	anchors      *certs.TrustAnchors
	path         certs.Path
}

func (k *sealPath) holds(s *Sealer, at time.Time) bool {
	return k != nil && k.anchors == s.Anchors && slices.Equal(k.certificates, s.Certificates) &&
		!slices.ContainsFunc(k.path, func(c *x509.Certificate) bool { return at.Before(c.NotBefore) || at.After(c.NotAfter) })
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

// Check reports whether the sealer can seal now: key and certificate belong together, the
// certificate is an organisation's, and its path leads to an anchor. ErrCertificate.
func (s *Sealer) Check() error {
	_, err := s.path()
	return err
}

// Name is the organisation that seals, as its certificate says it.
func (s *Sealer) Name() string {
	if len(s.Certificates) == 0 || len(s.Certificates[0].Subject.Organization) == 0 {
		return ""
	}
	return s.Certificates[0].Subject.Organization[0]
}

// Path is the certification path of the seal at the present time. ErrCertificate.
func (s *Sealer) Path() (certs.Path, error) { return s.path() }

func (s *Sealer) path() (certs.Path, error) {
	if s.Key == nil || len(s.Certificates) == 0 || s.Anchors == nil {
		return nil, fmt.Errorf("%w: key, certificate and anchors are required", ErrCertificate)
	}
	public, ok := s.Certificates[0].PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(s.Key.Public()) {
		return nil, fmt.Errorf("%w: the seal key is not the certificate's", ErrCertificate)
	}
	if _, err := cms.HashFor(s.Certificates[0].PublicKey); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	now := clock(s.Now)
	if known := s.last.Load(); known.holds(s, now) {
		return known.path, nil
	}
	path, err := s.Anchors.Path(s.Certificates[0], certs.Seal, now, s.Certificates[1:]...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	s.last.Store(&sealPath{slices.Clone(s.Certificates), s.Anchors, path})
	return path, nil
}

// Seal returns the file with one more revision, sealed at B-B: the attachment, and a
// signature over all of it in the name of the organisation. The bytes given are a prefix
// of the bytes returned.
//
// The sealed file is read again and its seal verified before it is returned.
//
// Errors: those of [Prepare], ErrSealKey, ErrSignatureValue, ErrPrepared.
func (s *Sealer) Seal(ctx context.Context, pdf []byte, o SealOptions) ([]byte, error) {
	path, err := s.path()
	if err != nil {
		return nil, err
	}
	p, signed, err := prepare(Request{
		PDF: pdf, Path: path, At: clock(s.Now).Truncate(time.Second), Mark: o.Mark,
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
	value, err := s.sign(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealKey, err)
	}
	return p.finish(path[0], value)
}

// finish is Complete for a preparation that has not left this function's caller: nobody
// can have altered it, and the file is filled in where it stands. The value is verified
// where it ended up: in the file, read again as a verifier would.
func (p *Prepared) finish(cert *x509.Certificate, value SignatureValue) ([]byte, error) {
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
	(&validation{f: found.f}).integrity(s)
	switch r := s.report; {
	case r.SubIndication == SigCryptoFailure:
		return nil, ErrSignatureValue
	case !r.Integrity.Passed || !r.Coverage.Passed || !r.CoversWhole || !s.profile || !bytes.Equal(s.cert.Raw, p.Certificate):
		return nil, fmt.Errorf("%w: the seal does not verify: %v", ErrPrepared, r.Reasons)
	}
	return p.PDF, nil
}

func (s *Sealer) sign(ctx context.Context, p *Prepared) ([]byte, error) {
	var opts crypto.SignerOpts = p.Hash
	if p.PSS {
		opts = cms.PSS(p.Hash)
	}
	if key, ok := s.Key.(contextSigner); ok {
		return key.SignContext(ctx, p.Digest, opts)
	}
	random := s.Rand
	if random == nil {
		random = rand.Reader
	}
	return s.Key.Sign(random, p.Digest, opts)
}
