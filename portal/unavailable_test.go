package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/door"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

func TestOutage(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
	}{
		{store.ErrUnavailable, http.StatusServiceUnavailable},
		{fmt.Errorf("reading request: %w (cause)", store.ErrUnavailable), http.StatusServiceUnavailable},
		{fmt.Errorf("%w: %w", store.ErrUnavailable, store.ErrInDoubt), http.StatusServiceUnavailable},
		{store.ErrFull, 0},
		{store.ErrClosed, 0},
	} {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		o, out := outage(c, tt.err)
		if o.status != tt.status || out != (tt.status != 0) || (w.Header().Get("Retry-After") != "") != out {
			t.Errorf("outage(%v) = %+v, %v, Retry-After %q", tt.err, o, out, w.Header().Get("Retry-After"))
		}
	}
}

// The card step too says when to come back, and nothing of the cause.
func TestOutageDuringACardStep(t *testing.T) {
	gone := fmt.Errorf("reading preparation: %w (cause)", store.ErrUnavailable)
	for name, err := range map[string]error{
		"signing":    &requests.Problem{State: requests.StateTechnical, Cause: gone},
		"signing in": door.NewProblem(gone),
		"no problem": gone,
	} {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		c.Request = httptest.NewRequest(http.MethodPost, "/en/sign-in/card", http.NoBody)
		p := &Portal{cfg: Config{Now: time.Now}}
		p.failJSON(c, err)
		var said struct{ State, Text string }
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || said.State != "technical" || said.Text == "" || strings.Contains(said.Text, "cause") {
			t.Errorf("%s: %d, Retry-After %q, %+v", name, w.Code, w.Header().Get("Retry-After"), said)
		}
	}
}
