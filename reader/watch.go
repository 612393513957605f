package reader

import (
	"context"
	"errors"
	"time"
)

// PollInterval is how often Watch looks. C_WaitForSlotEvent would be woken, but its
// binding loses the return code, and modules disagree on whether it may block others.
const PollInterval = 300 * time.Millisecond

// Watch reports what happens in the readers, beginning with what is there now, until
// ctx ends or the module is closed; then the channel is closed. A reader of the channel
// that is slow misses nothing but learns it late; a card that left and came back
// between two looks was not seen. While the module does not answer nothing is reported.
func (m *Module) Watch(ctx context.Context) <-chan Event {
	events := make(chan Event)
	go func() {
		defer close(events)
		ticker := time.NewTicker(PollInterval)
		defer ticker.Stop()
		var before []Reader
		for {
			now, err := m.Readers(ctx)
			switch {
			case errors.Is(err, ErrClosed):
				return
			case err == nil || errors.Is(err, ErrNoReader):
				for _, event := range changes(before, now) {
					select {
					case events <- event:
					case <-ctx.Done():
						return
					}
				}
				before = now
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events
}

// changes tells what happened between two looks, removals first.
func changes(before, now []Reader) []Event {
	var out, in []Event
	old := map[string]Reader{}
	for _, r := range before {
		old[r.Name] = r
	}
	for _, r := range now {
		was, known := old[r.Name]
		delete(old, r.Name)
		if !known {
			in = append(in, Event{Connected, r})
		}
		same := was.Present && r.Present && was.Serial == r.Serial && was.Label == r.Label
		if was.Present && !same {
			out = append(out, Event{Removed, Reader{Name: r.Name, slot: r.slot}})
		}
		if r.Present && !same {
			in = append(in, Event{Inserted, r})
		}
	}
	for _, was := range before {
		if _, lost := old[was.Name]; !lost {
			continue
		}
		empty := Reader{Name: was.Name, slot: was.slot}
		if was.Present {
			out = append(out, Event{Removed, empty})
		}
		out = append(out, Event{Unplugged, empty})
	}
	return append(out, in...)
}
