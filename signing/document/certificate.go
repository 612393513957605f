package document

import (
	"strings"
	"time"
)

// KindEHICCertificate is the provisional replacement certificate of the European health
// insurance card.
const KindEHICCertificate Kind = "ehic-certificate"

// EHICCertificate stands in for the card of one person until the card is there: the fields
// of Annex 2 to Decision S2 of the Administrative Commission (2010/C 106/10), in the order
// and under the numbers that they have there. The mutuality makes and seals it; nobody signs.
//
// It is the one document whose text holds a national number: an institution abroad finds the
// person by it.
type EHICCertificate struct {
	Reference string // as in BankChange
	Language  Language
	Mutuality Mutuality
	Member    Person    // into whose vault it goes
	Date      time.Time // calendar date of issue

	State       string    // that issues it: ISO 3166-1 alpha-2
	Surname     string    // of the holder of the card, at most MaxEHICSurname characters
	GivenNames  string    // at most MaxEHICGiven characters
	Birth       time.Time // calendar date
	Number      string    // personal identification number: the national number, 11 digits
	Institution string    // identification number of the institution, 4 to 10 digits
	Card        string    // identification number of the card, 20 digits at most
	Expiry      time.Time // calendar date of the card
	From, Until time.Time // calendar dates of the certificate, both included; Until not after Expiry
}

// Kind returns KindEHICCertificate.
func (EHICCertificate) Kind() Kind { return KindEHICCertificate }

// Head returns what every act has.
func (a EHICCertificate) Head() Head {
	return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date}
}

// WithReference returns the act under that reference.
func (a EHICCertificate) WithReference(r string) Act { a.Reference = r; return a }

// Lengths of the fields in Decision S2, in characters.
const (
	MaxEHICSurname = 40
	MaxEHICGiven   = 35
	maxEHICCard    = 20
)

// Validate returns a *FieldError for the first field that does not hold.
func (a EHICCertificate) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	c.that("state", len(a.State) == 2 && isUpperAlphanumeric(a.State))
	c.text("surname", a.Surname, MaxEHICSurname)
	c.text("givenNames", a.GivenNames, MaxEHICGiven)
	c.date("birth", a.Birth)
	c.that("number", len(a.Number) == 11 && holdsNationalNumber(a.Number))
	c.that("institution", isDigits(a.Institution, 4, 10))
	c.that("card", isDigits(a.Card, 1, maxEHICCard))
	c.date("expiry", a.Expiry)
	c.date("from", a.From)
	c.date("until", a.Until)
	c.that("until", !a.Until.Before(a.From) && !a.Until.After(a.Expiry))
	return c.err
}

// isDigits reports whether s is so many digits and nothing else.
func isDigits(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "0123456789") == ""
}

// Sheet composes the certificate: the holder, the institution, the card, from when to when.
func (a EHICCertificate) Sheet() Sheet {
	l := a.Language
	s := compose(l, a.Mutuality, a.Member, a.Reference, a.Date, certificateTitle)
	s.Signature = wordSealed.in(l, "{mutuality}", a.Mutuality.Name)
	s.Blocks = nil
	s.text(certificateSay.in(l))
	s.rows(
		Row{certificateState.in(l), a.State},
		Row{certificateSurname.in(l), a.Surname},
		Row{certificateGiven.in(l), a.GivenNames},
		Row{certificateBirth.in(l), europeanDate(a.Birth)},
		Row{certificateNumber.in(l), a.Number},
		Row{certificateInstitution.in(l), a.Institution},
		Row{certificateCard.in(l), a.Card},
		Row{certificateExpiry.in(l), europeanDate(a.Expiry)},
	)
	s.rows(
		Row{certificateFrom.in(l), europeanDate(a.From)},
		Row{certificateUntil.in(l), europeanDate(a.Until)},
		Row{certificateIssued.in(l), europeanDate(a.Date)},
	)
	s.text(certificateUse.in(l))
	return s
}

// europeanDate is DD/MM/YYYY, as on the card itself, in every language.
func europeanDate(t time.Time) string { return t.Format("02/01/2006") }

var (
	certificateTitle = phrase{
		"Certificat provisoire remplaçant la carte européenne d’assurance maladie",
		"Voorlopig vervangingscertificaat van de Europese ziekteverzekeringskaart",
		"Provisorische Ersatzbescheinigung für die Europäische Krankenversicherungskarte",
		"Provisional replacement certificate of the European Health Insurance Card"}
	certificateSay = phrase{
		"Ce certificat donne les mêmes droits que la carte européenne, pendant un séjour temporaire dans un autre État.",
		"Dit certificaat geeft dezelfde rechten als de Europese kaart, tijdens een tijdelijk verblijf in een andere staat.",
		"Diese Bescheinigung gibt bei einem vorübergehenden Aufenthalt in einem anderen Staat dieselben Rechte wie die Europäische Karte.",
		"This certificate gives the same rights as the European card, during a temporary stay in another state."}
	certificateState       = phrase{"2. État émetteur", "2. Uitgevende lidstaat", "2. Ausstellerstaat", "2. Issuing state"}
	certificateSurname     = phrase{"3. Nom", "3. Naam", "3. Name", "3. Name"}
	certificateGiven       = phrase{"4. Prénoms", "4. Voornamen", "4. Vornamen", "4. Given names"}
	certificateBirth       = phrase{"5. Date de naissance", "5. Geboortedatum", "5. Geburtsdatum", "5. Date of birth"}
	certificateNumber      = phrase{"6. Numéro personnel", "6. Persoonlijk nummer", "6. Persönliche Nr.", "6. Personal number"}
	certificateInstitution = phrase{"7. Institution", "7. Instelling", "7. Träger", "7. Institution"}
	certificateCard        = phrase{"8. Numéro de la carte", "8. Kaartnummer", "8. Kartennummer", "8. Card number"}
	certificateExpiry      = phrase{"9. Expiration", "9. Vervaldatum", "9. Ablaufdatum", "9. Expiry date"}
	certificateFrom        = phrase{"a) Valable du", "a) Geldig van", "a) Gültig vom", "a) Valid from"}
	certificateUntil       = phrase{"b) Valable jusqu’au", "b) Geldig tot", "b) Gültig bis", "b) Valid until"}
	certificateIssued      = phrase{"c) Délivré le", "c) Afgegeven op", "c) Ausgestellt am", "c) Issued on"}
	certificateUse         = phrase{
		"Montrez-le avec une pièce d’identité. Les numéros sont ceux de la carte.",
		"Toon het samen met een identiteitsbewijs. De nummers zijn die van de kaart.",
		"Zeigen Sie sie zusammen mit einem Ausweis. Die Nummern sind die der Karte.",
		"Show it with proof of identity. The numbers are those of the card."}
)

type wireEHICCertificate struct {
	wireHead
	State       string `json:"state"`
	Surname     string `json:"surname"`
	GivenNames  string `json:"givenNames"`
	Birth       day    `json:"birth"`
	Number      string `json:"number"`
	Institution string `json:"institution"`
	Card        string `json:"card"`
	Expiry      day    `json:"expiry"`
	From        day    `json:"from"`
	Until       day    `json:"until"`
}

func (a EHICCertificate) wired() any {
	return wireEHICCertificate{
		wireHead: head(a.Kind(), a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date}),
		State:    a.State, Surname: a.Surname, GivenNames: a.GivenNames, Birth: day{a.Birth}, Number: a.Number,
		Institution: a.Institution, Card: a.Card, Expiry: day{a.Expiry}, From: day{a.From}, Until: day{a.Until},
	}
}

func (w wireEHICCertificate) act() EHICCertificate {
	return EHICCertificate{
		Reference: w.Reference, Language: w.Language, Mutuality: Mutuality(w.Mutuality), Member: w.Member.person(), Date: w.Date.Time,
		State: w.State, Surname: w.Surname, GivenNames: w.GivenNames, Birth: w.Birth.Time, Number: w.Number,
		Institution: w.Institution, Card: w.Card, Expiry: w.Expiry.Time, From: w.From.Time, Until: w.Until.Time,
	}
}
