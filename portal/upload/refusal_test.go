package upload

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

func TestEveryErrorHasItsAnswer(t *testing.T) {
	for err, want := range map[error]Refusal{
		ErrNone: {http.StatusUnprocessableEntity, "none", 0}, ErrTwo: {http.StatusUnprocessableEntity, "two", 0},
		ErrTooLarge: {http.StatusRequestEntityTooLarge, "large", 0}, ErrSlow: {http.StatusRequestTimeout, "slow", 0},
		ErrForm: {http.StatusBadRequest, "form", 0}, ErrBusy: {http.StatusServiceUnavailable, "busy", busyFor},
		error(&WaitError{time.Minute}): {http.StatusTooManyRequests, "wait", time.Minute},
	} {
		if got, ok := RefusalOf(fmt.Errorf("receiving: %w", err)); !ok || got != want {
			t.Errorf("RefusalOf(%v) = %v, %v, want %v", err, got, ok, want)
		}
	}
	if got, ok := RefusalOf(errors.New("disk")); ok || got != (Refusal{}) {
		t.Errorf("a fault of ours is answered as %v", got)
	}
}

// Where a file is added to a page, what can be corrected is 422 and no key is "wait".
func TestUntaken(t *testing.T) {
	for err, want := range map[error]struct {
		status int
		key    string
		after  string
	}{
		ErrNone: {http.StatusUnprocessableEntity, "none", ""}, ErrTwo: {http.StatusUnprocessableEntity, "two", ""},
		ErrTooLarge: {http.StatusUnprocessableEntity, "large", ""}, ErrSlow: {http.StatusRequestTimeout, "slow", ""},
		ErrForm: {http.StatusBadRequest, "form", ""}, errors.New("disk"): {http.StatusBadRequest, "form", ""},
		ErrBusy: {http.StatusServiceUnavailable, "busy", "15"}, error(&WaitError{time.Minute}): {http.StatusTooManyRequests, "busy", "60"},
	} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		no := Untaken(c, err)
		if after := c.Writer.Header().Get("Retry-After"); no.Status != want.status || no.Key != want.key || after != want.after {
			t.Errorf("Untaken(%v) = %v, after %q, want %v", err, no, after, want)
		}
	}
}
