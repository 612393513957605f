package orders

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

// postPage is the form.
type postPage struct {
	post
	Draft  string
	Typed  postForm
	Who    Person
	People []personRow
	Most   int
}

// personRow is somebody to tick.
type personRow struct {
	ID, Name, Hint string
	Checked        bool
}

// form shows the form: empty, or with what was typed and, if it was sent to go on, what is
// wrong with it.
func (p post) form(c *gin.Context) error {
	if page.DraftID(c) == "" {
		c.Redirect(http.StatusSeeOther, page.DraftURL(page.From(c), p.path(), page.NewDraftID()))
		return nil
	}
	s, found, err := p.read(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	if found && s.draft.Checked {
		v.Errors = s.wrong
	}
	return p.showForm(c, v, s, found)
}

func (p post) showForm(c *gin.Context, v page.View, s postState, found bool) error {
	v.Title, v.Section, v.Nav = v.T("orders."+string(p.kind)+".title"), v.T("orders.section"), "requests"
	v.Keep = p.path() + "/check"
	v.Back = page.Link{URL: v.URL(ordersPath), Text: v.T("orders.back")}
	v.Step = page.Step{Task: v.T("orders." + string(p.kind) + ".name"), N: 1, Of: steps}
	shown := postPage{post: p, Draft: page.DraftID(c), Typed: s.draft.Answers, Who: s.who, Most: min(document.MaxEnvelopes, s.left())}
	ticked := strings.Fields(s.draft.Answers.Who)
	names := people.Named(v.Lang, s.people, s.people)
	for i, one := range s.people {
		row := personRow{ID: string(one.Member), Name: names[i], Checked: slices.Contains(ticked, string(one.Member)) || !found && len(s.people) == 1}
		if e, again := s.orderedFor(one); again && p.kind == document.KindLabels {
			row.Hint = v.T("orders.post.ordered", locale.A("date", locale.Date(v.Lang, e.At)), locale.A("next", locale.Date(v.Lang, e.At.Add(Period))))
		}
		shown.People = append(shown.People, row)
	}
	return page.Render(c, page.FormStatus(v), postView(v, shown))
}

// tick is the name of a person's box: a field stands in a form once.
func tick(id string) string { return whoField + "-" + id }

// ticked are the ids of the people ticked, of those whom the member may order for.
func ticked(c *gin.Context, store Store) (string, error) {
	visible, err := store.Visible(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return "", fmt.Errorf("reading for whom to order: %w", err)
	}
	var ids []string
	for _, one := range visible {
		if c.PostForm(tick(string(one.Member))) != "" {
			ids = append(ids, string(one.Member))
		}
	}
	return strings.Join(ids, " "), nil
}

// asked reports whether the form that was sent had boxes to tick, or names somebody without
// any: then only who is ticked is meant.
func asked(c *gin.Context) bool {
	for field := range c.Request.PostForm { // few: the body is bounded
		if (field == whoField || strings.HasPrefix(field, tick(""))) && c.PostForm(field) != "" {
			return true
		}
	}
	return false
}

// take keeps what was typed and goes on to the check page.
func (p post) take(c *gin.Context) error {
	who, err := ticked(c, p.Store)
	if err != nil {
		return err
	}
	line := func(field string) string { return strings.TrimSpace(page.Typed(c, field)) }
	id, err := p.drafts().Keep(c, postForm{
		Who: who, Quantity: line(quantityField), Country: strings.Join(strings.Fields(page.Typed(c, countryField)), " "),
		FromDay: line(fromField + "-day"), FromMonth: line(fromField + "-month"), FromYear: line(fromField + "-year"),
		UntilDay: line(untilField + "-day"), UntilMonth: line(untilField + "-month"), UntilYear: line(untilField + "-year"),
	})
	if err != nil {
		return err
	}
	to := p.path() + "/check"
	if page.Switched(c) {
		to = p.path()
	}
	c.Redirect(http.StatusSeeOther, page.DraftURL(page.From(c), to, id))
	return nil
}

// postCheck is the check page.
type postCheck struct {
	post
	Draft, Continue string
	Rows            []page.SummaryRow
	Track           []page.TrackStep
}

// check shows the answers. Those that do not hold are shown in the form.
func (p post) check(c *gin.Context) error {
	v, id := page.From(c), page.DraftID(c)
	if id == "" { // nothing to show
		c.Redirect(http.StatusSeeOther, v.URL(p.path()))
		return nil
	}
	s, found, err := p.read(c)
	if err != nil {
		return err
	}
	v.Banner = page.DraftNotice(c, found)
	switch {
	case !found:
		return p.showForm(c, v, s, false)
	case len(s.wrong) > 0:
		c.Redirect(http.StatusSeeOther, page.DraftURL(v, p.path(), id))
		return nil
	}
	how := p.Freezer.Method(page.LoginOf(c), s.act)
	v.Title, v.Section, v.Nav = v.T("orders.check.title"), v.T("orders.section"), "requests"
	v.Lead, v.Key = v.T("orders.check.lead."+how), s.draft.Key
	v.Step = page.Step{Task: v.T("orders." + string(p.kind) + ".name"), N: 2, Of: steps}
	posted := p.today().AddDate(0, 0, p.delivery())
	return page.Render(c, http.StatusOK, postCheckView(v, postCheck{post: p, Draft: id, Continue: v.T("orders.check.continue." + how),
		Rows: p.rows(v, s, id), Track: []page.TrackStep{
			{State: page.Now, Text: v.T("orders.check.today"), Detail: v.T("orders.check.today.text." + how)},
			{State: page.Next, Text: v.T("orders.check.before", locale.A("date", locale.DayMonth(v.Lang, posted))), Detail: v.T("orders.post.check.text")},
		}}))
}

func (p post) rows(v page.View, s postState, draft string) []page.SummaryRow {
	rows := []page.SummaryRow{{Label: v.T("orders.check.document"), Value: v.T("orders." + string(p.kind) + ".name")}}
	add := func(key, value, field string) {
		rows = append(rows, page.SummaryRow{Label: v.T(key), Value: value,
			Change: page.Link{URL: page.DraftURL(v, p.path(), draft) + "#" + field, Text: v.T("orders.check.change"), Hidden: v.T(key)}})
	}
	if p.hasPeople() {
		add("orders.check.for", strings.Join(s.act.ForPersons, ", "), whoField)
	}
	if p.hasQuantity() {
		add("orders.post.row.quantity", strconv.Itoa(s.act.Quantity), quantityField)
	}
	if p.hasJourney() {
		add("orders.check.country", s.act.Country, countryField)
		add("orders.check.departure", locale.Date(v.Lang, *s.act.From), fromField)
		add("orders.post.row.until", locale.Date(v.Lang, *s.act.Until), untilField)
	}
	return append(rows, page.SummaryRow{Label: v.T("orders.check.to"), Content: addressLines(s.act.DeliverTo)})
}

// send freezes the answers, checked once more, and goes on to reading and signing.
func (p post) send(c *gin.Context) error {
	s, found, err := p.read(c)
	if err != nil {
		return err
	}
	sent := page.Sent{Form: p.path(), Check: p.path() + "/check", Holds: found && len(s.wrong) == 0, Key: s.draft.Key}
	return p.freeze(c, sent, s.act, ids(s.concerned(p)))
}

// blank sends the form that the doctor fills in, with nothing but who it is about.
func (o *Orders) blank(c *gin.Context) error {
	v := page.From(c)
	who, err := o.Store.Orderer(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading who orders: %w", err)
	}
	drawn, err := document.DrawIncapacityForm(document.Language(v.Lang), o.Mutuality,
		document.Person{Name: who.Name, Birth: who.Birth, Affiliation: who.Affiliation}, "F-"+o.today().Format("20060102"), o.Now().In(locale.Zone()))
	if err != nil {
		return fmt.Errorf("drawing the form: %w", err)
	}
	c.Header("Content-Disposition", `attachment; filename="certificate.pdf"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/pdf", drawn.PDF)
	return nil
}

// whoDescribed are the ids of what explains the choice of people.
func whoDescribed(v page.View) string {
	if v.ErrorOf(whoField) != "" {
		return "who-hint who-error"
	}
	return "who-hint"
}

// offers are the documents to order at this mutuality.
func offers(v page.View) []page.FileRow {
	rows := []page.FileRow{{
		Icon: "card", Link: page.Link{URL: v.URL(ehicPath), Text: v.T("orders.ehic.name")}, Detail: v.T("orders.ehic.what"),
	}}
	if !v.Leads(ehicPath) {
		rows = nil
	}
	for _, k := range document.PostKinds() {
		if path := ordersPath + "/" + string(k); v.Leads(path) {
			rows = append(rows, page.FileRow{Icon: "envelope", Link: page.Link{URL: v.URL(path), Text: v.T("orders." + string(k) + ".name")},
				Detail: v.T("orders." + string(k) + ".what")})
		}
	}
	return rows
}
