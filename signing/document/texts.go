package document

import (
	"strings"
	"time"
)

// phrase is one text of the catalogue in the four languages, in the order of
// Languages. Words in braces are replaced by values.
type phrase [4]string

func (p phrase) in(l Language, values ...string) string {
	return strings.NewReplacer(values...).Replace(p[l.index()])
}

// index places the language in a phrase. A language that Validate would refuse reads
// as English, since Sheet has no error to return.
func (l Language) index() int {
	switch l {
	case FR:
		return 0
	case NL:
		return 1
	case DE:
		return 2
	}
	return 3
}

// The catalogue. The member speaks in the first person; no sentence needs to know
// the person's sex, or the article of the mutuality's name. French puts a no-break
// space before a colon.
var (
	wordReference   = phrase{"Référence", "Referentie", "Referenz", "Reference"}
	wordMember      = phrase{"Membre", "Lid", "Mitglied", "Member"}
	wordBirth       = phrase{"Date de naissance", "Geboortedatum", "Geburtsdatum", "Date of birth"}
	wordAffiliation = phrase{"Numéro d’affiliation", "Lidnummer", "Mitgliedsnummer", "Membership number"}
	wordPhone       = phrase{"Tél. {phone}", "Tel. {phone}", "Tel. {phone}", "Tel. {phone}"}
	wordPlace       = phrase{"{city},", "{city},", "{city},", "{city},"}
	wordDated       = phrase{"le {date}", "{date}", "den {date}", "{date}"}
	wordPage        = phrase{"Page {n} sur {all}", "Pagina {n} van {all}", "Seite {n} von {all}", "Page {n} of {all}"}
	// Over the box, which a card signs or the mutuality seals: it must fit both.
	wordSignature = phrase{"Pour accord : {name}", "Voor akkoord: {name}", "Einverstanden: {name}", "Agreed: {name}"}
	wordAnd       = phrase{"et", "en", "und", "and"}

	checkTitle = phrase{"Vérifier ce document", "Dit document controleren", "Dieses Dokument prüfen", "Check this document"}
	checkText  = phrase{
		"Scannez le code, ou tapez la référence et le code de contrôle sur {page}",
		"Scan de code, of typ de referentie en de controlecode op {page}",
		"Scannen Sie den Code, oder tippen Sie Referenz und Prüfcode ein auf {page}",
		"Scan the code, or type the reference and the check code on {page}"}
	checkCode        = phrase{"Code de contrôle", "Controlecode", "Prüfcode", "Check code"}
	checkAlternative = phrase{
		"Code QR\u00a0: ouvre {page} avec la référence et le code de contrôle de ce document.",
		"QR-code: opent {page} met de referentie en de controlecode van dit document.",
		"QR-Code: öffnet {page} mit der Referenz und dem Prüfcode dieses Dokuments.",
		"QR code: opens {page} with the reference and the check code of this document."}

	bankTitle = phrase{
		"Demande de changement de compte bancaire",
		"Aanvraag tot wijziging van het rekeningnummer",
		"Antrag auf Änderung der Bankverbindung",
		"Request to change bank account"}
	bankAsk = phrase{
		"Je demande à ma mutualité, {mutuality}, de payer mes remboursements et mes indemnités sur ce compte\u00a0:",
		"Ik vraag mijn ziekenfonds, {mutuality}, om mijn terugbetalingen en uitkeringen op deze rekening te storten:",
		"Ich bitte meine Krankenkasse, {mutuality}, meine Erstattungen und Leistungen auf dieses Konto zu überweisen:",
		"I ask my mutuality, {mutuality}, to pay my refunds and benefits to this account:"}
	bankIBAN     = phrase{"Nouveau compte", "Nieuwe rekening", "Neues Konto", "New account"}
	bankBIC      = phrase{"BIC", "BIC", "BIC", "BIC"}
	bankName     = phrase{"Banque", "Bank", "Bank", "Bank"}
	bankHolder   = phrase{"Titulaire", "Rekeninghouder", "Kontoinhaber", "Account holder"}
	bankFrom     = phrase{"À partir du", "Vanaf", "Ab dem", "From"}
	bankReplaces = phrase{"Remplace", "Vervangt", "Ersetzt", "Replaces"}
	bankLast4    = phrase{
		"le compte qui se termine par {last}",
		"de rekening die eindigt op {last}",
		"das Konto mit den Endziffern {last}",
		"the account ending in {last}"}
	bankAlso = phrase{
		"Cette demande vaut aussi pour les remboursements de {names}.",
		"Deze aanvraag geldt ook voor de terugbetalingen van {names}.",
		"Dieser Antrag gilt auch für die Erstattungen von {names}.",
		"This request also covers the refunds of {names}."}
	bankPending = phrase{
		"Cette demande n’est pas encore en vigueur. Elle prend effet quand ma mutualité l’a acceptée et que plusieurs jours ouvrables ont passé. Jusque-là, je peux l’arrêter.",
		"Deze aanvraag is nog niet van kracht. Ze geldt zodra mijn ziekenfonds ze heeft aanvaard en meerdere werkdagen voorbij zijn. Tot dan kan ik ze stoppen.",
		"Dieser Antrag ist noch nicht in Kraft. Er wird wirksam, sobald meine Krankenkasse ihn angenommen hat und mehrere Werktage vergangen sind. Bis dahin kann ich ihn stoppen.",
		"This request is not in force yet. It takes effect when my mutuality has accepted it and several working days have passed. Until then, I can stop it."}
	bankUntil = phrase{
		"Entre-temps, les paiements continuent sur l’ancien compte.",
		"Intussen gaan de betalingen nog naar de oude rekening.",
		"In der Zwischenzeit gehen die Zahlungen weiter auf das alte Konto.",
		"Meanwhile, payments continue to the old account."}

	ehicTitle = phrase{
		"Commande de cartes européennes d’assurance maladie",
		"Aanvraag van Europese ziekteverzekeringskaarten",
		"Bestellung von Europäischen Krankenversicherungskarten",
		"Order of European health insurance cards"}
	ehicAsk = phrase{
		"Je demande à ma mutualité, {mutuality}, une carte européenne d’assurance maladie pour\u00a0:",
		"Ik vraag mijn ziekenfonds, {mutuality}, een Europese ziekteverzekeringskaart voor:",
		"Ich bitte meine Krankenkasse, {mutuality}, um eine Europäische Krankenversicherungskarte für:",
		"I ask my mutuality, {mutuality}, for a European health insurance card for:"}
	ehicAskMore = phrase{
		"Je demande à ma mutualité, {mutuality}, des cartes européennes d’assurance maladie, une pour chacune de ces personnes\u00a0:",
		"Ik vraag mijn ziekenfonds, {mutuality}, Europese ziekteverzekeringskaarten, een voor elk van deze personen:",
		"Ich bitte meine Krankenkasse, {mutuality}, um Europäische Krankenversicherungskarten, eine für jede dieser Personen:",
		"I ask my mutuality, {mutuality}, for European health insurance cards, one for each of these people:"}
	ehicPerson    = phrase{"Personne {n}", "Persoon {n}", "Person {n}", "Person {n}"}
	ehicDeliver   = phrase{"Envoyer à", "Opsturen naar", "Senden an", "Send to"}
	ehicDeparture = phrase{"Départ le", "Vertrek op", "Abreise am", "Departure on"}
	ehicCountry   = phrase{"Destination", "Bestemming", "Reiseziel", "Destination"}
	ehicPending   = phrase{
		"Cette commande n’est pas encore en vigueur. Elle prend effet quand ma mutualité l’a acceptée. Jusque-là, je peux la retirer.",
		"Deze aanvraag is nog niet van kracht. Ze geldt zodra mijn ziekenfonds ze heeft aanvaard. Tot dan kan ik ze intrekken.",
		"Diese Bestellung ist noch nicht in Kraft. Sie wird wirksam, sobald meine Krankenkasse sie angenommen hat. Bis dahin kann ich sie zurückziehen.",
		"This order is not in force yet. It takes effect when my mutuality has accepted it. Until then, I can withdraw it."}
)

var months = [4][12]string{
	{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
	{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// date writes the calendar date of t: "1er décembre 2026", "1. Dezember 2026".
func date(l Language, t time.Time) string {
	y, m, d := t.Date()
	day := itoa(d)
	switch {
	case l == FR && d == 1:
		day = "1er"
	case l == DE:
		day += "."
	}
	return day + " " + months[l.index()][m-1] + " " + itoa(y)
}
