package portal

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// errTogether refuses more requests of one session at once than it may have.
var errTogether = errors.New("too many requests of one session at once")

// Bounds of what one session has under way: an answer under way may hold a document of 25 MB.
const (
	atOnce         = 8
	atOncePatience = 10 * time.Second
)

// together bounds how many requests of one session are under way; those beyond wait in line.
type together struct {
	patience time.Duration // how long one waits

	mu sync.Mutex
	of map[string]*line
}

// line is where requests of one session stand.
type line struct {
	places chan struct{}
	users  int // with a place, or waiting for one
}

// enter waits for a place, and gives it back by leave. ok is false where patience or ctx
// ended before.
func (t *together) enter(ctx context.Context, session string) (leave func(), ok bool) {
	t.mu.Lock()
	if t.of == nil {
		t.of = map[string]*line{}
	}
	l := t.of[session]
	if l == nil {
		l = &line{places: make(chan struct{}, atOnce)}
		t.of[session] = l
	}
	l.users++
	t.mu.Unlock()
	out := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(t.of, session)
		}
	}
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places; out() }, true
	default:
	}
	patience := time.NewTimer(t.patience)
	defer patience.Stop()
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places; out() }, true
	case <-patience.C:
	case <-ctx.Done():
	}
	out()
	return nil, false
}

// inTurn lets the rest of the handlers answer a request of this session in its turn.
func (p *Portal) inTurn(c *gin.Context, session string) {
	leave, ok := p.together.enter(c.Request.Context(), session)
	if !ok {
		c.Header("Retry-After", "5")
		p.fail(c, errTogether)
		return
	}
	defer leave()
	c.Next()
}
