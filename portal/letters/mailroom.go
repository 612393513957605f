package letters

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Mailroom is the area of the office where letters are printed and followed. No page of
// it shows a code, or whose letter it is.
type Mailroom struct{ *Service }

// Paths of the area, below the language.
const (
	roomPath   = "office/letters"
	printPath  = "office/letters/print"
	testPath   = "office/letters/test.pdf"
	batchPath  = "office/letters/batches/:id"
	letterPath = "office/letters/:id"
)

// Route mounts the area.
func (m *Mailroom) Route(r page.Routes) {
	r.GET(roomPath, auth.PrintLetters, m.room)
	r.POST(printPath, auth.PrintLetters, m.print)
	r.GET(testPath, auth.PrintLetters, m.test)
	r.GET(batchPath, auth.PrintLetters, m.batch)
	r.POST(batchPath+"/post", auth.PrintLetters, m.post)
	r.GET(letterPath, auth.PrintLetters, m.letter)
	r.POST(letterPath+"/again", auth.PrintLetters, m.again)
	r.POST(letterPath+"/try", auth.PrintLetters, m.tryAgain)
	r.POST(letterPath+"/return", auth.PrintLetters, m.back)
}

// by is the officer of the request.
func by(c *gin.Context) By {
	o := page.OfficerOf(c)
	return By{Mutuality: o.Mutuality, Officer: &o}
}

func (m *Mailroom) view(c *gin.Context, title string) page.View {
	v := page.From(c)
	v.Title, v.Section, v.Nav = title, v.T("letters.back"), "letters"
	return v
}

const perPage = 20

// roomPage is what waits and what was printed.
type roomPage struct {
	Waiting Waiting
	Orders  []page.SummaryRow // that wait, by kind
	Aside   page.Table        // letters that cannot be set
	Batches page.Table
	Older   string // address of older batches; empty: none
	Typed   string // reference of the letter looked for
	Changed bool   // what was asked for was done by somebody else
}

// orders is how many of them wait.
func (p roomPage) orders() int {
	n := 0
	for _, of := range p.Waiting.Orders {
		n += of
	}
	return n
}

// room shows the mailroom, or leads to the letter whose reference was typed: one that
// came back says no more of itself.
func (m *Mailroom) room(c *gin.Context) error {
	typed, asked := c.GetQuery("ref")
	if !asked {
		return m.showRoom(c, http.StatusOK)
	}
	if reference, ok := ParseReference(typed); ok {
		l, err := m.Store.LetterNamed(c.Request.Context(), by(c).Mutuality, reference)
		if err == nil {
			c.Redirect(http.StatusSeeOther, page.From(c).URL(roomPath+"/"+l.ID))
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return m.showRoom(c, http.StatusUnprocessableEntity)
}

func (m *Mailroom) showRoom(c *gin.Context, status int) error {
	v := m.view(c, page.From(c).T("letters.title"))
	v.Section, v.Lead = "", v.T("letters.lead")
	p := roomPage{Changed: status == http.StatusConflict, Typed: c.Query("ref")}
	if status == http.StatusUnprocessableEntity {
		v.Errors = []page.FieldError{{Field: "ref", Text: v.T("letters.find.wrong")}}
	}
	var err error
	if p.Waiting, err = m.Store.WaitingLetters(c.Request.Context(), by(c).Mutuality); err != nil {
		return err
	}
	if p.Aside, err = m.aside(c, v, p.Waiting.Aside); err != nil {
		return err
	}
	for _, kind := range slices.Sorted(maps.Keys(p.Waiting.Orders)) {
		p.Orders = append(p.Orders, page.SummaryRow{Label: v.T("office.kind." + kind), Value: strconv.Itoa(p.Waiting.Orders[kind])})
	}
	list, err := m.Store.Batches(c.Request.Context(), by(c).Mutuality, c.Query("before"), perPage+1)
	if err != nil {
		return err
	}
	if len(list) > perPage {
		list = list[:perPage]
		p.Older = v.URL(roomPath + "?before=" + list[perPage-1].ID)
	}
	p.Batches = page.Table{Caption: v.T("letters.batches"), Columns: []page.Column{
		{Head: v.T("letters.head.batch"), Width: 45}, {Head: v.T("letters.head.letters"), Width: 15}, {Head: v.T("letters.head.state"), Width: 40}}}
	for _, b := range list {
		p.Batches.Rows = append(p.Batches.Rows, page.TableRow{
			page.TitleCell(page.Link{URL: v.URL(batchAddress(b.ID)), Text: batchName(v, b)}, ""),
			page.Text(strconv.Itoa(b.Letters)), batchBadge(v, b)})
	}
	return page.Render(c, status, roomView(v, p))
}

// aside lists the letters that cannot be set, and why.
func (m *Mailroom) aside(c *gin.Context, v page.View, n int) (page.Table, error) {
	table := page.Table{Caption: v.TN("letters.aside", n), Columns: []page.Column{
		{Head: v.T("letters.head.reference"), Width: 30}, {Head: v.T("letters.head.kind"), Width: 30}, {Head: v.T("letters.head.cause"), Width: 40}}}
	if n == 0 {
		return table, nil
	}
	list, err := m.Store.Letters(c.Request.Context(), by(c), Filter{Aside: true}, "", perPage)
	for _, l := range list {
		table.Rows = append(table.Rows, page.TableRow{
			page.TitleCell(page.Link{URL: v.URL(roomPath + "/" + l.ID), Text: l.Reference}, ""),
			page.Text(v.T("letters.kind." + string(l.Kind))), page.Text(reasonText(v, l))})
	}
	return table, err
}

func batchAddress(id string) string { return strings.Replace(batchPath, ":id", id, 1) }

func batchName(v page.View, b Batch) string {
	return v.T("letters.batch.name", locale.A("date", locale.DateTime(v.Lang, b.Made)))
}

// print answers with the PDF itself: nothing keeps it, so no page could show it later.
// It prints no more than the page showed, so that a second press prints no second batch.
func (m *Mailroom) print(c *gin.Context) error {
	limit, err := strconv.Atoi(c.PostForm("letters"))
	if err != nil || limit < 1 || limit > MaxBatch {
		limit = MaxBatch
	}
	who := by(c)
	who.Orders = c.PostForm("orders") == "1"
	p, err := m.Print(c.Request.Context(), who, limit)
	if errors.Is(err, ErrNothing) || errors.Is(err, ErrState) {
		return m.showRoom(c, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	sendPDF(c, "letters-"+p.ID, p.PDF)
	return nil
}

func (m *Mailroom) test(c *gin.Context) error {
	drawn, err := m.TestPrint(string(page.From(c).Lang))
	if err != nil {
		return err
	}
	sendPDF(c, "letters-test", drawn.PDF)
	return nil
}

// sendPDF hands out a file that a browser saves and keeps in no cache.
func sendPDF(c *gin.Context, name string, pdf []byte) {
	c.Header("Content-Disposition", `attachment; filename="`+name+`.pdf"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/pdf", pdf)
}

// batchOf is one batch and its letters.
type batchOf struct {
	Batch   Batch
	Rows    []page.SummaryRow
	Letters page.Table
	Count   string // as typed
}

func (m *Mailroom) batch(c *gin.Context) error { return m.showBatch(c, http.StatusOK, "", "") }

// showBatch shows the batch; wrong is the error of the count.
func (m *Mailroom) showBatch(c *gin.Context, status int, count, wrong string) error {
	b, err := m.Store.Batch(c.Request.Context(), by(c).Mutuality, c.Param("id"))
	if err != nil {
		return err
	}
	list, err := m.Store.Letters(c.Request.Context(), by(c), Filter{Batch: b.ID}, "", MaxBatch)
	if err != nil {
		return err
	}
	v := m.view(c, "")
	// A German date in one piece is wider than a small telephone, and would be cut in its year.
	v.Title, v.Back = strings.ReplaceAll(batchName(v, b), "\u00a0", " "), page.Link{URL: v.URL(roomPath), Text: v.T("letters.back")}
	if wrong != "" {
		v.Errors = append(v.Errors, page.FieldError{Field: "count", Text: wrong})
	}
	if status == http.StatusConflict {
		v.Banner = &page.Banner{Kind: page.Checking, Title: v.T("letters.other")}
	}
	p := batchOf{Batch: b, Count: count, Rows: []page.SummaryRow{
		{Label: v.T("letters.head.state"), Content: batchBadge(v, b)},
		{Label: v.T("letters.head.letters"), Value: strconv.Itoa(b.Letters)},
		{Label: v.T("letters.spoilt"), Value: strconv.Itoa(b.Spoilt)},
		{Label: v.T("letters.envelopes"), Value: strconv.Itoa(b.Envelopes())},
		{Label: v.T("letters.sum"), Value: fmt.Sprintf("%x", b.SHA256)},
	}}
	p.Letters = page.Table{Caption: v.T("letters.all"), Columns: []page.Column{
		{Head: v.T("letters.head.reference"), Width: 30}, {Head: v.T("letters.head.kind"), Width: 35}, {Head: v.T("letters.head.state"), Width: 35}}}
	for _, l := range list {
		p.Letters.Rows = append(p.Letters.Rows, page.TableRow{
			page.TitleCell(page.Link{URL: v.URL(roomPath + "/" + l.ID), Text: l.Reference}, ""),
			page.Text(v.T("letters.kind." + string(l.Kind))), letterBadge(v, l)})
	}
	return page.Render(c, status, batchView(v, p))
}

// post notes that the batch went to the post, if the count is right.
func (m *Mailroom) post(c *gin.Context) error {
	v, typed := page.From(c), strings.TrimSpace(c.PostForm("count"))
	if page.Switched(c) {
		return m.showBatch(c, http.StatusOK, typed, "")
	}
	count, err := strconv.Atoi(typed)
	if err != nil || count < 0 {
		return m.showBatch(c, http.StatusUnprocessableEntity, typed, v.T("letters.post.wrong"))
	}
	switch err := m.Posted(c.Request.Context(), by(c), c.Param("id"), count); {
	case errors.Is(err, ErrCount):
		return m.showBatch(c, http.StatusUnprocessableEntity, typed, v.T("letters.post.wrong"))
	case errors.Is(err, ErrState):
		return m.showBatch(c, http.StatusConflict, "", "")
	case err != nil:
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL(batchAddress(c.Param("id"))))
	return nil
}

// letterOf is one letter, and what can be done with it.
type letterOf struct {
	Letter Letter
	Rows   []page.SummaryRow
	Again  []page.Option // reasons; empty: it cannot be made again
	Back   []page.Option
	Asked  string // "again" or "return": the form that has the error
}

func (m *Mailroom) letter(c *gin.Context) error { return m.showLetter(c, http.StatusOK, "") }

func (m *Mailroom) showLetter(c *gin.Context, status int, asked string) error {
	l, err := m.Store.Letter(c.Request.Context(), by(c).Mutuality, c.Param("id"))
	if err != nil {
		return err
	}
	v := m.view(c, "")
	v.Title = v.T("letters.letter", locale.A("reference", l.Reference))
	v.Back = page.Link{URL: v.URL(roomPath), Text: v.T("letters.back")}
	if l.Batch != "" {
		v.Back = page.Link{URL: v.URL(batchAddress(l.Batch)), Text: v.T("letters.back.batch")}
	}
	if status == http.StatusUnprocessableEntity {
		v.Errors = append(v.Errors, page.FieldError{Field: asked + "-reason", Text: v.T("letters.reason.missing")})
	}
	if status == http.StatusConflict {
		v.Banner = &page.Banner{Kind: page.Checking, Title: v.T("letters.other")}
	}
	p := letterOf{Letter: l, Asked: asked, Rows: []page.SummaryRow{
		{Label: v.T("letters.head.state"), Content: letterBadge(v, l), Detail: reasonText(v, l)},
		{Label: v.T("letters.head.kind"), Value: v.T("letters.kind." + string(l.Kind))},
		{Label: v.T("letters.head.date"), Value: locale.DateTime(v.Lang, l.At.Requested),
			Detail: v.T("letters.expected", locale.A("date", locale.Date(v.Lang, m.House.ExpectedBy(l.At.Requested))))},
	}}
	if l.State == Printed || l.State == Posted {
		p.Again = options(v, "torn", "jam", "lost")
	}
	if l.State == Posted || l.State == Expired && !l.At.Posted.IsZero() {
		p.Back = options(v, "address", "gone", "refused")
	}
	return page.Render(c, status, letterView(v, p))
}

func options(v page.View, reasons ...string) (list []page.Option) {
	for _, r := range reasons {
		list = append(list, page.Option{Value: r, Text: v.T("letters.reason." + r)})
	}
	return list
}

func reasonText(v page.View, l Letter) string {
	if l.Reason == "" {
		return ""
	}
	return v.T("letters.reason." + l.Reason)
}

func (m *Mailroom) again(c *gin.Context) error {
	return m.move(c, "again", func(reason string) (Letter, error) {
		return m.Reprint(c.Request.Context(), by(c), c.Param("id"), reason)
	})
}

// tryAgain gives a letter that was put aside back to those that wait.
func (m *Mailroom) tryAgain(c *gin.Context) error {
	if page.Switched(c) {
		return m.showLetter(c, http.StatusOK, "")
	}
	err := m.TryAgain(c.Request.Context(), by(c), c.Param("id"))
	if errors.Is(err, ErrState) {
		return m.showLetter(c, http.StatusConflict, "")
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(roomPath))
	return nil
}

func (m *Mailroom) back(c *gin.Context) error {
	return m.move(c, "return", func(reason string) (Letter, error) {
		return m.Returned(c.Request.Context(), by(c), c.Param("id"), reason)
	})
}

// move does what a form of the letter's page asks for, and shows the letter again.
func (m *Mailroom) move(c *gin.Context, asked string, do func(reason string) (Letter, error)) error {
	reason := c.PostForm(asked + "-reason")
	if page.Switched(c) {
		return m.showLetter(c, http.StatusOK, "")
	}
	if !slices.Contains(Reasons(), reason) {
		return m.showLetter(c, http.StatusUnprocessableEntity, asked)
	}
	_, err := do(reason)
	if errors.Is(err, ErrState) {
		return m.showLetter(c, http.StatusConflict, "")
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(roomPath+"/"+c.Param("id")))
	return nil
}
