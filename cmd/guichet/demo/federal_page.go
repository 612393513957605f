package demo

import (
	"crypto/rand"
	_ "embed"
	"html/template"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"guichet.example/auth/federation/federationtest"
)

//go:embed federal.html
var standInHTML string

//go:embed federal.css
var standInCSS []byte

var standInPage = template.Must(template.New("stand-in").Parse(standInHTML))

// key is a digital key that the stand-in plays.
type key struct {
	Level int
	Name  map[string]string
}

// The keys, strongest first. The 24-code card is there because people remember it: it was
// withdrawn in 2024, and the page says so.
var keys = []key{
	{500, named("eID dans un lecteur de carte", "eID in een kaartlezer", "eID im Lesegerät", "eID in a card reader")},
	{450, named("itsme", "itsme", "itsme", "itsme")},
	{400, named("Code par application mobile", "Code via mobiele app", "Code per App", "Code by mobile app")},
	{350, named("Code par e-mail", "Code via e-mail", "Code per E-Mail", "Code by e-mail")},
	{300, named("Carte à 24 codes (retirée en 2024)", "Kaart met 24 codes (ingetrokken in 2024)", "Karte mit 24 Codes (2024 abgeschafft)", "24-code card (withdrawn in 2024)")},
	{200, named("Nom d’utilisateur et mot de passe", "Gebruikersnaam en wachtwoord", "Benutzername und Passwort", "User name and password")},
	{100, named("Compte créé soi-même, sans numéro national", "Zelf aangemaakte account, zonder rijksregisternummer", "Selbst angelegtes Konto, ohne Nationalregisternummer", "Self-registered, without a national number")},
}

// codeCard is the level of the key that asks for one of its codes.
const codeCard = 300

// question is what a relying party asked.
type question struct {
	Level  int // at least; 0: any
	Force  bool
	Lang   string
	Action string // address to which the page's form goes
}

// standInText is the words of the page in one language.
type standInText struct {
	Title, Banner, Lead, Least, Who, Key, Go, Cancel, Code, CodeHint, Wrong, Choose, Languages string
}

var standInTexts = map[string]standInText{
	"fr": {"Qui êtes-vous ?", "Ceci est une doublure pour la démonstration. Ce n’est pas CSAM, et ces personnes n’existent pas.",
		"Choisissez une personne et une clé numérique. Aucun mot de passe n’est demandé.", "Le guichet demande au moins le niveau",
		"Personne", "Clé numérique", "Continuer", "Annuler et revenir au guichet", "Code numéro", "Six lettres, sur la carte à 24 codes. Elle est posée sur la table de la démonstration.",
		"Ce code n’est pas le bon. Un autre vous est demandé.", "Choisissez une personne et une clé.", "Langue"},
	"nl": {"Wie bent u?", "Dit is een stand-in voor de demonstratie. Dit is niet CSAM, en deze mensen bestaan niet.",
		"Kies een persoon en een digitale sleutel. Er wordt geen wachtwoord gevraagd.", "Het loket vraagt minstens niveau",
		"Persoon", "Digitale sleutel", "Verder", "Annuleren en terug naar het loket", "Code nummer", "Zes letters, op de kaart met 24 codes. Ze ligt op de tafel van de demonstratie.",
		"Die code is niet juist. Er wordt een andere gevraagd.", "Kies een persoon en een sleutel.", "Taal"},
	"de": {"Wer sind Sie?", "Dies ist ein Platzhalter für die Vorführung. Es ist nicht CSAM, und diese Personen gibt es nicht.",
		"Wählen Sie eine Person und einen digitalen Schlüssel. Ein Passwort wird nicht verlangt.", "Der Schalter verlangt mindestens Stufe",
		"Person", "Digitaler Schlüssel", "Weiter", "Abbrechen und zurück zum Schalter", "Code Nummer", "Sechs Buchstaben, auf der Karte mit 24 Codes. Sie liegt auf dem Tisch der Vorführung.",
		"Dieser Code stimmt nicht. Es wird ein anderer verlangt.", "Wählen Sie eine Person und einen Schlüssel.", "Sprache"},
	"en": {"Who are you?", "This is a stand-in for the demonstration. It is not CSAM, and these people do not exist.",
		"Choose a person and a digital key. No password is asked.", "The counter asks at least level",
		"Person", "Digital key", "Continue", "Cancel and return to the counter", "Code number", "Six letters, on the 24-code card. It lies on the demo desk.",
		"That code is not right. Another one is asked.", "Choose a person and a key.", "Language"},
}

// standInView is the argument of the page.
type standInView struct {
	standInText
	Lang, Action, Person, Problem, Desk string
	Level, Picked, Number               int
	Langs                               []standInLang
	People                              []standInRow
	Keys                                []standInRow
}

type standInLang struct{ Code, Name, URL string }

type standInRow struct {
	Value, Text, Detail string
	Checked             bool
}

// ask answers a question from what the stand-in remembers or from what the form says;
// without either it shows its page and returns false.
func (s *standIn) ask(w http.ResponseWriter, r *http.Request, q question) (federationtest.Choice, bool) {
	if known, ok := s.remembered(r); ok && r.Method == http.MethodGet && !q.Force && known.Level >= q.Level {
		return known, true
	}
	v := s.view(r, q)
	if r.Method != http.MethodPost {
		return s.show(w, v)
	}
	if r.PostFormValue("cancel") != "" {
		return federationtest.Choice{Cancel: true}, true
	}
	i := slices.IndexFunc(s.people, func(p character) bool { return p.Key == v.Person })
	if i < 0 || !slices.ContainsFunc(keys, func(k key) bool { return k.Level == v.Picked }) {
		v.Problem, v.Picked = v.Choose, 0
		return s.show(w, v)
	}
	if v.Picked == codeCard && !s.rightCode(r) {
		if r.PostFormValue("code") != "" {
			v.Problem = v.Wrong
		}
		n, err := rand.Int(rand.Reader, big.NewInt(codesPerCard))
		if err != nil {
			http.Error(w, "no number", http.StatusInternalServerError)
			return federationtest.Choice{}, false
		}
		v.Number = int(n.Int64()) + 1
		return s.show(w, v)
	}
	choice := s.people[i].choice(v.Picked)
	s.remember(w, choice)
	return choice, true
}

// choice is what the person proved by a key of a level.
func (p character) choice(level int) federationtest.Choice {
	person := federationtest.Person{Number: p.Person.NationalNumber, GivenNames: p.Person.GivenNames, Surname: p.Person.Surname}
	if p.Member != nil {
		person.Email, person.Language = p.Member.Email, p.Member.Language
	}
	if level == 100 {
		person.Number = ""
	}
	return federationtest.Choice{Person: person, Level: level, At: time.Now()}
}

// rightCode compares the code that was typed with the one on the person's card.
func (s *standIn) rightCode(r *http.Request) bool {
	number, err := strconv.Atoi(r.PostFormValue("number"))
	codes := s.codes[r.PostFormValue("person")]
	if err != nil || number < 1 || number > len(codes) {
		return false
	}
	return strings.EqualFold(strings.TrimSpace(r.PostFormValue("code")), codes[number-1])
}

func (s *standIn) view(r *http.Request, q question) standInView {
	lang := r.URL.Query().Get("lang")
	if _, ok := standInTexts[lang]; !ok {
		lang, _, _ = strings.Cut(q.Lang, " ")
	}
	if _, ok := standInTexts[lang]; !ok {
		lang = "fr"
	}
	v := standInView{standInText: standInTexts[lang], Lang: lang, Action: q.Action + "&lang=" + lang, Level: q.Level,
		Person: r.PostFormValue("person"), Desk: s.counter + "/desk"}
	v.Picked, _ = strconv.Atoi(r.PostFormValue("key"))
	for _, l := range []standInLang{{"fr", "Français", ""}, {"nl", "Nederlands", ""}, {"de", "Deutsch", ""}, {"en", "English", ""}} {
		l.URL = q.Action + "&lang=" + l.Code
		v.Langs = append(v.Langs, l)
	}
	for _, p := range s.people {
		v.People = append(v.People, standInRow{Value: p.Key, Text: p.Person.GivenNames + " " + p.Person.Surname, Checked: p.Key == v.Person})
	}
	for _, k := range keys {
		v.Keys = append(v.Keys, standInRow{Value: strconv.Itoa(k.Level), Text: k.Name[lang], Detail: strconv.Itoa(k.Level), Checked: k.Level == v.Picked})
	}
	return v
}

func (s *standIn) show(w http.ResponseWriter, v standInView) (federationtest.Choice, bool) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self' "+s.counter+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	_ = standInPage.Execute(w, v) // who asked may be gone
	return federationtest.Choice{}, false
}
