package reader

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/registry"
)

// readingIdentity is how long Identity may take: photo and all, some 8 KiB from a card
// that gives 1 to 3 KiB a second.
const readingIdentity = 30 * time.Second

// Identity is IdentityContext with a limit of 30 seconds.
func (c *Card) Identity(anchors *certs.TrustAnchors) (*registry.Identity, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readingIdentity)
	defer cancel()
	return c.IdentityContext(ctx, anchors)
}

// IdentityContext reads who the holder is: Files, then IdentityOf. No PIN is needed.
// Errors: those of both.
func (c *Card) IdentityContext(ctx context.Context, anchors *certs.TrustAnchors) (*registry.Identity, error) {
	f, err := c.Files(ctx)
	if err != nil {
		return nil, err
	}
	return IdentityOf(f, c.Certificates(), anchors, c.module.Now)
}

// IdentityOf is [registry.IdentityOf] at the time now (nil: time.Now). It asks no card
// and may run in another process than the module. Errors: registry.ErrNotAuthentic,
// registry.ErrMalformed, ErrNoAuthenticationCertificate.
func IdentityOf(f *registry.Files, on []*x509.Certificate, anchors *certs.TrustAnchors, now func() time.Time) (*registry.Identity, error) {
	if now == nil {
		now = time.Now
	}
	id, err := registry.IdentityOf(f, on, anchors, now())
	if errors.Is(err, registry.ErrNoCertificate) {
		return nil, ErrNoAuthenticationCertificate
	}
	return id, err
}
