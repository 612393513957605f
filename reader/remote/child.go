package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"guichet.example/reader"
)

// child is the parent's side of one child process.
type child struct {
	link  *link
	cmd   *exec.Cmd
	limit time.Duration // how long the module may be busy with one call
	born  time.Time
	gone  chan struct{} // closed when the process is no more
	noise *noise        // what the module printed

	mu      sync.Mutex
	next    uint64
	waiting map[uint64]*pending
	made    int         // calls, ever
	keypad  bool        // the person types inside the module: no deadline counts
	since   time.Time   // when the module last gave an answer, or was first asked for one
	timer   *time.Timer // runs while the module is busy
	why     error       // it is gone; nil: it is not, or nobody knows yet
	hung    bool        // it was killed for that
	left    bool        // it was asked to leave
}

// pending is a call under way.
type pending struct {
	messages chan message // progress, then the answer; closed when the child is gone
	signs    bool         // it may wait for a person
	person   bool         // it does
}

// maxProgress is how many messages about one call may wait to be read.
const maxProgress = 32

// startChild starts a process that opens the module.
func startChild(program []string, limit time.Duration) (*child, error) {
	cmd := exec.Command(program[0], program[1:]...)
	if len(program) == 1 && program[0] == selfProgram {
		cmd.Args[0] = os.Args[0]
	}
	cmd.Env = append(os.Environ(), childMarker+"=1")
	c := &child{
		cmd: cmd, limit: limit, born: time.Now(), gone: make(chan struct{}),
		waiting: map[uint64]*pending{},
	}
	w, after, err := connect(cmd)
	if err != nil {
		return nil, err
	}
	defer after()
	c.link = newLink(w, maxAnswer, maxRequest)
	c.timer = time.AfterFunc(time.Hour, c.overdue)
	c.timer.Stop()
	if c.noise, err = listen(cmd); err != nil {
		w.Close()
		return nil, err
	}
	err = cmd.Start()
	c.noise.started()
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("starting the process of a module: %w", err)
	}
	go c.receive()
	return c, nil
}

// receive hands out what the child says until it ends or talks nonsense.
func (c *child) receive() {
	for {
		m, files, err := c.link.receive()
		closeAll(files) // a child passes none
		if err == nil {
			err = c.deliver(m)
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

// deliver hands a message to its call. Progress of a call that was answered is late;
// anything else out of order is nonsense, and must not buy a module that hangs more time.
func (c *child) deliver(m message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.waiting[m.ID]
	switch {
	case m.Kind == kindAnswer && p != nil:
		delete(c.waiting, m.ID)
		c.keypad = c.keypad && !p.person
		c.since = time.Now()
	case m.Kind == kindProgress && (p == nil || p.signs):
		b, err := parseBody[progressBody](m)
		if err != nil || p == nil {
			return err
		}
		c.since = time.Now()
		p.person = b.Waits != forModule
		c.keypad = b.Waits == forKeypad
	default:
		return fmt.Errorf("%w: %q is not for a parent, or about nothing it asked", errMessage, m.Kind)
	}
	c.watch()
	select {
	case p.messages <- m:
		return nil
	default:
		return fmt.Errorf("%w: more progress than anybody reads", errMessage)
	}
}

// watch sets the timer by what is waited for; c.mu is held.
func (c *child) watch() {
	if !c.busy() || c.keypad {
		c.timer.Stop()
		return
	}
	c.timer.Reset(max(time.Until(c.since.Add(c.limit)), time.Millisecond))
}

// busy reports whether a call waits for the module; c.mu is held.
func (c *child) busy() bool {
	for _, p := range c.waiting {
		if !p.person {
			return true
		}
	}
	return false
}

// overdue kills a child whose module has answered nothing for too long.
func (c *child) overdue() {
	c.mu.Lock()
	late := time.Since(c.since) >= c.limit && !c.keypad && c.busy()
	if !late {
		c.watch()
	}
	c.mu.Unlock()
	if late {
		c.hangs(fmt.Errorf("the module did not answer within %v: %w", c.limit, reader.ErrModuleFailed))
	}
}

// kill ends the process now; why is what its calls are answered.
func (c *child) kill(why error) {
	c.mu.Lock()
	if c.why == nil {
		c.why = why
	}
	c.mu.Unlock()
	_ = c.cmd.Process.Kill() // receive sees the end of the connection
}

// hangs kills a child whose module hangs.
func (c *child) hangs(why error) {
	c.mu.Lock()
	c.hung = c.why == nil
	c.mu.Unlock()
	c.kill(why)
}

// end buries the process after the connection ended, and answers its calls.
func (c *child) end(err error) {
	_ = c.cmd.Process.Kill() // it may have closed the connection, or said nonsense
	_ = c.link.close()
	waited := c.cmd.Wait()
	c.noise.end()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.why != nil:
	case c.left:
		c.why = errLeaving
	case errors.Is(err, errMessage) || errors.Is(err, errFrameLength) || errors.Is(err, errDescriptors):
		c.why = fmt.Errorf("the process of the module talked nonsense: %v: %w", err, reader.ErrModuleFailed)
	default:
		c.why = fmt.Errorf("the process of the module ended (%s): %w", ending(waited), reader.ErrModuleFailed)
	}
	c.timer.Stop()
	close(c.gone)
	for id, p := range c.waiting {
		delete(c.waiting, id)
		close(p.messages)
	}
}

func ending(waited error) string {
	if waited == nil {
		return "exit status 0"
	}
	return clip(waited.Error(), maxText)
}

// start sends a call and returns what to wait on. errLeaving: it was never sent.
func (c *child) start(k kind, content any, descriptors ...uintptr) (uint64, *pending, error) {
	data, err := body(content)
	if err != nil {
		return 0, nil, err
	}
	p := &pending{messages: make(chan message, maxProgress), signs: k == kindSign}
	c.mu.Lock()
	if c.left || c.over() {
		c.mu.Unlock()
		return 0, nil, errLeaving
	}
	c.next++
	c.made++
	id := c.next
	if !c.busy() {
		c.since = time.Now()
	}
	c.waiting[id] = p
	c.watch()
	c.mu.Unlock()
	if err := c.link.send(message{ID: id, Kind: k, Body: data}, descriptors...); err != nil {
		c.forget(id)
		switch {
		case errors.Is(err, errFrameLength):
			return 0, nil, fmt.Errorf("a request too long to pass on: %w", reader.ErrNotSupported)
		case errors.Is(err, syscall.EBADF) && len(descriptors) > 0:
			return 0, nil, fmt.Errorf("%w: descriptor %d is not open", ErrEntry, descriptors[0])
		}
		c.kill(fmt.Errorf("the process of the module does not listen: %v: %w", err, reader.ErrModuleFailed))
		<-c.gone
		return 0, nil, c.why
	}
	return id, p, nil
}

// over reports whether the process is gone.
func (c *child) over() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// forget is for a call that was never sent.
func (c *child) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
	c.watch()
}

// note sends what is not answered.
func (c *child) note(m message, descriptors ...uintptr) error {
	err := c.link.send(m, descriptors...)
	if err != nil {
		c.kill(fmt.Errorf("the process of the module does not listen: %v: %w", err, reader.ErrModuleFailed))
	}
	return err
}

// conclude tells the child what became of its signature, so that the page can tell.
func (c *child) conclude(good bool) {
	if data, err := body(concludeBody{good}); err == nil {
		_ = c.note(message{Kind: kindConclude, Body: data})
	}
}

// cancel tells the child that a call is not wanted any more, and why.
func (c *child) cancel(id uint64, why error) {
	data, err := body(cancelBody{Cause: conditionOf(why)})
	if err == nil {
		_ = c.note(message{ID: id, Kind: kindCancel, Body: data})
	}
}

// leave has the child end when it has answered what is under way, in a moment at most.
func (c *child) leave() {
	c.mu.Lock()
	again := c.left
	c.left = true
	c.mu.Unlock()
	if again || c.note(message{Kind: kindLeave}) != nil {
		return
	}
	late := time.AfterFunc(linger+time.Second, func() { c.kill(errLeaving) })
	go func() {
		<-c.gone
		late.Stop()
	}()
}

// idle reports whether nothing is under way, and how many calls there were.
func (c *child) idle() (calls int, idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made, len(c.waiting) == 0
}

// ask makes a call that waits for no person. When ctx ends first the caller is let go;
// the call is not cancelled, since what its module does it cannot stop, and the deadline
// goes on counting.
func ask[T any](ctx context.Context, c *child, k kind, content any) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, ended(ctx)
	}
	_, p, err := c.start(k, content)
	if err != nil {
		return none, err
	}
	select {
	case m, ok := <-p.messages:
		return answerOf[T](c, m, ok)
	case <-ctx.Done():
		return none, ended(ctx)
	}
}

// answerOf reads an answer. One that does not parse is the end of its child.
func answerOf[T any](c *child, m message, ok bool) (T, error) {
	var v T
	if !ok {
		return v, c.why // the channel was closed after it was set
	}
	if m.Failure != nil {
		err := m.Failure.error()
		if len(m.Body) > 0 {
			v, _ = parseBody[T](m)
		}
		return v, err
	}
	if _, nothing := any(v).(nobody); nothing {
		return v, nil
	}
	v, err := parseBody[T](m)
	if err != nil {
		c.kill(fmt.Errorf("%v: %w", err, reader.ErrModuleFailed))
		return v, fmt.Errorf("%v: %w", err, reader.ErrModuleFailed)
	}
	return v, nil
}

// nobody is the body of an answer that has none.
type nobody struct{}

// ended says in our words why a context is over: a cause in those words counts.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	for _, known := range []error{reader.ErrCardRemoved, reader.ErrTimedOut, reader.ErrCancelled} {
		if errors.Is(cause, known) {
			return known
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return reader.ErrTimedOut
	}
	return reader.ErrCancelled
}

// logged says in the log why a child is gone, and returns that.
func (c *child) logged(log *slog.Logger, path string) (cause error, hung bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	log.Warn("process of a card module ended", slog.String("module", path), slog.Any("cause", c.why),
		slog.Duration("lived", time.Since(c.born).Round(time.Millisecond)), slog.String("printed", c.noise.text()))
	return c.why, c.hung
}
