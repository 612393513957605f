package native

import (
	"context"
	"errors"
	"strings"
	"testing"

	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/pinentry/pinentrytest"
)

func TestWaitsForTheCard(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(*desk)
		says   string
	}{
		"no reader":       {func(d *desk) { d.err = reader.ErrNoReader }, "No card reader found"},
		"no card":         {func(*desk) {}, "Insert your identity card, chip first."},
		"strange card":    {func(d *desk) { d.err = reader.ErrUnknownCard }, "We cannot read this card"},
		"in use":          {func(d *desk) { d.err = reader.ErrCardBusy }, "Another program is using your card"},
		"another card":    {func(d *desk) { d.cards = []*fakeCard{cardOf(t, "jan")} }, "prepared for another card"},
		"child's card":    {func(d *desk) { d.cards = []*fakeCard{cardOf(t, "kid")} }, "prepared for another card"},
		"two other cards": {func(d *desk) { d.cards = []*fakeCard{cardOf(t, "jan"), cardOf(t, "kid")} }, "prepared for another card"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, use := asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.Hang}})
			d := newDesk()
			tt.before(d)
			b := start(t, d, use)
			b.send(signing(t, "nora", nil))
			await(t, "the window", func() bool { return p.Asked("CONFIRM") == 1 })
			if told := strings.Join(p.Said(), "\n"); !strings.Contains(told, "SETDESC "+site+"%0A") || !strings.Contains(told, tt.says) {
				t.Errorf("it says %s", told)
			}
			d.put(cardOf(t, "nora"))
			var s api.Signature
			b.only(&s)
			gone(t, p)
		})
	}
	for name, tt := range map[string]struct {
		card []*fakeCard
		text string
		says string
	}{
		"cannot sign": {[]*fakeCard{cardOf(t, "kid")}, command(getCertificate, map[string]any{"origin": site}), "cannot sign documents"},
		"two cards":   {[]*fakeCard{cardOf(t, "jan"), cardOf(t, "nora")}, authentication(nil), "Leave only yours"},
	} {
		p, use := asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.OK, pinentrytest.Cancel}})
		b := start(t, newDesk(tt.card...), use)
		b.send(tt.text)
		b.refused(cancelled)
		if told := strings.Join(p.Said(), "\n"); !strings.Contains(told, tt.says) || p.Asked("CONFIRM") != 2 {
			t.Errorf("%s: %s", name, told)
		}
	}
}

func TestSignsWithTheWantedOfTwo(t *testing.T) {
	_, use := asks(t, pinentrytest.Script{})
	nora, jan := cardOf(t, "nora"), cardOf(t, "jan")
	b := start(t, newDesk(jan, nora), use)
	b.send(signing(t, "nora", nil))
	var s api.Signature
	b.only(&s)
	if len(nora.signs) != 1 || len(jan.signs) != 0 {
		t.Errorf("nora's card signs %d times, jan's %d", len(nora.signs), len(jan.signs))
	}
}

func TestRemovedAndPutBack(t *testing.T) {
	p, use := asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.OK, pinentrytest.Hang}})
	d := newDesk()
	card := cardOf(t, "nora")
	card.place = reader.Window
	card.fails = []error{errors.Join(errors.New("x"), reader.ErrCardRemoved)}
	d.cards = []*fakeCard{card}
	pull := func(c *Config) {
		inner := c.Open
		c.Open = func() (Cards, error) { cards, err := inner(); return pulled{cards, d, card}, err }
	}
	b := start(t, d, use, pull)
	b.send(authentication(nil))
	await(t, "the window", func() bool { return p.Asked("CONFIRM") == 2 })
	if told := strings.Join(p.Said(), "\n"); !strings.Contains(told, "The card is no longer in the reader. Nothing was sent. Put it back to go on.") {
		t.Errorf("it says %s", told)
	}
	d.put(card)
	var token map[string]string
	b.only(&token)
	if p.Asked("CONFIRM") != 2 {
		t.Errorf("asked %d times", p.Asked("CONFIRM"))
	}
	gone(t, p)
}

type pulled struct {
	Cards
	d    *desk
	card *fakeCard
}

func (p pulled) Card(ctx context.Context) (Card, error) {
	p.d.mu.Lock()
	if len(p.card.signs) == 1 && len(p.d.cards) == 1 && len(p.d.events) == 0 && p.d.looked == 1 {
		p.d.cards = nil
	}
	p.d.mu.Unlock()
	return p.Cards.Card(ctx)
}

func TestCardBusyIsTriedAgain(t *testing.T) {
	p, use := asks(t, pinentrytest.Script{})
	card := cardOf(t, "nora")
	card.fails = []error{reader.ErrCardBusy}
	b := start(t, newDesk(card), use)
	b.send(authentication(nil))
	var token map[string]string
	if b.only(&token); token["signature"] == "" || p.Asked("CONFIRM") != 1 {
		t.Errorf("token %v after %d windows", token, p.Asked("CONFIRM"))
	}
}
