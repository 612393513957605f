package native

import (
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/internal/peer/peertest"
)

// Another user of the machine reads the page's address on the command line of xdg-open or
// of the browser. She can neither look at the question nor answer it.
func TestAnotherUserAnswersNothing(t *testing.T) {
	visitors, use := browses(t)
	d := newDesk()
	d.put(cardOf(t, "nora"))
	b := start(t, d, use)
	b.send(command(getCertificate, map[string]any{"origin": site}))
	v := <-visitors
	await(t, "the question", func() bool { return strings.Contains(v.get(), "asks for your signature certificate") })
	at, err := url.Parse(v.address)
	if err != nil {
		t.Fatal(err)
	}
	form := "number=" + v.number + "&answer=yes"
	request := "POST " + at.Path + " HTTP/1.1\r\nHost: " + at.Host + "\r\nOrigin: http://" + at.Host +
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)) + "\r\n\r\n" + form
	if peertest.CanBeStranger() {
		conn, err := peertest.Dial(peertest.Stranger, at.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(conn, request) // it may be closed
		if answer, _ := io.ReadAll(conn); len(answer) > 0 {
			t.Errorf("she is answered %q", answer)
		}
	}
	if !strings.Contains(v.get(), "asks for your signature certificate") {
		t.Error("the question is answered")
	}
	v.post(v.own(), v.number, "no")
	b.refusal(cancelled)
	await(t, "the end", func() bool { return strings.Contains(v.get(), "You may close this window") })
	b.silent()
}
