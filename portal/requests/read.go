package requests

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// steps of a request: form and check are in the area it comes from, then read, sign.
const (
	readStep = 3
	signStep = 4
	steps    = 4
)

// stepOf is a step of a request. A paper has no form before it is checked.
func stepOf(v page.View, r Request, n int) page.Step {
	step := page.Step{Task: kindName(v, r.Act.Kind()), N: n, Of: steps}
	if OfPaper(r.Act.Kind()) {
		step.N, step.Of = n-1, steps-1
	}
	return step
}

// tickField is the box to tick after reading.
const tickField = "read"

// sheetPage is a document to read: the sheet of its PDF as HTML, equal in law, with
// the digest that ties the two. The sheet is the one that was frozen with the PDF, not
// what today's program would write.
type sheetPage struct {
	Request Request
	Open    bool // waits for a signature
	Mark    page.Mark
	Ticked  bool
	Method  Method           // how this session would consent
	Words   Method           // how it does: Method, or the card where that is not offered
	Offered bool             // false: this session has no way to, and the page says why
	Track   []page.TrackStep // beside the document while it is read
}

// read shows the document.
func (q *Requests) read(c *gin.Context) error { return q.showRead(c, http.StatusOK, false) }

// hasRead takes the tick and goes on to the card, or to the approval.
func (q *Requests) hasRead(c *gin.Context) error {
	ticked := c.PostForm(tickField) == "1"
	switch {
	case page.Switched(c):
		return q.showRead(c, http.StatusOK, ticked)
	case !ticked:
		return q.showRead(c, http.StatusUnprocessableEntity, false)
	}
	r, err := q.find(c)
	if err != nil {
		return err
	}
	next := "sign"
	if method, offered := q.Sealing.method(page.LoginOf(c), r.Act.Kind()); offered && method == ByApproval {
		next = "approve"
	}
	c.Redirect(http.StatusSeeOther, address(page.From(c), r.ID, next))
	return nil
}

func (q *Requests) showRead(c *gin.Context, status int, ticked bool) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	return q.showSheet(c, status, r, ticked, nil)
}

// showSheet shows the document of a request, with a notice above it if there is one.
func (q *Requests) showSheet(c *gin.Context, status int, r Request, ticked bool, notice *page.Banner) error {
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.Banner = v.T("requests.read.title"), v.T("requests.title"), "requests", notice
	v.Back = page.Link{URL: address(v, r.ID, ""), Text: v.T("requests.back.one")}
	v.Lead = v.T("requests.read.closed")
	p := newSheet(r, ticked)
	p.Method, p.Offered = q.Sealing.method(page.LoginOf(c), r.Act.Kind())
	if p.Words = q.wording(v, r); p.Words != ByCard {
		p.Mark = sealBox(r)
	}
	if r.State == ToSign {
		v.Keep = listPath + "/" + r.ID + "/" + p.next()
		v.Lead = v.T("requests.read.lead." + string(p.Words))
		if OfPaper(r.Act.Kind()) {
			v.Lead = v.T("papers.read.lead")
		}
		v.Step = stepOf(v, r, readStep)
	}
	if status == http.StatusUnprocessableEntity {
		v.Errors = []page.FieldError{{Field: tickField, Text: v.T("requests.read.tick.error")}}
	}
	p.Track = q.track(v, r)
	return page.Render(c, status, readView(v, p))
}

// next is where the form of the page is sent. A receipt needs no further page.
func (p sheetPage) next() string {
	if p.Words == ByReceipt {
		return "receipt"
	}
	return "read"
}

// effect is what comes of consenting.
func (p sheetPage) effect(v page.View) string {
	if OfPaper(p.Request.Act.Kind()) {
		return v.T("papers.read.effect")
	}
	return v.T("requests.read.effect.text." + string(p.Words))
}

// onward is what the button of the page does.
func (p sheetPage) onward(v page.View) string {
	return v.T("requests.read.continue." + string(p.Words))
}

func newSheet(r Request, ticked bool) sheetPage {
	return sheetPage{Request: r, Open: r.State == ToSign, Mark: boxOf(r), Ticked: ticked, Words: ByCard}
}

// boxOf says where the signature will stand, in the language of the document.
func boxOf(r Request) page.Mark {
	l := locale.Language(r.Sheet.Language)
	return page.Mark{Lines: []string{
		locale.T(l, "requests.sheet.box"),
		locale.T(l, "requests.sheet.box.name", locale.A("name", nameOf(r.Act))),
	}}
}

// shortDigest is the beginning of a digest in two groups: enough to compare by eye
// that page and file are the same.
func shortDigest(sum [32]byte) string { return document.Digest(sum[:4]) }

// pages says how long the document is, and its digest.
func (p sheetPage) pages(v page.View) string {
	return v.TN("requests.pages", p.Request.Pages, locale.A("digest", shortDigest(p.Request.SHA256)))
}

func (p sheetPage) pdf(v page.View) page.Link {
	return pdfLink(v, address(v, p.Request.ID, "document.pdf"), p.Request)
}

func pdfLink(v page.View, url string, r Request) page.Link {
	return page.Link{URL: url, Icon: "download", Text: v.T("requests.pdf", locale.A("size", locale.Bytes(v.Lang, int64(len(r.PDF)))))}
}
