package upload

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// Refusal is how a form that was not taken is answered.
type Refusal struct {
	Status int
	Key    string        // end of the key of its words: none, two, large, slow, form, busy, wait, media, acting, locked
	Wait   time.Duration // before it is worth trying again; 0: at once
}

// busyFor is what who comes while the gate is full is told to wait.
const busyFor = 15 * time.Second

// RefusalOf turns an error of this package into its answer; false for any other error.
func RefusalOf(err error) (Refusal, bool) {
	var often *WaitError
	switch {
	case errors.As(err, &often):
		return Refusal{http.StatusTooManyRequests, "wait", often.Wait}, true
	case errors.Is(err, ErrBusy):
		return Refusal{http.StatusServiceUnavailable, "busy", busyFor}, true
	case errors.Is(err, ErrNone):
		return Refusal{Status: http.StatusUnprocessableEntity, Key: "none"}, true
	case errors.Is(err, ErrTwo):
		return Refusal{Status: http.StatusUnprocessableEntity, Key: "two"}, true
	case errors.Is(err, ErrTooLarge):
		return Refusal{Status: http.StatusRequestEntityTooLarge, Key: "large"}, true
	case errors.Is(err, ErrSlow):
		return Refusal{Status: http.StatusRequestTimeout, Key: "slow"}, true
	case errors.Is(err, ErrMedia):
		return Refusal{Status: http.StatusUnprocessableEntity, Key: "media"}, true
	case errors.Is(err, ErrActing):
		return Refusal{Status: http.StatusUnprocessableEntity, Key: "acting"}, true
	case errors.Is(err, ErrLocked):
		return Refusal{Status: http.StatusUnprocessableEntity, Key: "locked"}, true
	case errors.Is(err, ErrForm):
		return Refusal{Status: http.StatusBadRequest, Key: "form"}, true
	}
	return Refusal{}, false
}

// Seconds is the wait in whole seconds, rounded up; programs are told in the header.
func (r Refusal) Seconds(c *gin.Context) int {
	seconds := int(math.Ceil(r.Wait.Seconds()))
	if seconds > 0 {
		c.Header("Retry-After", strconv.Itoa(seconds))
	}
	return seconds
}

// Untaken is the answer to a form that was not taken, on a page where a member adds a file
// to what she writes: a file too large is hers to correct, like any other choice, and a
// wait says that we are busy. How long is told to programs, in the header.
func Untaken(c *gin.Context, err error) Refusal {
	no, ok := RefusalOf(err)
	if !ok {
		no = Refusal{Status: http.StatusBadRequest, Key: "form"}
	}
	no.Seconds(c)
	switch no.Key {
	case "large":
		no.Status = http.StatusUnprocessableEntity
	case "wait":
		no.Key = "busy"
	}
	return no
}
