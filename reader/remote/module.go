package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/pinpage"
)

// Bounds on how often a module gets a fresh child.
const (
	maxBackOff = 10 * time.Second // between the starts of children that die at once
	waitable   = time.Second      // how much of that a call waits for
	// A module that fails, or sees no reader, for so long may have lost the PC/SC daemon
	// for good: it gets a fresh child, the next time after twice as long.
	ailing    = 3 * time.Second
	maxAiling = time.Minute
	// recycleAfter is how many calls a child serves: a module may leak. Watch makes
	// 12,000 an hour.
	recycleAfter = 20_000
)

// module supervises the children of one PKCS#11 module: one at a time that takes calls,
// and those before it that still take their leave.
type module struct {
	path    string
	program []string
	limit   time.Duration
	log     *slog.Logger
	absent  bool          // there was no file of that name when the set was opened
	signing chan struct{} // holds one element while a signature is made
	ailing  time.Duration // how long it may fail or see no reader before it gets a fresh child
	recycle int           // how many calls a child serves

	mu        sync.Mutex
	current   *child
	opening   *opening // of current
	leaving   map[*child]bool
	closed    bool
	failures  int       // children in a row that died without a good answer
	notBefore time.Time // when the next may be started
	cause     error     // why the one before ended
	kills     int
	restarts  int
	blind     time.Time     // since when it sees no reader; zero: it sees one
	sick      time.Time     // since when other calls fail; zero: they do not
	patience  time.Duration // with that
	recycling bool

	view view
}

// opening is what came of opening the module in a child.
type opening struct {
	done chan struct{}
	info reader.ModuleInfo
	err  error
}

func newModule(path string, program []string, limit time.Duration, log *slog.Logger) *module {
	return &module{
		path: path, program: program, limit: limit, log: log,
		signing: make(chan struct{}, 1), leaving: map[*child]bool{},
		ailing: ailing, patience: ailing, recycle: recycleAfter,
	}
}

// child returns the child that takes calls, starting one if there is none. While children
// die as soon as they are started it fails with why.
func (m *module) child(ctx context.Context) (*child, *opening, error) {
	if m.absent {
		return nil, nil, reader.ErrModuleMissing
	}
	for {
		m.mu.Lock()
		if m.closed {
			m.mu.Unlock()
			return nil, nil, reader.ErrClosed
		}
		if m.current != nil && m.current.over() { // and bury is not there yet
			m.buried(m.current)
		}
		if m.current == nil && !time.Now().Before(m.notBefore) {
			m.begin("", nil)
		}
		c, o, wait, cause := m.current, m.opening, time.Until(m.notBefore), m.cause
		m.mu.Unlock()
		if c != nil {
			return c, o, nil
		}
		if wait > waitable {
			return nil, nil, fmt.Errorf("the module is left alone for %v: %w", wait.Round(time.Second), cause)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, nil, ended(ctx)
		}
	}
}

// begin starts a child and makes it the current one; m.mu is held. When that fails there
// is none.
func (m *module) begin(ahead string, remember *pinpage.Ending) {
	c, o, err := m.start(ahead, remember)
	if err != nil {
		m.fail(fmt.Errorf("%w: %w", reader.ErrModuleFailed, err))
		return
	}
	m.current, m.opening = c, o
}

// start starts a child and has it open the module; it waits for neither.
func (m *module) start(ahead string, remember *pinpage.Ending) (*child, *opening, error) {
	c, err := startChild(m.program, m.limit)
	if err != nil {
		return nil, nil, err
	}
	o := &opening{done: make(chan struct{})}
	_, p, err := c.start(kindOpen, openBody{Module: m.path, Ahead: ahead})
	if err == nil && remember != nil {
		if data, err := body(remember); err == nil {
			_ = c.note(message{Kind: kindRemember, Body: data})
		}
	}
	go func() {
		defer close(o.done)
		if o.err = err; err != nil {
			return
		}
		answer, ok := <-p.messages
		var info infoBody
		info, o.err = answerOf[infoBody](c, answer, ok)
		o.info = reader.ModuleInfo(info)
	}()
	go m.bury(c)
	return c, o, nil
}

// bury waits for the end of a child.
func (m *module) bury(c *child) {
	<-c.gone
	m.mu.Lock()
	defer m.mu.Unlock()
	m.buried(c)
}

// buried takes in that a child is gone; m.mu is held. One that was not asked to leave is
// replaced, at once if its kind lasts.
func (m *module) buried(c *child) {
	delete(m.leaving, c)
	if m.current != c || m.closed {
		return
	}
	cause, hung := c.logged(m.log, m.path)
	if hung {
		m.kills++
	}
	m.current = nil
	m.fail(cause)
	m.restarts++
	if m.failures == 1 {
		m.begin("", nil)
	}
}

// fail notes that a child came to nothing; m.mu is held.
func (m *module) fail(cause error) {
	m.cause = cause
	m.failures++
	if m.failures > 1 {
		m.notBefore = time.Now().Add(min(maxBackOff, 100*time.Millisecond<<min(m.failures, 10)))
	}
}

// retire replaces the child that has signed, and has it leave. The fresh one opens the
// card of that reader ahead and remembers how the operation ended. One that died over
// the signature was replaced for that.
// It returns at once; the next call waits until there is a fresh child to take it.
func (m *module) retire(c *child, readerName string, ending *pinpage.Ending) {
	m.mu.Lock()
	go func() {
		defer m.mu.Unlock()
		m.replace(c, readerName, ending)
	}()
}

// replace is retire while m.mu is held.
func (m *module) replace(c *child, readerName string, ending *pinpage.Ending) {
	if m.closed {
		return
	}
	if m.current == c && !c.over() {
		m.begin(readerName, ending)
		if m.current == c { // none could be started
			m.current = nil
		}
		m.leaving[c] = true
		c.leave()
		return
	}
	m.buried(c)
	if data, err := body(ending); m.current != nil && ending != nil && err == nil {
		_ = m.current.note(message{Kind: kindRemember, Body: data})
	}
}

// looked takes in what came of a look, for the health of the module.
func (m *module) looked(err error, sees bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.judge(&m.blind, failed(err) || !sees, err)
}

// asked takes in how any other call ended.
func (m *module) asked(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.judge(&m.sick, failed(err), err)
}

func failed(err error) bool {
	return errors.Is(err, reader.ErrModuleFailed) || errors.Is(err, reader.ErrModuleMissing)
}

// judge notes since when the module has not been well, and gives it a fresh child when
// that lasts; m.mu is held.
func (m *module) judge(since *time.Time, ill bool, err error) {
	if !failed(err) {
		m.failures = 0
	}
	if !ill {
		*since = time.Time{}
		if m.blind.IsZero() && m.sick.IsZero() {
			m.patience = m.ailing
		}
		m.renew()
		return
	}
	switch c := m.current; {
	case since.IsZero():
		*since = time.Now()
	case len(m.signing) > 0: // somebody may be typing
	case c != nil && time.Since(*since) > m.patience && time.Since(c.born) > m.patience:
		m.patience = min(2*m.patience, maxAiling)
		m.log.Info("fresh process for a card module", slog.String("module", m.path), slog.Any("cause", err))
		m.restarts++
		m.begin("", nil)
		if m.current == c {
			m.current = nil
		}
		m.leaving[c] = true
		c.leave()
	}
}

// renew replaces a child that has served long, once the next is ready; m.mu is held.
func (m *module) renew() {
	c := m.current
	if c == nil || m.recycling {
		return
	}
	if calls, idle := c.idle(); calls < m.recycle || !idle {
		return
	}
	m.recycling = true
	go func() {
		fresh, o, err := m.start("", nil)
		if err == nil {
			<-o.done
			err = o.err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.recycling = false
		switch {
		case fresh == nil:
		case err != nil || m.current != c || m.closed || len(m.signing) > 0:
			m.leaving[fresh] = true
			fresh.leave()
		default:
			m.current, m.opening = fresh, o
			m.leaving[c] = true
			c.leave()
		}
	}()
}

// close ends all children. One that has a page to tell something gets its time for that.
func (m *module) close() {
	m.mu.Lock()
	m.closed = true
	current := m.current
	m.current = nil
	var rest []*child
	for c := range m.leaving {
		rest = append(rest, c)
	}
	m.mu.Unlock()
	if current != nil {
		current.kill(reader.ErrClosed)
		<-current.gone
	}
	for _, c := range rest {
		<-c.gone
	}
}

// callModule makes a call that waits for no person, to whichever child takes calls now.
func callModule[T any](ctx context.Context, m *module, k kind, content any) (T, error) {
	var v T
	var err error
	for range 3 { // a child that leaves meanwhile is no failure
		var c *child
		if c, _, err = m.child(ctx); err != nil {
			return v, err
		}
		if v, err = ask[T](ctx, c, k, content); !errors.Is(err, errLeaving) {
			return v, err
		}
	}
	return v, fmt.Errorf("%v: %w", err, reader.ErrModuleFailed)
}
