package pinpage_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/internal/peer/peertest"
)

// The address of the page stands on command lines (xdg-open, a browser's own), which every
// user of the machine can read. Nobody but the person herself gets the page with it: not
// to look, and not to type wrong PINs until the card is blocked.
func TestAnotherUserGetsNoPage(t *testing.T) {
	p := begin(t, login, 3)
	if !peertest.CanBeStranger() {
		return
	}
	path := strings.TrimPrefix(p.url, "http://"+p.host)
	for _, request := range []string{"GET " + path, "GET " + path + "/alive", "POST " + path, "GET /pin.css"} {
		conn, err := peertest.Dial(peertest.Stranger, p.host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(conn, request+" HTTP/1.1\r\nHost: "+p.host+"\r\nOrigin: http://"+p.host+"\r\n\r\n")
		if answer, _ := io.ReadAll(conn); len(answer) > 0 {
			t.Errorf("%.9q is answered %q", request, answer)
		}
	}
}
