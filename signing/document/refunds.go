package document

import (
	"strings"
	"time"
)

// KindRefundReceipt is the receipt of refunds that the member ticked.
const KindRefundReceipt Kind = "refund-receipt"

// Bounds of a receipt of refunds.
const (
	MaxRefunds    = 60  // payments on one receipt
	MaxRefundActs = 120 // acts of care on one receipt
	// MaxRefundText is how long a nature or a name of an act is, in characters; see
	// RefundText.
	MaxRefundText = 100
	maxRefund     = 100_000_000 // cents of one amount: 1 000 000 EUR
)

// RefundReceipt states which refunds were paid for which care. The mutuality makes and
// seals it; nobody signs. It lists what was ticked and nothing else.
type RefundReceipt struct {
	Reference string // as in BankChange
	Language  Language
	Mutuality Mutuality
	Member    Person
	Date      time.Time
	Payments  []Refund
}

// Refund is one payment on a receipt.
type Refund struct {
	Reference string    // of the insurance system: letters, digits and dashes
	Treated   time.Time // calendar date
	Acts      []RefundAct
}

// RefundAct is an act of care in it. Amounts are cents of euro.
type RefundAct struct {
	Person   string // who had the care
	Nature   string
	Code     string // optional, of the nomenclature
	Provider string // optional
	From     time.Time
	To       *time.Time // nil: that day alone
	Refunded int64
	Own      int64
}

// RefundText makes of any words of the insurance system such as can stand in a receipt:
// cut, and what our fonts cannot show as its code points.
func RefundText(s string) string { return strings.TrimSpace(cut(plain(s), MaxRefundText)) }

// Kind returns KindRefundReceipt.
func (RefundReceipt) Kind() Kind { return KindRefundReceipt }

// Head returns what every act has.
func (a RefundReceipt) Head() Head {
	return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date}
}

// WithReference returns the act under that reference.
func (a RefundReceipt) WithReference(r string) Act { a.Reference = r; return a }

// Validate returns a *FieldError for the first field that does not hold.
func (a RefundReceipt) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	if len(a.Payments) == 0 || len(a.Payments) > MaxRefunds || len(a.acts()) > MaxRefundActs {
		c.fail("payments", ErrTooMany)
	}
	seen := map[string]bool{}
	for _, p := range a.Payments {
		c.that("payments.reference", isReference(p.Reference) && !seen[p.Reference])
		seen[p.Reference] = true
		c.date("payments.treated", p.Treated)
		if len(p.Acts) == 0 {
			c.fail("payments.acts", ErrTooMany)
		}
		for _, x := range p.Acts {
			c.text("payments.acts.person", x.Person, maxName)
			c.text("payments.acts.nature", x.Nature, MaxRefundText)
			c.optional("payments.acts.code", x.Code, maxShort)
			c.optional("payments.acts.provider", x.Provider, MaxRefundText)
			c.date("payments.acts.from", x.From)
			c.that("payments.acts.to", x.To == nil || x.To.After(x.From))
			c.that("payments.acts.amount", max(x.Refunded, x.Own, -x.Refunded, -x.Own) <= maxRefund)
		}
	}
	return c.err
}

func (a RefundReceipt) acts() (all []RefundAct) {
	for _, p := range a.Payments {
		all = append(all, p.Acts...)
	}
	return all
}

// Refunded is what a payment comes to, in cents: the sum of its acts.
func (p Refund) Refunded() (cents int64) {
	for _, x := range p.Acts {
		cents += x.Refunded
	}
	return cents
}

// Total is what a receipt comes to, in cents.
func (a RefundReceipt) Total() (cents int64) {
	for _, p := range a.Payments {
		cents += p.Refunded()
	}
	return cents
}

// Sheet composes the receipt: each payment with its acts, and the total.
func (a RefundReceipt) Sheet() Sheet {
	l := a.Language
	s := compose(l, a.Mutuality, a.Member, a.Reference, a.Date, refundTitle)
	s.Signature = wordSealed.in(l, "{mutuality}", a.Mutuality.Name)
	s.text(refundSay.in(l, "{mutuality}", a.Mutuality.Name))
	for _, p := range a.Payments {
		rows := []Row{{refundPayment.in(l), refundTreated.in(l, "{reference}", p.Reference, "{date}", date(l, p.Treated))}}
		for _, x := range p.Acts {
			rows = append(rows, Row{date(l, x.From), x.what(l)})
		}
		s.rows(append(rows, Row{refundSum.in(l), money(l, p.Refunded())})...)
	}
	s.text(refundTotals.in(l, "{n}", itoa(len(a.Payments)), "{acts}", itoa(len(a.acts()))))
	s.rows(Row{refundTotal.in(l), money(l, a.Total())})
	s.text(refundNote.in(l))
	return s
}

func (x RefundAct) what(l Language) string {
	text := x.Person + ". " + x.Nature
	if x.Code != "" {
		text += " (" + x.Code + ")"
	}
	if x.Provider != "" {
		text += ", " + x.Provider
	}
	if x.To != nil {
		text += ", " + wordFromTo.in(l, "{from}", date(l, x.From), "{to}", date(l, *x.To))
	}
	return text + ". " + refundLine.in(l, "{refunded}", money(l, x.Refunded), "{own}", money(l, x.Own))
}

var (
	refundTitle = phrase{
		"Quittance de remboursements",
		"Attest van terugbetalingen",
		"Bescheinigung über Erstattungen",
		"Receipt of refunds"}
	refundSay = phrase{
		"{mutuality} déclare avoir payé au membre les remboursements qui suivent, pour ces soins\u00a0:",
		"{mutuality} verklaart aan het lid de volgende terugbetalingen te hebben gestort, voor deze zorg:",
		"{mutuality} erklärt, dem Mitglied für diese Leistungen Folgendes erstattet zu haben:",
		"{mutuality} states that it paid the member the following refunds, for this care:"}
	refundPayment = phrase{"Paiement", "Betaling", "Zahlung", "Payment"}
	refundTreated = phrase{
		"{reference}, traité le {date}", "{reference}, verwerkt op {date}", "{reference}, bearbeitet am {date}", "{reference}, treated on {date}"}
	refundLine = phrase{
		"Remboursé {refunded}, à charge du patient {own}",
		"Terugbetaald {refunded}, ten laste van de patiënt {own}",
		"Erstattet {refunded}, Eigenanteil {own}",
		"Refunded {refunded}, own share {own}"}
	refundSum    = phrase{"Montant payé", "Betaald bedrag", "Gezahlter Betrag", "Amount paid"}
	refundTotals = phrase{
		"Paiements repris\u00a0: {n}. Prestations\u00a0: {acts}.", "Opgenomen betalingen: {n}. Verstrekkingen: {acts}.",
		"Aufgeführte Zahlungen: {n}. Leistungen: {acts}.", "Payments listed: {n}. Acts of care: {acts}."}
	refundTotal = phrase{"Total remboursé", "Totaal terugbetaald", "Gesamt erstattet", "Total refunded"}
	refundNote  = phrase{
		"Cette quittance ne reprend que les remboursements choisis par le membre.",
		"Dit attest bevat enkel de terugbetalingen die het lid heeft gekozen.",
		"Diese Bescheinigung enthält nur die Erstattungen, die das Mitglied ausgewählt hat.",
		"This receipt lists only the refunds that the member chose."}
)

type wireRefundReceipt struct {
	wireHead
	Payments []wireRefund `json:"payments"`
}

type wireRefund struct {
	Reference string          `json:"reference"`
	Treated   day             `json:"treated"`
	Acts      []wireRefundAct `json:"acts"`
}

type wireRefundAct struct {
	Person   string `json:"person"`
	Nature   string `json:"nature"`
	Code     string `json:"code,omitempty"`
	Provider string `json:"provider,omitempty"`
	From     day    `json:"from"`
	To       *day   `json:"to,omitempty"`
	Refunded int64  `json:"refunded"`
	Own      int64  `json:"own"`
}

func (a RefundReceipt) wired() any {
	w := wireRefundReceipt{wireHead: head(a.Kind(), a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date})}
	for _, p := range a.Payments {
		r := wireRefund{Reference: p.Reference, Treated: day{p.Treated}}
		for _, x := range p.Acts {
			act := wireRefundAct{x.Person, x.Nature, x.Code, x.Provider, day{x.From}, nil, x.Refunded, x.Own}
			if x.To != nil {
				act.To = &day{*x.To}
			}
			r.Acts = append(r.Acts, act)
		}
		w.Payments = append(w.Payments, r)
	}
	return w
}

func (w wireRefundReceipt) act() RefundReceipt {
	a := RefundReceipt{Reference: w.Reference, Language: w.Language, Mutuality: Mutuality(w.Mutuality), Member: w.Member.person(), Date: w.Date.Time}
	for _, r := range w.Payments {
		p := Refund{Reference: r.Reference, Treated: r.Treated.Time}
		for _, x := range r.Acts {
			act := RefundAct{x.Person, x.Nature, x.Code, x.Provider, x.From.Time, nil, x.Refunded, x.Own}
			if x.To != nil {
				act.To = &x.To.Time
			}
			p.Acts = append(p.Acts, act)
		}
		a.Payments = append(a.Payments, p)
	}
	return a
}
