package agent_test

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Any page that the person has open can make her browser connect to the port as often as
// it likes, and leave in the middle. Every such connection goes to the process that waits
// for her PIN: it stays, and so does the form.
func TestFloodDoesNotEndAnOperation(t *testing.T) {
	d, a := softDesk(t)
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	p := a.page("")
	end := p.waiting(t)
	form, err := p.OpenPIN(t.Context(), p.pinURL())
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(a.URL(), "http://")
	rude := []string{
		"GET /pin/x HTTP/1.1\r\nHost: evil.example\r\n\r\n", "GET /pin/x HTTP/1.1\r\nHost: " + host, "POST /pin/", "GET /favicon.ico HTTP/9\r\n\r\n",
		"GET /pin/x/alive HTTP/1.1\r\nHost: " + host + "\r\n\r\n", "DELETE /\x00\r\n\r\n", "POST /pin/x HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 99999999\r\n\r\n",
	}
	var all sync.WaitGroup
	for worker := range 6 { // as many as a browser has to one port
		all.Go(func() {
			for i := range 60 {
				conn, err := net.Dial("tcp", host)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = conn.Write([]byte(rude[(worker+i)%len(rude)]))
				if i%2 == 0 { // gone without a goodbye
					_ = conn.(*net.TCPConn).SetLinger(0)
				}
				conn.Close()
			}
		})
	}
	all.Wait()
	if _, err := form.Submit(t.Context(), rightPIN); err != nil {
		t.Errorf("Submit = %v", err)
	}
	select {
	case err := <-end:
		if err != nil {
			t.Errorf("Authenticate = %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("no answer within 20 s")
	}
	if n, err := d.Tries("ec"); err != nil || n != 3 {
		t.Errorf("Tries = %d, %v, want 3", n, err)
	}
}
