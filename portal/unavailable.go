package portal

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
)

// retryAfter is what a browser or load balancer is told to wait, in seconds, while the
// database does not answer.
const retryAfter = "5"

// unavailable is an error that is over when the database answers again.
type unavailable interface {
	error
	Unavailable() bool
}

func isUnavailable(err error) bool {
	var u unavailable
	return errors.As(err, &u) && u.Unavailable()
}

// outage is the answer while the database does not: the words of a fault of ours, with
// the status that says to come back, and when.
func outage(c *gin.Context, err error) (outcome, bool) {
	if !isUnavailable(err) {
		return outcome{}, false
	}
	c.Header("Retry-After", retryAfter)
	return outcome{err, http.StatusServiceUnavailable, "portal.failed"}, true
}
