package bank

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// steps of a change: form, check, read, sign. The last two are in package requests.
const steps = 4

// changePage is the form with what was typed and the months to choose from.
type changePage struct {
	Draft  string
	Form   changeForm
	Months []page.Option
}

// change shows the form: filled with what is likely, or with what was typed and, if it
// was sent to go on, what is wrong with it. A new form is given its draft first, so
// that Back finds what was typed.
func (b *Bank) change(c *gin.Context) error {
	if page.DraftID(c) == "" {
		c.Redirect(http.StatusSeeOther, page.DraftURL(page.From(c), changePath, page.NewDraftID()))
		return nil
	}
	t, found, err := b.typed(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	if found && t.draft.Checked {
		v.Errors = t.wrong
	}
	return b.showForm(c, v, t)
}

func (b *Bank) showForm(c *gin.Context, v page.View, t typed) error {
	v.Title, v.Section, v.Nav = v.T("bank.form.title"), v.T("bank.task"), "account"
	v.Keep = checkPath
	v.Back = page.Link{URL: v.URL(accountsPath), Text: v.T("bank.back")}
	v.Step = page.Step{Task: v.T("bank.task"), N: 1, Of: steps}
	p := changePage{Draft: page.DraftID(c), Form: t.draft.Answers}
	for _, m := range b.months() {
		p.Months = append(p.Months, page.Option{Value: m.Format(monthLayout), Text: locale.MonthYear(v.Lang, m)})
	}
	return page.Render(c, page.FormStatus(v), changeView(v, p))
}

// typed is a draft with what the store knows, and what comes of both.
type typed struct {
	draft page.Draft[changeForm]
	known facts
	act   document.BankChange
	wrong []page.FieldError
}

func (b *Bank) drafts() page.DraftForm[changeForm] {
	return page.DraftForm[changeForm]{Store: b.Store, Name: changePath}
}

// typed reads and checks the draft that the request names. Without one found is false
// and the answers are those of a new form.
func (b *Bank) typed(c *gin.Context) (t typed, found bool, err error) {
	if t.draft, found, err = b.drafts().Read(c); err != nil {
		return t, false, err
	}
	if t.known, err = b.facts(c.Request.Context(), page.LoginOf(c)); err != nil {
		return t, false, err
	}
	if !found {
		t.draft.Answers.Holder = t.known.person.Name
		return t, false, nil
	}
	t.act, t.wrong, err = b.answers(page.From(c), t.draft.Answers, t.known)
	return t, true, err
}
