package pinpage

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// maxConns bounds the connections open at once, those of Listen aside: a browser has
// four or five for one page.
const maxConns = 128

// Take serves a connection that another process accepted and handed over, nothing of
// it read. It returns at once; the connection is closed after one answer, or at once
// when there are too many.
func (s *Server) Take(conn net.Conn) {
	if !s.inbox.put(conn) {
		conn.Close()
	}
}

// Listen binds a loopback port of the server's own and serves it until Shutdown. It
// returns what an Operation's Host is to be, "127.0.0.1:40123".
func (s *Server) Listen() (host string, err error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = s.http.Serve(listener) }() // until Shutdown
	return listener.Addr().String(), nil
}

// Shutdown lets answers under way be finished until ctx ends, then cuts what is left.
// Nothing is accepted or taken any more.
func (s *Server) Shutdown(ctx context.Context) {
	s.inbox.Close()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// inbox is a net.Listener whose connections are put in.
type inbox struct {
	arrived chan net.Conn
	closed  chan struct{}
	once    sync.Once
	room    chan struct{} // one element for each connection open
}

func newInbox() *inbox {
	return &inbox{arrived: make(chan net.Conn, maxConns), closed: make(chan struct{}), room: make(chan struct{}, maxConns)}
}

// put reports whether the connection was taken.
func (b *inbox) put(conn net.Conn) bool {
	select {
	case <-b.closed:
		return false
	case b.room <- struct{}{}:
	default:
		return false
	}
	b.arrived <- &counted{Conn: conn, room: b.room} // has room: arrived is as long as room
	return true
}

// Accept returns the next connection; http.ErrServerClosed after Close.
func (b *inbox) Accept() (net.Conn, error) {
	select {
	case conn := <-b.arrived:
		return conn, nil
	case <-b.closed:
		return nil, http.ErrServerClosed
	}
}

// Close ends Accept. Closing twice is no error.
func (b *inbox) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// Addr is of no use: each connection has its own.
func (b *inbox) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// counted gives its room back when it is closed.
type counted struct {
	net.Conn
	room chan struct{}
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { <-c.room })
	return c.Conn.Close()
}
