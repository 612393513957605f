package requests

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/rescue"
	"guichet.example/signing/document"
)

// detailPage is one request: what it asks, how far it is, what can be done.
type detailPage struct {
	Request Request
	Asked   []page.SummaryRow
	Track   []page.TrackStep
	Thread  []page.TrackStep // what the office asked, and the answers
	Words   Method           // how the member consented, or would in this session
}

func (q *Requests) detail(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav = kindName(v, r.Act.Kind()), v.T("requests.title"), "requests"
	v.Lead = v.T("requests.reference", locale.A("reference", r.Reference))
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("requests.back")}
	if r.State == Pending {
		v.Banner = &page.Banner{Kind: page.Checking, Title: v.T("requests.detail.pending.title"), Text: v.T("requests.detail.pending.text")}
	}
	if !r.Asked.IsZero() && r.State == Signed {
		v.Banner = &page.Banner{Kind: page.ToSign, Title: v.T("requests.asked.banner"), Text: v.T("requests.asked.banner.text"),
			Link: page.Link{URL: address(v, r.ID, "answer"), Text: v.T("requests.asked.banner.link")}}
	}
	if cameBack(r) {
		v.Banner = &page.Banner{Kind: page.Changed, Title: v.T("requests.returned.title"), Text: v.T("requests.returned.text"),
			Link: v.Way(orderPath(r.Act.Kind()), v.T("requests.returned.link"), "")}
	}
	p := detailPage{Request: r, Asked: asked(v, r), Track: q.track(v, r), Words: q.wording(v, r)}
	if r.Document != "" {
		thread, err := q.Store.Thread(c.Request.Context(), page.LoginOf(c), r.ID)
		if err != nil {
			return err
		}
		p.Thread = said(v, thread)
		if c.Query("answered") != "" && v.Banner == nil && len(thread) > 0 && thread[len(thread)-1].Mine {
			v.Banner = &page.Banner{Kind: page.Valid, Title: v.T("requests.answered.title"), Text: v.T("requests.answered.text")}
		}
	}
	return page.Render(c, http.StatusOK, detailView(v, p))
}

// asked are the answers, in the language of the page. An account number is masked:
// the document itself shows it in full.
func asked(v page.View, r Request) []page.SummaryRow {
	var rows []page.SummaryRow
	add := func(key, value string) {
		if value != "" {
			rows = append(rows, page.SummaryRow{Label: v.T(key), Value: value})
		}
	}
	switch a := r.Act.(type) {
	case document.BankChange:
		rows = append(rows, page.SummaryRow{Label: v.T("requests.detail.account"),
			Content: page.MaskedAccount(v, a.NewIBAN[:2], a.NewIBAN[len(a.NewIBAN)-4:]), Detail: a.Bank})
		add("requests.detail.holder", a.Holder)
		add("requests.detail.from", locale.Date(v.Lang, a.From))
	case document.EHICOrder:
		add("requests.detail.for", strings.Join(a.ForPersons, ", "))
		add("requests.detail.to", strings.Join(a.DeliverTo[1:], ", "))
		if a.Departure != nil {
			add("requests.detail.departure", locale.Date(v.Lang, *a.Departure))
		}
		if a.Return != nil {
			add("requests.detail.until", locale.Date(v.Lang, *a.Return))
		}
		add("requests.detail.country", a.Country)
	case document.PostOrder:
		if a.Quantity > 0 {
			add("requests.detail.quantity", strconv.Itoa(a.Quantity))
		} else {
			add("requests.detail.for", strings.Join(a.ForPersons, ", "))
		}
		add("requests.detail.to", strings.Join(a.DeliverTo[1:], ", "))
		add("requests.detail.country", a.Country)
		if a.From != nil && a.Until != nil {
			add("requests.detail.departure", locale.Date(v.Lang, *a.From))
			add("requests.detail.until", locale.Date(v.Lang, *a.Until))
		}
	case document.Paper:
		rows = append(rows, paperRows(v, a)...)
	}
	add("requests.detail.made", locale.Date(v.Lang, r.Created))
	if r.Method != "" {
		rows = append(rows, page.SummaryRow{Label: v.T("requests.detail.method"), Value: v.T("requests.method." + string(r.Method)),
			Detail: v.T("requests.method.note." + string(r.Method))})
	}
	add("requests.detail.reason", reasonOf(v, r.Reason))
	return rows
}

// reasonOf is why a request ended, in the language of the page: what the card's status ended
// is kept in the words of the system.
func reasonOf(v page.View, reason string) string {
	switch cause, _ := rescue.Split(reason); cause {
	case rescue.Revoked, rescue.Status:
		return v.T("requests.detail.ended." + string(cause))
	}
	return reason
}

// withdrawable says whether the member can still take a request back.
func withdrawable(s State) bool { return s == Signed || s == Pending }

// certificatePath is where a certificate in place of a European card is made (package orders).
const certificatePath = "orders/ehic/certificate"

// files are the papers of a signed request.
func files(v page.View, r Request, words Method) []page.FileRow {
	if r.Document == "" {
		return nil
	}
	doc := v.URL("documents/" + r.Document)
	rows := []page.FileRow{
		{Link: page.Link{URL: doc, Text: v.T("requests.detail.document." + string(words))}, Detail: v.TN("requests.file", r.Pages)},
		{Icon: "rosette", Link: page.Link{URL: doc + "/report", Text: v.T("requests.detail.report." + string(words))}},
	}
	if r.Certificate && v.Leads(certificatePath) {
		rows = append(rows, page.FileRow{Icon: "sheet", Link: page.Link{URL: v.URL(certificatePath), Text: v.T("requests.certificate")}, Detail: v.T("requests.certificate.text")})
	}
	return rows
}
