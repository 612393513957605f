package portal_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
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

// One session has eight requests under way: those beyond wait in line, are answered when
// others were, and keep no other session waiting.
func TestRequestsOfOneSessionInTurn(t *testing.T) {
	const atOnce, more = 8, 20
	c := open(t)
	slow, other := c.visitor(t).in(), c.visitor(t).in()
	begun, until := make(chan struct{}, atOnce+more), make(chan struct{})
	var all sync.WaitGroup
	answers := make([]*httptest.ResponseRecorder, atOnce+more)
	for i := range answers {
		answers[i] = httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, origin+"/fr/home", nil)
		for name, value := range slow.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		all.Go(func() { c.answers().ServeHTTP(reluctant{answers[i], begun, until}, r) })
	}
	for range atOnce {
		<-begun
	}
	if !isIn(other) {
		t.Error("another session is not answered")
	}
	time.Sleep(500 * time.Millisecond) // for those that must not come
	if n := len(begun); n > 0 {
		t.Errorf("%d requests of one session under way", atOnce+n)
	}
	close(until)
	all.Wait()
	for i, a := range answers {
		if a.Code != http.StatusOK {
			t.Errorf("request %d in line: %d", i, a.Code)
		}
	}
}
