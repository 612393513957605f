package page

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Sent is a draft whose check page was sent, with its answers as they are now.
type Sent struct {
	Form, Check string // paths of the page to type the answers on, and of that to check them
	Holds       bool   // the draft is there, and nothing is wrong with its answers
	Key         string // of the draft
}

// Freeze freezes the answers, by a function that returns the request's id, and goes on to
// reading and signing. It sends what the check page showed and nothing else: answers that
// were changed since, in another tab, are shown first.
func (s Sent) Freeze(c *gin.Context, freeze func() (request string, err error)) error {
	v, id := From(c), DraftID(c)
	to := DraftURL(v, s.Check, id)
	switch {
	case id == "":
		to = v.URL(s.Form)
	case !s.Holds || Switched(c):
	case Key(c) != s.Key:
		to = DraftChangedURL(v, s.Check, id)
	default:
		request, err := freeze()
		if err != nil {
			return err
		}
		to = v.URL("requests/" + request + "/read")
	}
	c.Redirect(http.StatusSeeOther, to)
	return nil
}
