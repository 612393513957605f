package document

import "time"

// The kinds of StatementsChange.
const (
	KindStatementsOnline Kind = "statements-online"
	KindStatementsPaper  Kind = "statements-paper"
)

// StatementsChange says how the member gets her statements of benefits: online only, or on
// paper too.
type StatementsChange struct {
	Reference string // as in BankChange
	Language  Language
	Mutuality Mutuality
	Member    Person
	Date      time.Time // calendar date of the request

	Paper bool // on paper too
}

// Kind returns KindStatementsPaper or KindStatementsOnline.
func (a StatementsChange) Kind() Kind {
	if a.Paper {
		return KindStatementsPaper
	}
	return KindStatementsOnline
}

// Head returns what every act has.
func (a StatementsChange) Head() Head {
	return Head{a.Reference, a.Language, a.Mutuality, a.Member, a.Date}
}

// WithReference returns the act under that reference.
func (a StatementsChange) WithReference(r string) Act { a.Reference = r; return a }

// Validate returns a *FieldError for the first field that does not hold.
func (a StatementsChange) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	return c.err
}

// Sheet composes the request: what is asked, and what follows from it.
func (a StatementsChange) Sheet() Sheet {
	l := a.Language
	title, ask, effect := statementsOnlineTitle, statementsOnlineAsk, statementsOnlineEffect
	if a.Paper {
		title, ask, effect = statementsPaperTitle, statementsPaperAsk, statementsPaperEffect
	}
	s := compose(l, a.Mutuality, a.Member, a.Reference, a.Date, title)
	s.text(ask.in(l, "{mutuality}", a.Mutuality.Name))
	s.text(effect.in(l))
	s.text(statementsPending.in(l))
	return s
}

var (
	statementsOnlineTitle = phrase{
		"Fin des relevés sur papier",
		"Einde van de overzichten op papier",
		"Ende der Übersichten auf Papier",
		"End of statements on paper"}
	statementsOnlineAsk = phrase{
		"Je demande à ma mutualité, {mutuality}, de ne plus m’envoyer mes relevés par la poste. Je les lis au guichet en ligne.",
		"Ik vraag mijn ziekenfonds, {mutuality}, om mij mijn overzichten niet meer met de post te sturen. Ik lees ze aan het onlineloket.",
		"Ich bitte meine Krankenkasse, {mutuality}, mir meine Übersichten nicht mehr mit der Post zu senden. Ich lese sie am Online-Schalter.",
		"I ask my mutuality, {mutuality}, to send me no more statements by post. I read them at the online counter."}
	statementsOnlineEffect = phrase{
		"J’y trouverai les relevés d’une année entière. Je peux redemander le papier à tout moment.",
		"Ik vind er de overzichten van een heel jaar. Ik kan op elk moment weer papier vragen.",
		"Ich finde dort die Übersichten eines ganzen Jahres. Ich kann jederzeit wieder Papier verlangen.",
		"I will find the statements of a whole year there. I can ask for paper again at any time."}
	statementsPaperTitle = phrase{
		"Relevés sur papier",
		"Afrekeningen op papier",
		"Übersichten auf Papier",
		"Statements on paper"}
	statementsPaperAsk = phrase{
		"Je demande à ma mutualité, {mutuality}, de m’envoyer à nouveau mes relevés par la poste.",
		"Ik vraag mijn ziekenfonds, {mutuality}, om mij mijn overzichten weer met de post te sturen.",
		"Ich bitte meine Krankenkasse, {mutuality}, mir meine Übersichten wieder mit der Post zu senden.",
		"I ask my mutuality, {mutuality}, to send me my statements by post again."}
	statementsPaperEffect = phrase{
		"Les dix derniers relevés restent au guichet en ligne.",
		"De tien laatste overzichten blijven aan het onlineloket.",
		"Die zehn letzten Übersichten bleiben am Online-Schalter.",
		"The last ten statements stay at the online counter."}
	statementsPending = phrase{
		"Cette demande n’est pas encore en vigueur. Elle prend effet quand ma mutualité l’a acceptée. Jusque-là, je peux la retirer.",
		"Deze aanvraag is nog niet van kracht. Ze geldt zodra mijn ziekenfonds ze heeft aanvaard. Tot dan kan ik ze intrekken.",
		"Dieser Antrag ist noch nicht in Kraft. Er wird wirksam, sobald meine Krankenkasse ihn angenommen hat. Bis dahin kann ich ihn zurückziehen.",
		"This request is not in force yet. It takes effect when my mutuality has accepted it. Until then, I can withdraw it."}
)

type wireStatementsChange struct{ wireHead }

func (a StatementsChange) wired() any {
	return wireStatementsChange{head(a.Kind(), a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date})}
}

func (w wireStatementsChange) act() StatementsChange {
	return StatementsChange{
		Reference: w.Reference, Language: w.Language, Mutuality: Mutuality(w.Mutuality), Member: w.Member.person(), Date: w.Date.Time,
		Paper: w.wireHead.Kind == KindStatementsPaper,
	}
}
