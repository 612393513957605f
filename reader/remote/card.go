package remote

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"guichet.example/certs"
	"guichet.example/certs/registry"
	"guichet.example/reader"
)

// Card is an inserted identity card. It is safe for concurrent use. It outlives the child
// that opened it: the next one opens it again, and it is the same card if it has the same
// certificates. After reader.ErrCardRemoved every call that asks the card fails the same
// way, also when the card is back.
type Card struct {
	set            *Set
	module         *module
	reader         reader.Reader
	certificates   []*x509.Certificate
	authentication *x509.Certificate // nil: none
	signature      *x509.Certificate // nil: none
	removed        atomic.Bool
	closed         atomic.Bool

	turn   chan struct{} // holds one element while child and handle are in use
	child  *child
	handle uint64
}

// open opens the card in a reader in whichever child takes calls.
func (m *module) open(ctx context.Context, readerName string) (*Card, error) {
	var err error
	for range 3 { // a child that leaves meanwhile is no failure
		var c *child
		if c, _, err = m.child(ctx); err != nil {
			return nil, err
		}
		var a cardAnswer
		a, err = ask[cardAnswer](ctx, c, kindCard, cardBody{Reader: readerName})
		if errors.Is(err, errLeaving) {
			continue
		}
		m.asked(err)
		if err != nil {
			return nil, err
		}
		return newCard(m, c, a)
	}
	return nil, fmt.Errorf("%v: %w", err, reader.ErrModuleFailed)
}

func newCard(m *module, c *child, a cardAnswer) (*Card, error) {
	list, err := a.parse()
	if err != nil {
		err = fmt.Errorf("%v: %w", err, reader.ErrModuleFailed)
		c.kill(err)
		return nil, err
	}
	card := &Card{
		module: m, reader: a.Reader.reader(), certificates: list,
		turn: make(chan struct{}, 1), child: c, handle: a.Handle,
	}
	if a.Authentication >= 0 {
		card.authentication = list[a.Authentication]
	}
	if a.Signature >= 0 {
		card.signature = list[a.Signature]
	}
	return card, nil
}

// same reports whether two cards, seen by two modules, are one.
func (c *Card) same(other *Card) bool {
	if c.module == other.module {
		return false
	}
	if c.authentication != nil && other.authentication != nil {
		return c.authentication.Equal(other.authentication)
	}
	return c.reader.Serial != "" && strings.EqualFold(c.reader.Serial, other.reader.Serial)
}

// Reader returns the reader that holds the card, as it was when the card was opened.
func (c *Card) Reader() reader.Reader { return c.reader }

// Module returns the path of the module that serves this card.
func (c *Card) Module() string { return c.module.path }

// Certificate returns the certificate for certs.Authentication or certs.Signature,
// unverified: only parsed, and of the right purpose. Errors:
// reader.ErrNoSignatureCertificate, reader.ErrNoAuthenticationCertificate.
func (c *Card) Certificate(p certs.Purpose) (*x509.Certificate, error) {
	switch {
	case p == certs.Authentication && c.authentication != nil:
		return c.authentication, nil
	case p == certs.Authentication:
		return nil, reader.ErrNoAuthenticationCertificate
	case p == certs.Signature && c.signature != nil:
		return c.signature, nil
	case p == certs.Signature:
		return nil, reader.ErrNoSignatureCertificate
	}
	return nil, fmt.Errorf("a card has no key for %v: %w", p, reader.ErrNotSupported)
}

// Certificates returns all certificates on the card, CA and root too.
func (c *Card) Certificates() []*x509.Certificate {
	return append([]*x509.Certificate(nil), c.certificates...)
}

// Issuers returns the CA certificates on the card, candidates for path building.
func (c *Card) Issuers() []*x509.Certificate {
	var list []*x509.Certificate
	for _, cert := range c.certificates {
		if cert.IsCA {
			list = append(list, cert)
		}
	}
	return list
}

// Files reads the identity files, unverified; nil when the module gives out none. Errors:
// as [reader.Card.Files], and reader.ErrModuleFailed.
func (c *Card) Files(ctx context.Context) (*registry.Files, error) {
	answer, err := askCard[filesAnswer](ctx, c, kindFiles)
	return answer.Files, err
}

// Files reads the identity files of the card in the reader of that name, unverified; nil
// when its module gives out none. Errors: as [Set.CardIn] and [Card.Files].
func (s *Set) Files(ctx context.Context, readerName string) (*registry.Files, error) {
	card, err := s.CardIn(ctx, readerName)
	if err != nil {
		return nil, err
	}
	defer card.Close()
	return card.Files(ctx)
}

// Identity reads the identity files and verifies them here, in this process. Errors: as
// [reader.IdentityOf] and [Card.Files].
func (c *Card) Identity(ctx context.Context, anchors *certs.TrustAnchors) (*registry.Identity, error) {
	files, err := c.Files(ctx)
	if err != nil {
		return nil, err
	}
	return reader.IdentityOf(files, c.Certificates(), anchors, c.set.config.Now)
}

// PINState asks what the token says about its PIN; no try is spent. Errors: as
// [Card.Present].
func (c *Card) PINState(ctx context.Context) (reader.PINState, error) {
	p, err := askCard[pinStateBody](ctx, c, kindPINState)
	return reader.PINState(p), err
}

// Present reports whether the card is still there: nil or reader.ErrCardRemoved, or why
// the module could not tell.
func (c *Card) Present(ctx context.Context) error {
	_, err := askCard[nobody](ctx, c, kindPresent)
	return err
}

// Close lets go of the card. Closing twice is no error.
func (c *Card) Close() error {
	c.closed.Store(true)
	return nil
}

// attach returns the child that takes calls and its handle of this card, which it opens
// again in a child that is new.
func (c *Card) attach(ctx context.Context) (*child, uint64, error) {
	switch {
	case c.closed.Load():
		return nil, 0, reader.ErrClosed
	case c.removed.Load():
		return nil, 0, reader.ErrCardRemoved
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, 0, ended(ctx)
	}
	now, _, err := c.module.child(ctx)
	if err != nil {
		return nil, 0, err
	}
	if now == c.child {
		return now, c.handle, nil
	}
	a, err := ask[cardAnswer](ctx, now, kindCard, cardBody{Reader: c.reader.Name})
	switch {
	case errors.Is(err, reader.ErrNoCard), errors.Is(err, reader.ErrNoReader), errors.Is(err, reader.ErrUnknownCard):
		return nil, 0, c.lost(fmt.Errorf("%w: %v", reader.ErrCardRemoved, err))
	case err != nil:
		return nil, 0, c.lost(err)
	}
	if !c.isStill(a) {
		return nil, 0, c.lost(fmt.Errorf("%w: another is there", reader.ErrCardRemoved))
	}
	c.child, c.handle = now, a.Handle
	return now, a.Handle, nil
}

// isStill reports whether what a fresh child opened is this very card.
func (c *Card) isStill(a cardAnswer) bool {
	if !strings.EqualFold(a.Reader.Serial, c.reader.Serial) || len(a.Certificates) != len(c.certificates) {
		return false
	}
	for i, der := range a.Certificates {
		if string(der) != string(c.certificates[i].Raw) {
			return false
		}
	}
	return true
}

// lost remembers that the card is gone.
func (c *Card) lost(err error) error {
	if errors.Is(err, reader.ErrCardRemoved) {
		c.removed.Store(true)
	}
	return err
}

// askCard makes a call about a card that waits for no person.
func askCard[T any](ctx context.Context, c *Card, k kind) (T, error) {
	var v T
	var err error
	for range 3 { // a child that leaves meanwhile is no failure
		var in *child
		var handle uint64
		if in, handle, err = c.attach(ctx); err == nil {
			v, err = ask[T](ctx, in, k, handleBody{Handle: handle})
		}
		if !errors.Is(err, errLeaving) {
			c.module.asked(err)
			return v, c.lost(err)
		}
	}
	return v, fmt.Errorf("%v: %w", err, reader.ErrModuleFailed)
}
