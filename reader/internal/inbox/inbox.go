// Package inbox makes a net.Listener out of connections that were accepted elsewhere:
// looked at before they are served, or handed over by another process.
package inbox

import (
	"net"
	"sync"
)

// Inbox is a net.Listener whose connections are put in. Safe for concurrent use.
type Inbox struct {
	arrived chan net.Conn
	room    chan struct{} // one element for each connection open
	closed  chan struct{}
	once    sync.Once
}

// New makes an inbox for at most limit connections open at once.
func New(limit int) *Inbox {
	return &Inbox{arrived: make(chan net.Conn, limit), room: make(chan struct{}, limit), closed: make(chan struct{})}
}

// Put takes over a connection and returns at once. One that comes after Close, or when
// there are too many, is closed.
func (b *Inbox) Put(conn net.Conn) {
	select {
	case <-b.closed:
		conn.Close()
		return
	default:
	}
	select {
	case b.room <- struct{}{}:
		b.arrived <- &counted{Conn: conn, room: b.room} // it is as long as room is wide
	default:
		conn.Close()
	}
}

// Accept returns the next connection; after Close those that were put in before, then
// net.ErrClosed.
func (b *Inbox) Accept() (net.Conn, error) {
	select {
	case conn := <-b.arrived:
		return conn, nil
	default:
	}
	select {
	case conn := <-b.arrived:
		return conn, nil
	case <-b.closed:
		return nil, net.ErrClosed
	}
}

// Close has no more put in. Closing twice is no error.
func (b *Inbox) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// Addr says nothing: each connection has its own address.
func (b *Inbox) Addr() net.Addr { return &net.TCPAddr{} }

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

// CloseWrite lets net/http end an answer without cutting it off.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
