package orders

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

// steps of an order: form, check, read, sign. The last two are in package requests.
const steps = 4

// ehicPage is the form with what was typed, and for whom and where to.
type ehicPage struct {
	Draft  string
	Form   ehicForm
	Who    Person
	People []personRow // herself and those whom she sees
}

// moved leads to the letter that asks for another address, where one can write it.
func moved(v page.View) page.Link {
	return v.Way("requests/contact?subject=address", v.T("people.change"), v.T("account.address"))
}

// movedText says when one follows that link: where the address is not right, or not known.
func (p Person) movedText(v page.View) string {
	if p.address(v) == nil {
		return v.T("orders.noaddress.text")
	}
	return v.T("orders.form.moved")
}

// known is what the form does not ask: for whom, if there is nobody else, and where to.
func (p ehicPage) known(v page.View) []page.SummaryRow {
	to := page.SummaryRow{Label: v.T("orders.form.address"), Change: moved(v)}
	if lines := p.Who.address(v); lines != nil {
		to.Content = addressLines(lines)
	} else {
		to.Value, to.Quiet, to.Change.Text = v.T("account.missing"), true, v.T("people.give")
	}
	if to.Change.URL != "" {
		to.Detail = p.Who.movedText(v)
	}
	rows := []page.SummaryRow{to}
	if p.asks() {
		return rows
	}
	return append([]page.SummaryRow{{Label: v.T("orders.form.who"), Value: p.Who.Name, Detail: v.T("orders.form.self")}}, rows...)
}

// asks reports whether the form has boxes to tick: there is somebody else, or she ticked
// somebody who is not, and may have meant another than herself.
func (p ehicPage) asks() bool { return len(p.People) > 1 || p.Form.Asked }

// ehic shows the form: empty, or with what was typed and, if it was sent to go on, what
// is wrong with it. A new form is given its draft first, so that Back finds what was
// typed.
func (o *Orders) ehic(c *gin.Context) error {
	if page.DraftID(c) == "" {
		c.Redirect(http.StatusSeeOther, page.DraftURL(page.From(c), ehicPath, page.NewDraftID()))
		return nil
	}
	t, found, err := o.typed(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	if found && t.draft.Checked {
		v.Errors = t.wrong
	}
	return o.showForm(c, v, t, found)
}

func (o *Orders) showForm(c *gin.Context, v page.View, t typed, found bool) error {
	v.Title, v.Section, v.Nav = v.T("orders.form.title"), v.T("orders.task"), "requests"
	v.Keep = checkPath
	v.Back = page.Link{URL: v.URL(ordersPath), Text: v.T("orders.back")}
	v.Step = page.Step{Task: v.T("orders.task"), N: 1, Of: steps}
	shown := ehicPage{Draft: page.DraftID(c), Form: t.draft.Answers, Who: t.who}
	chosen := strings.Fields(t.draft.Answers.Who)
	names := people.Named(v.Lang, t.people, t.people)
	for i, one := range t.people {
		shown.People = append(shown.People, personRow{ID: string(one.Member), Name: names[i],
			Checked: slices.Contains(chosen, string(one.Member)) || !found && one.Self})
	}
	return page.Render(c, page.FormStatus(v), ehicView(v, shown))
}

// typed is a draft with what the store knows, and what comes of both.
type typed struct {
	draft  page.Draft[ehicForm]
	who    Person
	people []people.Person // whom she sees, herself first
	act    document.EHICOrder
	wrong  []page.FieldError
}

func (o *Orders) drafts() page.DraftForm[ehicForm] {
	return page.DraftForm[ehicForm]{Store: o.Store, Name: ehicPath}
}

// typed reads and checks the draft that the request names; found is false without one.
func (o *Orders) typed(c *gin.Context) (t typed, found bool, err error) {
	if t.draft, found, err = o.drafts().Read(c); err != nil {
		return t, false, err
	}
	if t.who, err = o.Store.Orderer(c.Request.Context(), page.LoginOf(c)); err != nil {
		return t, false, fmt.Errorf("reading who orders: %w", err)
	}
	if t.people, err = o.Store.Visible(c.Request.Context(), page.LoginOf(c)); err != nil {
		return t, false, fmt.Errorf("reading for whom to order: %w", err)
	}
	if !found {
		return t, false, nil
	}
	t.act, t.wrong, err = o.answers(page.From(c), t)
	return t, true, err
}
