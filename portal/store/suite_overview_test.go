package store_test

import (
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/home"
)

func TestOverviewSQLite(t *testing.T) { testOverviewOfCare(t, newBed(t, openSQLite)) }

func TestOverviewPostgreSQL(t *testing.T) {
	t.Parallel()
	testOverviewOfCare(t, newBed(t, openPostgreSQL))
}

// take loads rows of one kind, none of which may be refused.
func (b *bed) take(rows ...core.Row) {
	b.t.Helper()
	out, err := b.Load(b.t.Context(), "141", core.Batch{Kind: rows[0].Of(), Rows: rows, AsOf: noon.Add(-6 * time.Hour)})
	if err != nil {
		b.t.Fatal(err)
	}
	if len(out.Rejects) > 0 {
		b.t.Fatalf("%s: %+v", rows[0].Of(), out.Rejects)
	}
}

// act of care of somebody in a payment.
func lineOf(payment string, n int, affiliation, nature string, refund int64) core.Line {
	return core.Line{Payment: payment, Line: n, Member: affiliation, Nature: nature, Provider: "Dr A. Sarton", From: day("2026-11-10"),
		Quantity: 1, Fee: refund + 400, Refund: refund, Own: 400}
}

// The first page shows what is hers and of who is on her booklet and may be seen, and of
// nobody else; what it shows of another is in the trail of the other.
func testOverviewOfCare(t *testing.T, b *bed) {
	h := &booklet{bed: b}
	nora, sacha := h.add("Nora", "2015-05-17", core.RoleChild), h.add("Sacha", "2005-02-11", core.RoleChild)
	h.add("Lou", "2017-03-02", core.RoleChild)
	const holder, child, adult, lou = "00-1234567", "00-7700001", "00-7700002", "00-7700003"
	pay := core.Payment{Member: holder, Kind: core.Refund, Payee: "Claire Delcourt", Last4: "7034"}
	older, newest, professional, contribution := pay, pay, pay, pay
	older.Reference, older.Treated, older.Paid, older.Cents = "R-1", day("2026-11-09"), day("2026-11-11"), 2000
	newest.Reference, newest.Treated, newest.Cents = "R-2", day("2026-11-18"), 9000
	professional.Reference, professional.Kind, professional.Treated, professional.Cents = "T-1", core.ThirdParty, day("2026-11-19"), 500
	contribution.Reference, contribution.Kind, contribution.Treated, contribution.Cents = "C-1", core.Contribution, day("2026-11-19"), -2340
	b.take(older, newest, professional, contribution)
	b.take(lineOf("R-1", 1, holder, "Dermatologue", 2000),
		lineOf("R-2", 1, holder, "Dentiste", 1000), lineOf("R-2", 2, child, "Pédiatre", 3000), lineOf("R-2", 3, child, "Logopède", 1000),
		lineOf("R-2", 4, adult, "Psychiatre", 4000), lineOf("T-1", 1, holder, "Laboratoire", 500))
	b.take(core.Appointment{Member: holder, Reference: "M-1", At: noon.Add(72 * time.Hour), Place: "Liège", City: "Liège", State: "set"},
		core.Appointment{Member: holder, Reference: "M-2", At: noon.Add(24 * time.Hour), Place: "Liège", City: "Liège", State: "cancelled"})
	b.take(core.MedicalFile{Member: child, Since: day("2024-01-10"), Until: day("2026-12-31"), Doctor: "Dr Lejeune", Number: "10012377004"},
		core.MedicalFile{Member: holder, Since: day("2023-01-10"), Until: day("2026-12-31"), Doctor: "Dr Lejeune", Number: "10012377004"},
		core.MedicalFile{Member: holder, Since: day("2026-01-10"), Until: day("2027-12-31"), Doctor: "Dr Lejeune", Number: "10012377004"},
		core.MedicalFile{Member: lou, Since: day("2024-01-10"), Until: day("2026-11-09"), Doctor: "Dr Lejeune", Number: "10012377004"},
		core.MedicalFile{Member: lou, Since: day("2026-11-10"), Doctor: "Dr Sarton", Number: "10012377104"}, // goes on
		core.MedicalFile{Member: adult, Since: day("2025-01-10"), Until: day("2026-12-31"), Doctor: "Dr Psy", Number: "10012377004"})
	b.take(core.Agreement{Member: holder, Reference: "A-1", Kind: "medicine", Subject: "Insuline", Since: day("2025-11-01"), Until: day("2026-11-01"), State: "ended"})
	b.take(core.Maf{Holder: holder, Year: 2026, Class: 1, Ceiling: 52500, Counted: 33740}, core.Maf{Holder: holder, Year: 2025, Class: 1, Ceiling: 52500})

	o, err := b.Overview(t.Context(), b.claire, true)
	if err != nil {
		t.Fatal(err)
	}
	if o.Paid == nil || o.Paid.Reference != "R-2" || o.Paid.Cents != 9000 || !o.Paid.Paid.IsZero() {
		t.Errorf("newest money: %+v", o.Paid)
	}
	want := []home.Refund{
		{Payment: "R-2", Nature: "Dentiste", Language: "fr", Provider: "Dr A. Sarton", Acts: 1, Cents: 1000, Treated: day("2026-11-18")},
		{Payment: "R-2", Nature: "Pédiatre", Language: "fr", Provider: "Dr A. Sarton", Acts: 2, Cents: 4000, Treated: day("2026-11-18"), Person: "Nora Delcourt"},
		{Payment: "R-1", Nature: "Dermatologue", Language: "fr", Provider: "Dr A. Sarton", Acts: 1, Cents: 2000, Treated: day("2026-11-09")},
	}
	if !slices.Equal(o.Refunds, want) {
		t.Errorf("refunds: %+v", o.Refunds)
	}
	if len(o.Coming) != 3 || o.Coming[0].What != home.Agreement || !o.Coming[0].Ended || o.Coming[1].What != home.Appointment ||
		o.Coming[2].What != home.FileEnds || o.Coming[2].Person != "Nora Delcourt" {
		t.Errorf("coming: %+v", o.Coming)
	}
	if o.Maf == nil || *o.Maf != (home.Maf{Ceiling: 52500, Counted: 33740}) || !o.AsOf.Equal(noon.Add(-6*time.Hour)) {
		t.Errorf("maximum billing %+v, as of %s", o.Maf, o.AsOf)
	}
	if n := looks(t, b, nora); n != 1 {
		t.Errorf("%d looks at Nora in the trail, want 1", n)
	}
	if n := looks(t, b, sacha); n != 0 {
		t.Errorf("%d looks at Sacha, of whom nothing was shown", n)
	}
	o, err = b.Overview(t.Context(), b.claire, false)
	if err != nil || len(o.Refunds)+len(o.Coming) > 0 {
		t.Errorf("without care: %+v, %v", o, err)
	}
	if n := looks(t, b, nora); n != 1 {
		t.Errorf("%d looks at Nora in the trail where care is closed, want 1", n)
	}

	o, err = b.Overview(t.Context(), sacha, true)
	if err != nil || o.Paid != nil || len(o.Refunds) != 1 || o.Refunds[0].Cents != 4000 || len(o.Coming) != 1 || o.Maf != nil {
		t.Errorf("Sacha sees %+v, %v", o, err)
	}
	o, err = b.Overview(t.Context(), b.bram, true)
	if err != nil || o.Paid != nil || len(o.Refunds)+len(o.Coming) > 0 || o.Maf != nil {
		t.Errorf("Bram, a stranger, sees %+v, %v", o, err)
	}
}

// looks are the rows by which the first page was opened on somebody by another.
func looks(t *testing.T, b *bed, of auth.Login) (n int) {
	t.Helper()
	err := b.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Member == string(of.Member) && e.Actor == string(b.claire.Member) && e.Action == audit.ReadOverview {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
