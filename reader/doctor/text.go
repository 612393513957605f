package doctor

import (
	"regexp"
	"strconv"
	"time"

	"guichet.example/reader/api"
)

// text is everything the doctor says in one language.
type text struct {
	outcomes map[api.CheckOutcome]string
	titles   map[string]string    // by id of the link
	findings map[string][2]string // by "link.finding": what was found, what to do
	kiosk    kioskText            // of the links that only a kiosk has
	skipped  string               // has {link}
	before   string               // stands for the link that failed, where it is not known
	months   [12]string
	dayMark  string // after the day of a month: "."
	firstDay string // in the place of 1 and dayMark; "": as the others
	somebody string // a program whose name is not known
	code     string // what a support code is called

	days, hours, minutes string
}

// DefaultLang is the language for who asks for one that we do not have.
const DefaultLang = "fr"

var texts = map[string]*text{"fr": &french, "nl": &dutch, "de": &german, "en": &english}

func textIn(lang string) *text {
	if t, ok := texts[lang]; ok {
		return t
	}
	return texts[DefaultLang]
}

// Word is an outcome in that language: "passed", "geslaagd".
func Word(outcome api.CheckOutcome, lang string) string { return textIn(lang).outcomes[outcome] }

// CodeWord is what a support code is called in that language.
func CodeWord(lang string) string { return textIn(lang).code }

// result is what was found of one link: the finding, and what its words have room for.
type result struct {
	finding string
	args    []string // name and value, in turn
	after   string   // with skipped: id of the link that failed
}

// check puts a result into words.
func (t *text) check(l link, r result) api.Check {
	words, ok := t.findings[l.id+"."+r.finding]
	if !ok {
		words = t.kiosk.findings[l.id+"."+r.finding]
	}
	args := r.args
	if r.finding == skipped {
		words = [2]string{t.skipped, ""}
		title := t.before
		if r.after != "" {
			title = t.title(r.after)
		}
		args = []string{"link", title}
	}
	return api.Check{
		ID: l.id, Outcome: l.findings[l.place(r.finding)].outcome, Title: t.title(l.id),
		Finding: fill(words[0], args), Next: fill(words[1], args),
	}
}

// title is what a link is called.
func (t *text) title(id string) string {
	if title, ok := t.titles[id]; ok {
		return title
	}
	return t.kiosk.titles[id]
}

var (
	room  = regexp.MustCompile(`\{[a-z]+\}`)
	blank = regexp.MustCompile(` ([:;?!»%])|(«) `)
)

// fill puts the values in the place of {name}, an ellipsis where there is none, and
// keeps French signs from standing alone at the start of a line.
func fill(words string, args []string) string {
	words = blank.ReplaceAllString(words, "$2\u00a0$1")
	return room.ReplaceAllStringFunc(words, func(name string) string {
		for i := 0; i+1 < len(args); i += 2 {
			if "{"+args[i]+"}" == name {
				return args[i+1]
			}
		}
		return "…"
	})
}

// day is a date as the language writes it: "3 mars 2027".
func (t *text) day(at time.Time) string {
	at = at.UTC()
	day := strconv.Itoa(at.Day()) + t.dayMark
	if at.Day() == 1 && t.firstDay != "" {
		day = t.firstDay
	}
	return day + " " + t.months[at.Month()-1] + " " + strconv.Itoa(at.Year())
}
