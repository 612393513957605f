// Package connections keeps the connections of the counter within what it has room for.
//
//	accepted ──▶ rests (no request yet, or none since the last answer) ◀──▶ serves a request
//
// Where there is no room, the network that holds most makes some for who comes now: what
// has rested longest of its connections is closed. A browser opens another without a word,
// and who holds connections to shut others out loses his own. What serves a request is not
// closed, but for one that takes long of a network with a crowd of connections: where all
// serve, and none of those is there, who comes waits. A network that is not a proxy's has a
// share of the room at most, and makes room in that alone.
package connections

import (
	"cmp"
	"container/list"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

const (
	// share is the part of the room that one network may hold: a quarter.
	share = 4
	// sendBuffer is how much of an answer the system takes off us before the reader does,
	// in bytes; Linux keeps as much again. Left to itself it may come to megabytes.
	sendBuffer = 256 << 10
	// crowd is the part of the room from which on a network's requests that take long make
	// room, a 64th, and fewest how many connections that is at least: a browser opens six.
	crowd, fewest = 64, 8
	// long is how long a request is served undisturbed in any case: no page takes as long, but
	// a form or an answer that comes or goes slowly.
	long = 5 * time.Second
	// moment is how long a connection may rest undisturbed by networks that hold more: to ask
	// for what it came for.
	moment = time.Second
	// look is how often who waits for room looks whether something takes long by now.
	look = 250 * time.Millisecond
	// quiet is how long nothing more is logged once a line was.
	quiet = time.Minute
)

// Bound keeps count of the connections of one server. Safe for concurrent use.
type Bound struct {
	// Most is how many connections there are at once. Required.
	Most int
	// Proxies are the networks that many clients come from. May be empty.
	Proxies []netip.Prefix
	// Network tells what one client holds from the address of a connection, without its
	// port. Required.
	Network func(address string) string
	Long    time.Duration // what takes as long makes room for others; zero: 5 seconds
	Log     *slog.Logger  // required

	mu      sync.Mutex
	open    int
	of      map[string]*client
	resting int
	turn    uint64 // of who begins to rest next
	room    chan struct{}
	told    time.Time
	figures Figures
}

// Figures are what a Bound counted since the start.
type Figures struct {
	Open    int    // now
	Resting int    // of these
	Closed  uint64 // while they rested, to make room
	Cut     uint64 // while a request took long, to make room
	Refused uint64 // of networks that have their share
}

// client is a network that holds connections.
type client struct {
	open    int
	resting list.List // of *connection; in front what has rested longest
	serving list.List // the others; in front what has served its request longest
	proxy   bool
}

// connection is one that was let in.
type connection struct {
	net.Conn
	bound *Bound
	name  string // of its network
	from  *client
	place *list.Element // among those of its network that rest, or that serve; nil: gone
	turn  uint64        // grows with when it began to rest
	since time.Time     // when it began to rest or to serve
	busy  bool          // it serves
	gone  bool
}

// Guard has the server's connections bounded, and returns the listener to serve on. The
// server must have no ConnState of its own.
func (b *Bound) Guard(server *http.Server, l net.Listener) net.Listener {
	b.of, b.room = map[string]*client{}, make(chan struct{}, 1)
	server.ConnState = b.state
	return &listener{Listener: l, bound: b, done: make(chan struct{})}
}

// Figures are those of this moment.
func (b *Bound) Figures() Figures {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.figures
	f.Open, f.Resting = b.open, b.resting
	return f
}

type listener struct {
	net.Listener
	bound *Bound
	once  sync.Once
	done  chan struct{}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetWriteBuffer(sendBuffer)
		}
		let, err := l.bound.admit(conn, l.done)
		if let != nil {
			return let, nil
		}
		conn.Close()
		if err != nil {
			return nil, err
		}
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.done)
		go l.bound.drain()
	})
	return l.Listener.Close()
}

// admit lets a connection in, waiting for room until done; nil where its network has its
// share.
func (b *Bound) admit(conn net.Conn, done <-chan struct{}) (net.Conn, error) {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		host = conn.RemoteAddr().String()
	}
	name := b.Network(host)
	for {
		let, instead, full := b.enter(conn, name, host)
		if instead != nil {
			instead.Conn.Close()
		}
		switch {
		case let != nil:
			return let, nil
		case !full:
			return nil, nil
		}
		select {
		case <-b.room:
		case <-time.After(look):
		case <-done:
			return nil, net.ErrClosed
		}
	}
}

// enter takes a place for a connection, in place of another where it must; full where all
// places serve a request.
func (b *Bound) enter(conn net.Conn, name, host string) (let net.Conn, instead *connection, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := b.of[name]
	if from == nil {
		from = &client{proxy: b.behind(host)}
	}
	own := !from.proxy && from.open >= max(1, b.Most/share)
	full = b.open >= b.Most
	if own || full {
		if !own {
			instead = b.longest(from)
		} else if oldest := from.resting.Front(); oldest != nil {
			instead, _ = oldest.Value.(*connection)
		}
		if instead == nil {
			instead = b.slowest(from, own)
		}
		b.tell(own)
		if instead == nil {
			if own {
				b.figures.Refused++
			}
			return nil, nil, !own
		}
		if instead.busy {
			b.figures.Cut++
		} else {
			b.figures.Closed++
		}
		b.forget(instead)
	}
	b.of[name] = from // also where the one that left was its last
	c := &connection{Conn: conn, bound: b, name: name, from: from}
	b.open++
	from.open++
	b.rest(c)
	return c, instead, false
}

// longest is the connection that has rested longest of the network that holds most, or of
// all networks that hold as many; nil where none rests. What rests for a moment only does not
// make room for a network that holds more: where all others serve, who just came, and has not
// asked yet, would go for the next of those who fill the house.
func (b *Bound) longest(comes *client) (found *connection) {
	for _, from := range b.of {
		oldest := from.resting.Front()
		if oldest == nil || found != nil && from.open < found.from.open {
			continue
		}
		c, _ := oldest.Value.(*connection)
		if from.open < comes.open && !comes.proxy && time.Since(c.since) < moment {
			continue
		}
		if found == nil || from.open > found.from.open || c.turn < found.turn {
			found = c
		}
	}
	return found
}

// slowest is what has served its request longest of the network that holds most, if that is
// a crowd and the request takes long; of the given network alone where own; nil where there
// is none.
func (b *Bound) slowest(of *client, own bool) (found *connection) {
	until := b.since()
	for _, from := range b.of {
		oldest := from.serving.Front()
		if oldest == nil || own && from != of || !b.crowded(from) || found != nil && from.open < found.from.open {
			continue
		}
		c, _ := oldest.Value.(*connection)
		if c.since.Before(until) && (found == nil || from.open > found.from.open || c.since.Before(found.since)) {
			found = c
		}
	}
	return found
}

// since is when a request must have begun to take long by now.
func (b *Bound) since() time.Time { return time.Now().Add(-cmp.Or(b.Long, long)) }

// crowded tells whether a network holds a crowd of connections. Behind a proxy nobody knows
// whose they are.
func (b *Bound) crowded(from *client) bool {
	return !from.proxy && from.open >= max(fewest, b.Most/crowd)
}

// behind reports whether an address is a proxy's.
func (b *Bound) behind(host string) bool {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	address = address.Unmap().WithZone("")
	for _, p := range b.Proxies {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// tell logs that there is no room, at most once a minute.
func (b *Bound) tell(own bool) {
	if now := time.Now(); now.Sub(b.told) > quiet {
		b.told = now
		b.Log.Warn("as many connections as there is room for: those that rest are closed", "connections", b.open, "most", b.Most, "one_network", own)
	}
}

func (b *Bound) rest(c *connection) {
	b.leave(c)
	b.resting++
	b.turn++
	c.place, c.turn, c.since = c.from.resting.PushBack(c), b.turn, time.Now()
}

func (b *Bound) serve(c *connection) {
	b.leave(c)
	c.place, c.busy, c.since = c.from.serving.PushBack(c), true, time.Now()
}

// leave takes a connection out of the line that it stands in.
func (b *Bound) leave(c *connection) {
	switch {
	case c.place == nil:
		return
	case !c.busy:
		b.resting--
		c.from.resting.Remove(c.place)
	default:
		c.from.serving.Remove(c.place)
	}
	c.place, c.busy = nil, false
}

// forget gives back the place of a connection.
func (b *Bound) forget(c *connection) {
	if c.gone {
		return
	}
	c.gone = true
	b.leave(c)
	b.open--
	if c.from.open--; c.from.open == 0 {
		delete(b.of, c.name)
	}
}

// state follows a connection: http.Server.ConnState. It says that one serves when the header
// of a request is whole: one that trickles in holds nothing.
func (b *Bound) state(conn net.Conn, now http.ConnState) {
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn()
	}
	c, ok := conn.(*connection)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case c.gone || now == http.StateNew:
		return
	case now == http.StateActive:
		b.serve(c)
		return
	case now == http.StateIdle:
		b.rest(c) // at the end of the line
	case now == http.StateClosed || now == http.StateHijacked:
		b.forget(c)
	}
	select {
	case b.room <- struct{}{}:
	default:
	}
}
