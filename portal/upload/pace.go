package upload

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// pace is how fast a form has to come in.
type pace struct {
	grace  time.Duration // before anything is asked of it
	speed  int           // bytes a second from then on, over the whole
	all    time.Duration // for all of it
	answer time.Duration // for the answer, after that
}

// slowest is the pace of a slow telephone, at which a member's largest file comes in within
// all. Who is slower holds a connection and hardly any memory, and not for long.
var slowest = pace{grace: 15 * time.Second, speed: 20_000, all: 10 * time.Minute, answer: time.Minute}

// keep has the body of a request come in at this pace: what is slower ends in a timeout. A
// file may take longer than other requests. A recorder in a test has no clock.
func (p pace) keep(c *gin.Context) io.ReadCloser {
	k := &kept{ReadCloser: c.Request.Body, pace: p, control: http.NewResponseController(c.Writer), begun: time.Now()}
	_ = k.control.SetWriteDeadline(k.begun.Add(p.all + p.answer))
	return k
}

// kept is a body with a pace.
type kept struct {
	io.ReadCloser
	pace
	control *http.ResponseController
	begun   time.Time
	read    int
	until   time.Time
}

func (k *kept) Read(b []byte) (int, error) {
	earned := k.grace + time.Duration(float64(k.read)/float64(k.speed)*float64(time.Second))
	until := k.begun.Add(min(earned, k.all))
	if k.until.IsZero() || until.Sub(k.until) > k.grace/8 || until.Equal(k.begun.Add(k.all)) && until.After(k.until) {
		k.until = until
		_ = k.control.SetReadDeadline(until)
	}
	n, err := k.ReadCloser.Read(b)
	k.read += n
	return n, err
}
