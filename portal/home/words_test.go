package home

import (
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/documents"
	"guichet.example/portal/locale"
	"guichet.example/portal/messages"
	"guichet.example/portal/page"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

func view(l locale.Language) page.View {
	return page.View{Lang: l, Path: "home", Brand: page.DefaultBrand(), Now: time.Now(),
		Login: &auth.Login{Name: "Lotte Maria Vermeulen", Method: auth.Card}}
}

func render(t *testing.T, v page.View, o Overview) string {
	t.Helper()
	var b strings.Builder
	if err := homePage(v, o).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every state that a request or a document can be in has words: T would show the
// member the key.
func TestEveryStateHasWords(t *testing.T) {
	var o Overview
	for _, kind := range []document.Kind{document.KindBankChange, document.KindEHICOrder} {
		for _, s := range []requests.State{requests.ToSign, requests.Pending, requests.Signed, requests.Accepted,
			requests.Rejected, requests.Declined, requests.Withdrawn, requests.Expired} {
			o.Requests = append(o.Requests, Item{ID: "r", Kind: kind, State: string(s)})
		}
		for _, s := range []documents.Status{documents.Valid, documents.Checking, documents.Invalid} {
			for _, m := range []documents.Method{documents.ByCard, documents.ByApproval, documents.ByReceipt, documents.ByStatement} {
				o.Documents = append(o.Documents, Item{ID: "d", Kind: kind, State: string(s), Method: string(m)})
			}
		}
	}
	o.Documents = append(o.Documents, Item{ID: "d", Title: "Décompte annuel 2025", State: received, New: true, Pages: 2})
	o.Unread, o.Since, o.AsOf = 1, time.Now(), time.Now()
	o.Refunds = []Refund{{Payment: "R-1", Nature: "Dermatologue", Acts: 2, New: true}, {Payment: "R-2", Nature: "Dentiste", Acts: 1, Person: "Nora Delcourt"}}
	for _, what := range []string{Appointment, FileEnds, Agreement} {
		o.Coming = append(o.Coming, Coming{What: what, Person: "Nora Delcourt"}, Coming{What: what, Ended: what != Appointment})
	}
	o.Maf = &Maf{Ceiling: 52500, Counted: 33740}
	for _, n := range []requests.News{requests.NewsAccepted, requests.NewsRejected, requests.NewsAsked, requests.NewsDone, requests.NewsPosted, requests.NewsReturned} {
		o.Changes = append(o.Changes, Change{ID: "r", About: string(document.KindEHICOrder), State: string(n)})
	}
	for _, s := range []messages.State{messages.Received, messages.Handling, messages.Asked, messages.Answered, messages.Closed} {
		o.Changes = append(o.Changes, Change{ID: "m", Message: true, About: "refund", State: string(s)})
	}
	kinds := []core.PaymentKind{core.Refund, core.Allowance, core.Ceiling}
	for i, l := range locale.Languages() {
		o.Paid = &Paid{Kind: kinds[i%len(kinds)]}
		got := render(t, view(l), o) + news(view(l), o)
		for _, area := range []string{"home.", "requests.", "documents.", "messages."} {
			if at := strings.Index(got, area); at >= 0 {
				t.Errorf("home in %s shows a key: %.40q", l, got[at:])
			}
		}
	}
}

// What is new stands in the first sentence, and nothing is said of what is not.
func TestNews(t *testing.T) {
	day := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	fresh := []Refund{{New: true}, {New: true}, {}}
	waits := &Item{Kind: document.KindBankChange}
	for _, c := range []struct {
		o    Overview
		want string
	}{
		{Overview{}, "Nothing is waiting for you: you have nothing to do."},
		{Overview{Since: day, Refunds: fresh, Unread: 1}, "Since your visit of 18\u00a0November: 2 new refunds and 1 document to read."},
		{Overview{Unread: 2}, "For you: 2 documents to read."},
		{Overview{Since: day, Changes: []Change{{ID: "a"}, {ID: "b", Message: true}}}, "Since your visit of 18\u00a0November: 2 requests with news."},
		{Overview{Since: day, Refunds: fresh, Unread: 2, Changes: []Change{{ID: "a"}}}, "Since your visit of 18\u00a0November: 2 new refunds, 2 documents to read and 1 request with news."},
		{Overview{Asked: &Item{ID: "a"}, Changes: []Change{{ID: "a"}}}, "We have a question for you."}, // said once
		{Overview{Since: day, ToSign: waits}, "There is still something for you to sign."},
		{Overview{Since: day, Unread: 1, ToSign: waits, Asked: waits}, "Since your visit of 18\u00a0November: 1 document to read. We have a question for you."},
	} {
		if got := news(view(locale.EN), c.o); got != c.want {
			t.Errorf("news = %q, want %q", got, c.want)
		}
	}
}

// What changed stands in a line with its time, and leads to it.
func TestChanges(t *testing.T) {
	v, at := view(locale.EN), time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)
	v.Now = at
	got := strings.ReplaceAll(render(t, v, Overview{Changes: []Change{
		{ID: "r1", About: "ehic-order", Reference: "GC-1", State: "posted", At: at},
		{ID: "m1", Message: true, About: "refund", Reference: "T-1", State: "answered", At: at},
	}}), "\u00a0", " ")
	for _, part := range []string{`href="/en/requests/r1"`, "Posted, 20 November 2026 at 14:08", `href="/en/messages/m1"`, "Answered, 20 November 2026 at 14:08"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in %s", part, got)
		}
	}
}

// The bar is never longer than its frame.
func TestMafWidth(t *testing.T) {
	for m, want := range map[Maf]string{{100, 0}: "0%", {52500, 33740}: "64%", {100, 250}: "100%"} {
		if got := mafWidth(m); got != want {
			t.Errorf("%+v: %s, want %s", m, got, want)
		}
	}
}

// Who has no account yet is not told of the last digits of one.
func TestToDoWithoutAnAccount(t *testing.T) {
	waits := &Item{ID: "r", Kind: document.KindBankChange, State: string(requests.ToSign), Pages: 1}
	const old = "ancien compte"
	if got := render(t, view(locale.FR), Overview{ToSign: waits}); strings.Contains(got, old) {
		t.Error("home speaks of the old account of a member who has none")
	}
	if got := render(t, view(locale.FR), Overview{ToSign: waits, Last4: "6727"}); !strings.Contains(got, old) {
		t.Error("home does not say which account is paid until she signs")
	}
}

// Who came without a card is not asked for a signature: she will approve or send.
func TestToDoWithoutACard(t *testing.T) {
	waits := Item{ID: "r", Kind: document.KindBankChange, State: string(requests.ToSign), Pages: 1}
	o := Overview{ToSign: &waits, Requests: []Item{waits}}
	for _, method := range []auth.Method{auth.Federal, auth.Password} {
		v := view(locale.FR)
		v.Login.Method = method
		got := render(t, v, o)
		for _, wrong := range []string{"signer", "Signez", "carte d’identité"} {
			if strings.Contains(got, wrong) {
				t.Errorf("home of who came by %s speaks of %q", method, wrong)
			}
		}
		if !strings.Contains(got, locale.T(locale.FR, "requests.state.to-finish")) {
			t.Errorf("home of who came by %s does not say that a request waits", method)
		}
	}
}

// A date of another year has its year: two statements came in the same month of two years.
func TestDatesOfOtherYears(t *testing.T) {
	v := view(locale.FR)
	v.Now = time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)
	this, last := time.Date(2026, 2, 12, 0, 0, 0, 0, time.UTC), time.Date(2025, 2, 12, 0, 0, 0, 0, time.UTC)
	o := Overview{
		Documents: []Item{{ID: "a", Title: "Décompte annuel 2025", State: received, Date: this, Pages: 1}, {ID: "b", Title: "Décompte annuel 2024", State: received, Date: last, Pages: 1}},
		Refunds:   []Refund{{Payment: "R-1", Nature: "Dentiste", Acts: 1, Treated: last}},
	}
	got := strings.ReplaceAll(render(t, v, o), "\u00a0", " ")
	if strings.Count(got, "12 févr. 2025") != 2 || strings.Contains(got, "12 févr. 2026") || strings.Count(got, "12 févr.") != 3 {
		t.Errorf("dates of two years: %s", got)
	}
	for year, want := range map[int]string{2026: "12 février", 2025: "12 février 2025"} {
		lines := strings.ReplaceAll(strings.Join(paid(v, Paid{Kind: core.Allowance, Paid: time.Date(year, 2, 12, 0, 0, 0, 0, time.UTC)}).Lines, " "), "\u00a0", " ")
		if !strings.HasSuffix(lines, "Le paiement a été fait le "+want+".") {
			t.Errorf("paid in %d: %q", year, lines)
		}
	}
}
