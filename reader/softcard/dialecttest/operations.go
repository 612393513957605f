package dialecttest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"errors"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/softcard"
)

// operation is one thing a program does with a reader or its card.
type operation struct {
	name    string
	onCard  bool          // on a card that was opened before things went wrong
	purpose certs.Purpose // of the key that signs; 0: none does
	run     func(context.Context, *scene) error
}

func (o operation) signs() bool { return o.purpose != 0 }

// works is what a dialect answers when nothing goes wrong.
func (o operation) works(t Traits) error {
	switch o.purpose {
	case certs.Authentication:
		return t.LoginError
	case certs.Signature:
		return t.DocumentError
	}
	return nil
}

var operations = []operation{
	{name: "readers", run: func(ctx context.Context, s *scene) error {
		_, err := s.module.Readers(ctx)
		return err
	}},
	{name: "open", run: func(ctx context.Context, s *scene) error {
		card, err := s.module.Card(ctx)
		if err != nil {
			return err
		}
		return card.Close()
	}},
	{name: "certificates", onCard: true, run: func(_ context.Context, s *scene) error {
		_, err := s.card.Certificate(certs.Authentication)
		_, second := s.card.Certificate(certs.Signature)
		return errors.Join(err, second)
	}},
	{name: "files", onCard: true, run: func(ctx context.Context, s *scene) error {
		_, err := s.card.Files(ctx)
		return err
	}},
	{name: "PIN state", onCard: true, run: func(ctx context.Context, s *scene) error {
		_, err := s.card.PINState(ctx)
		return err
	}},
	{name: "login", onCard: true, purpose: certs.Authentication, run: sign(certs.Authentication)},
	{name: "document", onCard: true, purpose: certs.Signature, run: sign(certs.Signature)},
}

var digest = sha256.Sum256([]byte("document"))

// sign signs; where a wrong PIN ends the operation, the holder begins again as long as
// she has answers left.
func sign(p certs.Purpose) func(context.Context, *scene) error {
	return func(ctx context.Context, s *scene) error {
		key, err := s.card.Key(p, s.holder)
		if err != nil {
			return err
		}
		for begun := 1; ; begun++ {
			value, err := key.SignContext(ctx, digest[:], crypto.SHA256)
			if err == nil {
				s.verify(key.Public(), value)
			} else if value != nil {
				s.t.Error("a value comes with the error")
			}
			if !errors.As(err, new(reader.PINError)) || !s.traits.OneWindow || begun >= len(s.failure.pins) {
				return err
			}
		}
	}
}

func (s *scene) verify(public crypto.PublicKey, value []byte) {
	s.t.Helper()
	right := false
	switch key := public.(type) {
	case *rsa.PublicKey:
		right = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], value) == nil
	case *ecdsa.PublicKey:
		right = ecdsa.VerifyASN1(key, digest[:], value)
	}
	if !right {
		s.t.Error("a signature that does not verify was handed out")
	}
}

// holder types PINs, and is what happens while they are typed.
type holder struct {
	pins  []string // typed one after another; then she gives up
	asked int
	told  int
	while func() // something happens while she types; nil: nothing
	slow  bool   // types nothing until it is too late
}

var (
	_ reader.PIN          = (*holder)(nil)
	_ reader.PINElsewhere = (*holder)(nil)
)

// PIN implements reader.PIN.
func (h *holder) PIN(ctx context.Context, _ reader.PINRequest) ([]byte, error) {
	h.asked++
	if h.while != nil {
		h.while()
	}
	if h.slow {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if h.asked > len(h.pins) || h.pins[h.asked-1] == softcard.Cancelled {
		return nil, reader.ErrCancelled
	}
	return []byte(h.pins[h.asked-1]), nil
}

// PINElsewhere implements reader.PINElsewhere.
func (h *holder) PINElsewhere(context.Context, reader.PINRequest, reader.PINPlace) {
	h.told++
	if h.while != nil {
		h.while()
	}
}
