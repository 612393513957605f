package upload

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
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
