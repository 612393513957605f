package agent_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/reader/api"
)

// wire is a bare connection to an agent.
type wire struct {
	net.Conn
	answers *bufio.Reader
}

func dial(t *testing.T, a *started) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(a.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &wire{conn, bufio.NewReader(conn)}
}

func (w *wire) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// answer reads one answer with its body.
func (w *wire) answer(t *testing.T) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(w.answers, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// ends reports how the connection ended, without another byte.
func (w *wire) ends(t *testing.T) {
	t.Helper()
	if rest, err := io.ReadAll(w.answers); len(rest) > 0 || isTimeout(err) {
		t.Errorf("the connection goes on: %q, %v", rest, err)
	}
}

func isTimeout(err error) bool {
	late, ok := err.(net.Error)
	return ok && late.Timeout()
}

func get(a *started, path string, header ...string) string {
	host := strings.TrimPrefix(a.URL(), "http://")
	return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + counter + "\r\n" + strings.Join(header, "") + "\r\n"
}

func (d *desk) handedOver() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.handed
}

// Whatever was asked for, an answer ends its connection: a form can follow on none.
func TestOneRequestPerConnection(t *testing.T) {
	d := newDesk(newCard("ec"))
	a := start(t, d)
	for _, path := range []string{api.StatusPath, "/v1/nothing", "/pin/x", "/pin.css", "/"} {
		for _, header := range []string{"", "Connection: keep-alive\r\n"} {
			w := dial(t, a)
			w.send(t, get(a, path, header))
			if res, _ := w.answer(t); !res.Close {
				t.Errorf("%s: the connection is kept", path)
			}
			_, _ = io.WriteString(w, get(a, "/pin/x")) // it may be refused already
			w.ends(t)
		}
	}
}

// A form sent right behind another request is left in the kernel, on both sides of the
// door: the connection ends with the first answer.
func TestPipelined(t *testing.T) {
	d := newDesk(newCard("ec"))
	a := start(t, d)
	form := "POST /pin/x HTTP/1.1\r\nHost: " + strings.TrimPrefix(a.URL(), "http://") +
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 31\r\n\r\ntoken=A&pin=918273645546&do=ok1"
	for path, handed := range map[string]int{api.StatusPath: 0, "/pin/y": 1} {
		before := d.handedOver()
		w := dial(t, a)
		w.send(t, get(a, path)+form)
		w.answer(t)
		w.ends(t)
		if got := d.handedOver() - before; got != handed {
			t.Errorf("%s: %d connections were handed over, want %d", path, got, handed)
		}
	}
}

// A form behind a request that is still under way ends it, unread.
func TestPipelinedWhileWaiting(t *testing.T) {
	d := newDesk(newCard("ec"))
	a := start(t, d)
	w := dial(t, a)
	body := `{"challengeNonce":"` + nonce + `"}`
	w.send(t, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		api.AuthenticatePath, strings.TrimPrefix(a.URL(), "http://"), counter, len(body), body))
	for range 500 {
		if status, err := a.page("").Status(t.Context()); err == nil && status.Busy {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.send(t, "POST /pin/x HTTP/1.1\r\n\r\ntoken=A&pin=918273645546&do=ok")
	free(t, a)
	if strings.Contains(a.logged(), "918273") {
		t.Errorf("the form is in the log: %s", a.logged())
	}
}

// Connections that say nothing, or too slowly, keep nobody else waiting.
func TestSlowConnections(t *testing.T) {
	d := newDesk(newCard("ec"))
	a := start(t, d)
	for i := range 200 {
		w := dial(t, a)
		w.send(t, "POST /v1/status"[:i%8])
	}
	p := a.page(rightPIN)
	if _, err := p.Authenticate(t.Context(), nonce); err != nil {
		t.Errorf("Authenticate = %v", err)
	}
}

func TestSlowConnectionIsClosed(t *testing.T) {
	t.Parallel()
	a := start(t, newDesk(nil))
	var all []*wire
	for _, beginning := range []string{"", "GET", "GET /v1", "GET /v1/status HTTP/1.1\r\nHost: "} {
		w := dial(t, a)
		w.send(t, beginning)
		all = append(all, w)
	}
	for _, w := range all {
		w.ends(t) // else the deadline of dial ends the wait
	}
}

func TestConnectionsCut(t *testing.T) {
	d := newDesk(newCard("ec"))
	a := start(t, d)
	whole := get(a, api.StatusPath)
	for i := 0; i < len(whole); i += 3 {
		w := dial(t, a)
		w.send(t, whole[:i])
		if i%2 == 0 {
			w.Conn.(*net.TCPConn).SetLinger(0) // a reset
		}
		w.Close()
	}
	for _, junk := range []string{"\x16\x03\x01\x02\x00\x01\x00", "GET http://localhost/v1/status HTTP/1.1\r\n\r\n", "get /pin/x HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", strings.Repeat("A", 4096)} {
		w := dial(t, a)
		w.send(t, junk)
		if rest, _ := io.ReadAll(w.answers); len(rest) > 0 {
			t.Errorf("%.20q is answered with %q", junk, rest)
		}
	}
	if d.handedOver() != 0 {
		t.Errorf("%d connections were handed over", d.handedOver())
	}
	if _, err := a.page(rightPIN).Authenticate(t.Context(), nonce); err != nil {
		t.Errorf("Authenticate = %v", err)
	}
}

// Fifty browsers at once each get their own answer, from the process it is for.
func TestParallelConnections(t *testing.T) {
	d := newDesk(newCard("ec"))
	a, p, end := atPIN(t, d)
	before := d.handedOver()
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			url, want := p.pinURL(), "<form"
			switch i % 3 {
			case 1:
				url, want = a.URL()+"/pin.js", "EventSource"
			case 2:
				url, want = a.URL()+api.StatusPath, `"busy":true`
			}
			if res, body := ask(t, "GET", url, "", map[string]string{"Origin": counter}); res.StatusCode != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d %.60s", url, res.StatusCode, body)
			}
		})
	}
	wait.Wait()
	if got := d.handedOver() - before; got != 34 {
		t.Errorf("%d connections were handed over, want 34", got)
	}
	_ = p.Cancel(t.Context())
	wantEnd(t, end, api.UserCancelled, api.Cancelled)
}
