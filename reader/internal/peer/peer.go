// Package peer tells whose program is at the other end of a connection on loopback. Every
// user of a machine reaches every loopback port on it: without this, another person who is
// logged in could speak for a browser, read the certificate of the card that is inserted,
// and type wrong PINs until it is blocked.
package peer

import (
	"net"
	"net/netip"
	"sync"
)

// owner is what the system says of one end of a connection.
type owner int

const (
	unknown  owner = iota // no such socket, as far as can be told
	friend                // of the user of this process, or of root, who need not ask
	stranger              // of anybody else, or closed
)

// source finds the socket with these two ends.
type source func(local, remote netip.AddrPort, also ...int) owner

// Ours reports whether a connection comes from a program of the user of this process, or
// of root. One whose other end is closed is nobody's: who sends a request and is gone
// before anybody looks could be anybody. Where the system shows no sockets, every program
// counts as ours. also are the ids of users whose programs are ours too.
func Ours(conn net.Conn, also ...int) bool {
	near, ok := address(conn.LocalAddr())
	far, known := address(conn.RemoteAddr())
	if !ok || !known || !near.Addr().IsLoopback() {
		return false
	}
	whose := working()
	return whose == nil || whose(far, near, also...) == friend
}

var (
	choosing sync.Mutex
	chosen   source
)

// working returns the source that this system has, nil if none. It is tried out once, so
// that later what it does not find is not there: a search among all sockets for each
// connection that is cut at once would keep the machine busy.
func working() source {
	choosing.Lock()
	defer choosing.Unlock()
	if chosen == nil {
		chosen = choose(lookUp, search)
	}
	return chosen
}

// choose returns the first source that knows a connection of our own.
func choose(sources ...source) source {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil
	}
	defer l.Close()
	conn, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		return nil
	}
	defer conn.Close()
	local, _ := address(conn.LocalAddr())
	remote, _ := address(conn.RemoteAddr())
	for _, whose := range sources {
		if whose(local, remote) == friend {
			return whose
		}
	}
	return nil
}

func address(a net.Addr) (netip.AddrPort, bool) {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port()), at.IsValid()
}

// Listener is l without the connections that are not Ours, which are closed.
func Listener(l net.Listener) net.Listener { return guarded{l} }

type guarded struct{ net.Listener }

func (g guarded) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil || Ours(conn) {
			return conn, err
		}
		conn.Close()
	}
}
