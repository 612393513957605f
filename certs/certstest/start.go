package certstest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server is a PKI whose services answer on a loopback address.
type Server struct {
	*PKI
	URL    string // http://127.0.0.1:PORT
	server *http.Server
}

// Listen makes a PKI and starts its services on addr, a loopback host:port; empty is
// 127.0.0.1 and any free port. BaseURL of c is set by it.
func Listen(c Config, addr string) (*Server, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("%s is not a loopback address", addr), listener.Close())
	}
	c.BaseURL = "http://" + listener.Addr().String()
	p, err := New(c)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s := &Server{PKI: p, URL: c.BaseURL, server: &http.Server{Handler: p.Handler(), ReadHeaderTimeout: 10 * time.Second}}
	go s.server.Serve(listener) // ends with Close
	return s, nil
}

// Close stops the services at once.
func (s *Server) Close() error { return s.server.Close() }

// TB is the part of testing.TB that Start needs; it keeps testing out of the demo.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start is Listen for a test: it fails the test on error and stops at its end. At most
// one Config may be given. Keys in memory go on to the next PKI of the process, after the
// end of this one: no two that live at a time share any.
func Start(tb TB, c ...Config) *Server {
	tb.Helper()
	var config Config
	if len(c) > 0 {
		config = c[0]
	}
	if config.Dir == "" {
		config.keys = spare.take()
	}
	s, err := Listen(config, "")
	if err != nil {
		tb.Fatalf("starting a PKI: %v", err)
	}
	tb.Cleanup(func() {
		s.Close()
		if config.Dir == "" {
			spare.put(s.ownKeys())
		}
	})
	return s
}
