package page

import (
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/feature"
	"guichet.example/portal/locale"
)

// View is what every page knows: who looks, in which language, at what. The
// middleware fills it from the request, the handler adds the words of its page.
type View struct {
	Lang  locale.Language
	Path  string // address below the language, without query: "bank/change"
	Query string // of the address, without "?": kept when the language is switched

	Title string // h1 and first part of the title, already translated
	// TitleLang is the language of Title where it is not the page's: see View.Written.
	TitleLang string
	Section   string  // second part of the title, already translated; may be empty
	Nav       string  // entry that is current: "home", "account", "documents", "requests"
	Lead      string  // sentence under the h1
	Back      Link    // back link above the h1; empty URL: none
	Step      Step    // "step 3 of 4" above the h1; zero: none
	Banner    *Banner // one notice under the header; nil: none
	// NoHeading leaves the h1 to the page's own content: a Verdict holds it.
	NoHeading bool

	Brand    Brand
	Country  string        // of the mutuality, ISO 3166-1 alpha-2: addresses elsewhere name theirs; empty: BE
	Off      feature.Off   // what the mutuality does without
	Login    *auth.Login   // nil: nobody is signed in
	Officer  *auth.Officer // who works at the office: its pages only, where Login is nil
	Office   bool          // a page of the office, whoever is signed in
	Kiosk    *Kiosk        // the machine of a contact point it is shown at; nil elsewhere
	Messages int           // unread; 0: not shown
	Subject  *Subject      // nil: the member acts for herself and cannot choose
	Now      time.Time
	IdleEnds time.Time // when the session ends if nothing happens; zero: no session

	Errors []FieldError // of the form just sent; the title then begins with "Error: "
	Key    string       // idempotency key of the form; empty: drawn when rendered
	// Keep is the path, below the language, to which the page's form is sent. What is
	// typed in it goes along when the language is switched; empty: nothing does.
	Keep string

	CardPage bool   // the page speaks to a card: its scripts, and the agent in connect-src
	SelfTest bool   // the page tests what speaks to the card: its script, and the agent in connect-src
	Agent    string // origin of the loopback agent; empty: browser extension only
	Support  string // code to tell the help desk: the request's reference
}

// FieldError is one wrong answer: the name of its field and what to do about it, in
// the words that stand both beside the field and in the summary.
type FieldError struct{ Field, Text string }

// Link is an address and its words.
type Link struct {
	URL    string
	Text   string
	Lang   string // of Text, where it is not the page's: see View.Foreign
	After  string // follows Text in the language of the page
	Hidden string // read after Text by screen readers only: "Change" + " the holder"
	Icon   Icon   // before the text; empty: none
}

// Step is where the member stands in a task of several pages.
type Step struct {
	Task  string // "Change of bank account"
	N, Of int
}

// Subject is for whom the member acts.
type Subject struct {
	Name   string // empty: for herself
	Change string // address of the choice
}

// Foreign is the value of a lang attribute for words of the insurance system that are in
// another language than the page: that of the person's letters, "" where none is needed. It
// speaks no English: who has her letters in English is told of her care in one of the others,
// which it does not say.
func (v View) Foreign(language string) string {
	if language == string(locale.EN) {
		return ""
	}
	return v.Written(language)
}

// Written is the value of a lang attribute for words that say their own language; "" where it is
// the page's, or none that we know.
func (v View) Written(language string) string {
	if l, known := locale.Parse(language); !known || l == v.Lang {
		return ""
	}
	return language
}

// T is the text of a key in the language of the page.
func (v View) T(key string, args ...locale.Arg) string { return locale.T(v.Lang, key, args...) }

// TN is T for a text that depends on a number.
func (v View) TN(key string, n int, args ...locale.Arg) string {
	return locale.TN(v.Lang, key, n, args...)
}

// URL is the address of a page in the language of the page: "/fr/" + path.
func (v View) URL(path string) string { return "/" + string(v.Lang) + "/" + path }

// Leads says whether a path below the language is a page of this mutuality, so that it may
// be linked to.
func (v View) Leads(path string) bool { return !v.Off.Closes(path) }

// MessageTitle names a message by what it is about.
func (v View) MessageTitle(subject string) string {
	return v.T("messages.about", locale.A("subject", v.T("messages.subject."+subject)))
}

// Way is a link to a page; without an address, which is no link, where the mutuality does
// without that page.
func (v View) Way(path, text, hidden string) Link {
	if !v.Leads(path) {
		return Link{}
	}
	return Link{URL: v.URL(path), Text: text, Hidden: hidden}
}

// Ways are those of the links that lead to a page of this mutuality.
func Ways(links ...Link) []Link {
	return slices.DeleteFunc(links, func(l Link) bool { return l.URL == "" })
}

// In is the address of this page in another language.
func (v View) In(l locale.Language) string {
	url := "/" + string(l) + "/" + v.Path
	if v.Query != "" {
		url += "?" + v.Query
	}
	return url
}

// inForm is the address to which the page's form is sent, to see it in another language.
func (v View) inForm(l locale.Language) string { return "/" + string(l) + "/" + v.Keep }

// ErrorOf is the text of the first error of a field, "" if there is none.
func (v View) ErrorOf(field string) string {
	for _, e := range v.Errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// title is the text of <title>: page, section, mutuality.
func (v View) title() string {
	title := v.Title
	if len(v.Errors) > 0 {
		title = v.T("page.title.error") + title
	}
	if v.Section != "" && v.Section != v.Title {
		title += " - " + v.Section
	}
	return title + " - " + v.Brand.FullName()
}

// idleMinutes is how long the session lasts without activity, in whole minutes.
func (v View) idleMinutes() int {
	return int(v.IdleEnds.Sub(v.Now).Round(time.Minute) / time.Minute)
}
