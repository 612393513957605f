package signin

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/auth/webeid"
	"guichet.example/portal/audit"
	"guichet.example/portal/page"
)

// maxToken is the largest token read, in bytes: the limit of the Web eID reference
// validator and one more, so that ParseToken is the one to refuse it.
const maxToken = 10_001

// doors is the page of the ways in.
func (s *SignIn) doors(c *gin.Context) error {
	v := page.From(c)
	if v.Login != nil {
		c.Redirect(http.StatusSeeOther, v.URL(next(c)))
		return nil
	}
	v.Title, v.Lead = v.T("signin.title"), v.T("signin.lead")
	if c.Query("ended") == "1" {
		v.Banner = &page.Banner{Kind: page.Neutral, Title: v.T("signin.ended.heading"), Text: v.T("signin.ended")}
	}
	return page.Render(c, http.StatusOK, doorsPage(v, next(c)))
}

// doors are the ways in that this counter has.
func doors(v page.View, next string) []page.Door {
	return []page.Door{{
		Picture: "card", Title: v.T("signin.card.door"), Text: v.T("signin.card.with"), First: true,
		Opens: []page.Opening{
			{Text: v.T("signin.opens.see"), Yes: true},
			{Text: v.T("signin.opens.account"), Yes: true},
			{Text: v.T("signin.opens.sign"), Yes: true},
		},
		Action: page.Link{URL: v.URL(cardPath + "?next=" + next), Text: v.T("signin.card.use")},
	}}
}

// card is the page on which the card speaks.
func (s *SignIn) card(c *gin.Context) error {
	v := page.From(c)
	v.CardPage = true
	v.Title, v.Lead = v.T("signin.step.title"), v.T("signin.step.lead")
	v.Back = page.Link{URL: v.URL(doorsPath + "?next=" + next(c)), Text: v.T("signin.back")}
	s.Sessions.Browser(c)
	return page.Render(c, http.StatusOK, cardPage(v, page.CardStep{
		Challenge: v.URL(challengePath), Token: v.URL(cardPath + "?next=" + next(c)),
	}))
}

// challenge hands out a nonce and keeps it for this browser.
func (s *SignIn) challenge(c *gin.Context) error {
	challenge, err := webeid.NewChallenge(s.Rand, s.Now())
	if err != nil {
		return err
	}
	if err := s.Store.Put(c.Request.Context(), s.Sessions.Browser(c), challenge); err != nil {
		return fmt.Errorf("keeping a challenge: %w", err)
	}
	c.JSON(http.StatusOK, gin.H{"nonce": challenge.Nonce})
	return nil
}

// enter takes the token. The challenge is taken before anything is checked: whatever
// the outcome, it serves once.
func (s *SignIn) enter(c *gin.Context) error {
	ctx := c.Request.Context()
	challenge, err := s.Store.Take(ctx, s.Sessions.Browser(c))
	if err != nil {
		return s.refuse(c, "", err)
	}
	raw, err := io.ReadAll(io.LimitReader(c.Request.Body, maxToken))
	if err != nil {
		return s.refuse(c, "", fmt.Errorf("%w: %v", webeid.ErrTokenParse, err))
	}
	token, err := webeid.ParseToken(raw)
	if err != nil {
		return s.refuse(c, "", err)
	}
	verified, err := s.Verifier.Verify(ctx, token, challenge)
	if err != nil {
		return s.refuse(c, "", err)
	}
	member, err := s.member(c, verified)
	if err != nil {
		return s.refuse(c, member.ID, err)
	}
	now := s.Now()
	login := auth.Login{
		Mutuality: s.Mutuality, Member: member.ID, Name: member.Name, Language: member.Language,
		Holder: verified.Holder, Method: auth.Card, Assurance: auth.High, At: now,
	}
	if err := s.Sessions.Begin(c, login); err != nil {
		return fmt.Errorf("starting a session: %w", err)
	}
	c.JSON(http.StatusOK, gin.H{"next": page.From(c).URL(next(c))})
	return nil
}

// member finds whose card it is by the national number in the certificate.
func (s *SignIn) member(c *gin.Context, verified *webeid.Verified) (Member, error) {
	number, err := nrn.Parse(verified.Holder.SerialNumber)
	if err != nil || verified.Holder.Country != "BE" {
		return Member{}, fmt.Errorf("%w: certificate holds no Belgian national number", webeid.ErrCertificateParse)
	}
	return s.Store.MemberByNationalNumber(c.Request.Context(), s.Mutuality, number)
}

// refuse writes the audit line of a refusal and returns what the member sees.
func (s *SignIn) refuse(c *gin.Context, member auth.MemberID, cause error) error {
	p := problem(cause)
	ctx := c.Request.Context()
	err := s.Store.RecordRefusal(ctx, Refusal{
		Mutuality: s.Mutuality, Method: auth.Card, Member: member,
		Cause: p.State, RequestID: audit.RequestID(ctx), Source: s.Sessions.Network(c),
	})
	if err != nil {
		return errors.Join(cause, fmt.Errorf("recording a refusal: %w", err))
	}
	return p
}

// local matches addresses below the language that we may return to: our own words
// and ids, no scheme, no host, no dots.
var local = regexp.MustCompile(`^[a-z0-9-]+(/[A-Za-z0-9-]+)*$`)

// next is where to go after signing in: a page of ours or home.
func next(c *gin.Context) string {
	wished := c.Query("next")
	if len(wished) > 200 || !local.MatchString(wished) {
		return "home"
	}
	return wished
}
