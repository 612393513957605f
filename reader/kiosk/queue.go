package kiosk

import (
	"context"

	"guichet.example/reader/api"
)

// Told waits until the portal knows of the card that is in. It returns the error of ctx
// if that ends before.
func (m *Machine) Told(ctx context.Context) error {
	for {
		m.mu.Lock()
		told, news := m.told, m.changes()
		m.mu.Unlock()
		if told {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-news:
		}
	}
}

// changes is closed when told changes; m.mu is held.
func (m *Machine) changes() chan struct{} {
	if m.news == nil {
		m.news = make(chan struct{})
	}
	return m.news
}

// know notes whether the portal knows of a card; m.mu is held.
func (m *Machine) know(told bool) {
	m.told = told
	close(m.changes())
	m.news = nil
}

// queue puts a message behind those that wait; m.mu is held. What a later one of its kind
// says better goes: files of a card are in memory no longer than it is in.
func (m *Machine) queue(message api.KioskMessage) {
	switch message.Kind {
	case api.KioskCardIn, api.KioskCardOut:
		if m.drop(api.KioskCardIn) {
			message.Again = false // nobody was told
		}
	case api.KioskFault:
		m.drop(api.KioskFault)
	}
	if len(m.todo) < maxTodo {
		m.todo = append(m.todo, message)
	} else {
		m.todo[len(m.todo)-1] = message // the newest is how things stand
	}
	select {
	case m.wake <- struct{}{}:
	default: // nil before Run, or told already
	}
}

// drop takes back the messages of a kind that wait, but for the first of all, which may be
// on its way, and reports whether there were any; m.mu is held.
func (m *Machine) drop(kind api.KioskKind) (found bool) {
	for i := len(m.todo) - 1; i > 0; i-- {
		if m.todo[i].Kind == kind {
			m.todo = append(m.todo[:i:i], m.todo[i+1:]...)
			found = true
		}
	}
	return found
}

func (m *Machine) first() (api.KioskMessage, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.todo) == 0 {
		return api.KioskMessage{}, false
	}
	return m.todo[0], true
}

// done takes away what was sent.
func (m *Machine) done(kind api.KioskKind) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.todo[0] = api.KioskMessage{}
	m.todo = m.todo[1:]
	if kind == api.KioskCardIn || kind == api.KioskCardOut {
		m.know(kind == api.KioskCardIn)
	}
}
