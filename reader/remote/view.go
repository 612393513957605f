package remote

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"guichet.example/reader"
)

// stale is how long what a module saw is believed while it fails: long enough for a
// fresh child.
const stale = 10 * time.Second

// view is what a module sees, as it last said.
type view struct {
	mu      sync.Mutex
	readers []reader.Reader
	err     error         // of the last look; reader.ErrNoReader is none
	failing time.Time     // since when; zero: it does not
	asking  chan struct{} // of the look under way, closed when it is done; nil: none is
	next    chan struct{} // of the one that begins then; nil: none will
}

// look asks the module what it sees, in a look that begins now or later: what happened
// before the call is seen. The channel is closed when there is an answer.
func (m *module) look() <-chan struct{} {
	v := &m.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.asking != nil {
		if v.next == nil {
			v.next = make(chan struct{})
		}
		return v.next
	}
	v.asking = make(chan struct{})
	go m.looking()
	return v.asking
}

// looking looks until nobody wants to look any more.
func (m *module) looking() {
	v := &m.view
	for {
		answer, err := callModule[readersBody](context.Background(), m, kindReaders, nil)
		if errors.Is(err, reader.ErrNoReader) {
			err = nil
		}
		v.mu.Lock()
		v.take(answer, err)
		m.looked(err, len(v.readers) > 0)
		close(v.asking)
		v.asking, v.next = v.next, nil
		more := v.asking != nil
		v.mu.Unlock()
		if !more {
			return
		}
	}
}

// take keeps what a look found; v.mu is held.
func (v *view) take(answer readersBody, err error) {
	if v.err = err; err != nil {
		if v.failing.IsZero() {
			v.failing = time.Now()
		}
		return
	}
	v.failing, v.readers = time.Time{}, nil
	for _, r := range answer.Readers {
		v.readers = append(v.readers, r.reader())
	}
}

// sees returns what the module saw last, and why it did not answer since.
func (m *module) sees() ([]reader.Reader, error) {
	v := &m.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil && time.Since(v.failing) > stale {
		return nil, v.err
	}
	return v.readers, v.err
}

// sighting is a reader and the modules that see it, most trusted first.
type sighting struct {
	reader.Reader
	modules []*module // all that see the reader
	holding []*module // those that see a card in it
}

// merge makes one list of what several modules see. Readers of one name are one. A card
// seen in readers of different names by different modules, its serial number the same
// but for case, is in the reader that the first module names.
func merge(modules []*module, seen [][]reader.Reader) []*sighting {
	var list []*sighting
	for i, m := range modules {
		for _, r := range seen[i] {
			s := find(list, m, r)
			if s == nil {
				s = &sighting{Reader: r}
				list = append(list, s)
			}
			s.modules = append(s.modules, m)
			if !r.Present {
				continue
			}
			s.holding = append(s.holding, m)
			if !s.Present || s.Serial == "" && r.Serial != "" {
				s.Present, s.Label, s.Serial = true, r.Label, r.Serial
			}
		}
	}
	return list
}

func find(list []*sighting, m *module, r reader.Reader) *sighting {
	for _, s := range list {
		if s.Name == r.Name {
			return s
		}
	}
	for _, s := range list {
		if s.Present && r.Present && s.Serial != "" && strings.EqualFold(s.Serial, r.Serial) && s.modules[len(s.modules)-1] != m {
			return s
		}
	}
	return nil
}
