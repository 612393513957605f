package signin

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/page"
)

// doors is the page of the ways in.
func (s *SignIn) doors(c *gin.Context) error {
	v := page.From(c)
	if v.Login != nil {
		c.Redirect(http.StatusSeeOther, v.URL(page.NextOf(c)))
		return nil
	}
	v.Title, v.Lead = v.T("signin.title"), v.T("signin.lead")
	v.Banner = told(v, c)
	return page.Render(c, http.StatusOK, doorsPage(v, s.doorsOf(v, page.NextOf(c)), s.first(v), s.links(v)))
}

// told is the notice of what led here: the end of a session, or a link of a mail that did
// its work.
func told(v page.View, c *gin.Context) *page.Banner {
	switch {
	case c.Query("ended") == "1":
		return &page.Banner{Kind: page.Neutral, Title: v.T("signin.ended.heading"), Text: v.T("signin.ended")}
	case c.Query("told") == "email":
		return &page.Banner{Kind: page.Valid, Title: v.T("signin.email.heading"), Text: v.T("signin.email")}
	case c.Query("told") == "undone":
		return &page.Banner{Kind: page.Valid, Title: v.T("signin.undone.heading"), Text: v.T("signin.undone")}
	}
	return nil
}

// doorsOf are the ways in that this counter has, the card first.
func (s *SignIn) doorsOf(v page.View, next string) []page.Door {
	doors := []page.Door{{
		Picture: "card", Title: v.T("signin.card.door"), Text: v.T("signin.card.with"), First: true,
		Opens: []page.Opening{
			{Text: v.T("signin.opens.see"), Yes: true},
			{Text: v.T("signin.opens.account"), Yes: true},
			{Text: v.T("signin.opens.sign"), Yes: true},
		},
		Action: page.Link{URL: v.URL(cardPath + "?next=" + next), Text: v.T("signin.card.use")},
	}}
	if s.Others != nil {
		doors = append(doors, s.Others(v, next)...)
	}
	return append(doors, s.passwordDoor(v, next))
}

// card is the page on which the card speaks.
func (s *SignIn) card(c *gin.Context) error {
	v := page.From(c)
	v.CardPage = true
	v.Title, v.Lead = v.T("signin.step.title"), v.T("signin.step.lead")
	v.Back = page.Link{URL: v.URL(doorsPath + "?next=" + page.NextOf(c)), Text: v.T("signin.back")}
	other := page.Link{URL: v.URL(passwordPath + "?next=" + page.NextOf(c)), Text: v.T("password.signin.title")}
	if v.Login != nil { // she came to prove more: the closed page itself says what else opens it
		other = page.Link{URL: v.URL(page.NextOf(c)), Text: v.T("password.other")}
		v.Back.URL = other.URL
	}
	if v.Kiosk != nil { // the reader is the kiosk's, and the card is in it
		v.Lead = ""
	}
	s.Sessions.Browser(c)
	return page.Render(c, http.StatusOK, cardPage(v, page.CardStep{
		Challenge: v.URL(challengePath), Token: v.URL(cardPath + "?next=" + page.NextOf(c)), Other: other,
	}))
}

// enter takes the token.
func (s *SignIn) enter(c *gin.Context) error {
	holder, err := s.Card.Holder(c)
	if err != nil {
		return s.refuse(c, "", err)
	}
	member, err := s.Store.MemberByNationalNumber(c.Request.Context(), s.Mutuality, holder.Number)
	if err != nil {
		return s.refuse(c, member.ID, err)
	}
	to := page.NextOf(c)
	if told, err := s.tellClosed(c, member.ID); told || err != nil {
		return err
	}
	login := auth.Login{
		Mutuality: s.Mutuality, Member: member.ID, Name: member.Name, Language: member.Language,
		Holder: holder.Holder, Method: auth.Card, Assurance: auth.High, At: s.Now(),
	}
	if k := page.From(c).Kiosk; k != nil {
		login.Kiosk = k.ID
	}
	if s.Arrived != nil {
		if to, err = s.Arrived(c.Request.Context(), login, to); err != nil {
			return fmt.Errorf("making an account: %w", err)
		}
	}
	err = s.Sessions.Begin(c, login)
	if errors.Is(err, ErrClosed) { // closed since it was asked
		if told, err := s.tellClosed(c, member.ID); told || err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("starting a session: %w", err)
	}
	c.JSON(http.StatusOK, gin.H{"next": page.From(c).URL(to)})
	return nil
}

// tellClosed leads who came with the right card to the page that says that staff closed
// her account, if they did.
func (s *SignIn) tellClosed(c *gin.Context, member auth.MemberID) (told bool, err error) {
	ticket, err := s.Classic.Closed(c.Request.Context(), member)
	if err != nil {
		return false, fmt.Errorf("reading the account: %w", err)
	}
	if ticket == "" {
		return false, nil
	}
	s.Cookies.SetTicket(c, ticket)
	c.JSON(http.StatusOK, gin.H{"next": page.From(c).URL(disabledPath)})
	return true, nil
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
