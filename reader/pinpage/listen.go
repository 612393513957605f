package pinpage

import (
	"context"
	"net"

	"guichet.example/reader/internal/peer"
)

// maxConns bounds the connections open at once, those of Listen aside: a browser has
// four or five for one page.
const maxConns = 128

// Take serves a connection that another process accepted and handed over, nothing of
// it read. It returns at once; the connection is closed after one answer, or at once
// when there are too many.
func (s *Server) Take(conn net.Conn) { s.inbox.Put(conn) }

// Listen binds a loopback port of the server's own and serves it until Shutdown. It
// returns what an Operation's Host is to be, "127.0.0.1:40123". Programs of other users of
// the machine are turned away; whoever hands connections to Take does that before.
func (s *Server) Listen() (host string, err error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = s.http.Serve(peer.Listener(listener)) }() // until Shutdown
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
