package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/portal/locale"
)

// reluctant reads nothing of an answer until it is let go.
type reluctant struct {
	*httptest.ResponseRecorder
	begun chan<- struct{}
	until <-chan struct{}
}

func (r reluctant) Write(b []byte) (int, error) {
	r.begun <- struct{}{}
	<-r.until
	return r.ResponseRecorder.Write(b)
}

// atOnce is how many requests of one session are under way.
const atOnce = 8

// crowd is what one session asks for, all at once.
type crowd struct {
	answers []*httptest.ResponseRecorder
	begun   chan struct{} // gets one for each that is under way
	until   chan struct{} // closed to let them go
	all     sync.WaitGroup
}

// crowds asks n times for a page, and reads no answer yet.
func (v *visitor) crowds(n int) *crowd {
	w := &crowd{answers: make([]*httptest.ResponseRecorder, n), begun: make(chan struct{}, n), until: make(chan struct{})}
	for i := range w.answers {
		w.answers[i] = httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, origin+"/fr/home", nil)
		for name, value := range v.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w.all.Go(func() { v.c.answers().ServeHTTP(reluctant{w.answers[i], w.begun, w.until}, r) })
	}
	for range atOnce {
		<-w.begun
	}
	return w
}

// goes reads all answers, and wants each to be the page.
func (w *crowd) goes(t *testing.T) {
	t.Helper()
	close(w.until)
	w.all.Wait()
	for i, a := range w.answers {
		if a.Code != http.StatusOK {
			t.Errorf("request %d in line: %d", i, a.Code)
		}
	}
}

// One request more than a session may have under way, which finds no place in its time, is
// told to come back. Other sessions are answered, and the line is there again for its own.
func TestRequestBeyondThoseOfItsSession(t *testing.T) {
	c := open(t)
	v, other := c.visitor(t).in(), c.visitor(t).in()
	if before := c.Hurry(50 * time.Millisecond); before != 10*time.Second {
		t.Errorf("a request waits %v", before)
	}
	w := v.crowds(atOnce)
	for _, path := range []string{"/fr/home", "/nl/account", "/de/documents", "/en/refunds"} {
		resp, body := v.get(path)
		lang := locale.Language(path[1:3])
		if said := locale.T(lang, "portal.together.text"); resp.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, said) {
			t.Errorf("%s beyond: %s", path, resp.Status)
		}
		if after := resp.Header.Get("Retry-After"); after != "5" {
			t.Errorf("%s beyond: Retry-After %q", path, after)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if resp, _ := v.ask(httptest.NewRequest(http.MethodGet, origin+"/fr/home", nil).WithContext(gone)); resp.StatusCode == http.StatusOK {
		t.Error("who has left is answered")
	}
	if !isIn(other) {
		t.Error("another session is not answered")
	}
	w.goes(t)
	if !isIn(v) {
		t.Error("the session is not answered any more")
	}
	if n := c.Lines(); n != 0 {
		t.Errorf("%d lines are kept when nobody stands in them", n)
	}
}

// One session has eight requests under way: those beyond wait in line, are answered when
// others were, and keep no other session waiting.
func TestRequestsOfOneSessionInTurn(t *testing.T) {
	c := open(t)
	slow, other := c.visitor(t).in(), c.visitor(t).in()
	w := slow.crowds(atOnce + 20)
	if !isIn(other) {
		t.Error("another session is not answered")
	}
	time.Sleep(500 * time.Millisecond) // for those that must not come
	if n := len(w.begun); n > 0 {
		t.Errorf("%d requests of one session under way", atOnce+n)
	}
	w.goes(t)
}
