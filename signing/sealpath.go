package signing

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"guichet.example/certs"
	"guichet.example/signing/internal/cms"
)

// sealPath is a path that was verified, for the certificates and anchors it was found
// with. It holds while each certificate in it is valid: signatures do not age. The
// certificates of path are as their bytes say, whatever the ones given say of themselves.
type sealPath struct {
	certificates []*x509.Certificate
	anchors      *certs.TrustAnchors
	path         certs.Path
}

// known spares the reading of what was written that of the sealer's own certificates.
func (k *sealPath) known() *cms.Known {
	known := &cms.Known{}
	known.Remember(k.path...)
	return known
}

func (k *sealPath) holds(s *Sealer, at time.Time) bool {
	return k != nil && k.anchors == s.Anchors && slices.Equal(k.certificates, s.Certificates) && validAt(k.path, at)
}

// Check reports whether the sealer can seal now: key and certificate belong together, the
// certificate is an organisation's, and its path leads to an anchor. ErrCertificate.
func (s *Sealer) Check() error {
	_, err := s.path()
	return err
}

// Path is the certification path of the seal at the present time. ErrCertificate.
func (s *Sealer) Path() (certs.Path, error) {
	found, err := s.path()
	if err != nil {
		return nil, err
	}
	return found.path, nil
}

func (s *Sealer) path() (*sealPath, error) {
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
		return known, nil
	}
	path, err := s.Anchors.Path(s.Certificates[0], certs.Seal, now, s.Certificates[1:]...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	for i, cert := range path {
		if path[i], err = certs.Parse(cert.Raw); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
		}
	}
	found := &sealPath{certificates: slices.Clone(s.Certificates), anchors: s.Anchors, path: path}
	s.last.Store(found)
	return found, nil
}
