package signin

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/page"
)

// signOut ends the session and says so on a page of its own.
func (s *SignIn) signOut(c *gin.Context) error {
	if err := s.Sessions.End(c); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(signedOutPath))
	return nil
}

func (s *SignIn) signedOut(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("signin.out.title"), v.T("signin.out.text")
	return page.Render(c, http.StatusOK, signedOutPage(v))
}

// stay is the answer to the script that warns of the end of a session: the request
// itself counted as activity.
func (s *SignIn) stay(c *gin.Context) error {
	v := page.From(c)
	c.JSON(http.StatusOK, gin.H{"seconds": int(v.IdleEnds.Sub(v.Now).Seconds())})
	return nil
}
