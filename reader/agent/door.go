package agent

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"guichet.example/reader/internal/inbox"
	"guichet.example/reader/internal/peer"
)

// The agent has one port, and two processes answer on it: this one what pages ask
// (/v1/...), the one that holds the card's module all the rest, above all the PIN page.
// So that no byte of a PIN ever comes into this process, the door looks at the first
// few bytes of a connection without taking them from the kernel, and each connection
// carries one request only. Programs of other people who use this machine are turned away
// from both.

// maxPeek is how much of a request is looked at: a method and the beginning of a path.
const maxPeek = 16

// knocking is how long a connection may take to send that much.
const knocking = 5 * time.Second

// maxKnocking bounds the connections that have not sent it yet; one more, and the one
// that has waited longest is closed. maxServed bounds those that this process serves.
const maxKnocking, maxServed = 64, 128

// door accepts connections and finds out who is to answer them.
type door struct {
	ours    *inbox.Inbox
	browser func(*net.TCPConn) error // hands over what is not ours
	users   []int                    // whose programs are served too
	log     *slog.Logger

	strangers sync.Once // told of

	mu      sync.Mutex
	waiting []*net.TCPConn // longest first
}

// open accepts until the listener is closed: nil. When the machine is short of
// something it waits for better times.
func (d *door) open(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case short(err):
			time.Sleep(100 * time.Millisecond)
			continue
		case err != nil:
			return err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			go d.admit(tcp)
		}
	}
}

// short reports whether an error of Accept passes.
func short(err error) bool {
	return slices.ContainsFunc([]error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED},
		func(passes error) bool { return errors.Is(err, passes) })
}

// admit hands the connection to whom it is for.
func (d *door) admit(conn *net.TCPConn) {
	if !peer.Ours(conn, d.users...) {
		conn.Close()
		d.strangers.Do(func() {
			d.log.Warn("a program of another user was turned away: only those of the user of this process are served; no more are mentioned")
		})
		return
	}
	d.enter(conn)
	to := look(conn, knocking)
	d.leave(conn)
	switch {
	case to == nobody || conn.SetReadDeadline(time.Time{}) != nil:
		conn.Close()
	case to == us:
		d.ours.Put(&single{TCPConn: conn})
	default:
		_ = d.browser(conn) // it closes the connection, and says so in its own log
	}
}

func (d *door) enter(conn *net.TCPConn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = append(d.waiting, conn)
	if len(d.waiting) > maxKnocking {
		d.waiting[0].Close()
		d.waiting = slices.Delete(d.waiting, 0, 1)
	}
}

func (d *door) leave(conn *net.TCPConn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = slices.DeleteFunc(d.waiting, func(c *net.TCPConn) bool { return c == conn })
}

// shut closes who is still waiting.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, conn := range d.waiting {
		conn.Close()
	}
}

// answerer says who answers a connection.
type answerer int

const (
	undecided answerer = iota // more has to come
	nobody                    // not HTTP as browsers speak it
	us
	pinPage // and whatever else is not ours
)

// look waits for the beginning of the request, not longer than patience, and leaves it
// where it is.
func look(conn *net.TCPConn, patience time.Duration) answerer {
	raw, err := conn.SyscallConn()
	if err != nil || conn.SetReadDeadline(time.Now().Add(patience)) != nil {
		return nobody
	}
	to := nobody
	err = raw.Read(func(fd uintptr) bool {
		var seen [maxPeek]byte
		n, err := peek(int(fd), seen[:])
		switch {
		case err == syscall.EAGAIN:
			return false
		case err != nil || n <= 0: // cut, or nothing more to come
			to = nobody
			return true
		}
		to = answers(seen[:n])
		return to != undecided
	})
	if err != nil { // the deadline
		return nobody
	}
	return to
}

// peek reads without taking.
func peek(fd int, into []byte) (int, error) {
	for {
		n, _, err := syscall.Recvfrom(fd, into, syscall.MSG_PEEK)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// ourPaths is the beginning of every path that this process answers.
const ourPaths = "/v1/"

// answers decides by the beginning of a request line (RFC 9112, 3). Only a plain path
// is anybody's: the absolute form, as for a proxy, could hide a PIN form from us.
func answers(beginning []byte) answerer {
	const longest = len("OPTIONS")
	method, target, found := bytes.Cut(beginning, []byte(" "))
	for _, b := range method {
		if b < 'A' || b > 'Z' {
			return nobody
		}
	}
	switch n := min(len(target), len(ourPaths)); {
	case len(method) > longest || found && len(method) == 0:
		return nobody
	case !found || n == 0:
		return undecided
	case target[0] != '/':
		return nobody
	case string(target[:n]) != ourPaths[:n]:
		return pinPage
	case n < len(ourPaths):
		return undecided
	}
	return us
}
