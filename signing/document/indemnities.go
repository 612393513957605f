package document

import "time"

// KindIndemnities is the statement of the indemnities paid in a period.
const KindIndemnities Kind = "indemnity-statement"

// Bounds of a statement of indemnities.
const (
	MaxIndemnities = 200        // payments in one statement
	maxIndemnity   = 10_000_000 // cents of one payment: 100 000 EUR
)

// Indemnities states what was paid to a person for incapacity in a period of at most one
// year. The mutuality makes and seals it; nobody signs.
type Indemnities struct {
	Reference string // as in BankChange
	Language  Language
	Mutuality Mutuality
	Member    Person // into whose vault it goes
	Date      time.Time

	Beneficiary Person    // who got them: the member or somebody of her household
	From, To    time.Time // calendar dates of payment, both included
	DataAsOf    time.Time // calendar date of the data it is made from
	Payments    []Indemnity
}

// Indemnity is one payment. Amounts are cents of euro; Net is Gross - Tax.
type Indemnity struct {
	Paid     time.Time // calendar date
	From, To time.Time // calendar dates it pays for
	Days     int
	Daily    int64 // gross, a day
	Gross    int64
	Tax      int64
	Net      int64
}

// Kind returns KindIndemnities.
func (Indemnities) Kind() Kind { return KindIndemnities }

// Head returns what every act has.
func (a Indemnities) Head() Head {
	return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date}
}

// WithReference returns the act under that reference.
func (a Indemnities) WithReference(r string) Act { a.Reference = r; return a }

// Validate returns a *FieldError for the first field that does not hold.
func (a Indemnities) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	c.text("beneficiary.name", a.Beneficiary.Name, maxName)
	c.date("beneficiary.birth", a.Beneficiary.Birth)
	c.optional("beneficiary.affiliation", a.Beneficiary.Affiliation, maxShort)
	c.date("from", a.From)
	c.date("to", a.To)
	c.date("dataAsOf", a.DataAsOf)
	c.that("to", !a.To.Before(a.From) && a.To.Before(a.From.AddDate(1, 0, 0)))
	if len(a.Payments) > MaxIndemnities {
		c.fail("payments", ErrTooMany)
	}
	for _, p := range a.Payments {
		c.date("payments.from", p.From)
		c.date("payments.to", p.To)
		c.that("payments.paid", !p.Paid.Before(a.From) && !p.Paid.After(a.To))
		c.that("payments.to", !p.To.Before(p.From))
		c.that("payments.days", p.Days >= 0 && p.Days <= 400)
		for _, cents := range []int64{p.Daily, p.Gross, p.Tax, p.Net} {
			c.that("payments.amount", cents >= -maxIndemnity && cents <= maxIndemnity)
		}
		c.that("payments.net", p.Net == p.Gross-p.Tax)
	}
	return c.err
}

// Sheet composes the statement: who, which period, each payment, the sums.
func (a Indemnities) Sheet() Sheet {
	l := a.Language
	s := compose(l, a.Mutuality, a.Beneficiary, a.Reference, a.Date, indemnitiesTitle)
	s.Signature = wordSealed.in(l, "{mutuality}", a.Mutuality.Name)
	s.Blocks[0].Rows[0].Label = wordBeneficiary.in(l)
	if a.Member.Name != a.Beneficiary.Name || !a.Member.Birth.Equal(a.Beneficiary.Birth) {
		s.Blocks[0].Rows = append(s.Blocks[0].Rows, Row{wordAskedBy.in(l), a.Member.Name})
	}
	s.Blocks[0].Rows = append(s.Blocks[0].Rows,
		Row{wordPeriod.in(l), wordFromTo.in(l, "{from}", date(l, a.From), "{to}", date(l, a.To))})
	s.text(indemnitiesSay.in(l, "{mutuality}", a.Mutuality.Name, "{date}", date(l, a.DataAsOf)))
	if len(a.Payments) == 0 {
		s.text(indemnitiesNone.in(l))
		return s
	}
	var gross, tax, net int64
	var rows []Row
	for _, p := range a.Payments {
		gross, tax, net = gross+p.Gross, tax+p.Tax, net+p.Net
		rows = append(rows, Row{
			indemnitiesPaid.in(l, "{date}", date(l, p.Paid)),
			indemnitiesLine.in(l, "{from}", date(l, p.From), "{to}", date(l, p.To), "{days}", itoa(p.Days), "{daily}", money(l, p.Daily),
				"{gross}", money(l, p.Gross), "{tax}", money(l, p.Tax), "{net}", money(l, p.Net))})
	}
	s.rows(rows...)
	s.text(indemnitiesSums.in(l, "{n}", itoa(len(a.Payments))))
	s.rows(Row{wordGross.in(l), money(l, gross)}, Row{wordTax.in(l), money(l, tax)}, Row{wordNet.in(l), money(l, net)})
	return s
}

var (
	// Over the box of the seal of a document that nobody signs.
	wordSealed      = phrase{"Scellé par {mutuality}", "Verzegeld door {mutuality}", "Gesiegelt von {mutuality}", "Sealed by {mutuality}"}
	wordBeneficiary = phrase{"Bénéficiaire", "Begunstigde", "Empfänger", "Beneficiary"}
	wordAskedBy     = phrase{"Demandé par", "Aangevraagd door", "Angefordert von", "Requested by"}
	wordPeriod      = phrase{"Période", "Periode", "Zeitraum", "Period"}
	wordFromTo      = phrase{"du {from} au {to}", "van {from} tot en met {to}", "vom {from} bis zum {to}", "from {from} to {to}"}
	wordGross       = phrase{"Total brut", "Totaal bruto", "Summe brutto", "Total gross"}
	wordTax         = phrase{"Précompte professionnel", "Bedrijfsvoorheffing", "Einbehaltene Steuer", "Tax withheld"}
	wordNet         = phrase{"Total net payé", "Totaal netto betaald", "Summe netto gezahlt", "Total net paid"}

	indemnitiesTitle = phrase{
		"Relevé des indemnités d’incapacité de travail",
		"Overzicht van de arbeidsongeschiktheidsuitkeringen",
		"Aufstellung der Leistungen bei Arbeitsunfähigkeit",
		"Statement of incapacity indemnities"}
	indemnitiesSay = phrase{
		"{mutuality} déclare avoir payé, pendant cette période, les indemnités qui suivent. Données du {date}.",
		"{mutuality} verklaart in deze periode de volgende uitkeringen te hebben betaald. Gegevens van {date}.",
		"{mutuality} erklärt, in diesem Zeitraum die folgenden Leistungen gezahlt zu haben. Daten vom {date}.",
		"{mutuality} states that it paid the following indemnities in this period. Data of {date}."}
	indemnitiesNone = phrase{
		"Aucune indemnité n’a été payée pendant cette période.",
		"In deze periode werd geen uitkering betaald.",
		"In diesem Zeitraum wurde keine Leistung gezahlt.",
		"No indemnity was paid in this period."}
	indemnitiesPaid = phrase{"Payé le {date}", "Betaald op {date}", "Gezahlt am {date}", "Paid on {date}"}
	indemnitiesLine = phrase{
		"Du {from} au {to}. Jours\u00a0: {days}, à {daily}. Brut {gross}, précompte {tax}, net {net}",
		"Van {from} tot en met {to}. Dagen: {days}, aan {daily}. Bruto {gross}, voorheffing {tax}, netto {net}",
		"Vom {from} bis zum {to}. Tage: {days}, zu {daily}. Brutto {gross}, Steuer {tax}, netto {net}",
		"From {from} to {to}. Days: {days}, at {daily}. Gross {gross}, tax {tax}, net {net}"}
	indemnitiesSums = phrase{
		"Sommes des {n} paiements\u00a0:", "Sommen van de {n} betalingen:",
		"Summen der {n} Zahlungen:", "Sums of the {n} payments:"}
)

type wireIndemnities struct {
	wireHead
	Beneficiary wirePerson      `json:"beneficiary"`
	From        day             `json:"from"`
	To          day             `json:"to"`
	DataAsOf    day             `json:"dataAsOf"`
	Payments    []wireIndemnity `json:"payments,omitempty"`
}

type wireIndemnity struct {
	Paid  day   `json:"paid"`
	From  day   `json:"from"`
	To    day   `json:"to"`
	Days  int   `json:"days"`
	Daily int64 `json:"daily"`
	Gross int64 `json:"gross"`
	Tax   int64 `json:"tax"`
	Net   int64 `json:"net"`
}

func (a Indemnities) wired() any {
	w := wireIndemnities{
		wireHead:    head(a.Kind(), a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date}),
		Beneficiary: wirePerson{a.Beneficiary.Name, day{a.Beneficiary.Birth}, a.Beneficiary.Affiliation},
		From:        day{a.From}, To: day{a.To}, DataAsOf: day{a.DataAsOf},
	}
	for _, p := range a.Payments {
		w.Payments = append(w.Payments, wireIndemnity{day{p.Paid}, day{p.From}, day{p.To}, p.Days, p.Daily, p.Gross, p.Tax, p.Net})
	}
	return w
}

func (w wireIndemnities) act() Indemnities {
	a := Indemnities{
		Reference: w.Reference, Language: w.Language, Mutuality: Mutuality(w.Mutuality), Member: w.Member.person(), Date: w.Date.Time,
		Beneficiary: w.Beneficiary.person(), From: w.From.Time, To: w.To.Time, DataAsOf: w.DataAsOf.Time,
	}
	for _, p := range w.Payments {
		a.Payments = append(a.Payments, Indemnity{p.Paid.Time, p.From.Time, p.To.Time, p.Days, p.Daily, p.Gross, p.Tax, p.Net})
	}
	return a
}
