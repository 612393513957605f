package kiosk

import (
	"context"
	"slices"
	"time"

	"guichet.example/reader/api"
)

// How long a card may be in with nobody signed in until it is one that was left: shorter
// after a session, when its holder was there.
const (
	leftAfter  = 30 * time.Second
	leftUnused = 3 * time.Minute
)

// health is what a machine knows of itself; Machine.mu guards it.
type health struct {
	wrong   map[api.KioskTrouble]bool
	readers int
	printer api.KioskPrinter

	card   time.Time // since when one is in; zero: none is
	open   bool      // somebody is signed in, as the portal last told
	closed time.Time // when the portal first told that nobody is any more
}

// Tell says whether that is wrong with the machine.
func (m *Machine) Tell(trouble api.KioskTrouble, wrong bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if trouble == api.NoTrouble || m.health.wrong[trouble] == wrong {
		return
	}
	if m.health.wrong == nil {
		m.health.wrong = map[api.KioskTrouble]bool{}
	}
	m.health.wrong[trouble] = wrong
	before := m.status.Trouble
	if m.status.Trouble = m.worst(); m.status.Trouble != before {
		m.queue(api.KioskMessage{Kind: api.KioskFault, Fault: m.status.Trouble})
	}
}

// troubles are all that is wrong, the worst first; m.mu is held.
func (m *Machine) troubles() []api.KioskTrouble {
	return slices.DeleteFunc(slices.Clone(api.KioskTroubles), func(t api.KioskTrouble) bool { return !m.health.wrong[t] })
}

// worst is what the screen shows; m.mu is held.
func (m *Machine) worst() api.KioskTrouble {
	if all := m.troubles(); len(all) > 0 {
		return all[0]
	}
	return api.NoTrouble
}

// look is how the machine is now.
func (m *Machine) look() *api.KioskHealth {
	jobs, sheets := m.Line.State.Printed()
	m.mu.Lock()
	defer m.mu.Unlock()
	h := &api.KioskHealth{Readers: min(m.health.readers, 99), Printer: m.health.printer, Jobs: jobs, Sheets: sheets}
	if all := m.troubles(); len(all) > 0 {
		h.Troubles = all
	}
	return h
}

// count notes how many readers there are.
func (m *Machine) count(readers int) {
	m.mu.Lock()
	m.health.readers = readers
	m.mu.Unlock()
	m.Tell(api.ReaderGone, readers == 0)
}

// noteCard notes that a card was put in, or taken out.
func (m *Machine) noteCard(in bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Card = in
	m.health.card, m.health.closed = time.Time{}, time.Time{}
	if in {
		m.health.card = m.Now()
	}
}

// session takes what the portal told of the session here, and finds the card that was left
// in. A portal that does not tell leaves no judgement.
func (m *Machine) session(told api.KioskSession) {
	m.mu.Lock()
	now := m.Now()
	switch told {
	case api.KioskSessionOpen:
		m.health.open, m.health.closed = true, time.Time{}
	case api.KioskSessionNone:
		if m.health.open {
			m.health.open, m.health.closed = false, now
		}
	default:
		m.mu.Unlock()
		return
	}
	h := m.health
	m.mu.Unlock()
	m.Tell(api.CardStuck, h.left(now))
}

// left says whether a card is in that nobody uses.
func (h health) left(now time.Time) bool {
	switch {
	case h.card.IsZero() || h.open:
		return false
	case !h.closed.IsZero():
		return now.Sub(h.closed) >= leftAfter
	}
	return now.Sub(h.card) >= leftUnused
}

// restate tells the portal how things stand, after it forgot.
func (m *Machine) restate() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.todo = nil
	m.know(false)
	m.health.open = false
	m.queue(api.KioskMessage{Kind: api.KioskFault, Fault: m.worst()})
	select {
	case m.retell <- struct{}{}:
	default:
	}
}

// LookAfter is how often a printer is looked at.
const LookAfter = 15 * time.Second

// lookTime is how long that may take.
const lookTime = 5 * time.Second

// lookAtPrinter follows the printer until ctx ends.
func (m *Machine) lookAtPrinter(ctx context.Context) {
	for ctx.Err() == nil {
		m.lookOnce(ctx)
		pause(ctx, LookAfter)
	}
}

func (m *Machine) lookOnce(ctx context.Context) {
	looking, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	seen, err := m.Printer.Look(looking)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		seen = Print{State: api.PrinterGone}
	} else if err := m.Line.State.Count(seen.Jobs); err != nil {
		m.Log.Warn("counting what was printed", "cause", err)
	}
	m.mu.Lock()
	before := m.health.printer
	m.health.printer = seen.State
	m.mu.Unlock()
	if before != seen.State {
		m.Log.Info("kiosk and printer", "state", string(seen.State), "cause", err)
	}
	m.Tell(api.NoPaper, seen.State == api.PrinterEmpty)
}
