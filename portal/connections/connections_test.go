package connections_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"guichet.example/portal/connections"
)

// house is a server with a bound: /slow answers once it is let go, all else at once.
type house struct {
	*testing.T
	bound   *connections.Bound
	address string
	tls     *tls.Config // of its clients; nil: plain HTTP
	begun   chan struct{}
	letGo   func()
	stop    func()
	end     func(context.Context) error
	ended   chan error
}

func open(t *testing.T, most int, secure bool, proxies ...netip.Prefix) *house {
	t.Helper()
	h := &house{T: t, begun: make(chan struct{}, 100), ended: make(chan error, 1)}
	until := make(chan struct{})
	h.letGo = sync.OnceFunc(func() { close(until) })
	h.bound = &connections.Bound{Most: most, Proxies: proxies, Log: slog.New(slog.DiscardHandler),
		Network: func(address string) string { return address }}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			h.begun <- struct{}{}
			<-until
		}
		io.WriteString(w, "here")
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.address = listener.Addr().String()
	listener = h.bound.Guard(server, listener)
	if secure {
		lent := httptest.NewTLSServer(nil)
		lent.Close()
		server.TLSConfig, h.tls = lent.TLS, lent.Client().Transport.(*http.Transport).TLSClientConfig
		h.tls.ServerName, server.TLSConfig.NextProtos = "example.com", nil // HTTP/2 as well
		go func() { h.ended <- server.ServeTLS(listener, "", "") }()
	} else {
		go func() { h.ended <- server.Serve(listener) }()
	}
	h.stop, h.end = func() { server.Close() }, server.Shutdown
	t.Cleanup(func() { h.letGo(); h.stop() })
	return h
}

// visit opens a connection from an address of 127.0.0.0/8 and sends what is given.
func (h *house) visit(from, sends string) net.Conn {
	h.Helper()
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", h.address)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { conn.Close() })
	if h.tls != nil {
		conn = tls.Client(conn, h.tls)
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, sends); err != nil {
		h.Fatal(err)
	}
	return conn
}

const (
	quick = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
	slow  = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"
)

// answered reads one answer.
func (h *house) answered(conn net.Conn) bool {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false
	}
	body, err := io.ReadAll(resp.Body)
	return err == nil && string(body) == "here"
}

// again sends another request on a connection and reads its answer.
func (h *house) again(conn net.Conn) bool {
	_, err := io.WriteString(conn, quick)
	return err == nil && h.answered(conn)
}

// settle waits until so many rest: an answer is read before its server says so.
func (h *house) settle(resting int) {
	h.Helper()
	for deadline := time.Now().Add(10 * time.Second); h.bound.Figures().Resting != resting; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			h.Fatalf("%+v, want %d at rest", h.bound.Figures(), resting)
		}
	}
}

// slowly opens a connection that serves a request until it is let go.
func (h *house) slowly(from string) net.Conn {
	conn := h.visit(from, slow)
	<-h.begun
	return conn
}

// rested opens a connection that rests after one request.
func (h *house) rested(from string) net.Conn {
	h.Helper()
	conn := h.visit(from, quick)
	if !h.answered(conn) {
		h.Fatalf("%s is not served", from)
	}
	return conn
}

var anybody = netip.MustParsePrefix("127.0.0.0/8")

// What has rested longest makes room, what serves a request and what rests for less stay.
func TestLongestRestMakesRoom(t *testing.T) {
	for _, secure := range []bool{false, true} {
		h := open(t, 4, secure, anybody)
		serving := h.slowly("127.0.1.1")
		first := h.rested("127.0.1.2")
		h.settle(1)
		second := h.rested("127.0.1.3")
		h.settle(2)
		third := h.rested("127.0.1.4")
		h.settle(3)
		if !h.again(first) { // so that the second has rested longest
			t.Fatal("a connection that rests is not served again")
		}
		h.settle(3)
		fifth := h.rested("127.0.1.5")
		if h.again(second) || !h.again(first) || !h.again(third) || !h.again(fifth) {
			t.Errorf("TLS %t: another than the one that rested longest was closed", secure)
		}
		h.letGo()
		if !h.answered(serving) {
			t.Errorf("TLS %t: a request under way was cut", secure)
		}
		if f := h.bound.Figures(); f.Closed != 1 || f.Refused != 0 || f.Open > 4 {
			t.Errorf("TLS %t: %+v", secure, f)
		}
	}
}

// The network that holds most makes room, not who came first.
func TestWhoHoldsMostMakesRoom(t *testing.T) {
	h := open(t, 4, false, netip.MustParsePrefix("127.0.1.1/32"))
	alone := h.rested("127.0.1.2")
	h.settle(1)
	first := h.rested("127.0.1.1")
	h.settle(2)
	second, third := h.rested("127.0.1.1"), h.rested("127.0.1.1")
	h.settle(4)
	h.rested("127.0.1.3")
	if h.again(first) || !h.again(alone) || !h.again(second) || !h.again(third) {
		t.Error("another than the network with most made room")
	}
}

// With HTTP/2 a connection serves while any of its streams does, and rests after.
func TestStreamsKeepTheirConnection(t *testing.T) {
	h := open(t, 2, true, anybody)
	member := func() (do func(path string) (*http.Response, error)) {
		config := h.tls.Clone()
		config.NextProtos = []string{"h2"}
		transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
		t.Cleanup(transport.CloseIdleConnections)
		client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
		return func(path string) (*http.Response, error) { return client.Get("https://" + h.address + path) }
	}
	serving, answers := member(), make(chan error, 1)
	go func() {
		resp, err := serving("/slow")
		if err == nil {
			err = resp.Body.Close()
		}
		answers <- err
	}()
	<-h.begun
	resting := member()
	for _, do := range []func(string) (*http.Response, error){resting, resting, member()} {
		resp, err := do("/")
		if err != nil || resp.ProtoMajor != 2 {
			t.Fatalf("%v, %v", resp, err)
		}
		resp.Body.Close()
	}
	if f := h.bound.Figures(); f.Closed != 1 {
		t.Errorf("%+v: who rests makes room once", f)
	}
	h.letGo()
	if err := <-answers; err != nil {
		t.Errorf("a stream under way was cut: %v", err)
	}
}

// Headers that trickle in hold no room, and neither do connections that say nothing.
func TestTrickleHoldsNothing(t *testing.T) {
	h := open(t, 8, false, anybody)
	for range 20 {
		h.visit("127.0.1.1", "")
		h.visit("127.0.1.1", "GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ")
	}
	h.rested("127.0.1.2")
}

// Where all connections serve, who comes waits, and is served when one rests.
func TestWaitsForRoom(t *testing.T) {
	h := open(t, 2, false, anybody)
	a, b := h.slowly("127.0.1.1"), h.slowly("127.0.1.2")
	late := h.visit("127.0.1.3", quick)
	late.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if h.answered(late) {
		t.Error("served beyond the bound")
	}
	late.SetDeadline(time.Now().Add(20 * time.Second))
	h.letGo()
	if !h.answered(a) || !h.answered(b) || !h.answered(late) {
		t.Error("who waited, or who was served, got no answer")
	}
}

// One network cannot fill the house: beyond its share it is refused, others are served.
func TestShareOfANetwork(t *testing.T) {
	h := open(t, 8, false)
	h.slowly("127.0.1.1")
	rests := h.rested("127.0.1.1")
	h.settle(1)
	h.slowly("127.0.1.1") // in place of the one that rests
	if h.again(rests) {
		t.Error("a network has more than its share")
	}
	if h.answered(h.visit("127.0.1.1", quick)) {
		t.Error("a network is served beyond its share")
	}
	h.rested("127.0.1.2")
	if f := h.bound.Figures(); f.Closed != 1 || f.Refused != 1 {
		t.Errorf("%+v", f)
	}
	h.letGo()
}

// Four networks that fill the house with requests that do not end make room for who comes,
// once those take long; who holds few connections keeps his, and so does a proxy.
func TestSlowCrowdMakesRoom(t *testing.T) {
	h := open(t, 41, false, netip.MustParsePrefix("127.0.2.0/24"))
	const patience = time.Second
	h.bound.Long = patience
	alone := h.slowly("127.0.1.9")
	begun := time.Now()
	var proxied []net.Conn
	for range 10 {
		proxied = append(proxied, h.slowly("127.0.2.1"))
		for _, from := range []string{"127.0.1.1", "127.0.1.2", "127.0.1.3"} {
			h.slowly(from)
		}
	}
	h.rested("127.0.1.5")
	if took := time.Since(begun); took < patience {
		t.Errorf("a request was cut after %v", took)
	}
	for range 10 { // those of a network that has its share make room in it
		h.rested("127.0.1.1")
	}
	if f := h.bound.Figures(); f.Cut == 0 || f.Open > 41 || f.Refused != 0 {
		t.Errorf("%+v", f)
	}
	h.letGo()
	for _, conn := range append(proxied, alone) {
		if !h.answered(conn) {
			t.Error("a proxy, or who holds one connection, was cut")
		}
	}
}

// Who just came, and has not asked yet, does not make room for networks that hold more.
func TestNewcomerMayAsk(t *testing.T) {
	h := open(t, 16, false)
	h.bound.Long = time.Hour
	for range 4 {
		for _, from := range []string{"127.0.1.1", "127.0.1.2", "127.0.1.3"} {
			h.slowly(from)
		}
	}
	for range 3 {
		h.slowly("127.0.1.4")
	}
	newcomer := h.visit("127.0.1.5", "")
	h.settle(1)
	h.visit("127.0.1.4", slow) // waits
	time.Sleep(100 * time.Millisecond)
	if !h.again(newcomer) {
		t.Error("who just came went for a network that holds more")
	}
	h.letGo()
}

// A proxy carries everybody and has the whole room.
func TestProxyHasTheRoom(t *testing.T) {
	h := open(t, 8, false, netip.MustParsePrefix("127.0.1.1/32"))
	for range 8 {
		h.slowly("127.0.1.1")
	}
	if f := h.bound.Figures(); f.Open != 8 || f.Refused+f.Closed != 0 {
		t.Errorf("%+v", f)
	}
}

// Whoever waits for room does not keep the server from ending, and what closed is
// forgotten.
func TestEnds(t *testing.T) {
	h := open(t, 1, false, anybody)
	h.slowly("127.0.1.1")
	h.visit("127.0.1.2", quick)
	time.Sleep(50 * time.Millisecond)
	h.stop()
	select {
	case err := <-h.ended:
		if !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not end")
	}
	h.letGo()
	for deadline := time.Now().Add(10 * time.Second); h.bound.Figures().Open > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", h.bound.Figures())
		}
	}
}

// A crowd of requests that do not end goes when the server stops; any other is awaited.
func TestStoppingEndsACrowd(t *testing.T) {
	h := open(t, 100, false)
	h.bound.Long = 200 * time.Millisecond
	alone := h.slowly("127.0.1.9")
	var crowd []net.Conn
	for range 10 {
		crowd = append(crowd, h.slowly("127.0.1.1"))
	}
	stopped := make(chan error, 1)
	go func() { stopped <- h.end(t.Context()) }()
	for _, conn := range crowd {
		if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("one of a crowd reads %d bytes, %v", n, err)
		}
	}
	h.letGo()
	if !h.answered(alone) {
		t.Error("who holds one connection was cut")
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
