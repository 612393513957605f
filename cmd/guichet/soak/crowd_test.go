package soak

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestCrowd leaves the counter 64 open files and has a crowd hold connections (F17): some
// rest after an answer, some say nothing, some trickle a header or a form in. A member signs
// in, orders and signs all the while.
func TestCrowd(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 1})
	p.files = 64
	s := p.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	defer func() { cancel(); crowd.Wait() }()
	head := " HTTP/1.1\r\nHost: " + host + "\r\n"
	for i, says := range []string{"GET /healthz" + head + "\r\n", "", "GET /fr/sign-in" + head + "X-Slow: ",
		"POST /fr/sign-in/password" + head + "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\na="} {
		for range often(50, 500) {
			crowd.Go(func() { p.hold(ctx, fmt.Sprintf("127.0.1.%d", 1+i), says) })
		}
	}
	v, done := p.visitor(0), 0
	for until := time.Now().Add(time.Duration(often(5, 120)) * time.Second); time.Now().Before(until); done++ {
		v.begin([]string{"orders", "bank"}[done%2])
		if err := v.finish(ctx); err != nil {
			t.Fatalf("after %d errands: %v", done, err)
		}
	}
	t.Logf("%d errands in a crowd of %d", done, 4*often(50, 500))
	if done == 0 {
		t.Error("nothing was signed")
	}
	p.gather(t, []*visitor{v}).check(false).report(t)
	s.stop(t)
}

// hold keeps a connection from an address of our own, and opens another when it is closed.
func (p *place) hold(ctx context.Context, from, says string) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 5 * time.Second}
	for ctx.Err() == nil {
		conn, err := dialer.DialContext(ctx, "tcp", p.address)
		if err == nil {
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			trickle(conn, says)
			stop()
			conn.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// trickle sends what it has to say and then a letter a second, until the other side closes.
func trickle(conn net.Conn, says string) {
	if _, err := io.WriteString(conn, says); err != nil {
		return
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		r := bufio.NewReader(conn)
		for {
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
		}
	}()
	rests := len(says) > 4 && says[len(says)-4:] == "\r\n\r\n"
	for {
		select {
		case <-closed:
			return
		case <-time.After(time.Second):
			if rests || says == "" {
				continue
			}
			if _, err := io.WriteString(conn, "a"); err != nil {
				conn.Close()
				<-closed
				return
			}
		}
	}
}
