package documents

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/verdict"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// detailPage is one document: what it is, and what can be done with it.
type detailPage struct {
	Document Document
	Rows     []page.SummaryRow
}

func (d *Documents) detail(c *gin.Context) error {
	doc, err := d.find(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	if doc.Method == Received {
		return d.received(c, v, doc)
	}
	v.Title, v.Section, v.Nav = page.KindName(v, doc.Kind), v.T("documents.title"), "documents"
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("documents.back")}
	switch doc.Status {
	case Checking:
		v.Banner = &page.Banner{Kind: page.Checking, Title: v.T("documents.checking.title"), Text: v.T("documents.checking.text")}
	case Invalid:
		v.Banner = &page.Banner{Kind: page.Changed, Title: v.T("documents.invalid.title"), Text: v.T("documents.invalid.text")}
	}
	how := string(doc.Method)
	signer := v.Login.Name
	if doc.Signer != "" {
		signer = doc.Signer
	}
	p := detailPage{Document: doc, Rows: []page.SummaryRow{
		{Label: v.T("documents.state"), Content: page.Badge(badge(v, doc))},
		{Label: v.T("documents.signed.by." + how), Value: signer, Detail: v.T("documents.signed.how." + how)},
		{Label: v.T("documents.signed.at." + how), Value: locale.DateTime(v.Lang, doc.Created)},
		{Label: v.T("documents.reference"), Value: doc.Reference},
		levelRow(v, doc),
		{Label: v.T("documents.file"), Value: fileText(v, doc)},
		keptRow(v, doc),
	}}
	if doc.Title != "" {
		p.Rows = append([]page.SummaryRow{{Label: v.T("papers.row.title"), Value: doc.Title}}, p.Rows...)
	}
	if doc.Checked > 0 {
		p.Rows = append(p.Rows, page.SummaryRow{Label: v.T("documents.checked"),
			Value:  v.TN("documents.checked.times", doc.Checked, locale.A("date", locale.DateTime(v.Lang, doc.CheckedAt))),
			Detail: v.T("documents.checked." + doc.CheckedHow)})
	}
	return page.Render(c, http.StatusOK, detailView(v, p))
}

// levelRow is the level of a document, and what is still to come.
func levelRow(v page.View, doc Document) page.SummaryRow {
	row := verdict.LevelRow(v, doc.Level)
	if doc.Status == Invalid {
		return row
	}
	switch doc.Level {
	case signing.LevelB:
		row.Detail += ". " + v.T("documents.soon.b")
	case signing.LevelT:
		row.Detail += ". " + v.T("documents.soon.t")
	}
	return row
}

// numberText says whose national number the file gives away.
func numberText(v page.View, doc Document) string {
	if doc.Signer != "" {
		return v.T("papers.number.text")
	}
	return v.T("documents.number.text")
}

// weight of the download: a file that counts for nothing is not the thing to do.
func weight(s Status) page.ButtonKind {
	if s == Invalid {
		return page.Second
	}
	return page.First
}

// viewable says that a browser may show the file in its own viewer: the counter drew it,
// and nothing speaks against it. What others drew is only ever saved.
func viewable(doc Document) bool {
	return doc.Method != Received && doc.Status != Invalid && doc.Kind != document.KindPaper && doc.Kind != document.KindOfficePaper
}

// file sends the newest version, byte for byte as it is kept. A browser saves it, or, where
// it is asked to and may, shows it in its own viewer; never as a page of ours.
func (d *Documents) file(c *gin.Context) error {
	doc, err := d.find(c)
	if err != nil {
		return err
	}
	pdf, err := d.Store.Open(c.Request.Context(), page.LoginOf(c), doc.ID, 0)
	if err != nil {
		return fmt.Errorf("opening a document: %w", err)
	}
	if c.Query("view") == "1" && viewable(doc) {
		// No sandbox: a viewer is part of the browser, and has scripts of its own.
		answer(c, "inline", "default-src 'none'; frame-ancestors 'none'", fileName(doc.Reference), pdf)
		return nil
	}
	attachment(c, fileName(doc.Reference), pdf)
	return nil
}

// attachment answers with a PDF to be kept under that name.
func attachment(c *gin.Context, name string, pdf []byte) {
	answer(c, "attachment", "default-src 'none'; sandbox; frame-ancestors 'none'", name, pdf)
}

func answer(c *gin.Context, disposition, policy, name string, pdf []byte) {
	c.Header("Content-Disposition", disposition+`; filename="`+name+`"`)
	c.Header("Content-Security-Policy", policy)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/pdf", pdf)
}

// fileName is made of the reference, which is nobody's name, and holds only what
// every system allows.
func fileName(reference string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, reference)
	if name == "" {
		name = "document"
	}
	return name + ".pdf"
}
