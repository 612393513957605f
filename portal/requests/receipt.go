package requests

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/page"
	"guichet.example/signing"
)

// receive takes the tick of the page to read and has the request sealed as received. For
// a request or a login that asks for more, it goes back to where it says so.
func (q *Requests) receive(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	v, ticked := page.From(c), c.PostForm(tickField) == "1"
	switch {
	case r.Method == ByReceipt:
		c.Redirect(http.StatusSeeOther, address(v, r.ID, "done"))
		return nil
	case r.State != ToSign || !q.seals(r):
		c.Redirect(http.StatusSeeOther, address(v, r.ID, q.instead(r)))
		return nil
	case page.Switched(c):
		return q.showSheet(c, http.StatusOK, r, ticked, nil)
	case !ticked:
		return q.showSheet(c, http.StatusUnprocessableEntity, r, false, nil)
	}
	_, err = q.Sealing.Receive(c.Request.Context(), page.LoginOf(c), r.ID)
	switch {
	case errors.Is(err, signing.ErrSealKey):
		return q.showSheet(c, http.StatusServiceUnavailable, r, true, q.sealNotice(v))
	case errors.Is(err, ErrNotReceivable):
		c.Redirect(http.StatusSeeOther, address(v, r.ID, "read"))
		return nil
	case errors.Is(err, ErrNotOpen):
		c.Redirect(http.StatusSeeOther, address(v, r.ID, ""))
		return nil
	case err != nil:
		return err
	}
	c.Redirect(http.StatusSeeOther, address(v, r.ID, "done"))
	return nil
}
