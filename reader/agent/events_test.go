package agent_test

import (
	"context"
	"testing"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/api"
)

func next(t *testing.T, events <-chan api.Event) api.Event {
	t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the stream ended")
		}
		return e
	case <-time.After(2 * time.Second):
		t.Fatal("no event within 2 s")
	}
	return api.Event{}
}

func TestEventsTellTheReader(t *testing.T) {
	d := newDesk(nil)
	a := start(t, d)
	events, err := a.page("").Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e.State != api.Idle || e.Tries != -1 {
		t.Errorf("first event %+v, want idle", e)
	}
	one, two := reader.Reader{Name: "A"}, reader.Reader{Name: "B"}
	for _, step := range []struct {
		happens reader.Event
		state   api.State
		name    string
	}{
		{reader.Event{Kind: reader.Connected, Reader: one}, api.NoCard, "A"},
		{reader.Event{Kind: reader.Inserted, Reader: reader.Reader{Name: "A", Present: true}}, api.CardReady, "A"},
		{reader.Event{Kind: reader.Connected, Reader: two}, api.CardReady, "A"},
		{reader.Event{Kind: reader.Unplugged, Reader: two}, api.CardReady, "A"},
		{reader.Event{Kind: reader.Removed, Reader: one}, api.NoCard, "A"},
		{reader.Event{Kind: reader.Unplugged, Reader: one}, api.NoReader, ""},
	} {
		d.events <- step.happens
		if e := next(t, events); e.State != step.state || e.Reader != step.name {
			t.Errorf("after %v of %s: %+v, want %s of %q", step.happens.Kind, step.happens.Reader.Name, e, step.state, step.name)
		}
	}
	late, err := a.page("").Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, late); e.State != api.NoReader {
		t.Errorf("who comes late hears %+v, want how things stand", e)
	}
}

// What belongs to one site's operation, above all where its PIN page is, no other
// site hears of; a second page of the same site does.
func TestEventsOfOthers(t *testing.T) {
	a := start(t, newDesk(newCard("ec")))
	stranger := a.page("")
	stranger.Origin = otherSite
	ctx, cancel := context.WithCancel(t.Context())
	before, err := stranger.Events(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p := a.page("")
	end := p.waiting(t)
	after, err := stranger.Events(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same, err := a.page("").Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, same); e.State != api.PINPage || e.PINURL != p.pinURL() {
		t.Errorf("a second page of the site hears %+v first", e)
	}
	_ = p.Cancel(t.Context())
	<-end
	time.AfterFunc(200*time.Millisecond, cancel)
	for _, events := range []<-chan api.Event{before, after} {
		for e := range events {
			if e.State != api.Idle || e.PINURL != "" {
				t.Errorf("another site hears %+v", e)
			}
		}
	}
}

func TestEventsAreLimited(t *testing.T) {
	a := start(t, newDesk(nil))
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 32 {
		if _, err := a.page("").Events(ctx); err != nil {
			t.Fatalf("stream %d: %v", i, err)
		}
	}
	if _, err := a.page("").Events(ctx); err == nil {
		t.Error("a 33rd stream was opened")
	}
	cancel()
	for range 100 {
		if _, err := a.page("").Events(t.Context()); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("no stream to be had after all were closed")
}

// What the readers hold is told again to the operation's own page when that ends, if it
// changed meanwhile, and only then.
func TestEventsAfterTheOperation(t *testing.T) {
	d := newDesk(newCard("ec"))
	a := start(t, d)
	d.events <- reader.Event{Kind: reader.Inserted, Reader: reader.Reader{Name: fakeReader, Present: true}}
	p, stranger := a.page(""), a.page("")
	stranger.Origin = otherSite
	others, err := stranger.Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for e := next(t, others); e.State != api.CardReady; e = next(t, others) {
	}
	own, err := a.page("").Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hears := func(states ...api.State) {
		t.Helper()
		for _, want := range states {
			if e := next(t, own); e.State != want {
				t.Fatalf("the page hears %+v, want %s", e, want)
			}
		}
	}
	end := p.waiting(t)
	hears(api.CardReady, api.CardReady, api.PINPage)
	_ = p.Cancel(t.Context())
	<-end
	hears(api.Cancelled) // and nothing of a reader in which nothing happened
	end = p.waiting(t)
	hears(api.CardReady, api.PINPage)
	d.put(nil, reader.ErrNoCard)
	if e := next(t, others); e.State != api.NoCard {
		t.Fatalf("the other site hears %+v", e)
	}
	<-end
	hears(api.CardRemoved, api.NoCard)
}
