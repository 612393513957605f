package document

import (
	"strings"
	"testing"
	"time"
)

func TestIndemnitiesRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Indemnities)
		field  string
		reason error
	}{
		{"nobody", func(a *Indemnities) { a.Beneficiary.Name = "" }, "beneficiary.name", ErrMissing},
		{"number in the name", func(a *Indemnities) { a.Beneficiary.Name = "85.07.30-033.28" }, "beneficiary.name", ErrNationalNumber},
		{"ends before it begins", func(a *Indemnities) { a.To = a.From.AddDate(0, 0, -1) }, "to", ErrFormat},
		{"a year and a day", func(a *Indemnities) { a.To = a.From.AddDate(1, 0, 0) }, "to", ErrFormat},
		{"without end", func(a *Indemnities) { a.To = time.Time{} }, "to", ErrMissing},
		{"paid before", func(a *Indemnities) { a.Payments[0].Paid = on(2025, 11, 30) }, "payments.paid", ErrFormat},
		{"paid after", func(a *Indemnities) { a.Payments[0].Paid = on(2026, 12, 1) }, "payments.paid", ErrFormat},
		{"sums do not hold", func(a *Indemnities) { a.Payments[1].Net++ }, "payments.net", ErrFormat},
		{"more than there is", func(a *Indemnities) { a.Payments[1].Gross = 1 << 62 }, "payments.amount", ErrFormat},
		{"too many", func(a *Indemnities) { a.Payments = make([]Indemnity, MaxIndemnities+1) }, "payments", ErrTooMany},
	} {
		a := indemnities(FR)
		test.change(&a)
		checkRefused(t, test.name, a, test.field, test.reason)
	}
}

// A leap year's statement from 29 February may last to the next 28 February.
func TestIndemnitiesOfAWholeYear(t *testing.T) {
	for from, to := range map[time.Time]time.Time{
		on(2026, 1, 1): on(2026, 12, 31), on(2024, 2, 29): on(2025, 2, 28), on(2023, 3, 1): on(2024, 2, 29),
	} {
		a := indemnities(NL)
		a.From, a.To, a.Payments = from, to, nil
		if err := a.Validate(); err != nil {
			t.Errorf("from %v to %v: %v", from, to, err)
		}
	}
}

// Two hundred payments still are a document, of several pages.
func TestIndemnitiesOfManyPayments(t *testing.T) {
	a := indemnities(DE)
	for len(a.Payments) < MaxIndemnities {
		a.Payments = append(a.Payments, a.Payments[1])
	}
	d := draw(t, a)
	if d.Pages < 5 || d.Mark.Page != d.Pages {
		t.Errorf("%d pages, seal on page %d", d.Pages, d.Mark.Page)
	}
}

func TestIndemnitiesOfNoPayment(t *testing.T) {
	a := indemnities(FR)
	a.Payments, a.Beneficiary = nil, a.Member
	all := strings.Join(a.Sheet().Texts(), "\n")
	if !strings.Contains(all, "Aucune indemnité") || strings.Contains(all, "Total") || strings.Contains(all, "Demandé par") {
		t.Error(all)
	}
}

func TestMoney(t *testing.T) {
	for _, test := range []struct {
		l     Language
		cents int64
		want  string
	}{
		{FR, 123_456, "1 234,56 EUR"}, {NL, 123_456, "1.234,56 EUR"}, {EN, 100_000_005, "1,000,000.05 EUR"}, {DE, 7, "0,07 EUR"}, {FR, -250, "−2,50 EUR"},
	} {
		if got := strings.ReplaceAll(money(test.l, test.cents), "\u00a0", " "); got != test.want {
			t.Errorf("money(%s, %d) = %q, want %q", test.l, test.cents, got, test.want)
		}
	}
}
