package native

import (
	"context"
	"errors"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/api"
)

// retryCard is how often a card is looked for when no event says that one came.
const retryCard = 2 * time.Second

// watch waits for a card and shows meanwhile what is missing.
type watch struct {
	o       *operation
	events  <-chan reader.Event
	stop    context.CancelFunc
	removed bool // the card was there and went

	shown  api.State    // what the window says; "" when there is none
	hide   func()       // ends the window
	answer <-chan error // of the window: nil is "try again"
}

func (o *operation) watch(ctx context.Context) *watch {
	ctx, stop := context.WithCancel(ctx)
	return &watch{o: o, events: o.cards.Watch(ctx), stop: stop}
}

func (w *watch) end() {
	w.clear()
	w.stop()
}

// card returns a card that fits. The caller closes it. Errors: reader.ErrCancelled when
// the person gives up, the context's cause, and what no person can mend.
func (w *watch) card(ctx context.Context, fits func(Card) error) (Card, error) {
	defer w.clear()
	for {
		card, err := w.look(ctx, fits)
		if err == nil {
			w.removed = false
			return card, nil
		}
		state, waits := w.waitingFor(err)
		if !waits {
			return nil, err
		}
		w.show(ctx, state)
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case err := <-w.answer:
			w.shown = ""
			if err != nil {
				return nil, err
			}
		case _, open := <-w.events:
			if !open {
				w.events = nil
			}
		case <-time.After(retryCard):
		}
	}
}

// look opens the inserted card. Of several the one that is wanted is taken; when any would
// do, the person has to choose by leaving one.
func (w *watch) look(ctx context.Context, fits func(Card) error) (Card, error) {
	card, err := w.o.cards.Card(ctx)
	if errors.Is(err, reader.ErrSeveralCards) && w.o.request.command == sign {
		return w.lookIn(ctx, fits)
	}
	if err != nil {
		return nil, err
	}
	if err := fits(card); err != nil {
		_ = card.Close()
		return nil, err
	}
	return card, nil
}

func (w *watch) lookIn(ctx context.Context, fits func(Card) error) (Card, error) {
	readers, err := w.o.cards.Readers(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range readers {
		if !r.Present {
			continue
		}
		card, err := w.o.cards.CardIn(ctx, r.Name)
		if err != nil {
			continue
		}
		if fits(card) == nil {
			return card, nil
		}
		_ = card.Close()
	}
	return nil, errOtherCard
}

const severalCards = api.SeveralCards

// waitingFor says what the person can do about a missing card, if anything.
func (w *watch) waitingFor(err error) (api.State, bool) {
	switch {
	case errors.Is(err, reader.ErrNoReader):
		return api.NoReader, true
	case errors.Is(err, reader.ErrNoCard), errors.Is(err, reader.ErrCardRemoved):
		if w.removed {
			return api.CardRemoved, true
		}
		return api.NoCard, true
	case errors.Is(err, reader.ErrSeveralCards):
		return severalCards, true
	case errors.Is(err, reader.ErrUnknownCard):
		return api.CardUnknown, true
	case errors.Is(err, reader.ErrCardBusy):
		return api.CardBusy, true
	case errors.Is(err, reader.ErrNoSignatureCertificate):
		return api.NoSignCert, true
	case errors.Is(err, errOtherCard):
		return api.WrongPerson, true
	}
	return "", false
}

// show has a window say what is missing, unless it says so already.
func (w *watch) show(ctx context.Context, state api.State) {
	if w.shown == state {
		return
	}
	w.clear()
	ctx, cancel := context.WithCancel(ctx)
	answer, gone := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(gone)
		t := w.o.text
		answer <- w.o.dialog.Confirm(ctx, t.waiting(w.o.request.origin, state), t.again, t.cancel)
	}()
	w.shown, w.answer = state, answer
	w.hide = func() { cancel(); <-gone }
}

// clear takes the window away.
func (w *watch) clear() {
	if w.hide != nil {
		w.hide()
	}
	w.shown, w.hide, w.answer = "", nil, nil
}
