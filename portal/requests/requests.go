package requests

import (
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
	"guichet.example/signing/document"
)

// Requests is the area. Fields without a default are required.
type Requests struct {
	Store   Store
	Signing *Signing
	Sealing *Sealing // nil: the mutuality does not seal, and only the card consents
	Now     func() time.Time
	// Answer is how many days an advisor takes. Zero: 7.
	Answer int
	// Gate and Network bound the files that members send in answer.
	Gate    *upload.Gate
	Network func(c *gin.Context) string
	// Desks opens the store of one opening of a member's file, in which an officer signs a
	// paper. nil: the office signs none.
	Desks func(o auth.Officer, opening string) SignStore
}

// Paths of the area, below the language.
const (
	listPath     = "requests"
	detailPath   = "requests/:id"
	readPath     = "requests/:id/read"
	pdfPath      = "requests/:id/document.pdf"
	signPath     = "requests/:id/sign"
	preparePath  = "requests/:id/prepare"
	completePath = "requests/:id/complete"
	approvePath  = "requests/:id/approve"
	provePath    = "requests/:id/prove"
	receiptPath  = "requests/:id/receipt"
	donePath     = "requests/:id/done"
	declinePath  = "requests/:id/decline"
	withdrawPath = "requests/:id/withdraw"
	answerPath   = "requests/:id/answer"
)

// Route mounts the area:
//
//	read ──tick──▶ sign ──prepare, complete─────────────▶ done
//	  │     ├──▶ approve ──prove──▶ provider ──▶ approve ──▶ done
//	  │     └──▶ receipt ──────────────────────────────────▶ done
//	  └──▶ decline
func (q *Requests) Route(r page.Routes) {
	r.GET(listPath, auth.ReadFile, q.list)
	r.GET(detailPath, auth.ReadFile, q.detail)
	r.GET(readPath, auth.ReadFile, q.read)
	r.POST(readPath, auth.ReadFile, q.hasRead)
	r.GET(pdfPath, auth.ReadFile, q.pdf)
	r.GET(signPath, auth.Sign, q.sign)
	r.POST(preparePath, auth.Sign, q.prepare)
	r.POST(completePath, auth.Sign, q.complete)
	r.GET(approvePath, auth.Approve, q.approve)
	r.POST(approvePath, auth.Approve, q.approved)
	r.GET(provePath, auth.Approve, q.prove)
	r.POST(receiptPath, auth.OrderDocument, q.receive)
	r.GET(donePath, auth.ReadFile, q.done)
	r.GET(declinePath, auth.MakeRequest, q.decline)
	r.POST(declinePath, auth.MakeRequest, q.declined)
	r.GET(withdrawPath, auth.MakeRequest, q.withdraw)
	r.POST(withdrawPath, auth.MakeRequest, q.withdrawn)
	r.GET(answerPath, auth.MakeRequest, q.answerForm)
	r.POST(answerPath, auth.MakeRequest, q.answered)
	if q.Desks != nil {
		q.routeOffice(r)
	}
}

func (q *Requests) answer() int {
	if q.Answer == 0 {
		return 7
	}
	return q.Answer
}

// find reads the request that the address names.
func (q *Requests) find(c *gin.Context) (Request, error) {
	return q.Store.Request(c.Request.Context(), page.LoginOf(c), c.Param("id"))
}

// address is a page of one request: "requests/ID", or "requests/ID/read".
func address(v page.View, id, of string) string {
	if of != "" {
		of = "/" + of
	}
	return v.URL(listPath + "/" + id + of)
}

// kindName is what a request is for, in words.
func kindName(v page.View, k document.Kind) string { return page.KindName(v, k) }

// badge is the state of a request: its words, and the kind of badge they stand in.
func badge(v page.View, s State) (page.Kind, string) {
	switch s {
	case ToSign:
		if v.Login == nil || v.Login.Method != auth.Card { // she will approve or send
			return page.ToSign, v.T("requests.state.to-finish")
		}
		return page.ToSign, v.T("requests.state.to-sign")
	case Pending:
		return page.Checking, v.T("requests.state.pending")
	case Signed:
		return page.Checking, v.T("requests.state.signed")
	case Accepted:
		return page.Valid, v.T("requests.state.accepted")
	case Done:
		return page.Valid, v.T("requests.state.done")
	case Rejected:
		return page.Changed, v.T("requests.state.rejected")
	case Declined:
		return page.Neutral, v.T("requests.state.declined")
	case Withdrawn:
		return page.Neutral, v.T("requests.state.withdrawn")
	}
	return page.Neutral, v.T("requests.state.expired")
}

// track is what happened with a request and what comes, each step with its date.
func (q *Requests) track(v page.View, r Request) []page.TrackStep {
	if AtOnce(r.Act.Kind()) && r.State != Declined && r.State != Expired && r.State != Rejected && r.State != Withdrawn {
		return q.trackAtOnce(v, r)
	}
	method := q.wording(v, r)
	_, words := badge(v, r.State)
	prepared := page.TrackStep{State: page.Done, Text: v.T("requests.track.prepared"), Detail: locale.Date(v.Lang, r.Created)}
	signed := page.TrackStep{State: page.Done, Text: v.T("requests.track.signed." + string(method)), Detail: locale.DateTime(v.Lang, r.SignedAt)}
	before := v.T("requests.track.before", locale.A("date", locale.Date(v.Lang, r.SignedAt.AddDate(0, 0, q.answer()))))
	advisor := func(s page.TrackState, detail string) page.TrackStep {
		return page.TrackStep{State: s, Text: v.T("requests.track.advisor"), Detail: detail}
	}
	switch r.State {
	case ToSign:
		return []page.TrackStep{prepared, {State: page.Now, Text: v.T("requests.track.sign." + string(method))},
			advisor(page.Next, v.TN("requests.track.within", q.answer())), last(v, r.Act)}
	case Pending:
		return []page.TrackStep{signed, {State: page.Now, Text: v.T("requests.track.checking")}, advisor(page.Next, ""), last(v, r.Act)}
	case Signed:
		return []page.TrackStep{signed, advisor(page.Now, before), last(v, r.Act)}
	case Accepted:
		steps := []page.TrackStep{signed, {State: page.Done, Text: words}}
		if r.Act.Kind() == document.KindBankChange {
			steps = append(steps, page.TrackStep{State: page.Now, Text: v.T("requests.track.delay")})
		}
		return append(steps, shipped(v, r)...)
	case Done:
		return []page.TrackStep{signed, {State: page.Done, Text: v.T("requests.state.accepted")}, {State: page.Done, Text: words}}
	case Declined, Expired:
		return []page.TrackStep{prepared, {State: page.Now, Text: words}}
	}
	return []page.TrackStep{signed, {State: page.Now, Text: words}}
}

// wording is how the member consented, or would in this session: the pages speak
// accordingly. What is not offered to her is left to the card.
func (q *Requests) wording(v page.View, r Request) Method {
	if r.Method != "" {
		return r.Method
	}
	if r.State == ToSign && v.Login != nil {
		if method, offered := q.Sealing.method(*v.Login, r.Act.Kind()); offered {
			return method
		}
	}
	return ByCard
}

// last is what the request is about: the step after it was accepted.
func last(v page.View, act document.Act) page.TrackStep {
	if change, ok := act.(document.BankChange); ok {
		return page.TrackStep{State: page.Next, Text: v.T("requests.track.bank"),
			Detail: v.T("requests.track.from", locale.A("date", locale.Date(v.Lang, change.From)))}
	}
	switch act.Kind() {
	case document.KindPaper, document.KindOfficePaper:
		return page.TrackStep{State: page.Next, Text: v.T("requests.track.paper")}
	case document.KindStatementsOnline, document.KindStatementsPaper:
		return page.TrackStep{State: page.Next, Text: v.T("requests.track.statements")}
	}
	if order, ok := act.(document.EHICOrder); ok {
		return page.TrackStep{State: page.Next, Text: v.TN("requests.track.ehic", len(order.ForPersons))}
	}
	return page.TrackStep{State: page.Next, Text: v.T("requests.track.post")}
}
