package kiosk

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/api"
)

// Watcher tells what happens in the readers: agent.Cards. One that is a Filer too has the
// files of the cards that are put in told to the portal.
type Watcher interface {
	Watch(ctx context.Context) <-chan reader.Event
}

// Machine keeps the lease of a kiosk. Line and Cards are required, and nothing is changed
// after Run. Safe for concurrent use.
type Machine struct {
	Line  *Line
	Cards Watcher
	Log   *slog.Logger // nil: none
	// Printer is looked at every LookAfter. nil: the kiosk has none.
	Printer Printer
	// Now is a clock that need not be right, but must not jump. nil: time.Now.
	Now func() time.Time
	// Again is the pause after a message that nobody answered. 0: a second.
	Again time.Duration
	// Patience is how long a machine that remembers nothing waits, so that a lease it may
	// have held before is over. 0: 20 seconds; negative: not at all.
	Patience time.Duration

	mu     sync.Mutex
	status api.KioskStatus
	begun  bool
	wake   chan struct{} // told that there is something to send
	todo   []api.KioskMessage
	told   bool          // the portal knows of a card that is in
	news   chan struct{} // closed, and replaced, when told changes
	health health
	retell chan struct{} // told that the portal forgot the card that is in
}

// every is the heartbeat before the portal has said its own.
const every = 5 * time.Second

// maxTodo bounds what waits to be sent: a portal that is away for long is told how things
// stand, not how they came to.
const maxTodo = 16

// Status is how things stand.
func (m *Machine) Status() api.KioskStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}

// Bind makes a browser this kiosk's, by the hash that its page shows. RefusedError,
// ErrOffline.
func (m *Machine) Bind(ctx context.Context, browser string) error {
	m.mu.Lock()
	begun := m.begun
	m.mu.Unlock()
	if !begun {
		return ErrOffline
	}
	_, err := m.Line.Send(ctx, api.KioskMessage{Kind: api.KioskBind, Browser: browser})
	m.heard(err)
	return err
}

// Run keeps the lease until ctx ends, or the portal ends it for good: RefusedError. A
// portal that does not answer is asked again without end.
func (m *Machine) Run(ctx context.Context) error {
	m.defaults()
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	if m.Line.State.New && m.Patience > 0 && !pause(ctx, m.Patience) {
		return nil
	}
	pace, err := m.begin(ctx)
	if err == nil {
		watching.Go(func() { m.watch(ctx) })
		if m.Printer != nil {
			watching.Go(func() { m.lookAtPrinter(ctx) })
		}
		err = m.beat(ctx, pace)
	}
	if ctx.Err() != nil {
		m.leave(ctx)
		return nil
	}
	return err
}

func (m *Machine) defaults() {
	if m.Log == nil {
		m.Log = slog.New(slog.DiscardHandler)
	}
	if m.Now == nil {
		m.Now = time.Now
	}
	if m.Again == 0 {
		m.Again = time.Second
	}
	if m.Patience == 0 {
		m.Patience = 20 * time.Second
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wake, m.retell = make(chan struct{}, 1), make(chan struct{}, 1)
}

// leave ends the lease, if the portal listens.
func (m *Machine) leave(ctx context.Context) {
	m.mu.Lock()
	begun := m.begun
	m.mu.Unlock()
	if !begun {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	_, _ = m.Line.Send(ctx, api.KioskMessage{Kind: api.KioskStop})
}

// begin starts the lease. The portal then forgets the card that is in, and may remember a
// trouble from before: both are told anew.
func (m *Machine) begin(ctx context.Context) (time.Duration, error) {
	for {
		answer, err := m.Line.Send(ctx, api.KioskMessage{Kind: api.KioskStart, Health: m.look()})
		m.heard(err)
		switch {
		case err == nil:
			m.mu.Lock()
			m.begun, m.status.Name = true, answer.Name
			m.mu.Unlock()
			m.Log.Info("kiosk has its lease", "name", answer.Name)
			m.restate()
			if pace := time.Duration(answer.Every) * time.Millisecond; pace > 0 {
				return pace, nil
			}
			return every, nil
		case final(err):
			return 0, err
		case !pause(ctx, m.Again):
			return 0, ctx.Err()
		}
	}
}

// beat sends what there is to tell at once, and a sign of life when there is nothing.
func (m *Machine) beat(ctx context.Context, pace time.Duration) error {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		message, ok := m.first()
		if !ok {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-m.wake:
				continue
			case <-ticker.C:
				message = api.KioskMessage{Kind: api.KioskBeat, Health: m.look()}
			}
		}
		answer, err := m.Line.Send(ctx, message)
		m.heard(err)
		refused := RefusedError{}
		switch {
		case err == nil:
			if ok {
				m.done(message.Kind)
			}
			m.session(answer.Session)
			continue
		case final(err):
			return err
		case errors.As(err, &refused) && refused.State == api.KioskStale: // our lease was over
			if _, err := m.begin(ctx); err != nil {
				return err
			}
			continue
		}
		if !pause(ctx, m.Again) {
			return ctx.Err()
		}
	}
}

// final says that asking again is of no use.
func final(err error) bool {
	refused := RefusedError{}
	return errors.As(err, &refused) && refused.State != api.KioskStale && refused.State != api.KioskBusy
}

// pause waits, or returns false because ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// heard notes whether the portal answers, and what.
func (m *Machine) heard(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	refused := RefusedError{}
	was := m.status
	m.status.Online = err == nil || errors.As(err, &refused)
	m.status.State = refused.State
	if was.Online != m.status.Online || was.State != m.status.State {
		m.Log.Info("kiosk and portal", "online", m.status.Online, "state", string(refused.State), "cause", err)
	}
}
