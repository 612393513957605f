package refunds

import (
	"fmt"
	"strings"
	"testing"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

func paid(reference, treated string, cents int64) Payment {
	return Payment{Reference: reference, Kind: core.Refund, Treated: on(treated), Cents: cents, Whole: cents, Open: true, Payee: reference[:1]}
}

func references(list []Payment) string {
	var names []string
	for _, p := range list {
		names = append(names, p.Reference)
	}
	return strings.Join(names, " ")
}

// Sorted by any column, in pages that follow one another.
func TestPages(t *testing.T) {
	list := []Payment{paid("B1", "2026-11-02", 5), paid("A2", "2026-11-02", -9), paid("C3", "2026-11-18", 1)}
	for order, want := range map[string]string{
		"-treated": "C3 B1 A2", "treated": "B1 A2 C3", "-amount": "B1 C3 A2", "amount": "A2 C3 B1", "payee": "A2 B1 C3", "-reference": "C3 B1 A2", "paid": "C3 B1 A2",
	} {
		if got := references(pageOf(list, order, "").Rows); got != want {
			t.Errorf("by %s: %s, want %s", order, got, want)
		}
	}
	var many []Payment
	for i := range 45 {
		many = append(many, paid(fmt.Sprintf("R%02d", 99-i), "2026-11-02", int64(i)))
	}
	first := pageOf(many, "-treated", "")
	second := pageOf(many, "-treated", first.Next)
	third := pageOf(many, "-treated", second.Next)
	if len(first.Rows) != 20 || len(second.Rows) != 20 || len(third.Rows) != 5 || first.Earlier || third.Next != "" || third.First != 41 || third.N != 45 {
		t.Errorf("pages %+v %+v %+v", first.First, second.First, third)
	}
	if second.Previous != "" || !second.Earlier || third.Previous != first.Next {
		t.Errorf("back from the second to %q, from the third to %q", second.Previous, third.Previous)
	}
	if gone := pageOf(many, "-treated", "X"); gone.First != 1 {
		t.Errorf("after a payment that is gone: %+v", gone)
	}
}

// In and out apart, professionals and the holder never among what was received.
func TestTotals(t *testing.T) {
	third, holder := paid("T1", "2026-11-02", 400), paid("H1", "2026-11-02", 30)
	third.Kind, holder.Open = core.ThirdParty, false
	got := totalsOf([]Payment{paid("A1", "2026-11-02", 5), paid("B1", "2026-11-02", -9), third, holder, paid("C1", "2026-11-02", 2)})
	if want := (totals{In: 7, Out: 9, Professionals: 400, Holder: 30}); got != want {
		t.Errorf("totals %+v, want %+v", got, want)
	}
}

func TestCalculation(t *testing.T) {
	declared, none := int64(1000), int64(0)
	for _, test := range []struct {
		name          string
		lines         []Line
		holds, unsure bool
		parts         string
	}{
		{"as in the picture", []Line{{Fee: 3480, Supplement: &declared, Refund: 2280, Own: 2200}}, true, false, "refund 0 5089, share 5089 2678, supplement 7767 2233, "},
		{"no supplement", []Line{{Fee: 3000, Supplement: &none, Refund: 2000, Own: 1000}}, true, false, "refund 0 6666, share 6666 3334, "},
		{"unknown", []Line{{Fee: 3000, Refund: 2000, Own: 1000}, {Fee: 3480, Supplement: &declared, Refund: 2280, Own: 2200}}, true, true, "refund 0 5721, share 5721 2942, supplement 8663 1337, "},
		{"capped", []Line{{Fee: 3000, Refund: 2000, Own: 800}}, false, true, "refund 0 7142, share 7142 2858, "},
		{"taken back", []Line{{Fee: -3000, Refund: -2000, Own: -1000}}, true, true, ""},
		{"nothing", nil, true, false, ""},
	} {
		c, parts := calculate(test.lines), ""
		for _, s := range c.bar() {
			parts += fmt.Sprint(s.Kind, " ", s.At, " ", s.Wide, ", ")
		}
		if c.Holds() != test.holds || c.Unknown != test.unsure || parts != test.parts {
			t.Errorf("%s: %+v, bar %s", test.name, c, parts)
		}
	}
}

// Groups by person and certificate; each subtotal is the sum of its acts.
func TestShares(t *testing.T) {
	p := paid("R1", "2026-11-02", 100)
	p.Lines = []Line{{Person: "a", Certificate: "1", Refund: 10}, {Person: "a", Certificate: "1", Refund: 20}, {Person: "a", Certificate: "2", Refund: 5}, {Person: "b", Refund: 15}}
	got := sharesOf(p)
	if len(got) != 2 || got[0].Refund != 35 || len(got[0].Certificates) != 2 || len(got[0].Certificates[0].Lines) != 2 || got[1].Refund != 15 || rest(p) != 50 {
		t.Errorf("shares %+v, rest %d", got, rest(p))
	}
	p.Kind, p.Lines = core.Allowance, nil
	if rest(p) != 0 {
		t.Error("an indemnity has a rest")
	}
}

// No cell is taken for a formula, and a table has a line for each payment.
func TestCells(t *testing.T) {
	for in, want := range map[string]string{
		"=HYPERLINK(1)": "'=HYPERLINK(1)", "+32": "'+32", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": " =1", "\r\n=1": "  =1", "＝1": "'＝1",
		"Dr. Lambert": "Dr. Lambert", "": "", "a=b": "a=b", "a\nb": "a b",
	} {
		if got := cell(in); got != want {
			t.Errorf("cell(%q) = %q, want %q", in, got, want)
		}
	}
	if got := plain(locale.FR, -123_405) + " " + plain(locale.EN, 7); got != "-1234,05 0.07" {
		t.Errorf("amounts %s", got)
	}
}

// A refund of care that the member may not see is told, not left out in silence.
func TestUnread(t *testing.T) {
	seen, hidden, owed := paid("R-1", "2026-11-02", 500), paid("R-2", "2026-11-02", 700), paid("R-3", "2026-11-02", -900)
	seen.Lines = make([]Line, 1)
	if n := unread(Found{Payments: []Payment{seen, hidden, owed}}); n != 1 {
		t.Errorf("%d refunds are told as left out, want 1", n)
	}
}

// What the bank has not carried out was not received, and not paid.
func TestDirectionSaysWhatIsToCome(t *testing.T) {
	v := page.View{Lang: locale.FR}
	third, holder := paid("T1", "2026-11-02", 400), paid("H1", "2026-11-02", 30)
	third.Kind, holder.Open = core.ThirdParty, false
	for want, p := range map[string]Payment{
		"reçu / à recevoir": paid("A1", "2026-11-02", 5), "payé par vous / à payer par vous": paid("B1", "2026-11-02", -9),
		"payé au professionnel / à payer au professionnel": third, "versé au titulaire / à verser au titulaire": holder,
	} {
		coming := direction(v, p)
		p.Paid = on("2026-11-04")
		if got := direction(v, p) + " / " + coming; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
