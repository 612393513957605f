package document

import (
	"strings"
	"testing"

	"guichet.example/signing/document/documenttest"
)

func TestRefundReceiptRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*RefundReceipt)
		field  string
		reason error
	}{
		{"of nothing", func(a *RefundReceipt) { a.Payments = nil }, "payments", ErrTooMany},
		{"too many payments", func(a *RefundReceipt) { a.Payments = make([]Refund, MaxRefunds+1) }, "payments", ErrTooMany},
		{"too many acts", func(a *RefundReceipt) { a.Payments[0].Acts = make([]RefundAct, MaxRefundActs) }, "payments", ErrTooMany},
		{"a payment without acts", func(a *RefundReceipt) { a.Payments[1].Acts = nil }, "payments.acts", ErrTooMany},
		{"a payment twice", func(a *RefundReceipt) { a.Payments[1].Reference = a.Payments[0].Reference }, "payments.reference", ErrFormat},
		{"another sign", func(a *RefundReceipt) { a.Payments[0].Reference = "R 1" }, "payments.reference", ErrFormat},
		{"of nobody", func(a *RefundReceipt) { a.Payments[0].Acts[0].Person = "" }, "payments.acts.person", ErrMissing},
		{"a number", func(a *RefundReceipt) { a.Payments[0].Acts[0].Nature = "for 85.07.30-033.28" }, "payments.acts.nature", ErrNationalNumber},
		{"ends on its day", func(a *RefundReceipt) { a.Payments[0].Acts[0].To = &a.Payments[0].Acts[0].From }, "payments.acts.to", ErrFormat},
		{"more than there is", func(a *RefundReceipt) { a.Payments[0].Acts[0].Refunded = 1 << 62 }, "payments.acts.amount", ErrFormat},
		{"less than there is", func(a *RefundReceipt) { a.Payments[0].Acts[0].Own = -1 << 62 }, "payments.acts.amount", ErrFormat},
	} {
		a := refundReceipt(FR)
		test.change(&a)
		checkRefused(t, test.name, a, test.field, test.reason)
	}
}

// The receipt lists what was ticked, with the sum of each payment and the total.
func TestRefundReceiptAddsUp(t *testing.T) {
	a := refundReceipt(FR)
	if a.Payments[0].Refunded() != 12_825 || a.Total() != 15_836 {
		t.Errorf("payment %d, total %d", a.Payments[0].Refunded(), a.Total())
	}
	all := strings.ReplaceAll(strings.Join(a.Sheet().Texts(), "\n"), "\u00a0", " ")
	for _, want := range []string{"R-2026-000417, traité le 18 novembre 2026\n", "Mathieu Delcourt. Consultation dermatologue (102535), Dr A. Sarton. Remboursé 22,80 EUR, à charge du patient 22,00 EUR",
		"Montant payé\n128,25 EUR\n", "R-2026-000388, traité le 30 octobre 2026\n", "Nora Delcourt. Visite. Remboursé 30,11 EUR", "Paiements repris : 2. Prestations : 3.\nTotal remboursé\n158,36 EUR\n"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in\n%s", want, all)
		}
	}
}

// The longest receipt still is a document that can be read back.
func TestRefundReceiptOfMany(t *testing.T) {
	a := refundReceipt(NL)
	long := a.Payments[0].Acts[0]
	long.Nature, long.Provider = strings.Repeat("consult ", 12)+"x", strings.Repeat("Peeters ", 12)+"x"
	a.Payments = nil
	for i := range MaxRefunds {
		a.Payments = append(a.Payments, Refund{"R-" + itoa(i), on(2026, 11, 18), []RefundAct{long, long}})
	}
	d := draw(t, a)
	if d.Pages < 10 || d.Mark.Page != d.Pages {
		t.Errorf("%d pages, seal on page %d", d.Pages, d.Mark.Page)
	}
}

func TestRefundText(t *testing.T) {
	for in, want := range map[string]string{
		" a\u202eb ": "a[U+202E]b", "85.07.30-033.28 x": "x", "كشف": "[U+0643 U+0634 U+0641]", strings.Repeat("é", 200): strings.Repeat("é", 99) + "…",
	} {
		got := RefundText(in)
		if got != want && !(want == "x" && !strings.Contains(got, "85")) {
			t.Errorf("RefundText(%q) = %q, want %q", in, got, want)
		}
		var c checker
		if c.text("t", got, MaxRefundText); c.err != nil {
			t.Errorf("RefundText(%q) cannot stand in a receipt: %v", in, c.err)
		}
	}
}

func listing(l Language) Listing {
	return Listing{
		Language: l, Mutuality: mutuality(), Member: member(), Title: "Remboursements", Made: created, References: "Imprimé le",
		Facts: []Row{{"Période", "novembre 2026"}},
		Parts: []ListingPart{{"R-1", []Row{{"Montant", "22,80\u00a0EUR"}, {"Bénéficiaire \u202e", "كشف"}}}}, Note: "Ce n’est pas une quittance.",
	}
}

func TestDrawListingRefuses(t *testing.T) {
	for name, change := range map[string]func(*Listing){
		"no title": func(l *Listing) { l.Title = " " }, "no time": func(l *Listing) { l.Made = l.Made.AddDate(-2000, 0, 0) },
		"no language": func(l *Listing) { l.Language = "es" }, "no member": func(l *Listing) { l.Member.Name = "" },
		"far too long": func(l *Listing) { l.Parts = make([]ListingPart, 5000); l.Parts[0].Rows = make([]Row, 9); l.Facts = nil },
	} {
		l := listing(FR)
		change(&l)
		if name == "far too long" {
			for i := range l.Parts {
				l.Parts[i] = ListingPart{"R", []Row{{"a", strings.Repeat("b ", 40)}}}
			}
		}
		if d, err := DrawListing(l); err == nil || d != nil {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestDrawListing(t *testing.T) {
	first, err := DrawListing(listing(DE))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := DrawListing(listing(DE))
	if first.SHA256 != again.SHA256 || first.Pages != 1 {
		t.Errorf("%d pages, or other bytes the second time", first.Pages)
	}
	documenttest.CheckPDFA(t, first.PDF)
	all := strings.Join(first.Sheet.Texts(), "\n")
	for _, want := range []string{"22,80\u00a0EUR", "[U+202E]", "[U+0643 U+0634 U+0641]", "20. November 2026"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in\n%s", want, all)
		}
	}
}
