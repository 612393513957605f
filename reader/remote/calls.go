package remote

import (
	"context"
	"fmt"
	"os"

	"guichet.example/certs"
	"guichet.example/reader"
)

// call does in the child what a message asks for. The files are closed after it.
type call func(ctx context.Context, s *server, m message, files []*os.File) (any, error)

// callOf returns what a kind of message asks for; nil: it is no call.
func callOf(k kind) call {
	switch k {
	case kindOpen:
		return openModule
	case kindReaders:
		return listReaders
	case kindCard:
		return openCard
	case kindPresent:
		return onCard(func(ctx context.Context, c *reader.Card) (any, error) { return nil, c.Present(ctx) })
	case kindFiles:
		return onCard(readFiles)
	case kindPINState:
		return onCard(readPINState)
	case kindSign:
		return sign
	}
	return nil
}

// openModule is the first call. The parent need not wait for it before it asks for more:
// the others do.
func openModule(ctx context.Context, s *server, m message, _ []*os.File) (any, error) {
	b, err := parseBody[openBody](m)
	if err != nil {
		return nil, err
	}
	if s.opening.Swap(true) {
		return nil, fmt.Errorf("%w: a module is open", errMessage)
	}
	s.module, s.failure = reader.Open(b.Module)
	close(s.opened)
	if s.failure != nil {
		return nil, s.failure
	}
	if b.Ahead != "" {
		_, _ = s.cards.open(ctx, s.module, b.Ahead) // whoever wants it asks again, and is told why not
	}
	info, err := s.module.Info(ctx)
	return infoBody(info), err
}

// ready waits until the module is open.
func (s *server) ready(ctx context.Context) error {
	select {
	case <-s.opened:
		return s.failure
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func listReaders(ctx context.Context, s *server, _ message, _ []*os.File) (any, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	list, err := s.module.Readers(ctx)
	if err != nil {
		return nil, err
	}
	answer := readersBody{Readers: []readerBody{}}
	for _, r := range list {
		answer.Readers = append(answer.Readers, readerBodyOf(r))
	}
	return answer, nil
}

func openCard(ctx context.Context, s *server, m message, _ []*os.File) (any, error) {
	b, err := parseBody[cardBody](m)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	return s.cards.open(ctx, s.module, b.Reader)
}

// onCard is a call about an open card.
func onCard(f func(ctx context.Context, c *reader.Card) (any, error)) call {
	return func(ctx context.Context, s *server, m message, _ []*os.File) (any, error) {
		b, err := parseBody[handleBody](m)
		if err != nil {
			return nil, err
		}
		c, err := s.cards.at(b.Handle)
		if err != nil {
			return nil, err
		}
		return f(ctx, c)
	}
}

func readFiles(ctx context.Context, c *reader.Card) (any, error) {
	files, err := c.Files(ctx)
	if err != nil {
		return nil, err
	}
	return filesAnswer{files}, nil
}

func readPINState(ctx context.Context, c *reader.Card) (any, error) {
	p, err := c.PINState(ctx)
	return pinStateBody{p.Place, p.Tries, p.Min, p.Max}, err
}

// sign makes the one signature of this process's life.
func sign(ctx context.Context, s *server, m message, files []*os.File) (any, error) {
	b, err := parseBody[signBody](m)
	if err != nil {
		return nil, err
	}
	c, err := s.cards.at(b.Handle)
	if err != nil {
		return nil, err
	}
	if certs.Purpose(b.Purpose) != certs.Authentication && b.Purpose != certs.Signature {
		return nil, fmt.Errorf("a card has no key for %v: %w", b.Purpose, reader.ErrNotSupported)
	}
	silence() // from here on there is a PIN that a module could print
	e, err := s.entryOf(b, files, func(p progressBody) {
		if data, err := body(p); err == nil {
			_ = s.link.send(message{ID: m.ID, Kind: kindProgress, Body: data})
		}
	})
	if err != nil {
		return nil, err
	}
	key, err := c.Key(b.Purpose, e)
	var answer signAnswer
	if err == nil {
		answer.Signature, err = key.SignUnverified(ctx, b.Digest, b.Hash)
	}
	if err != nil {
		e.end(err)
		return nil, err
	}
	s.signed.Store(e) // the parent judges the value, and then the page is told
	return answer, nil
}
