package document

import (
	"strings"
	"time"
)

// The kinds of AccessChange.
const (
	KindAccessBlock Kind = "access-block"
	KindAccessAllow Kind = "access-allow"
)

// AccessChange says whether the holder of the booklet on which the member stands may see
// her data. It is asked by the member herself, never by the holder.
type AccessChange struct {
	Reference string // as in BankChange
	Language  Language
	Mutuality Mutuality
	Member    Person
	Date      time.Time // calendar date of the request

	Allow   bool
	Holder  string // name of the holder
	Booklet string // opaque id of the holder, 26 small letters and digits; not in the words
}

// Kind returns KindAccessAllow or KindAccessBlock.
func (a AccessChange) Kind() Kind {
	if a.Allow {
		return KindAccessAllow
	}
	return KindAccessBlock
}

// Head returns what every act has.
func (a AccessChange) Head() Head {
	return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date}
}

// WithReference returns the act under that reference.
func (a AccessChange) WithReference(r string) Act { a.Reference = r; return a }

// Validate returns a *FieldError for the first field that does not hold.
func (a AccessChange) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	c.text("holder", a.Holder, maxName)
	c.that("booklet", len(a.Booklet) == 26 && strings.Trim(a.Booklet, "abcdefghijklmnopqrstuvwxyz0123456789") == "")
	return c.err
}

// Sheet composes the request: what is asked, of whom, and what follows from it.
func (a AccessChange) Sheet() Sheet {
	l := a.Language
	title, ask, effect := accessBlockTitle, accessBlockAsk, accessBlockEffect
	if a.Allow {
		title, ask, effect = accessAllowTitle, accessAllowAsk, accessAllowEffect
	}
	s := compose(l, a.Mutuality, a.Member, a.Reference, a.Date, title)
	s.text(ask.in(l, "{mutuality}", a.Mutuality.Name))
	s.rows(Row{accessHolder.in(l), a.Holder})
	s.text(effect.in(l))
	return s
}

var (
	accessHolder     = phrase{"Titulaire du carnet", "Titularis van het boekje", "Inhaber des Mitgliedsbuchs", "Holder of the booklet"}
	accessBlockTitle = phrase{
		"Fin de l’accès à mes données",
		"Einde van de toegang tot mijn gegevens",
		"Ende des Zugriffs auf meine Daten",
		"End of access to my data"}
	accessBlockAsk = phrase{
		"Je demande à ma mutualité, {mutuality}, que cette personne ne puisse plus voir mes données\u00a0:",
		"Ik vraag mijn ziekenfonds, {mutuality}, dat deze persoon mijn gegevens niet meer kan zien:",
		"Ich bitte meine Krankenkasse, {mutuality}, dass diese Person meine Daten nicht mehr sehen kann:",
		"I ask my mutuality, {mutuality}, that this person can no longer see my data:"}
	accessBlockEffect = phrase{
		"L’accès prend fin dès que cette demande est validée. Je peux le rendre plus tard par une nouvelle demande.",
		"De toegang eindigt zodra deze aanvraag is gevalideerd. Ik kan hem later met een nieuwe aanvraag teruggeven.",
		"Der Zugriff endet, sobald dieser Antrag bestätigt ist. Ich kann ihn später mit einem neuen Antrag wieder geben.",
		"The access ends as soon as this request is validated. I can give it back later by a new request."}
	accessAllowTitle = phrase{
		"Accès à mes données",
		"Toegang tot mijn gegevens",
		"Zugriff auf meine Daten",
		"Access to my data"}
	accessAllowAsk = phrase{
		"J’autorise ma mutualité, {mutuality}, à montrer mes données à cette personne\u00a0:",
		"Ik sta mijn ziekenfonds, {mutuality}, toe om mijn gegevens aan deze persoon te tonen:",
		"Ich erlaube meiner Krankenkasse, {mutuality}, meine Daten dieser Person zu zeigen:",
		"I allow my mutuality, {mutuality}, to show my data to this person:"}
	accessAllowEffect = phrase{
		"Ce sont les données de mes soins, de mes remboursements et de mes droits. Je peux y mettre fin à tout moment.",
		"Het gaat om de gegevens van mijn zorg, mijn terugbetalingen en mijn rechten. Ik kan dit op elk moment stopzetten.",
		"Es sind die Daten meiner Behandlungen, Erstattungen und Rechte. Ich kann das jederzeit beenden.",
		"These are the data of my care, my refunds and my rights. I can end this at any time."}
)

type wireAccessChange struct {
	wireHead
	Holder  string `json:"holder"`
	Booklet string `json:"booklet"`
}

func (a AccessChange) wired() any {
	return wireAccessChange{head(a.Kind(), a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date}), a.Holder, a.Booklet}
}

func (w wireAccessChange) act() AccessChange {
	return AccessChange{
		Reference: w.Reference, Language: w.Language, Mutuality: Mutuality(w.Mutuality), Member: w.Member.person(), Date: w.Date.Time,
		Allow: w.wireHead.Kind == KindAccessAllow, Holder: w.Holder, Booklet: w.Booklet,
	}
}
