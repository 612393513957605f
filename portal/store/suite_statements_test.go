package store_test

import (
	"fmt"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/letters"
	"guichet.example/portal/refunds"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// issued makes one statement a week, n in all, the last one a week ago.
func (p *purse) issued(n int) {
	p.t.Helper()
	var rows []core.Row
	for i := range n {
		doc := received(fmt.Appendf(nil, "%%PDF-1.7 statement %d", i))
		doc.Reference, doc.File, doc.Kind, doc.Title = fmt.Sprint("S", i), fmt.Sprintf("s%d.pdf", i), "statement", fmt.Sprint("Relevé ", i)
		doc.Issued = day(noon.AddDate(0, 0, -7*(n-i)).Format(time.DateOnly))
		rows = append(rows, doc)
	}
	if out := p.load(rows...); len(out.Rejects) > 0 {
		p.t.Fatalf("%+v", out)
	}
}

// asks has the member ask for her statements on paper too, or online only.
func (p *purse) asks(login auth.Login, paper bool) string {
	p.t.Helper()
	r := p.request()
	base := bankChange(1)
	act := document.StatementsChange{Reference: r.Reference, Language: document.FR, Mutuality: base.Mutuality, Member: base.Member, Date: base.Date, Paper: paper}
	r.Act, r.Sheet = act, act.Sheet()
	id, err := p.PutRequest(p.t.Context(), login, r, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// wantStatements reads them and looks how they come and how many there are.
func (p *purse) wantStatements(what string, online bool, waiting string, n int) refunds.Statements {
	p.t.Helper()
	s, err := p.Statements(p.t.Context(), p.claire, noon.AddDate(-1, 0, 0))
	if err != nil || s.Online != online || s.Waiting != waiting || len(s.List) != n {
		p.t.Errorf("%s: online %t, waits %q, %d statements, %v; want %t, %q, %d", what, s.Online, s.Waiting, len(s.List), err, online, waiting, n)
	}
	return s
}

func testStatements(t *testing.T, p *purse) {
	ctx, ines := t.Context(), p.ines()
	p.load(received([]byte("%PDF-1.7 letter")))
	p.issued(60)
	s := p.wantStatements("from the start", false, "", refunds.FewStatements)
	if one := s.List[0]; one.Title != "Relevé 59" || !one.Issued.Equal(day(noon.AddDate(0, 0, -7).Format(time.DateOnly))) || one.Size == 0 || one.Document == "" {
		t.Errorf("the newest: %+v", one)
	}
	stop := p.asks(p.claire, false)
	p.wantStatements("before she signs", false, stop, refunds.FewStatements)
	if _, err := p.Complete(ctx, p.claire, p.completion(p.prepared(p.claire, stop), "stop")); err != nil {
		t.Fatal(err)
	}
	p.wantStatements("before it is accepted", false, stop, refunds.FewStatements)
	want(t, "accept", p.agreed(ines, p.claire, stop), nil)
	s = p.wantStatements("accepted", true, "", 52)
	if s.Since.IsZero() {
		t.Error("it is not said since when")
	}
	if got := p.state(p.claire, stop); got != requests.Accepted {
		t.Errorf("the request is %s", got)
	}
	if rows := p.audited(audit.ListDocuments); len(rows) < 4 {
		t.Errorf("rows of looks: %q", rows)
	}
	if orders, err := p.OpenLetters(ctx, letters.By{Mutuality: "141", Orders: true}, 10); err == nil {
		t.Errorf("something is to be posted: %+v", orders)
	}

	back := p.asks(p.claire, true)
	p.wantStatements("asked back", true, back, 52)
	if _, err := p.Complete(ctx, p.claire, p.completion(p.prepared(p.claire, back), "back")); err != nil {
		t.Fatal(err)
	}
	p.clock.add(time.Minute)
	want(t, "taken back", p.Move(ctx, p.claire, back, []requests.State{requests.Signed}, requests.Withdrawn, ""), nil)
	p.wantStatements("taken back", true, "", 52)
	again := p.asks(p.claire, true)
	if _, err := p.Complete(ctx, p.claire, p.completion(p.prepared(p.claire, again), "again")); err != nil {
		t.Fatal(err)
	}
	want(t, "accept", p.agreed(ines, p.claire, again), nil)
	p.wantStatements("on paper again", false, "", refunds.FewStatements)

	if s, err := p.Statements(ctx, p.emma, noon.AddDate(-1, 0, 0)); err != nil || len(s.List) != 0 || s.Online || s.Waiting != "" {
		t.Errorf("the child's: %+v, %v", s, err)
	}
}
