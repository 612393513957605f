package agent

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/api"
)

// maxFollowers bounds the event streams open at once.
const maxFollowers = 32

// broker hands events to the pages that follow them. What belongs to an operation
// goes only to pages of its origin: it names the PIN page.
type broker struct {
	mu        sync.Mutex
	followers map[*follower]bool
	presence  api.Event  // what the readers were last seen to hold
	running   *operation // whose events there are
	latest    api.Event  // of running
}

type follower struct {
	origin string
	events chan api.Event
	knows  api.State // the last it was told of what the readers hold
}

func newBroker() *broker {
	return &broker{followers: map[*follower]bool{}, presence: api.Event{State: api.Idle, Tries: -1}}
}

// join adds a follower, whose first event is how things stand. nil when there are
// too many.
func (b *broker) join(origin string) *follower {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.followers) >= maxFollowers {
		return nil
	}
	f := &follower{origin: origin, events: make(chan api.Event, 16), knows: api.Idle}
	b.followers[f] = true
	first := b.presence
	if b.running != nil && b.running.origin == origin {
		first = b.latest
	}
	b.send(first, func(to *follower) bool { return to == f })
	return f
}

func (b *broker) leave(f *follower) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.followers, f)
}

// present notes what the readers hold and tells who has nothing under way.
func (b *broker) present(e api.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.presence = e
	b.send(e, func(f *follower) bool { return b.running == nil || f.origin != b.running.origin })
}

// tell sends an event of an operation under way.
func (b *broker) tell(o *operation, e api.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running, b.latest = o, e
	b.send(e, func(f *follower) bool { return f.origin == o.origin })
}

// settle sends the last event of an operation, and behind it how things stand, to pages
// that were told otherwise before or during the operation.
func (b *broker) settle(o *operation, e api.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == o {
		b.running = nil
	}
	b.send(e, func(f *follower) bool { return f.origin == o.origin })
	if b.presence.State != api.Idle { // not known yet
		b.send(b.presence, func(f *follower) bool { return f.origin == o.origin && f.knows != b.presence.State })
	}
}

// send never waits: a page that does not read loses the oldest, since what counts is
// how things stand now.
func (b *broker) send(e api.Event, to func(*follower) bool) {
	for f := range b.followers {
		if !to(f) {
			continue
		}
		switch e.State {
		case api.NoReader, api.NoCard, api.CardReady:
			f.knows = e.State
		}
		select {
		case f.events <- e:
		default:
			select {
			case <-f.events:
			default:
			}
			f.events <- e // b.mu is held: nobody else fills the room
		}
	}
}

// readers is what the readers of the machine hold, by name: true with a card.
type readers map[string]bool

// note takes in an event and returns how things stand, for pages that have nothing
// under way.
func (rs readers) note(e reader.Event) api.Event {
	switch e.Kind {
	case reader.Inserted:
		rs[e.Reader.Name] = true
	case reader.Removed:
		rs[e.Reader.Name] = false
	case reader.Connected:
		rs[e.Reader.Name] = e.Reader.Present
	case reader.Unplugged:
		delete(rs, e.Reader.Name)
	}
	stands := api.Event{State: api.NoReader, Tries: -1}
	for name, present := range rs {
		if present {
			return api.Event{State: api.CardReady, Tries: -1, Reader: name}
		}
		stands = api.Event{State: api.NoCard, Tries: -1, Reader: name}
	}
	return stands
}

// follow streams events to a page (WHATWG HTML, 9.2, server-sent events).
func (a *Agent) follow(w http.ResponseWriter, r *http.Request, origin string) {
	f := a.events.join(origin)
	if f == nil {
		refuse(w, http.StatusServiceUnavailable, api.Unavailable, "too many pages follow events")
		return
	}
	defer a.events.leave(f)
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-alive.C: // a page that is gone shows when one writes
			fmt.Fprint(w, ": alive\n\n")
		case e := <-f.events:
			text, _ := json.Marshal(e) // strings and a number: cannot fail
			fmt.Fprintf(w, "data: %s\n\n", text)
		}
		if control.Flush() != nil {
			return
		}
	}
}
