package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/pinpage"
)

const (
	// maxCalls bounds the calls under way in a child: a parent has few callers.
	maxCalls = 128
	// linger is how long a child that has signed may take to tell the page.
	linger = 2 * time.Second
	// settling is how long the module then may take to finish what it does.
	settling = 500 * time.Millisecond
)

// server is the child's side: it serves one module to the parent.
type server struct {
	link   *link
	opened chan struct{} // closed when the module is open, or could not be opened
	page   func() *pinpage.Server

	mu     sync.Mutex
	calls  map[uint64]context.CancelCauseFunc
	under  sync.WaitGroup // calls under way
	closed bool           // no more calls

	// Set before opened is closed.
	module  *reader.Module
	failure error // why it is not open

	opening atomic.Bool
	signed  atomic.Pointer[entry] // of the signature that waits for its conclusion
	listens atomic.Bool           // the page is on a port of this process
	cards   *cards
}

func newServer(l *link) *server {
	s := &server{link: l, opened: make(chan struct{}), calls: map[uint64]context.CancelCauseFunc{}, cards: newCards()}
	s.page = sync.OnceValue(func() *pinpage.Server { return pinpage.New(pinpage.Config{}) })
	return s
}

// serve receives until the parent is gone (io.EOF). Whatever a module does meanwhile,
// this goroutine notices.
func (s *server) serve() error {
	for {
		m, files, err := s.link.receive()
		if err != nil {
			return err
		}
		if m.Kind == kindLeave {
			go s.leave()
			continue
		}
		if err := s.handle(m, files); err != nil {
			return err
		}
	}
}

// handle starts what a message asks for. An error means that the parent speaks another
// language.
func (s *server) handle(m message, files []*os.File) error {
	switch m.Kind {
	case kindCancel:
		b, err := parseBody[cancelBody](m)
		if err != nil {
			return err
		}
		s.cancel(m.ID, b.Cause)
		return nil
	case kindBrowser:
		return s.browser(files)
	case kindRemember:
		ending, err := parseBody[pinpage.Ending](m)
		if err != nil {
			return err
		}
		s.page().Remember(ending)
		return nil
	case kindConclude:
		return s.conclude(m)
	}
	call := callOf(m.Kind)
	if call == nil {
		return fmt.Errorf("%w: %q is not for a child", errMessage, m.Kind)
	}
	s.start(m, files, call)
	return nil
}

// start runs a call on its own and answers it.
func (s *server) start(m message, files []*os.File, call call) {
	ctx, cancel := context.WithCancelCause(context.Background())
	s.mu.Lock()
	var refused error
	switch {
	case s.closed:
		refused = errLeaving
	case len(s.calls) >= maxCalls:
		refused = fmt.Errorf("too many calls under way: %w", reader.ErrModuleFailed)
	default:
		s.calls[m.ID] = cancel
		s.under.Add(1)
	}
	s.mu.Unlock()
	if refused != nil {
		cancel(nil)
		closeAll(files)
		s.answer(m.ID, nil, refused)
		return
	}
	go func() {
		defer s.under.Done()
		defer closeAll(files)
		result, err := call(ctx, s, m, files)
		s.mu.Lock()
		delete(s.calls, m.ID)
		s.mu.Unlock()
		cancel(nil)
		s.answer(m.ID, result, err)
	}()
}

// answer sends what came of a call. When it cannot, the parent is gone, and this
// process as soon as serve notices.
func (s *server) answer(id uint64, result any, err error) {
	m := message{ID: id, Kind: kindAnswer, Failure: failureOf(err)}
	if result != nil {
		var failed error
		if m.Body, failed = body(result); failed != nil {
			m.Failure = failureOf(failed)
		}
	}
	if errors.Is(s.link.send(m), errFrameLength) {
		m.Body, m.Failure = nil, failureOf(fmt.Errorf("an answer too long to pass on: %w", reader.ErrModuleFailed))
		_ = s.link.send(m)
	}
}

// conclude has the page tell what the parent made of the signature.
func (s *server) conclude(m message) error {
	b, err := parseBody[concludeBody](m)
	if err != nil {
		return err
	}
	if e := s.signed.Swap(nil); e != nil {
		if !b.Good {
			err = reader.ErrWrongSignature
		}
		e.end(err)
	}
	return nil
}

func (s *server) cancel(id uint64, cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.calls[id]; cancel != nil {
		err := conditions[cause]
		if err == nil {
			err = reader.ErrCancelled
		}
		cancel(err)
	}
}

// browser gives a connection to the page. One that is no connection is closed.
func (s *server) browser(files []*os.File) error {
	defer closeAll(files)
	if len(files) != 1 {
		return fmt.Errorf("%w: a browser without its connection", errMessage)
	}
	conn, err := net.FileConn(files[0])
	if err != nil {
		return nil //nolint:nilerr // the browser sees a connection that ends
	}
	s.page().Take(conn)
	return nil
}

// leave ends this process once nothing is under way any more.
func (s *server) leave() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.under.Wait()
		close(done)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), linger)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
	}
	if s.listens.Load() { // the page that tells the ending has yet to fetch its style
		select {
		case <-time.After(linger / 2):
		case <-ctx.Done():
		}
	}
	s.page().Shutdown(ctx)
	s.settle()
	last.words()
	os.Exit(0)
}

// settle lets the module come to the end of a call that nobody waits for any more, for a
// moment: one cut short may leave half a file or a card in the middle of a command. The
// module is not finalised, since some reset the card then, which the next child uses.
func (s *server) settle() {
	ctx, cancel := context.WithTimeout(context.Background(), settling)
	defer cancel()
	if s.ready(ctx) == nil {
		_, _ = s.module.Info(ctx) // waits for its turn
	}
}

func closeAll(files []*os.File) {
	for _, file := range files {
		file.Close()
	}
}
