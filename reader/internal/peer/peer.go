// Package peer tells whose program is at the other end of a connection on loopback. Every
// user of a machine reaches every loopback port on it: without this, another person who is
// logged in could speak for a browser, read the certificate of the card that is inserted,
// and type wrong PINs until it is blocked.
package peer

import (
	"net"
	"net/netip"
)

// owner is what the system says of one end of a connection.
type owner int

const (
	unknown  owner = iota // no such socket, as far as can be told
	friend                // of the user of this process, or of root, who need not ask
	stranger              // of anybody else, or closed
)

// Ours reports whether a connection comes from a program of the user of this process, or
// of root. Where the system does not show who holds this very connection, nor can it tell
// of the other end: then every program counts as ours. A program that has closed its end
// is nobody's.
func Ours(conn net.Conn) bool {
	near, ok := address(conn.LocalAddr())
	far, also := address(conn.RemoteAddr())
	if !ok || !also || !near.Addr().IsLoopback() {
		return false
	}
	return judge(near, far, lookUp, search)
}

// judge asks one source after the other until one knows the connection at all.
func judge(near, far netip.AddrPort, sources ...func(local, remote netip.AddrPort) owner) bool {
	for _, whose := range sources {
		switch who := whose(far, near); {
		case who != unknown:
			return who == friend
		case whose(near, far) != unknown:
			return false // it knows our end, and the other is gone
		}
	}
	return true
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
