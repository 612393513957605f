package agent_test

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/agent"
	"guichet.example/reader/internal/peer/peertest"
)

// Another person who is logged in on this machine reaches the port too. She could name an
// allowed origin, read the certificate with its national number, and type wrong PINs until
// the card is blocked: she gets not a byte, of neither process. Only root can play her.
func TestAnotherUserGetsNothing(t *testing.T) {
	d := newDesk(newCard("rsa"))
	a := start(t, d)
	if !peertest.CanBeStranger() {
		return
	}
	address := strings.Replace(strings.TrimPrefix(a.URL(), "http://"), "localhost", "127.0.0.1", 1)
	body := "{}"
	certificate := "POST /v1/get-signing-certificate HTTP/1.1\r\nHost: " + strings.TrimPrefix(a.URL(), "http://") +
		"\r\nOrigin: " + counter + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n" + body
	for _, request := range []string{get(a, "/v1/status"), certificate, get(a, "/pin/x"), get(a, "/pin.css")} {
		conn, err := peertest.Dial(peertest.Stranger, address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(conn, request) // the connection may be gone
		if answer, err := io.ReadAll(bufio.NewReader(conn)); len(answer) > 0 || isTimeout(err) {
			t.Errorf("%.30q is answered %q, %v", request, answer, err)
		}
	}
	if n := d.handedOver(); n > 0 {
		t.Errorf("%d connections went to the process of the card", n)
	}
	w := dial(t, a)
	w.send(t, get(a, "/v1/status"))
	if res, body := w.answer(t); res.StatusCode != 200 {
		t.Errorf("our own program is answered %d %s", res.StatusCode, body)
	}
}

// The browser of a kiosk may run as another user: that one is served, and no third.
func TestUserWhoIsNamed(t *testing.T) {
	if !peertest.CanBeStranger() {
		return
	}
	a := start(t, newDesk(newCard("rsa")), func(c *agent.Config) { c.Users = []int{peertest.Stranger} })
	address := strings.Replace(strings.TrimPrefix(a.URL(), "http://"), "localhost", "127.0.0.1", 1)
	for uid, want := range map[int]string{peertest.Stranger: "HTTP/1.1 200", peertest.Stranger - 1: ""} {
		conn, err := peertest.Dial(uid, address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(conn, get(a, "/v1/status"))
		answer, _ := io.ReadAll(bufio.NewReader(conn))
		if got := string(answer[:min(len(answer), len(want))]); got != want || want == "" && len(answer) > 0 {
			t.Errorf("user %d is answered %.60q, want %q", uid, answer, want)
		}
	}
}
