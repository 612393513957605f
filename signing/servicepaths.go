package signing

import (
	"bytes"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"guichet.example/certs"
)

// servicePaths are paths that were verified, of timestamping authorities in the first place: a
// few of them stamp everything. A path holds for the anchors it was found with, and while each
// certificate in it is valid: signatures do not age. The zero value is empty. Safe for
// concurrent use.
type servicePaths struct {
	mu    sync.Mutex
	found []servicePath // the newest last
}

type servicePath struct {
	anchors *certs.TrustAnchors
	purpose certs.Purpose
	path    certs.Path
}

// maxServicePaths bounds the paths that are kept; the oldest goes first.
const maxServicePaths = 16

// path is anchors.Path for a timestamping authority.
func (s *servicePaths) path(anchors *certs.TrustAnchors, leaf *x509.Certificate, at time.Time, others ...*x509.Certificate) (certs.Path, error) {
	return s.of(anchors, leaf, certs.Timestamping, at, others...)
}

// of is anchors.Path. A nil receiver keeps nothing.
func (s *servicePaths) of(anchors *certs.TrustAnchors, leaf *x509.Certificate, p certs.Purpose, at time.Time, others ...*x509.Certificate) (certs.Path, error) {
	if path := s.kept(anchors, leaf, p, at); path != nil {
		return path, nil
	}
	path, err := anchors.Path(leaf, p, at, others...)
	if err != nil || s == nil {
		return path, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found = append(s.found, servicePath{anchors, p, slices.Clone(path)}); len(s.found) > maxServicePaths {
		s.found = slices.Delete(s.found, 0, 1)
	}
	return path, nil
}

// known is kept for a timestamping authority.
func (s *servicePaths) known(anchors *certs.TrustAnchors, leaf *x509.Certificate, at time.Time) certs.Path {
	return s.kept(anchors, leaf, certs.Timestamping, at)
}

// kept finds a path whose end certificate is the same to the byte; nil if there is none
// that holds at the time.
func (s *servicePaths) kept(anchors *certs.TrustAnchors, leaf *x509.Certificate, p certs.Purpose, at time.Time) certs.Path {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Backward(s.found) {
		if k.anchors == anchors && k.purpose == p && bytes.Equal(k.path[0].Raw, leaf.Raw) && validAt(k.path, at) {
			return slices.Clone(k.path)
		}
	}
	return nil
}

// validAt reports whether no certificate of a path has run out, or is yet to begin.
func validAt(path certs.Path, at time.Time) bool {
	return !slices.ContainsFunc(path, func(c *x509.Certificate) bool { return at.Before(c.NotBefore) || at.After(c.NotAfter) })
}
