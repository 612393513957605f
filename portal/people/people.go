package people

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// People is the area: who stands on whose booklet, and who sees what. All fields are
// required.
type People struct {
	Store     Store
	Freezer   Freezer
	Mutuality document.Mutuality // letterhead of the requests
	Rules     Rules
	Now       func() time.Time
}

// Paths of the area, below the language.
const (
	peoplePath = "account/people"
	filePath   = "office/files/:id/access"
)

// fresh is how old a sign-in may be that stands for an answer given at once: what it
// decides follows no signature.
const fresh = 15 * time.Minute

// Route mounts the area. The form to be signed by hand is for who has only a password;
// all that changes something asks for a card or a federal token.
func (p *People) Route(r page.Routes) {
	r.GET(peoplePath, auth.ReadFile, p.show)
	r.GET(peoplePath+"/:holder/form.pdf", auth.ReadFile, p.form)
	r.GET(peoplePath+"/:holder/answer", auth.BlockAccess, p.answer)
	r.POST(peoplePath+"/:holder/answer", auth.BlockAccess, p.answered)
	r.GET(peoplePath+"/:holder/block", auth.BlockAccess, p.change(false))
	r.POST(peoplePath+"/:holder/block", auth.BlockAccess, p.changed(false))
	r.GET(peoplePath+"/:holder/allow", auth.GiveMandate, p.change(true))
	r.POST(peoplePath+"/:holder/allow", auth.GiveMandate, p.changed(true))
	r.GET(filePath, auth.CheckIdentity, p.file)
	r.POST(filePath, auth.CheckIdentity, p.noted)
}

// household reads who stands on whose booklet.
func (p *People) household(c *gin.Context) (Household, error) {
	h, err := p.Store.Household(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return Household{}, fmt.Errorf("reading the household: %w", err)
	}
	return h, nil
}

// holder finds the booklet that the address names. ErrNotOnBooklet.
func (p *People) holder(c *gin.Context) (Household, OnBooklet, error) {
	h, err := p.household(c)
	if err != nil {
		return h, OnBooklet{}, err
	}
	o, ok := h.Holder(auth.MemberID(c.Param("holder")))
	if !ok {
		return h, o, ErrNotOnBooklet
	}
	return h, o, nil
}

// peoplePage is the first page.
type peoplePage struct {
	Household
	Booklets []bookletBox // on which she stands
}

// bookletBox is one booklet on which she stands.
type bookletBox struct {
	Holder  string
	State   string // in words
	Detail  string
	Actions []page.Link // the first is the one that matters
}

func (p *People) show(c *gin.Context) error {
	h, err := p.household(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Title, v.Nav, v.Lead = v.T("people.title"), "account", v.T("people.lead")
	v.Back = page.Link{URL: v.URL("account"), Text: v.T("people.back")}
	if done := c.Query("done"); done == "kept" || done == "stopped" {
		v.Banner = &page.Banner{Kind: page.Valid, Title: v.T("people.done"), Text: v.T("people.done." + done)}
	}
	view := peoplePage{Household: h}
	for _, o := range h.Holders {
		view.Booklets = append(view.Booklets, p.box(v, h, o))
	}
	return page.Render(c, http.StatusOK, peopleView(v, view))
}

// may says whether she is old enough to decide, and ofAge whether she is of age.
func (p *People) may(h Household) (may, ofAge bool) {
	today := Today(p.Now())
	return OfAge(h.Me.Birth, today, p.Rules.BlockAge), OfAge(h.Me.Birth, today, p.Rules.MajorityAge)
}

// box puts one access into words.
func (p *People) box(v page.View, h Household, o OnBooklet) bookletBox {
	may, ofAge := p.may(h)
	name, at := locale.A("name", o.Name), locale.A("date", locale.Date(v.Lang, o.At))
	link := func(to, key string) page.Link {
		return page.Link{URL: v.URL(peoplePath + "/" + string(o.Holder) + "/" + to), Text: v.T(key)}
	}
	b := bookletBox{Holder: o.Name, State: v.T("people.state.unseen", name)}
	switch {
	case o.State == Asked:
		b.State = v.T("people.state.asked", name)
		b.Detail = v.T("people.state.asked."+string(p.Rules.Silence), locale.A("date", locale.Date(v.Lang, o.AnswerBy)), name)
		b.Actions = []page.Link{link("answer", "people.answer.do")}
		return b
	case o.State == Automatic && o.Seen:
		b.State = v.T("people.state.minor", name)
		b.Detail = v.T("people.state.minor.until", locale.A("date", locale.Date(v.Lang, Birthday(h.Me.Birth, p.Rules.MajorityAge))))
	case o.Seen:
		b.State, b.Detail = v.T("people.state.seen", name), v.T("people.state.since", at)
	case !o.At.IsZero():
		b.Detail = v.T("people.state.since", at)
	}
	switch {
	case o.Seen && may:
		b.Actions = []page.Link{link("block", "people.block.do"), link("form.pdf", "people.form.do")}
	case o.Seen && p.Rules.BlockAge < p.Rules.MajorityAge:
		b.Detail += " " + v.T("people.block.young", locale.A("date", locale.Date(v.Lang, Birthday(h.Me.Birth, p.Rules.BlockAge))))
	case may && (ofAge || o.State == Blocked || o.State == Stopped):
		b.Actions = []page.Link{link("allow", "people.allow.do")}
	}
	return b
}

// personRow is a person on her own booklet: nothing says why one is not seen.
func personRow(v page.View, o OnBooklet) page.LedgerRow {
	row := page.LedgerRow{Title: page.Link{Text: o.Name}, Detail: v.T("people.role." + string(o.Role)),
		End: page.Badge(page.Neutral, v.T("people.unseen"))}
	if o.Seen {
		row.Detail += ", " + v.T("people.born", locale.A("date", locale.Date(v.Lang, o.Birth)))
		row.End = page.Badge(page.Valid, v.T("people.seen"))
	}
	return row
}

// year is an age as the words of a refusal give it.
func year(n int) locale.Arg { return locale.A("age", strconv.Itoa(n)) }

// tooYoung refuses with the reason, and from when on.
func (p *People) tooYoung(c *gin.Context, h Household) error {
	v := page.From(c)
	v.Title, v.Nav = v.T("people.young.title"), "account"
	v.Lead = v.T("people.young.lead", year(p.Rules.BlockAge))
	v.Back = page.Link{URL: v.URL(peoplePath), Text: v.T("people.return")}
	text := ""
	if !h.Me.Birth.IsZero() {
		text = v.T("people.young.from", locale.A("date", locale.Date(v.Lang, Birthday(h.Me.Birth, p.Rules.BlockAge))))
	}
	return page.Render(c, http.StatusForbidden, youngView(v, text))
}

// isRefusal says that the person cannot decide, whoever asked.
func isRefusal(err error) bool { return errors.Is(err, ErrMinor) }

func personRows(v page.View, list []OnBooklet) []page.LedgerRow {
	rows := make([]page.LedgerRow, len(list))
	for i, o := range list {
		rows[i] = personRow(v, o)
	}
	return rows
}

func nameArg(name string) locale.Arg { return locale.A("name", name) }
