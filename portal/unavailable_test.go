package portal

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

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
