// Package download lets a long answer take as long as a slow line needs, and no longer: the
// time for it grows with what the reader took. How much waits for slow readers is bounded;
// past that an answer has the time that every answer has.
package download

import (
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// Gate bounds the long answers of a server. Safe for concurrent use.
type Gate struct {
	limits Limits

	mu   sync.Mutex
	held int            // bytes
	of   map[string]int // by network
}

// Limits of a Gate; zero fields take their default.
type Limits struct {
	Grace time.Duration // for an answer before anything is asked of its reader: 30 seconds
	Speed int           // bytes a second from then on, over the whole: 20,000
	Most  int           // bytes of long answers that have more time, at once: 200 MB
	Each  int           // of these to one network: 50 MB
}

// piece is how much of an answer is sent at once, in bytes. What is shorter is not long.
const piece = 64 << 10

// NewGate makes a gate.
func NewGate(l Limits) *Gate {
	if l.Grace <= 0 {
		l.Grace = 30 * time.Second
	}
	if l.Speed <= 0 {
		l.Speed = 20_000
	}
	if l.Most <= 0 {
		l.Most = 200_000_000
	}
	if l.Each <= 0 {
		l.Each = 50_000_000
	}
	return &Gate{limits: l, of: map[string]int{}}
}

// Pace is the middleware that has answers to a network sent so.
func (g *Gate) Pace(network func(c *gin.Context) string) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Writer = &paced{ResponseWriter: c.Writer, gate: g, network: func() string { return network(c) }}
		c.Next()
	}
}

func (g *Gate) take(network string, n int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held+n > g.limits.Most || g.of[network]+n > g.limits.Each {
		return false
	}
	g.held += n
	g.of[network] += n
	return true
}

func (g *Gate) give(network string, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held -= n
	if g.of[network] -= n; g.of[network] == 0 {
		delete(g.of, network)
	}
}

// paced sends long answers at the pace of their reader.
type paced struct {
	gin.ResponseWriter
	gate    *Gate
	network func() string
}

// Unwrap gives http.ResponseController what is beneath.
func (w *paced) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write implements io.Writer. Each piece has the grace, and what the pieces before it earned.
func (w *paced) Write(b []byte) (sent int, err error) {
	if len(b) <= piece {
		return w.ResponseWriter.Write(b)
	}
	network := w.network()
	if !w.gate.take(network, len(b)) {
		return w.ResponseWriter.Write(b)
	}
	defer w.gate.give(network, len(b))
	control, begun, l := http.NewResponseController(w.ResponseWriter), time.Now(), w.gate.limits
	for sent < len(b) && err == nil {
		earned := time.Duration(float64(sent) / float64(l.Speed) * float64(time.Second))
		_ = control.SetWriteDeadline(begun.Add(l.Grace + earned)) // a recorder in a test has no clock
		var n int
		n, err = w.ResponseWriter.Write(b[sent:min(sent+piece, len(b))])
		sent += n
	}
	return sent, err
}
