package remote

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// childMarker in the environment makes this program a child. What it serves, it is told
// over the connection that it inherits; without one it ends at once.
const childMarker = "GUICHET_READER_CHILD"

// Main serves a module and exits if this process was started as a child; else it returns
// at once. It is the first statement of main, and of TestMain where tests open a Set.
func Main() {
	if os.Getenv(childMarker) == "" {
		return
	}
	os.Unsetenv(childMarker) // pinentry and the windows of modules are no children of ours
	harden()
	w, err := connected()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is set, but nobody is there: %v\n", childMarker, err)
		os.Exit(2)
	}
	ignoreSignals()
	s := newServer(newLink(w, maxRequest, maxAnswer))
	err = s.serve()
	last.words()
	if !errors.Is(err, io.EOF) {
		fmt.Fprintf(os.Stderr, "ending: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0) // and no destructor of a module runs: it may hang
}

// ignoreSignals keeps what is typed for the parent (Ctrl-C on the common terminal) from
// the child, which ends when the parent lets go of it. They are caught and not ignored,
// since programs that the child starts inherit that.
func ignoreSignals() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

// farewell is what must be done before this process ends, however it ends of its own
// accord: a terminal left without echo stays so.
type farewell struct {
	mu    sync.Mutex
	next  int
	deeds map[int]func()
}

var last = &farewell{deeds: map[int]func(){}}

// add has f done at the end, unless the function it returns was called before.
func (w *farewell) add(f func()) (done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.next
	w.next++
	w.deeds[n] = f
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.deeds, n)
	}
}

// words does what is left to do, for at most half a second.
func (w *farewell) words() {
	said := make(chan struct{})
	go func() {
		defer close(said)
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, f := range w.deeds {
			f()
		}
	}()
	select {
	case <-said:
	case <-time.After(500 * time.Millisecond):
	}
}
