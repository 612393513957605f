package papers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Fields of the form.
const (
	titleField    = "title"
	languageField = "language" // an officer's
	fileField     = "file"
	keyField      = "key"
)

// steps of a paper: form, then read and sign in package requests.
const steps = 3

// formPage is the form with what was typed. A file has to be chosen again each time.
type formPage struct {
	Action  string
	Stop    string // address of where one came from
	Kept    string // how long an unsigned file is: the end of a key, "member" or "office"
	Title   string
	Office  bool      // an officer's: she says in which language the file is
	Lang    string    // chosen
	Size    string    // the largest file
	Next    string    // what to do about the obstacle of the last file
	Waiting page.Link // to a file that waits here already; empty: there is none
}

func (p *Papers) form(c *gin.Context) error {
	return p.showForm(c, http.StatusOK, formPage{}, nil)
}

func (p *Papers) showForm(c *gin.Context, status int, f formPage, errs []page.FieldError) error {
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("papers.form.title"), v.T("requests.title"), "requests"
	v.Lead, v.Errors = v.T("papers.form.lead"), errs
	v.Step = page.Step{Task: v.T("requests.kind.paper"), N: 1, Of: steps}
	v.Back = page.Link{URL: v.URL("requests"), Text: v.T("requests.back")}
	f.Kept, f.Action, f.Stop, f.Size = "member", v.URL(newPath), v.Back.URL, locale.Bytes(v.Lang, int64(p.MaxFile))
	return page.Render(c, status, formView(v, f))
}

// send takes the file, judges it and freezes it.
func (p *Papers) send(c *gin.Context) error {
	v := page.From(c)
	id, f, refused, err := p.take(c, formPage{}, func(ctx context.Context, act document.Paper, file []byte, key string) (string, error) {
		login := page.LoginOf(c)
		who, err := p.Store.Sender(ctx, login)
		if err != nil {
			return "", fmt.Errorf("reading who sends: %w", err)
		}
		act.Member = who
		return p.Freezer.FreezePaper(ctx, login, act, file, key)
	})
	switch {
	case err != nil:
		return err
	case refused != nil:
		return p.showForm(c, refused.status, f, refused.errs)
	}
	c.Redirect(http.StatusSeeOther, v.URL("requests/"+id+"/read"))
	return nil
}

// refusal is what is wrong with a form, for the page that shows it again.
type refusal struct {
	status int
	errs   []page.FieldError
}

// freeze keeps an inspected file and returns its id.
type freeze func(ctx context.Context, act document.Paper, file []byte, key string) (id string, err error)

// take receives a form through the gate, judges title, language and file, and gives them to f.
func (p *Papers) take(c *gin.Context, shown formPage, f freeze) (id string, _ formPage, refused *refusal, err error) {
	v := page.From(c)
	place, err := p.Gate.Enter(p.Sessions.Network(c))
	if err != nil {
		return "", shown, p.untaken(c, err), nil
	}
	defer place.Leave()
	form := upload.Form{
		File: fileField, Fields: []string{keyField, titleField}, MaxFile: p.MaxFile, MaxField: 4 * document.MaxPaperTitle,
	}
	if shown.Office {
		form.Fields = append(form.Fields, languageField)
	}
	sent, err := form.Receive(c, place)
	title := titleOf(sent.Fields[titleField])
	shown.Title = title
	errs := titleErrors(v, title)
	lang := languageOf(v, sent.Fields[languageField])
	if shown.Lang = string(lang); lang == "" {
		errs = append(errs, page.FieldError{Field: languageField, Text: v.T("papers.language.error")})
	}
	if err != nil {
		no := p.untaken(c, err)
		no.errs = append(errs, no.errs...)
		return "", shown, no, nil
	}
	done, err := place.Work(c.Request.Context())
	if errors.Is(err, upload.ErrBusy) {
		return "", shown, p.untaken(c, err), nil
	}
	if err != nil {
		return "", shown, nil, err
	}
	defer done()
	found, err := p.inspect(c.Request.Context(), sent.File)
	var unsuitable *signing.UnsuitableError
	switch {
	case errors.As(err, &unsuitable):
		key := "papers.obstacle." + string(unsuitable.Obstacle)
		errs = append(errs, page.FieldError{Field: fileField, Text: v.T(key, locale.A("pages", strconv.Itoa(signing.MaxPages)))})
		shown.Next = v.T(key + ".next")
	case err != nil:
		return "", shown, nil, err
	}
	if len(errs) > 0 {
		return "", shown, &refusal{http.StatusUnprocessableEntity, errs}, nil
	}
	act := document.Paper{
		Language: lang, Mutuality: p.Mutuality, Date: p.Now().In(locale.Zone()),
		Title: title, Pages: found.pages, Inside: found.inside, Fonts: found.fonts, Signers: found.signers,
	}
	id, err = f(c.Request.Context(), act, sent.File, page.KeyOf(sent.Fields[keyField]))
	return id, shown, nil, err
}

// languageOf is the language of a document as it was chosen, that of the page where nobody
// asked; empty for none of the four.
func languageOf(v page.View, chosen string) document.Language {
	if chosen == "" {
		return document.Language(v.Lang)
	}
	if l := document.Language(chosen); slices.Contains(document.Languages(), l) {
		return l
	}
	return ""
}

// languages are the four to choose from, each in its own name.
func languages() []page.Option {
	var list []page.Option
	for _, l := range locale.Languages() {
		list = append(list, page.Option{Value: string(l), Text: l.Name()})
	}
	return list
}

// titleErrors are what is wrong with a title.
func titleErrors(v page.View, title string) []page.FieldError {
	wrong := titleProblem(title)
	if wrong == "" {
		return nil
	}
	text := v.T("papers.title.error."+wrong, locale.A("n", strconv.Itoa(document.MaxPaperTitle)))
	return []page.FieldError{{Field: titleField, Text: text}}
}

// untaken is the answer to a form that package upload did not take.
func (p *Papers) untaken(c *gin.Context, err error) *refusal {
	v := page.From(c)
	no := upload.Untaken(c, err)
	text := v.T("papers.error."+no.Key, locale.A("size", locale.Bytes(v.Lang, int64(p.MaxFile))))
	return &refusal{no.Status, []page.FieldError{{Field: fileField, Text: text}}}
}
