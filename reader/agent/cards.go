package agent

import (
	"context"
	"crypto/x509"
	"net"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/remote"
)

// Cards is what the agent needs of the card readers. Errors are those of package reader.
type Cards interface {
	// Card opens the inserted card. It returns at once when there is none.
	Card(ctx context.Context) (Card, error)
	// Watch reports what happens in the readers, beginning with what is there now,
	// until ctx ends; then the channel is closed.
	Watch(ctx context.Context) <-chan reader.Event
	// Browser takes over a browser's connection, of which nothing was read, and has the
	// process that serves the PIN page answer it. The connection is no longer the
	// caller's, also after an error.
	Browser(conn *net.TCPConn) error
}

// Card is an inserted card.
type Card interface {
	Reader() reader.Reader // that holds it
	Certificate(p certs.Purpose) (*x509.Certificate, error)
	// Sign signs, and has the PIN typed where r.Entry says if the card leaves that to
	// us: PKCS#1 v1.5 for RSA, ASN.1 DER for ECDSA. It ends with reader.ErrCardRemoved
	// when the card is pulled out, and returns soon after ctx ends, whatever the module
	// does.
	Sign(ctx context.Context, r remote.SignRequest) ([]byte, error)
	Close() error
}

// FromSet makes Cards of modules in processes of their own. The set stays the caller's.
func FromSet(s *remote.Set) Cards { return set{s} }

type set struct{ *remote.Set }

func (s set) Card(ctx context.Context) (Card, error) {
	card, err := s.Set.Card(ctx)
	if err != nil {
		return nil, err // not card: a nil *remote.Card would be no nil Card
	}
	return card, nil
}
