package enrol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/password"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// Bounds of the links of one enrolment.
const (
	maxMails  = 5
	mailPause = 30 * time.Second
)

// send accepts the terms and sends the link. Sent twice, it is the same enrolment.
func (e *Enrol) send(c *gin.Context, d Draft) error {
	v := page.From(c)
	if page.Switched(c) {
		return e.showCheck(c, v, d, http.StatusOK)
	}
	if e.Classic.Profile.Terms != "" && c.PostForm("terms") != "1" {
		v.Errors = []page.FieldError{{Field: "terms", Text: v.T("enrol.error.terms")}}
		return e.showCheck(c, v, d, http.StatusUnprocessableEntity)
	}
	d.Terms = e.Classic.Profile.Terms
	return e.mail(c, d)
}

// again sends another link; the one before dies.
func (e *Enrol) again(c *gin.Context, d Draft) error {
	if d.Mails >= maxMails || e.Now().Sub(d.Sent) < mailPause {
		c.Redirect(http.StatusSeeOther, page.From(c).URL(sentPath+"?told=soon"))
		return nil
	}
	return e.mail(c, d)
}

// Linked is an enrolment that waits for its link: the payload of the link's code.
type Linked struct {
	Way        profile.Way `json:"way"`
	Email      string      `json:"email"`
	Hash       string      `json:"hash,omitempty"` // "": chosen on the page of the link
	AccessCode string      `json:"code,omitempty"`
	Private    bool        `json:"private,omitempty"`
	Question   int         `json:"question,omitempty"`
	Answer     string      `json:"answer,omitempty"`
	Terms      string      `json:"terms,omitempty"`
	Browser    []byte      `json:"browser,omitempty"` // whose draft goes with it
}

// ParseLinked reads a payload.
func ParseLinked(payload string) (Linked, error) {
	var l Linked
	if err := json.Unmarshal([]byte(payload), &l); err != nil || l.Email == "" {
		return Linked{}, errors.New("payload of a link cannot be read")
	}
	return l, nil
}

// Payload is the reverse.
func (l Linked) Payload() (string, error) {
	text, err := json.Marshal(l)
	return string(text), err
}

func (e *Enrol) mail(c *gin.Context, d Draft) error {
	v, ctx := page.From(c), c.Request.Context()
	browser, ok := e.Desk.Bound(c)
	if !ok {
		return ErrNoDraft
	}
	payload, err := Linked{Way: d.Way, Email: d.Email, Hash: d.Hash, AccessCode: d.AccessCode, Private: d.Private,
		Question: d.Question, Answer: d.Answer, Terms: d.Terms, Browser: browser[:]}.Payload()
	if err != nil {
		return err
	}
	code, secret, err := e.Classic.NewCode(credentials.Grant{Member: d.Member, Purpose: credentials.ActivateLink, Payload: payload})
	if err != nil {
		return err
	}
	d.Sent, d.Until, d.Mails = code.Created, code.Expires, d.Mails+1
	m := ActivationMail(code, d.Email, string(v.Lang), e.Origin+v.URL(openPath+"/"+secret))
	err = e.Store.SendLink(ctx, browser, d, code, secret, m)
	if errors.Is(err, ErrOften) {
		v.Errors = []page.FieldError{{Field: "terms", Text: v.T("enrol.renew.often")}}
		later(c, int(time.Hour/time.Second))
		return e.showCheck(c, v, d, http.StatusTooManyRequests)
	}
	if err != nil {
		return fmt.Errorf("sending a link: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(sentPath))
	return nil
}

// ActivationMail is the mail with a link.
func ActivationMail(code credentials.Code, to, lang, link string) mail.Message {
	return mail.Message{
		Mutuality: code.Mutuality, Member: code.Member, To: to, Template: mail.ActivationLink, Lang: lang, Until: code.Expires,
		Values: map[string]string{string(mail.Link): link, string(mail.Until): code.Expires.UTC().Format(time.RFC3339)},
	}
}

// sent says where the mail went and until when its link works, in local time.
func (e *Enrol) sent(c *gin.Context, d Draft) error {
	v := page.From(c)
	landed(&v)
	v.Title = v.T("enrol.sent.title")
	v.Lead = v.T("enrol.sent.lead", arg("address", d.Email), arg("until", locale.DateTime(v.Lang, d.Until)))
	if c.Query("told") == "soon" {
		v.Banner = &page.Banner{Kind: page.Neutral, Title: v.T("enrol.sent.soon.title"), Text: v.T("enrol.sent.soon")}
	}
	return page.Render(c, http.StatusOK, sentPageOf(v, d.Mails < maxMails))
}

// open is the page of the link. It changes nothing: a scanner of mails that opens every
// link uses none up.
func (e *Enrol) open(c *gin.Context) error {
	return e.showOpen(c, page.From(c), http.StatusOK)
}

func (e *Enrol) showOpen(c *gin.Context, v page.View, status int) error {
	code, err := e.Classic.Look(c.Request.Context(), credentials.ActivateLink, c.Param("secret"))
	if isOver(err) {
		return e.over(c, v, err)
	}
	if err != nil {
		return fmt.Errorf("looking at a link: %w", err)
	}
	linked, err := e.opens(c, code)
	if err != nil {
		return err
	}
	if linked.Hash == "" {
		v.Title, v.Lead = v.T("enrol.choose.title"), v.T("enrol.choose.lead")
		return page.Render(c, status, choosePage(v, e.Classic.Profile.Password))
	}
	v.Title, v.Lead = v.T("enrol.open.title"), v.T("enrol.open.lead")
	return page.Render(c, status, openPageOf(v))
}

// opens is what waits for the link, as far as it may be used in this browser. The link
// shows whose the address is, and not that its owner chose the password: somebody else
// may have typed her number, her address and a password of his. So where it is opened in
// another browser than the one that typed, she chooses the password there.
func (e *Enrol) opens(c *gin.Context, code credentials.Code) (Linked, error) {
	l, err := ParseLinked(code.Payload)
	if browser, ok := e.Desk.Bound(c); !ok || !bytes.Equal(browser[:], l.Browser) {
		l.Hash = ""
	}
	return l, err
}

func isOver(err error) bool {
	return errors.Is(err, credentials.ErrCode) || errors.Is(err, credentials.ErrCodeExpired)
}

// over says of a link that it opens nothing, and how to get another.
func (e *Enrol) over(c *gin.Context, v page.View, cause error) error {
	key, again := "enrol.over", ""
	if errors.Is(cause, credentials.ErrCodeExpired) {
		key, again = "enrol.expired", v.URL(openPath+"/"+c.Param("secret")+"/again")
	}
	v.Title, v.Lead = v.T(key+".title"), v.T(key+".lead")
	return page.Render(c, http.StatusGone, overPage(v, again))
}

// Opening is what a link does when its button is pressed.
type Opening struct {
	Mutuality string
	Secret    string
	Hash      string // of the password chosen on the page, then no secret question is kept; "": the payload has both
	At        time.Time
}

// activate opens the account, once.
func (e *Enrol) activate(c *gin.Context) error {
	v, ctx, secret := page.From(c), c.Request.Context(), c.Param("secret")
	code, err := e.Classic.Look(ctx, credentials.ActivateLink, secret)
	if isOver(err) {
		return e.pressedTwice(c, v, err)
	}
	if err != nil {
		return fmt.Errorf("looking at a link: %w", err)
	}
	linked, err := e.opens(c, code)
	if err != nil {
		return err
	}
	o := Opening{Mutuality: e.Mutuality, Secret: secret, At: e.Now()}
	if linked.Hash == "" {
		typed := c.PostForm("new")
		if typed != c.PostForm("again") {
			v.Errors = []page.FieldError{{Field: "again", Text: v.T("password.error.again")}}
			return e.showOpen(c, v, http.StatusUnprocessableEntity)
		}
		var refused *password.RefusedError
		o.Hash, err = e.Classic.Hash(ctx, code.Member, typed)
		switch {
		case errors.As(err, &refused):
			v.Errors = []page.FieldError{{Field: "new", Text: page.RefusedWords(v, refused, e.Classic.Profile.Password)}}
			return e.showOpen(c, v, http.StatusUnprocessableEntity)
		case errors.Is(err, password.ErrBusy):
			later(c, 2)
			v.Errors = []page.FieldError{{Field: "new", Text: v.T("password.busy")}}
			return e.showOpen(c, v, http.StatusServiceUnavailable)
		case err != nil:
			return err
		}
	}
	err = e.Store.OpenByLink(ctx, o)
	if isOver(err) {
		return e.pressedTwice(c, v, err)
	}
	if err != nil {
		return fmt.Errorf("opening an account: %w", err)
	}
	e.Desk.Unbind(c)
	c.Redirect(http.StatusSeeOther, v.URL(donePath))
	return nil
}

// pressPause is how far apart two presses of one button may be.
const pressPause = time.Minute

// pressedTwice leads who has just opened her account by this link where the first press
// leads; anybody else is told that it opens nothing.
func (e *Enrol) pressedTwice(c *gin.Context, v page.View, cause error) error {
	just, err := e.Store.JustOpened(c.Request.Context(), e.Mutuality, c.Param("secret"), e.Now().Add(-pressPause))
	if err != nil {
		return fmt.Errorf("looking at a link: %w", err)
	}
	if !just {
		return e.over(c, v, cause)
	}
	c.Redirect(http.StatusSeeOther, v.URL(donePath))
	return nil
}

// done says that the account is open; the link alone signs nobody in.
func (e *Enrol) done(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.NoHeading = v.T("enrol.opened.title"), true
	return page.Render(c, http.StatusOK, donePageOf(v))
}
