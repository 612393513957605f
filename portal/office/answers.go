package office

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Template is an answer that administrators prepared, in one version.
type Template struct {
	ID      string            // the store's; empty for a new one
	Version int               // from 1; grows with every change
	State   string            // TemplateDraft …
	Name    string            // for staff, up to MaxTemplateName characters
	Kind    Kind              // of the items it is offered for; empty: all
	Texts   map[string]string // by language; all of them, up to MaxWords characters each
	Changed time.Time
	By      string // name of who made the version
}

// States of a version.
const (
	TemplateDraft   = "draft"   // offered to nobody yet
	TemplateUsed    = "used"    // offered
	TemplateRetired = "retired" // not any more
)

// MaxTemplateName is the most characters of a template's name.
const MaxTemplateName = 80

// ErrTemplate means that what was given makes no template.
var ErrTemplate = errors.New("not an answer template")

// templateValues are what stands in braces in a text, and is filled in when it is inserted.
var templateValues = []string{"name", "reference", "date", "advisor", "phone"}

// Check tells whether the template can be kept. ErrTemplate.
func (t Template) Check() error {
	if t.Name == "" || len([]rune(t.Name)) > MaxTemplateName || t.Kind != "" && !slices.Contains(kinds, t.Kind) {
		return ErrTemplate
	}
	for _, l := range locale.Languages() {
		text := t.Texts[string(l)]
		if !said(text, MaxWords) || len(unknownValues(text)) > 0 {
			return fmt.Errorf("%w: text in %s", ErrTemplate, l)
		}
	}
	return nil
}

// unknownValues are words in braces for which there is no value.
func unknownValues(text string) []string {
	var unknown []string
	for {
		_, after, found := strings.Cut(text, "{")
		if !found {
			return unknown
		}
		name, rest, _ := strings.Cut(after, "}")
		if !slices.Contains(templateValues, name) {
			unknown = append(unknown, name)
		}
		text = rest
	}
}

// Fill puts values in the place of words in braces.
func (t Template) Fill(language string, values map[string]string) string {
	var pairs []string
	for _, name := range templateValues {
		pairs = append(pairs, "{"+name+"}", values[name])
	}
	return strings.NewReplacer(pairs...).Replace(t.Texts[language])
}

// values of an item, in the member's language.
func (o *Office) values(v page.View, i Item) map[string]string {
	lang, _ := locale.Parse(i.Language)
	values := map[string]string{"reference": i.Reference, "date": locale.Date(lang, i.Created), "advisor": v.Officer.Name, "phone": o.Phone,
		"name": i.Said["name"]}
	if i.Request != nil {
		values["name"] = i.Request.Name
	}
	return values
}

// offerAnswers lists the templates for an item, and begins the words with the one chosen.
func (o *Office) offerAnswers(c *gin.Context, v page.View, p *itemPage) error {
	list, err := o.Store.OfferedTemplates(c.Request.Context(), page.OfficerOf(c), p.Item.Kind)
	if err != nil {
		return err
	}
	for _, t := range list {
		p.Answers = append(p.Answers, page.Option{Value: t.ID, Text: t.Name})
		if p.Words == "" && c.Request.Method == http.MethodGet && c.Query("template") == t.ID {
			p.Words = t.Fill(p.Item.Language, o.values(v, p.Item))
		}
	}
	return nil
}

// templates lists what administrators prepared.
func (o *Office) templates(c *gin.Context) error {
	list, err := o.Store.Templates(c.Request.Context(), page.OfficerOf(c), "")
	if err != nil {
		return err
	}
	v := view(c, "templates", "office.templates.title")
	v.Lead = v.T("office.templates.lead")
	var rows []page.TableRow
	for _, t := range list {
		rows = append(rows, page.TableRow{
			page.TitleCell(page.Link{URL: v.URL(templatesPath + "/" + t.ID), Text: t.Name}, kindText(v, t.Kind)),
			page.Text(strconv.Itoa(t.Version)), templateBadge(v, t), page.Text(locale.DateRecent(v.Lang, t.Changed, v.Now)),
		})
	}
	return page.Render(c, http.StatusOK, templatesView(v, rows))
}

func kindText(v page.View, k Kind) string {
	if k == "" {
		return v.T("office.filter.all")
	}
	return v.T("office.kind." + string(k))
}

// templatePage is a template to be changed, with what is wrong, its preview and versions.
type templatePage struct {
	Template
	Versions []page.TableRow
	Preview  []page.SummaryRow
}

// template shows a template's newest version, or an empty one for "new".
func (o *Office) template(c *gin.Context) error {
	if c.Param("id") == "new" {
		return o.showTemplate(c, http.StatusOK, Template{Texts: map[string]string{}}, nil, nil)
	}
	versions, err := o.Store.Templates(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	return o.showTemplate(c, http.StatusOK, versions[0], versions, nil)
}

func (o *Office) showTemplate(c *gin.Context, status int, t Template, versions []Template, errs []page.FieldError) error {
	v := view(c, "templates", "office.templates.one")
	v.Back = page.Link{URL: v.URL(templatesPath), Text: v.T("office.templates.title")}
	v.Errors = errs
	p := templatePage{Template: t}
	for _, old := range versions {
		p.Versions = append(p.Versions, page.TableRow{page.Text(strconv.Itoa(old.Version)), templateBadge(v, old),
			page.Text(when(v, old.Changed)), page.Text(old.By)})
	}
	if t.Version > 0 && len(errs) == 0 {
		for _, l := range locale.Languages() {
			p.Preview = append(p.Preview, page.SummaryRow{Label: l.Name(), Content: paragraphs(t.Fill(string(l), map[string]string{
				"name": locale.T(l, "office.templates.sample"), "reference": "GC-2026-4K7P-118", "date": locale.Date(l, o.Now()), "advisor": v.Officer.Name, "phone": o.Phone}))})
		}
	}
	return page.Render(c, status, templateView(v, p))
}

func templateBadge(v page.View, t Template) templ.Component {
	kind := map[string]page.Kind{TemplateDraft: page.Checking, TemplateUsed: page.Valid}[t.State]
	if kind == "" {
		kind = page.Neutral
	}
	return page.Badge(kind, v.T("office.templates.state."+t.State))
}

// saveTemplate keeps a new version as a draft.
func (o *Office) saveTemplate(c *gin.Context) error {
	t := Template{Name: strings.Join(strings.Fields(typed(c, "name")), " "), Kind: Kind(c.PostForm("kind")), Texts: map[string]string{}}
	if id := c.Param("id"); id != "new" {
		t.ID = id
	}
	t.Version, _ = strconv.Atoi(c.PostForm("version")) // none: 0, and the store says that it changed
	for _, l := range locale.Languages() {
		t.Texts[string(l)] = typed(c, "text-"+string(l))
	}
	if page.Switched(c) {
		return o.showTemplate(c, http.StatusOK, t, nil, nil)
	}
	v := page.From(c)
	var errs []page.FieldError
	if t.Name == "" || len([]rune(t.Name)) > MaxTemplateName {
		errs = append(errs, page.FieldError{Field: "name", Text: v.T("office.templates.name.error")})
	}
	for _, l := range locale.Languages() {
		field, text := "text-"+string(l), t.Texts[string(l)]
		in := locale.A("language", v.T("office.templates.in."+string(l)))
		switch unknown := unknownValues(text); {
		case text == "" || len([]rune(text)) > MaxWords:
			errs = append(errs, page.FieldError{Field: field, Text: v.T("office.templates.text.error", in)})
		case len(unknown) > 0:
			errs = append(errs, page.FieldError{Field: field, Text: v.T("office.templates.value.error", in)})
		}
	}
	if len(errs) > 0 {
		return o.showTemplate(c, http.StatusUnprocessableEntity, t, nil, errs)
	}
	id, err := o.Store.PutTemplate(c.Request.Context(), page.OfficerOf(c), t)
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL(templatesPath+"/"+id))
	return nil
}

// setTemplate puts a version in use, or takes the template out of it.
func (o *Office) setTemplate(c *gin.Context) error {
	version, err := strconv.Atoi(c.PostForm("version"))
	if err != nil {
		return ErrChanged
	}
	state := TemplateUsed
	if c.PostForm("state") == TemplateRetired {
		state = TemplateRetired
	}
	if err := o.Store.SetTemplate(c.Request.Context(), page.OfficerOf(c), c.Param("id"), version, state); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(templatesPath+"/"+c.Param("id")))
	return nil
}

// orNew is the id in an address.
func orNew(id string) string {
	if id == "" {
		return "new"
	}
	return id
}
