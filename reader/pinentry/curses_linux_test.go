package pinentry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/reader"
)

// screen is a terminal with what was written on it so far.
type screen struct {
	keys *os.File // what we write here was typed
	tty  string

	mu   sync.Mutex
	text bytes.Buffer
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close() })
	n, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(keys.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 120})
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{keys: keys, tty: fmt.Sprintf("/dev/pts/%d", n)}
	// Kept open, so that the terminal does not hang up between two programs.
	other, err := os.OpenFile(s.tty, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := keys.Read(buffer)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.text.Write(buffer[:n])
			s.mu.Unlock()
		}
	}()
	return s
}

// shows waits until the text is on the screen, and forgets what was there.
func (s *screen) shows(t *testing.T, text string) {
	t.Helper()
	await(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !bytes.Contains(s.text.Bytes(), []byte(text)) {
			return false
		}
		s.text.Reset()
		return true
	})
}

func (s *screen) types(t *testing.T, keys string) {
	t.Helper()
	if _, err := s.keys.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// echoes reports whether the terminal shows what is typed.
func (s *screen) echoes(t *testing.T) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(s.keys.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// Debian's pinentry-curses on a terminal of ours: a PIN, a PIN after something that is
// none, giving up, and being ended from outside.
func TestPinentryCurses(t *testing.T) {
	program, err := exec.LookPath("pinentry-curses")
	if err != nil {
		t.Fatal(err) // the Makefile installs it
	}
	t.Setenv("TERM", "xterm")
	if flavor, err := Check(whole(t), program); err != nil || flavor != "curses" {
		t.Errorf("Check() = %q, %v", flavor, err)
	}
	type answer struct {
		pin []byte
		err error
	}
	begin := func(t *testing.T, ctx context.Context) (*screen, chan answer) {
		s := newScreen(t)
		e := New(Config{Program: program, Lang: "en", Site: "https://counter.example.be", TTY: s.tty})
		answers := make(chan answer, 1)
		go func() {
			pin, err := e.PIN(ctx, asked)
			answers <- answer{pin, err}
		}()
		s.shows(t, "https://counter.example.be")
		return s, answers
	}
	t.Run("PIN", func(t *testing.T) {
		s, answers := begin(t, whole(t))
		s.types(t, "12\r")
		s.shows(t, "No try was counted")
		s.types(t, "1234\r")
		if a := <-answers; a.err != nil || string(a.pin) != "1234" {
			t.Errorf("PIN() = %q, %v", a.pin, a.err)
		}
		if !s.echoes(t) {
			t.Error("the terminal is left without echo")
		}
	})
	t.Run("given up", func(t *testing.T) {
		s, answers := begin(t, whole(t))
		s.types(t, "1\t\t\r") // to Cancel
		if a := <-answers; !errors.Is(a.err, reader.ErrCancelled) {
			t.Errorf("PIN() = %q, %v, want %v", a.pin, a.err, reader.ErrCancelled)
		}
	})
	t.Run("ended", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(whole(t))
		s, answers := begin(t, ctx)
		s.types(t, "12")
		cancel(reader.ErrCardRemoved)
		select {
		case a := <-answers:
			if !errors.Is(a.err, reader.ErrCardRemoved) {
				t.Errorf("PIN() = %v, want %v", a.err, reader.ErrCardRemoved)
			}
		case <-time.After(time.Minute):
			t.Fatal("it goes on asking")
		}
		if !s.echoes(t) {
			t.Error("the terminal is left without echo")
		}
	})
}
