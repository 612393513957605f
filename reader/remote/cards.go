package remote

import (
	"context"
	"crypto"
	"sync"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
)

// cards are the cards that a child has open, one for each reader. They stay open while
// they stay in: reading a Belgian card's certificates takes one to three seconds.
type cards struct {
	turn chan struct{} // holds one element while somebody opens a card

	mu   sync.Mutex
	next uint64
	list map[string]heldCard // by name of the reader
}

type heldCard struct {
	card   *reader.Card
	answer cardAnswer
}

func newCards() *cards {
	return &cards{turn: make(chan struct{}, 1), list: map[string]heldCard{}}
}

// at returns the card of that handle. A handle that is not known any more was of a card
// that left.
func (c *cards) at(handle uint64) (*reader.Card, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, held := range c.list {
		if held.answer.Handle == handle {
			return held.card, nil
		}
	}
	return nil, reader.ErrCardRemoved
}

// open opens the card in a reader, or finds that it is open already.
func (c *cards) open(ctx context.Context, m *reader.Module, name string) (cardAnswer, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return cardAnswer{}, context.Cause(ctx)
	}
	c.mu.Lock()
	held, ok := c.list[name]
	c.mu.Unlock()
	if ok && held.card.Present(ctx) == nil {
		return held.answer, nil
	}
	card, err := m.CardIn(ctx, name)
	if err != nil {
		return cardAnswer{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if ok {
		go held.card.Close() // it may have to wait for the module, and nobody for it
	}
	c.next++
	held = heldCard{card, describe(card, c.next)}
	c.list[name] = held
	go warm(card)
	return held.answer, nil
}

// warm does ahead what the first signature with a card would wait for: comparing the key
// with its certificate takes a dozen calls. It goes as far as the PIN, which it has not;
// where the module asks for that itself it does not begin.
func warm(card *reader.Card) {
	ctx, cancel := context.WithTimeout(context.Background(), warming)
	defer cancel()
	digest := make([]byte, crypto.SHA256.Size())
	if state, err := card.PINState(ctx); err != nil || state.Place != reader.Typed {
		return
	}
	for _, p := range []certs.Purpose{certs.Signature, certs.Authentication} {
		if key, err := card.Key(p, noPIN{}); err == nil {
			_, _ = key.SignUnverified(ctx, digest, crypto.SHA256)
		}
	}
}

// warming is how long warm may wait for the module.
const warming = 5 * time.Second

// noPIN is nobody to ask.
type noPIN struct{}

func (noPIN) PIN(context.Context, reader.PINRequest) ([]byte, error) { return nil, reader.ErrCancelled }

func describe(card *reader.Card, handle uint64) cardAnswer {
	a := cardAnswer{
		Handle: handle, Reader: readerBodyOf(card.Reader()),
		Certificates: [][]byte{}, Authentication: -1, Signature: -1,
	}
	authentication, _ := card.Certificate(certs.Authentication)
	signature, _ := card.Certificate(certs.Signature)
	for i, cert := range card.Certificates() {
		a.Certificates = append(a.Certificates, cert.Raw)
		if authentication != nil && a.Authentication < 0 && cert.Equal(authentication) {
			a.Authentication = i
		}
		if signature != nil && a.Signature < 0 && cert.Equal(signature) {
			a.Signature = i
		}
	}
	return a
}
