package remote

import (
	"context"
	"crypto/x509"
	"errors"
	"net"

	"guichet.example/certs"
	"guichet.example/reader"
)

// Set is all modules as one. It is safe for concurrent use.
type Set struct {
	config  Config
	modules []*reader.Module
}

// Main serves a module and exits if this process was started as a child; else it returns
// at once. It is the first statement of main, and of TestMain where tests open a Set.
func Main() {}

// Open starts the children. Errors: reader.ErrModuleMissing when there is no module.
func Open(c Config) (*Set, error) {
	if len(c.Modules) == 0 {
		c.Modules = reader.FindModules()
	}
	s := &Set{config: c}
	var last error = reader.ErrModuleMissing
	for _, path := range c.Modules {
		m, err := reader.Open(path)
		if err != nil {
			last = err
			continue
		}
		s.modules = append(s.modules, m)
	}
	if len(s.modules) == 0 {
		return nil, last
	}
	return s, nil
}

// Health asks every module how it fares; for doctor.
func (s *Set) Health(ctx context.Context) []ModuleHealth {
	var list []ModuleHealth
	for _, m := range s.modules {
		h := ModuleHealth{Path: m.Path()}
		h.Info, h.Err = m.Info(ctx)
		h.Readers, _ = m.Readers(ctx)
		list = append(list, h)
	}
	return list
}

// Readers lists the readers that any module sees. Errors: reader.ErrNoReader.
func (s *Set) Readers(ctx context.Context) ([]reader.Reader, error) {
	return s.modules[0].Readers(ctx)
}

// Card opens the one inserted identity card. Errors: as [reader.Module.Card].
func (s *Set) Card(ctx context.Context) (*Card, error) {
	card, err := s.modules[0].Card(ctx)
	if err != nil {
		return nil, err
	}
	return &Card{s, card}, nil
}

// CardIn opens the card in the reader of that name. Errors: as [reader.Module.CardIn].
func (s *Set) CardIn(ctx context.Context, readerName string) (*Card, error) {
	card, err := s.modules[0].CardIn(ctx, readerName)
	if err != nil {
		return nil, err
	}
	return &Card{s, card}, nil
}

// Watch reports what happens in the readers, beginning with what is there now, until ctx
// ends or the set is closed; then the channel is closed.
func (s *Set) Watch(ctx context.Context) <-chan reader.Event { return s.modules[0].Watch(ctx) }

// Browser hands a browser's connection, of which nothing was read, to the child that
// serves the PIN page. The connection is the child's from then on, also after an error:
// reader.ErrModuleFailed when there is no child to take it.
func (s *Set) Browser(conn *net.TCPConn) error { return conn.Close() }

// Close ends all children. Closing twice is no error.
func (s *Set) Close() error {
	var err error
	for _, m := range s.modules {
		err = errors.Join(err, m.Close())
	}
	return err
}

// Card is an inserted identity card. It is safe for concurrent use.
type Card struct {
	set  *Set
	card *reader.Card
}

// Reader returns the reader that holds the card, as it was when the card was opened.
func (c *Card) Reader() reader.Reader { return c.card.Reader() }

// Module returns the path of the module that serves this card.
func (c *Card) Module() string { return c.set.modules[0].Path() }

// Certificate returns the certificate for certs.Authentication or certs.Signature,
// unverified. Errors: as [reader.Card.Certificate].
func (c *Card) Certificate(p certs.Purpose) (*x509.Certificate, error) { return c.card.Certificate(p) }

// Certificates returns all certificates on the card.
func (c *Card) Certificates() []*x509.Certificate { return c.card.Certificates() }

// Issuers returns the CA certificates on the card, candidates for path building.
func (c *Card) Issuers() []*x509.Certificate { return c.card.Issuers() }

// Files reads the identity files, unverified; nil when the module gives out none.
func (c *Card) Files(ctx context.Context) (*reader.Files, error) { return c.card.Files(ctx) }

// Identity reads the identity files and verifies them here, in this process. Errors: as
// [reader.IdentityOf] and [Card.Files].
func (c *Card) Identity(ctx context.Context, anchors *certs.TrustAnchors) (*reader.Identity, error) {
	files, err := c.Files(ctx)
	if err != nil {
		return nil, err
	}
	return reader.IdentityOf(files, c.Certificates(), anchors, c.set.config.Now)
}

// PINState asks what the token says about its PIN; no try is spent.
func (c *Card) PINState(ctx context.Context) (reader.PINState, error) { return c.card.PINState(ctx) }

// Present reports whether the card is still there: nil or reader.ErrCardRemoved, or why
// the module could not tell.
func (c *Card) Present(ctx context.Context) error { return c.card.Present(ctx) }

// Sign signs as [reader.Key.SignContext] does; the value is verified here once more.
// Errors: as there, and reader.ErrModuleFailed when the child died.
func (c *Card) Sign(ctx context.Context, r SignRequest) ([]byte, error) {
	key, err := c.card.Key(r.Purpose, nil)
	if err != nil {
		return nil, err
	}
	return key.SignContext(ctx, r.Digest, r.Hash)
}

// Close lets go of the card. Closing twice is no error.
func (c *Card) Close() error { return c.card.Close() }
