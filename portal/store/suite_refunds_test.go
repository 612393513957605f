package store_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
	"guichet.example/portal/refunds"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

func TestRefundsSQLite(t *testing.T) { runRefunds(t, openSQLite) }

func TestRefundsPostgreSQL(t *testing.T) {
	t.Parallel()
	runRefunds(t, openPostgreSQL)
}

func runRefunds(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *purse)
	}{
		{"payments of others are not found", testRefundsRefused},
		{"a dependant of age sees her own part", testRefundsOfDependant},
		{"filters combine", testRefundsFilter},
		{"acts come with their payment", testRefundsActs},
		{"looks have a row for each person", testRefundsAudit},
		{"a receipt is kept in the ledger, once", testRefundsReceipt},
		{"statements are the member's own", testStatements},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newPurse(t, open)) })
	}
}

// purse is a household with payments: claire holds the booklet, Emma is a child, Nora is
// of age and keeps her data to herself.
type purse struct {
	*booklet
	emma, nora auth.Login
}

func newPurse(t *testing.T, open opener) *purse {
	h := &booklet{bed: newBed(t, open)}
	p := &purse{booklet: h}
	p.emma, p.nora = h.add("Emma", "2012-05-01", core.RoleChild), h.add("Nora", "2006-05-01", core.RoleChild)
	pay := func(reference, treated string, kind core.PaymentKind, cents int64, payee string) core.Payment {
		return core.Payment{Member: ofClaire, Reference: reference, Kind: kind, Received: day(treated).AddDate(0, 0, -9), Treated: day(treated),
			Paid: day(treated).AddDate(0, 0, 2), Payee: payee, Last4: "7034", Cents: cents, Communication: "R/" + reference}
	}
	other := pay("B-1", "2026-11-10", core.Refund, 900, "Bram Janssens")
	other.Member = ofBram
	h.load(pay("R-3", "2026-11-18", core.Refund, 6_000, "Claire Delcourt"), pay("R-2", "2026-11-18", core.ThirdParty, 4_000, "Pharmacie"),
		pay("R-1", "2026-10-02", core.Refund, 1_500, "Claire Delcourt"), pay("C-1", "2026-11-01", core.Contribution, -2_500, "Mutualité"),
		pay("I-1", "2026-11-05", core.Allowance, 70_000, "Claire Delcourt"), other)
	emma, nora := "00-7700001", "00-7700002"
	act := func(payment string, n int, member, certificate, from string, refund int64) core.Line {
		supplement := int64(1_000)
		l := core.Line{Payment: payment, Line: n, Member: member, Certificate: certificate, Nature: "Consultation " + certificate, Code: "101076",
			Provider: "Dr. Lambert", From: day(from), Quantity: 1, Fee: refund + 400, Supplement: &supplement, Refund: refund, Own: 1_400}
		if n == 3 {
			l.Supplement, l.Own = nil, 400
		}
		return l
	}
	out := h.load(act("R-3", 1, ofClaire, "A7", "2026-11-12", 2_000), act("R-3", 2, emma, "A8", "2026-09-30", 1_000), act("R-3", 3, nora, "A9", "2026-11-03", 2_500),
		act("R-3", 4, emma, "A8", "2026-11-02", 500), act("R-2", 1, emma, "", "2026-11-15", 4_000), act("R-1", 1, ofClaire, "A1", "2026-09-20", 1_500))
	if len(out.Rejects) > 0 {
		t.Fatalf("lines: %+v", out)
	}
	other.Member = ofBram
	h.load(core.Line{Payment: "B-1", Line: 1, Member: ofBram, Nature: "Visite", From: day("2026-11-01"), Quantity: 1, Fee: 900, Refund: 900})
	return p
}

// found are the references, each with its amount, in their order.
func (p *purse) found(login auth.Login, q refunds.Query) string {
	p.t.Helper()
	f, err := p.Payments(p.t.Context(), login, q)
	if err != nil {
		p.t.Fatalf("Payments(%+v): %v", q, err)
	}
	var list []string
	for _, x := range f.Payments {
		list = append(list, fmt.Sprintf("%s=%d", x.Reference, x.Cents))
	}
	return strings.Join(list, " ")
}

func testRefundsRefused(t *testing.T, p *purse) {
	ctx := t.Context()
	for _, reference := range []string{"", "B-1", "NOTHING", "r-3", "R-3'", strings.Repeat("R", 25), "R-3 "} {
		f, err := p.Payment(ctx, p.claire, reference)
		wantErr(t, fmt.Sprintf("Payment(%q)", reference), err, refunds.ErrNotFound)
		if len(f.Payments)+len(f.People) > 0 {
			t.Errorf("Payment(%q) = %+v", reference, f)
		}
	}
	_, err := p.Payment(ctx, p.claire, "R-3", "B-1")
	wantErr(t, "one of two is another's", err, refunds.ErrNotFound)
	_, err = p.Payment(ctx, p.bram, "R-3")
	wantErr(t, "another member", err, refunds.ErrNotFound)
	elsewhere := p.claire
	elsewhere.Mutuality = "142"
	_, err = p.Payment(ctx, elsewhere, "R-3")
	wantErr(t, "another mutuality", err, refunds.ErrNotFound)
	for _, person := range []auth.MemberID{p.bram.Member, p.nora.Member, "nobody"} {
		_, err := p.Payments(ctx, p.claire, refunds.Query{Persons: []auth.MemberID{p.claire.Member, person}})
		wantErr(t, "a person who may not be seen", err, refunds.ErrNotFound)
	}
	p.decide(p.emma, people.Blocked)
	_, err = p.Payment(ctx, p.claire, "R-2")
	if err != nil {
		t.Errorf("her own payment to a professional: %v", err)
	}
	f, err := p.Payment(ctx, p.claire, "R-3")
	if err != nil || len(f.Payments[0].Lines) != 1 || f.Payments[0].Cents != 6_000 {
		t.Errorf("with a child who is blocked: %+v, %v", f.Payments, err)
	}
}

func testRefundsOfDependant(t *testing.T, p *purse) {
	if got := p.found(p.nora, refunds.Query{}); got != "R-3=2500" {
		t.Errorf("Nora's payments: %s", got)
	}
	f, err := p.Payment(t.Context(), p.nora, "R-3")
	if err != nil || len(f.Payments) != 1 {
		t.Fatal(f, err)
	}
	x := f.Payments[0]
	if x.Open || x.Payee+x.Last4+x.Communication != "" || x.Person != "" || x.Whole != 2_500 || x.Cents != 2_500 || len(x.Lines) != 1 || x.Lines[0].Person != p.nora.Member {
		t.Errorf("Nora's part of it: %+v", x)
	}
	_, err = p.Payment(t.Context(), p.nora, "R-1")
	wantErr(t, "a payment without her", err, refunds.ErrNotFound)
	_, err = p.Payment(t.Context(), p.nora, "I-1")
	wantErr(t, "the holder's indemnity", err, refunds.ErrNotFound)
	p.decide(p.nora, people.Kept)
	if got := p.found(p.claire, refunds.Query{Persons: []auth.MemberID{p.nora.Member}}); got != "R-3=2500" {
		t.Errorf("Nora's part, seen by claire: %s", got)
	}
}

func testRefundsFilter(t *testing.T, p *purse) {
	me, child := []auth.MemberID{p.claire.Member}, []auth.MemberID{p.emma.Member}
	for _, test := range []struct {
		name string
		q    refunds.Query
		want string
	}{
		{"all", refunds.Query{}, "R-3=6000 R-2=4000 I-1=70000 C-1=-2500 R-1=1500"},
		{"from", refunds.Query{From: day("2026-11-05")}, "R-3=6000 R-2=4000 I-1=70000"},
		{"to", refunds.Query{To: day("2026-11-01")}, "C-1=-2500 R-1=1500"},
		{"one day", refunds.Query{From: day("2026-11-18"), To: day("2026-11-18")}, "R-3=6000 R-2=4000"},
		{"kinds", refunds.Query{Kinds: []core.PaymentKind{core.Contribution, core.Allowance}}, "I-1=70000 C-1=-2500"},
		{"professionals", refunds.Query{Kinds: []core.PaymentKind{core.ThirdParty}}, "R-2=4000"},
		{"myself", refunds.Query{Persons: me}, "R-3=2000 I-1=70000 C-1=-2500 R-1=1500"},
		{"the child", refunds.Query{Persons: child}, "R-3=1500 R-2=4000"},
		{"both", refunds.Query{Persons: append(me[:1:1], child...)}, "R-3=6000 R-2=4000 I-1=70000 C-1=-2500 R-1=1500"},
		{"care", refunds.Query{CareTo: day("2026-09-30")}, "R-3=1000 R-1=1500"},
		{"care of the child", refunds.Query{Persons: child, CareFrom: day("2026-11-01"), CareTo: day("2026-11-10")}, "R-3=500"},
		{"nothing", refunds.Query{From: day("2027-01-01")}, ""},
	} {
		if got := p.found(p.claire, test.q); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	if got := p.found(p.emma, refunds.Query{}); got != "R-3=1500 R-2=4000" {
		t.Errorf("as the child: %s", got)
	}
}

func testRefundsActs(t *testing.T, p *purse) {
	one, err := p.Payment(t.Context(), p.claire, "R-3")
	if err != nil {
		t.Fatal(err)
	}
	x := one.Payments[0]
	if x.Communication != "R/R-3" || x.Last4 != "7034" || !x.Treated.Equal(day("2026-11-18")) || !x.Paid.Equal(day("2026-11-20")) || !x.Received.Equal(day("2026-11-09")) {
		t.Errorf("payment %+v", x)
	}
	var numbers []int
	for _, l := range x.Lines {
		numbers = append(numbers, l.Number)
	}
	if !slices.Equal(numbers, []int{1, 2, 4}) || *x.Lines[0].Supplement != 1_000 {
		t.Errorf("acts %v: %+v", numbers, x.Lines)
	}
	all, err := p.Payments(t.Context(), p.claire, refunds.Query{Lines: true})
	if err != nil || len(all.Payments) != 5 || len(all.Payments[0].Lines) != 3 || all.Payments[0].Lines[2] == (refunds.Line{}) {
		t.Errorf("with acts: %+v, %v", all.Payments, err)
	}
	p.decide(p.nora, people.Kept)
	one, err = p.Payment(t.Context(), p.claire, "R-3")
	if err != nil || len(one.Payments[0].Lines) != 4 || one.Payments[0].Lines[1].Supplement != nil {
		t.Errorf("the oldest of the booklet first: %+v, %v", one.Payments, err)
	}
}

func testRefundsAudit(t *testing.T, p *purse) {
	p.found(p.claire, refunds.Query{})
	if _, err := p.Payment(t.Context(), p.claire, "R-1"); err != nil {
		t.Fatal(err)
	}
	p.Payment(t.Context(), p.bram, "R-1")
	var rows []string
	err := p.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Action == audit.ListRefunds || e.Action == audit.ReadRefund {
			rows = append(rows, fmt.Sprint(e.Action, " ", e.Outcome, " ", e.Actor == e.Member, " ", e.Member[:1], " ", e.Reason))
		}
		return nil
	})
	slices.Sort(rows)
	want := []string{"refund.list done false h ", "refund.list done true c ", "refund.read done true c ", "refund.read refused true b " + refunds.ErrNotFound.Error()}
	if err != nil || !slices.Equal(rows, want) {
		t.Errorf("audit rows %q, %v", rows, err)
	}
}

func testRefundsReceipt(t *testing.T, p *purse) {
	ctx := t.Context()
	act := document.RefundReceipt{
		Reference: "GC-2026-TEST-R", Language: document.FR, Mutuality: bankChange(1).Mutuality, Member: bankChange(1).Member, Date: day("2026-11-20"),
		Payments: []document.Refund{
			{Reference: "R-3", Treated: day("2026-11-18"), Acts: []document.RefundAct{{Person: "Claire Delcourt", Nature: "Visite", From: day("2026-11-12"), Refunded: 2_000}}},
			{Reference: "R-1", Treated: day("2026-10-02"), Acts: []document.RefundAct{{Person: "Claire Delcourt", Nature: "Visite", From: day("2026-09-20"), Refunded: 1_500}}},
		},
	}
	pdf := []byte("%PDF-1.7\n" + sentence + "\n%%EOF\n")
	frozen := requests.Request{Reference: act.Reference, State: requests.ToSign, Created: p.clock.Now(), Act: act, Sheet: act.Sheet(), PDF: pdf,
		SHA256: sha256.Sum256(pdf), Mark: document.Mark{Page: 1, Rect: [4]float64{10, 20, 110.5, 60}}, Pages: 1}
	id, err := p.PutRequest(ctx, p.claire, frozen, "key")
	if err != nil {
		t.Fatal(err)
	}
	s := p.sealed(id, "")
	s.Method = requests.ByStatement
	for range 2 { // the second is the first
		if _, err := p.Seal(ctx, p.claire, s); err != nil {
			t.Fatal(err)
		}
	}
	list, err := p.Receipts(ctx, p.claire)
	if err != nil || len(list) != 1 {
		t.Fatalf("Receipts = %+v, %v", list, err)
	}
	if r := list[0]; r.ID != id || r.Document != s.Document || r.Reference != act.Reference || r.Cents != 3_500 || !slices.Equal(r.Payments, []string{"R-3", "R-1"}) || !r.Made.Equal(s.At) {
		t.Errorf("receipt %+v", r)
	}
	if list, err := p.Receipts(ctx, p.bram); err != nil || len(list) != 0 {
		t.Errorf("another's receipts: %+v, %v", list, err)
	}
	if list, err := p.Requests(ctx, p.claire, "", 10); err != nil || len(list) != 0 {
		t.Errorf("a receipt is among the requests: %+v, %v", list, err)
	}
}
