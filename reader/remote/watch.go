package remote

import (
	"context"
	"strings"
	"time"

	"guichet.example/reader"
)

// Watch reports what happens in the readers of all modules, beginning with what is there
// now, until ctx ends or the set is closed; then the channel is closed. It looks every
// [reader.PollInterval]. A reader of the channel that is slow misses nothing but learns
// it late. That a child was replaced is not seen: while a module does not answer, what
// it said last counts, for ten seconds at most.
func (s *Set) Watch(ctx context.Context) <-chan reader.Event {
	events := make(chan reader.Event)
	go func() {
		defer close(events)
		ticker := time.NewTicker(reader.PollInterval)
		defer ticker.Stop()
		var before []reader.Reader
		for {
			now := s.glance(ctx)
			for _, event := range changes(before, now) {
				select {
				case events <- event:
				case <-ctx.Done():
					return
				case <-s.closed:
					return
				}
			}
			before = now
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			case <-s.closed:
				return
			}
		}
	}()
	return events
}

// glance looks through every module and waits for those that answer soon.
func (s *Set) glance(ctx context.Context) []reader.Reader {
	var asked []<-chan struct{}
	for _, m := range s.modules {
		asked = append(asked, m.look())
	}
	soon := time.NewTimer(reader.PollInterval)
	defer soon.Stop()
	for _, answered := range asked {
		select {
		case <-answered:
		case <-soon.C:
			soon.Reset(0)
		case <-ctx.Done():
		}
	}
	var list []reader.Reader
	for _, sighting := range s.sightings() {
		list = append(list, sighting.Reader)
	}
	return list
}

// changes tells what happened between two looks, removals first, and completes now with
// what before knew better: a card whose serial number cannot be read for a moment, since
// another program holds it, has not left.
func changes(before, now []reader.Reader) []reader.Event {
	var out, in []reader.Event
	old := map[string]reader.Reader{}
	for _, r := range before {
		old[r.Name] = r
	}
	for i := range now {
		r := &now[i]
		was, known := old[r.Name]
		delete(old, r.Name)
		if !known {
			in = append(in, reader.Event{Kind: reader.Connected, Reader: *r})
		}
		if was.Present && r.Present && sameCard(was, *r) {
			switch {
			case r.Serial == "":
				r.Serial, r.Label = was.Serial, was.Label
			case was.Serial == "": // now it can be read
				in = append(in, reader.Event{Kind: reader.Inserted, Reader: *r})
			}
			continue
		}
		if was.Present {
			out = append(out, reader.Event{Kind: reader.Removed, Reader: reader.Reader{Name: r.Name}})
		}
		if r.Present {
			in = append(in, reader.Event{Kind: reader.Inserted, Reader: *r})
		}
	}
	for _, was := range before {
		if _, lost := old[was.Name]; !lost {
			continue
		}
		empty := reader.Reader{Name: was.Name}
		if was.Present {
			out = append(out, reader.Event{Kind: reader.Removed, Reader: empty})
		}
		out = append(out, reader.Event{Kind: reader.Unplugged, Reader: empty})
	}
	return append(out, in...)
}

// sameCard compares serial numbers without case: modules differ in that. One that is not
// known differs from none. Tokens that never have one are told apart by label.
func sameCard(a, b reader.Reader) bool {
	if a.Serial == "" && b.Serial == "" {
		return a.Label == b.Label
	}
	return a.Serial == "" || b.Serial == "" || strings.EqualFold(a.Serial, b.Serial)
}
