package kiosk

import (
	"context"
	"sync"
	"time"

	"guichet.example/certs/registry"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// Filer reads the files of the card in the reader of that name, unverified; nil without an
// error when its module gives out none: *remote.Set.
type Filer interface {
	Files(ctx context.Context, readerName string) (*registry.Files, error)
}

// A card with its photo takes two to eight seconds to read, while its holder types her PIN.
// After filesGrace the portal is told of the card without its files, and once more with them.
const (
	filesGrace = 4 * time.Second
	filesTime  = 20 * time.Second
)

// readerGrace is how long a machine looks for its readers until it has none.
const readerGrace = 3 * time.Second

// slots is what watch knows of the readers.
type slots struct {
	held map[string]bool // by reader: whether there is a card in it
	last string          // the reader that a card was put into last
	stop func()          // the card is out: nothing more is told of it

	reading sync.WaitGroup // who reads its files
}

// watch tells the portal of cards that come and go.
func (m *Machine) watch(ctx context.Context) {
	s := slots{held: map[string]bool{}, stop: func() {}}
	defer s.reading.Wait()
	defer func() { s.stop() }()
	events, settled := m.Cards.Watch(ctx), time.After(readerGrace)
	for {
		select {
		case event, ok := <-events:
			if !ok {
				return
			}
			m.happened(ctx, &s, event)
		case <-settled:
			m.count(len(s.held))
		case <-m.retell:
			if s.held[s.last] {
				m.tellCard(ctx, &s)
			}
		}
	}
}

func (m *Machine) happened(ctx context.Context, s *slots, event reader.Event) {
	name := event.Reader.Name
	before := s.held[name]
	switch event.Kind {
	case reader.Inserted:
		s.held[name] = true
	case reader.Removed:
		s.held[name] = false
	case reader.Connected:
		s.held[name] = event.Reader.Present
	case reader.Unplugged:
		delete(s.held, name)
	}
	m.count(len(s.held))
	switch {
	case s.held[name] && !before:
		s.last = name
		m.noteCard(true)
		m.tellCard(ctx, s)
	case before && !s.held[name]:
		m.noteCard(false)
		m.mu.Lock()
		s.stop() // under the lock: no card-in comes behind this card-out
		m.queue(api.KioskMessage{Kind: api.KioskCardOut})
		m.mu.Unlock()
		m.Tell(api.CardStuck, false)
	}
}

// tellCard tells the portal of the card that is in, with its files where they can be read.
func (m *Machine) tellCard(ctx context.Context, s *slots) {
	s.stop()
	ctx, s.stop = context.WithCancel(ctx)
	filer, ok := m.Cards.(Filer)
	if !ok {
		m.cardIn(ctx, nil, false)
		return
	}
	name := s.last
	s.reading.Go(func() {
		late := time.AfterFunc(filesGrace, func() { m.cardIn(ctx, nil, false) })
		files := m.read(ctx, filer, name)
		if onTime := late.Stop(); onTime || files != nil {
			m.cardIn(ctx, files, !onTime)
		}
	})
}

// read returns the files of a card, nil when there are none that can be told.
func (m *Machine) read(ctx context.Context, filer Filer, name string) *registry.Files {
	ctx, cancel := context.WithTimeout(ctx, filesTime)
	defer cancel()
	files, err := filer.Files(ctx, name)
	switch {
	case err != nil:
		m.Log.Warn("reading the files of a card", "cause", err)
		return nil
	case files != nil && !api.KioskFilesFit(*files):
		m.Log.Warn("the files of a card are longer than any card has them")
		return nil
	}
	return files
}

// cardIn queues the message, unless ctx says that the card is out. again: it was told of
// before, without its files.
func (m *Machine) cardIn(ctx context.Context, files *registry.Files, again bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() == nil {
		m.queue(api.KioskMessage{Kind: api.KioskCardIn, Files: files, Again: again})
	}
}
