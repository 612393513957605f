package enrol

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// Proof is what goes with an account that a card or a federal token opens.
type Proof struct {
	At time.Time
	// Letter is the first letter that the mutuality wants to follow; nil: none.
	Letter *LetterOrder
}

// Arrived opens the account of who has just proved who she is, by card or federal token,
// if the profile enrols that way and she has none that is open. next is where
// she was going; what it returns is where she goes.
func (e *Enrol) Arrived(ctx context.Context, login auth.Login, next string) (string, error) {
	if !e.has(wayOf(login)) {
		return next, nil
	}
	account, err := e.Classic.Account(ctx, login.Member)
	if err != nil {
		return "", fmt.Errorf("reading the account: %w", err)
	}
	if account.State == credentials.Active {
		return next, nil
	}
	proof := Proof{At: e.Now()}
	if e.letterAfter(login) {
		code, secret, err := e.Classic.NewCode(credentials.Grant{Purpose: credentials.ActivateLetter})
		if err != nil {
			return "", err
		}
		letter := e.letterOrder(code, secret)
		proof.Letter = &letter
	}
	opened, err := e.Store.OpenByProof(ctx, login, proof)
	if err != nil {
		return "", fmt.Errorf("opening the account: %w", err)
	}
	if !opened {
		return next, nil
	}
	return openedPath + "?next=" + page.LocalPath(next), nil
}

// opened is the receipt: the account is open, and what comes next.
func (e *Enrol) opened(c *gin.Context) error {
	v, login := page.From(c), page.LoginOf(c)
	account, err := e.Classic.Account(c.Request.Context(), login.Member)
	if err != nil {
		return fmt.Errorf("reading the account: %w", err)
	}
	if account.State != credentials.Active { // by address alone
		c.Redirect(http.StatusSeeOther, v.URL("home"))
		return nil
	}
	v.Title, v.NoHeading = v.T("enrol.opened.title"), true
	r := receipt{
		Next: v.URL(page.NextOf(c)), Name: account.Name,
		Since: locale.DateTime(v.Lang, account.Created), Letter: "none",
		By: locale.Date(v.Lang, e.House.ExpectedBy(e.Now())),
	}
	switch {
	case e.letterAfter(login):
		r.Letter = "coming"
	case e.has(profile.ByLetter) && !account.HasPassword:
		r.Letter = "offered"
	}
	return page.Render(c, http.StatusOK, openedPage(v, r))
}

// receipt is the argument of the page.
type receipt struct {
	Next, Name, Since, By string
	Letter                string // none, coming, offered
}

func arg(name, value string) locale.Arg { return locale.A(name, value) }
