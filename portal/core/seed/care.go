package seed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"guichet.example/portal/core"
)

// care is a kind of act: what it costs, and who has it how often.
type care struct {
	of         string // whose work: key of providers
	code       string // of the nomenclature
	fr, nl, de string
	fee        int64
	refund     int64 // with a global medical file where that counts
	increased  int64 // refund for who has increased reimbursement
	without    int64 // refund without the file; 0: the file does not count
	extra      int   // chance of a supplement in percent
	third      int   // chance that the professional is paid directly, in percent
	from, to   int   // age
	often      float64
	session    int // quantity: most
	tariff     string
}

var catalogue = []care{
	{of: "general", code: "101076", fr: "Consultation au cabinet, médecin généraliste", nl: "Raadpleging huisarts", de: "Sprechstunde, Hausarzt",
		fee: 3200, refund: 2800, increased: 3050, without: 2600, extra: 6, third: 35, to: 120, often: 5, session: 1, tariff: "consultation"},
	{of: "general", code: "103132", fr: "Visite à domicile, médecin généraliste", nl: "Huisbezoek huisarts", de: "Hausbesuch, Hausarzt",
		fee: 4640, refund: 3980, increased: 4480, without: 3020, third: 45, from: 65, to: 120, often: 3, session: 1, tariff: "visit"},
	{of: "paediatrics", code: "102071", fr: "Consultation, pédiatre", nl: "Raadpleging kinderarts", de: "Sprechstunde, Kinderarzt",
		fee: 4450, refund: 3250, increased: 4150, extra: 25, third: 10, to: 15, often: 1.6, session: 1, tariff: "specialist"},
	{of: "dermatology", code: "102152", fr: "Consultation, dermatologue", nl: "Raadpleging dermatoloog", de: "Sprechstunde, Hautarzt",
		fee: 3480, refund: 2280, increased: 3180, extra: 30, third: 5, from: 10, to: 120, often: 0.5, session: 1, tariff: "specialist"},
	{of: "ophthalmology", code: "102535", fr: "Consultation, ophtalmologue", nl: "Raadpleging oogarts", de: "Sprechstunde, Augenarzt",
		fee: 3310, refund: 2110, increased: 3010, extra: 35, third: 5, from: 5, to: 120, often: 0.6, session: 1},
	{of: "gynaecology", code: "102174", fr: "Consultation, gynécologue", nl: "Raadpleging gynaecoloog", de: "Sprechstunde, Frauenarzt",
		fee: 3310, refund: 2110, increased: 3010, extra: 35, third: 5, from: 15, to: 75, often: 0.6, session: 1},
	{of: "cardiology", code: "102594", fr: "Consultation, cardiologue", nl: "Raadpleging cardioloog", de: "Sprechstunde, Kardiologe",
		fee: 4980, refund: 3780, increased: 4680, extra: 20, third: 20, from: 50, to: 120, often: 0.5, session: 1, tariff: "specialist"},
	{of: "psychiatry", code: "102196", fr: "Consultation, psychiatre", nl: "Raadpleging psychiater", de: "Sprechstunde, Psychiater",
		fee: 5310, refund: 4110, increased: 5010, extra: 15, third: 10, from: 16, to: 80, often: 0.3, session: 1},
	{of: "dentist", code: "301593", fr: "Consultation, dentiste", nl: "Raadpleging tandarts", de: "Sprechstunde, Zahnarzt",
		fee: 2850, refund: 2350, increased: 2850, extra: 10, third: 12, from: 18, to: 120, often: 0.9, session: 1, tariff: "dentist"},
	{of: "dentist", code: "374592", fr: "Examen buccal, moins de 19 ans", nl: "Mondonderzoek, jonger dan 19 jaar", de: "Zahnuntersuchung, unter 19 Jahren",
		fee: 7360, refund: 7360, increased: 7360, third: 40, from: 3, to: 18, often: 1.2, session: 1},
	{of: "dentist", code: "307090", fr: "Soins conservateurs, une face", nl: "Conserverende verzorging, één vlak", de: "Konservierende Behandlung, eine Fläche",
		fee: 4700, refund: 3850, increased: 4700, extra: 20, third: 12, from: 15, to: 85, often: 0.6, session: 2},
	{of: "physiotherapy", code: "560011", fr: "Séance individuelle de 30 minutes, kinésithérapeute", nl: "Individuele zitting van 30 minuten, kinesitherapeut", de: "Einzelsitzung von 30 Minuten, Physiotherapeut",
		fee: 2965, refund: 2065, increased: 2520, extra: 8, third: 15, from: 12, to: 120, often: 3.4, session: 9, tariff: "physiotherapy"},
	{of: "nursing", code: "425014", fr: "Soins infirmiers à domicile", nl: "Thuisverpleging", de: "Häusliche Krankenpflege",
		fee: 735, refund: 735, increased: 735, third: 100, from: 60, to: 120, often: 3.2, session: 14},
	{of: "laboratory", code: "591091", fr: "Biologie clinique, prise de sang", nl: "Klinische biologie, bloedafname", de: "Klinische Biologie, Blutabnahme",
		fee: 2110, refund: 1860, increased: 2110, third: 90, from: 1, to: 120, often: 1.8, session: 1},
	{of: "imaging", code: "459152", fr: "Échographie de l’abdomen", nl: "Echografie van het abdomen", de: "Ultraschall des Bauchraums",
		fee: 5240, refund: 4560, increased: 5060, extra: 20, third: 55, from: 18, to: 120, often: 0.5, session: 1},
	{of: "speech", code: "714014", fr: "Séance individuelle, logopède", nl: "Individuele zitting, logopedist", de: "Einzelsitzung, Logopäde",
		fee: 2740, refund: 2055, increased: 2450, third: 5, from: 5, to: 14, often: 0.3, session: 8},
}

// often is the sum over a usual life, to which Config.Lines is held.
const usual = 18.5

// words of the act in the language of the file.
func (c care) words(language string) string {
	switch language {
	case "nl":
		return c.nl
	case "de":
		return c.de
	}
	return c.fr
}

// act is a line with what is needed to put it into a payment.
type act struct {
	core.Line
	third bool
	last  time.Time // day of care
}

// acts is the care of one person in the two years.
func (g *Generator) acts(r *rand.Rand, f Family, p Person) []act {
	var list []act
	days := int(g.cfg.Until.Sub(g.from).Hours() / 24)
	age := years(p.Birth, g.cfg.Until)
	for _, c := range catalogue {
		if age < c.from || age > c.to || c.of == "gynaecology" && p.Sex == 'm' {
			continue
		}
		mean := c.often * p.Health * float64(g.cfg.Lines) / usual
		if c.of == "speech" && p.Treatment == "speech-therapy" {
			mean *= 25
		}
		for range poisson(r, mean) {
			at := g.from.AddDate(0, 0, r.IntN(days))
			if at.Weekday() == time.Sunday {
				at = at.AddDate(0, 0, 1)
			}
			if at.Before(p.Birth) || at.After(g.cfg.Until.AddDate(0, 0, -6)) {
				continue
			}
			list = append(list, g.act(r, f, p, c, at))
		}
	}
	return list
}

func (g *Generator) act(r *rand.Rand, f Family, p Person, c care, at time.Time) act {
	by := g.provider1(c.of, f.place, p.DoctorNo)
	a := act{third: r.IntN(100) < c.third, last: at, Line: core.Line{
		Member: p.Affiliation, Nature: c.words(p.Language), Code: c.code, Provider: by.Name, From: at, Quantity: 1,
	}}
	if c.session > 1 {
		a.Quantity = 1 + r.IntN(c.session)
		a.last = earlier(at.AddDate(0, 0, (a.Quantity-1)*2), g.cfg.Until.AddDate(0, 0, -4))
	}
	if !a.last.Equal(at) {
		a.To = a.last
	}
	q := int64(a.Quantity)
	a.Fee = c.fee * q
	switch {
	case f.Increased:
		a.Refund = c.increased * q
	case c.without > 0 && p.NoFile:
		a.Refund = c.without * q
	default:
		a.Refund = c.refund * q
	}
	switch n := r.IntN(100); {
	case by.Status == "full" && n >= c.extra: // keeps to the fee, and says so
		a.Supplement = new(int64)
	case n < c.extra || by.Status == "none" && n < 70:
		more := (c.fee/10 + r.Int64N(c.fee/2)) / 50 * 50 * q
		a.Supplement = &more
	}
	a.Own = a.Fee - a.Refund
	if a.Supplement != nil {
		a.Own += *a.Supplement
	}
	return a
}

// provider1 is the n-th of the place.
func (g *Generator) provider1(of string, at place, n int) provider {
	list := g.providers[of+at.code]
	return list[n%len(list)]
}

func years(birth, at time.Time) int {
	n := at.Year() - birth.Year()
	if at.YearDay() < birth.YearDay() {
		n--
	}
	return n
}

// poisson draws how often what happens mean times on average.
func poisson(r *rand.Rand, mean float64) int {
	if mean > 60 {
		return max(0, int(math.Round(mean+r.NormFloat64()*math.Sqrt(mean))))
	}
	n, p, limit := 0, 1.0, math.Exp(-mean)
	for {
		if p *= r.Float64(); p <= limit {
			return n
		}
		n++
	}
}

// workday is at, or the next day on which the mutuality works.
func workday(at time.Time) time.Time {
	switch at.Weekday() {
	case time.Saturday:
		return at.AddDate(0, 0, 2)
	case time.Sunday:
		return at.AddDate(0, 0, 1)
	}
	return at
}

// file puts the acts into payments: what a professional sent by wire is one payment,
// certificates on paper come together, some weeks' worth in an envelope.
func (g *Generator) file(r *rand.Rand, out *Records, f Family, acts []act) {
	slices.SortFunc(acts, func(a, b act) int { return a.last.Compare(b.last) })
	number := 0
	post := g.from
	var envelope []act
	send := func(kind core.PaymentKind, received time.Time, list []act) {
		if len(list) == 0 {
			return
		}
		number++
		g.pay(r, out, f, kind, received, number, list)
	}
	for _, a := range acts {
		if a.last.After(post) {
			send(core.Refund, workday(post), envelope)
			envelope, post = nil, a.last.AddDate(0, 0, 15+r.IntN(45))
		}
		switch {
		case a.third:
			send(core.ThirdParty, workday(a.last.AddDate(0, 0, 2+r.IntN(20))), []act{a})
		case likely(r, 0.25):
			send(core.Refund, workday(a.last), []act{a})
		default:
			envelope = append(envelope, a)
		}
	}
	send(core.Refund, workday(post), envelope)
}

// pay makes the payment of the acts, unless it is too early for it.
func (g *Generator) pay(r *rand.Rand, out *Records, f Family, kind core.PaymentKind, received time.Time, number int, acts []act) {
	treated := workday(received.AddDate(0, 0, 1+r.IntN(4)))
	if treated.After(g.cfg.Until) {
		return
	}
	holder := f.People[0]
	p := core.Payment{
		Member: holder.Affiliation, Kind: kind, Received: received, Treated: treated,
		Payee: holder.GivenNames + " " + holder.Surname, Last4: last4(holder.IBAN),
		Reference: reference(holder.Affiliation, "R", number), Communication: transfer(holder.Affiliation, number),
	}
	if paid := workday(treated.AddDate(0, 0, 1+r.IntN(2))); !paid.After(g.cfg.Until) {
		p.Paid = paid
	}
	if kind == core.ThirdParty {
		p.Reference, p.Payee, p.Last4 = reference(holder.Affiliation, "T", number), acts[0].Provider, ""
	}
	certificate, by := "", ""
	for i, a := range acts {
		if a.Provider != by {
			by, certificate = a.Provider, fmt.Sprintf("%d-%08d", a.From.Year(), r.IntN(100_000_000))
		}
		a.Payment, a.Line.Line, a.Certificate = p.Reference, i+1, certificate
		p.Cents += a.Refund
		out.Lines = append(out.Lines, a.Line)
	}
	out.Payments = append(out.Payments, p)
}

// reference of a payment: kind, who gets it, count. It stands in addresses of pages, so it
// does not hold the affiliation number, only one that grows with it: rows of a household
// stay together, and no two share a reference.
func reference(affiliation, kind string, n int) string {
	who, err := strconv.ParseInt(strings.ReplaceAll(affiliation, " ", ""), 10, 64)
	if err != nil {
		panic("seed: made a wrong affiliation number") // a fault of this package
	}
	return fmt.Sprintf("%s-%010d-%04d", kind, who*1_618_033/1_000_000, n)
}

// transfer is the communication of a payment.
func transfer(affiliation string, n int) string {
	h := int64(14_695_981)
	for _, c := range []byte(affiliation) {
		h = (h*1_099_511 + int64(c)) % 10_000_000_000
	}
	return communication(h + int64(n)*7_919)
}

func last4(iban string) string {
	if len(iban) < 4 {
		return ""
	}
	return iban[len(iban)-4:]
}
