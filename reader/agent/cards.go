package agent

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"

	"guichet.example/certs"
	"guichet.example/reader"
)

// Cards is what the agent needs of a card reader. Errors are those of package reader.
type Cards interface {
	// Card opens the inserted card. It returns at once when there is none.
	Card(ctx context.Context) (Card, error)
	// Watch reports what happens in the readers, beginning with what is there now,
	// until ctx ends; then the channel is closed.
	Watch(ctx context.Context) <-chan reader.Event
}

// Card is an inserted card.
type Card interface {
	Reader() string // name of the reader that holds it
	Certificate(p certs.Purpose) (*x509.Certificate, error)
	// Sign signs the digest with the key for p and asks pin when the card wants one:
	// PKCS#1 v1.5 for RSA, ASN.1 DER for ECDSA.
	Sign(ctx context.Context, p certs.Purpose, pin reader.PIN, digest []byte, hash crypto.Hash) ([]byte, error)
	Close() error
}

// FromModule makes Cards of an open PKCS#11 module. The module stays the caller's.
func FromModule(m *reader.Module) Cards { return moduleCards{m} }

type moduleCards struct{ *reader.Module }

// Card opens the one card, or of several the one that is an identity card: a bank
// card left in a second reader is no reason to stop.
func (m moduleCards) Card(ctx context.Context) (Card, error) {
	card, err := m.Module.Card(ctx)
	if errors.Is(err, reader.ErrSeveralCards) {
		card, err = m.onlyKnown(ctx)
	}
	if err != nil {
		return nil, err
	}
	return moduleCard{card}, nil
}

func (m moduleCards) onlyKnown(ctx context.Context) (*reader.Card, error) {
	readers, err := m.Readers(ctx)
	if err != nil {
		return nil, err
	}
	var known *reader.Card
	for _, r := range readers {
		if !r.Present {
			continue
		}
		card, err := m.CardIn(ctx, r.Name)
		if err != nil {
			continue
		}
		if known != nil {
			return nil, errors.Join(reader.ErrSeveralCards, known.Close(), card.Close())
		}
		known = card
	}
	if known == nil {
		return nil, reader.ErrUnknownCard
	}
	return known, nil
}

type moduleCard struct{ *reader.Card }

func (c moduleCard) Reader() string { return c.Card.Reader().Name }

func (c moduleCard) Sign(ctx context.Context, p certs.Purpose, pin reader.PIN, digest []byte, hash crypto.Hash) ([]byte, error) {
	key, err := c.Key(p, pin)
	if err != nil {
		return nil, err
	}
	return key.SignContext(ctx, digest, hash)
}
