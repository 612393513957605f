package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// served is a handler behind net/http on a loopback port.
type served struct {
	address string
	server  *http.Server
}

func serve(ctx context.Context, h http.Handler) (*served, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &served{address: l.Addr().String(), server: &http.Server{Handler: h}}
	go s.server.Serve(l)
	return s, nil
}

func (s *served) close() { s.server.Close() }

// wire is a connection of a client that does as little as can be: the cores are shared
// with the server that is measured.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(ctx context.Context, address string) (*wire, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &wire{conn, bufio.NewReaderSize(conn, 64<<10)}, nil
}

var errAnswer = errors.New("not the answer asked for")

// get sends a request and reads the whole answer, which must be 200 with a length.
func (w *wire) get(request []byte) error {
	if _, err := w.conn.Write(request); err != nil {
		return err
	}
	status, err := w.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(status) < 12 || !bytes.Equal(status[9:12], []byte("200")) {
		return fmt.Errorf("%w: %s", errAnswer, status)
	}
	length := -1
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("%w: no length", errAnswer)
	}
	_, err = w.in.Discard(length)
	return err
}

// requestFor is a GET of the path with a cookie, as bytes.
func requestFor(path, cookie string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(benchOrigin, "https://") + "\r\nAccept-Language: fr\r\nUser-Agent: bench\r\nCookie: " + cookie + "\r\n\r\n")
}

// clients keeps connections to a server open.
type clients struct{ wires []*wire }

func connect(ctx context.Context, address string, n int) (*clients, error) {
	c := &clients{}
	for range n {
		w, err := dial(ctx, address)
		if err != nil {
			c.close()
			return nil, err
		}
		c.wires = append(c.wires, w)
	}
	return c, nil
}

func (c *clients) close() {
	for _, w := range c.wires {
		w.conn.Close()
	}
}

// each runs do on every connection at once.
func (c *clients) each(do func(*wire) error) error {
	var wait sync.WaitGroup
	errs := make([]error, len(c.wires))
	for i, w := range c.wires {
		wait.Go(func() { errs[i] = do(w) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

// rate asks as fast as it goes for about slice, and returns answers a second.
func (c *clients) rate(slice time.Duration, requests [][]byte) (float64, error) {
	var n atomic.Int64
	began := time.Now()
	err := c.each(func(w *wire) error {
		for time.Since(began) < slice {
			if err := w.get(requests[int(n.Add(1))%len(requests)]); err != nil {
				return err
			}
		}
		return nil
	})
	return float64(n.Load()) / time.Since(began).Seconds(), err
}

// offer asks perSecond times a second for the time given, and returns how long each
// answer took from the moment at which it was due: who waits for a connection waits too.
func (c *clients) offer(perSecond int, lasting time.Duration, requests [][]byte) ([]time.Duration, error) {
	total := int(lasting.Seconds() * float64(perSecond))
	took := make([]time.Duration, total)
	var next atomic.Int64
	began := time.Now()
	err := c.each(func(w *wire) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= total {
				return nil
			}
			due := began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
			time.Sleep(time.Until(due))
			if err := w.get(requests[i%len(requests)]); err != nil {
				return err
			}
			took[i] = time.Since(due)
		}
	})
	return took, err
}

// once asks each request once.
func (c *clients) once(requests [][]byte) error {
	var next atomic.Int64
	return c.each(func(w *wire) error {
		for i := int(next.Add(1)) - 1; i < len(requests); i = int(next.Add(1)) - 1 {
			if err := w.get(requests[i]); err != nil {
				return err
			}
		}
		return nil
	})
}
