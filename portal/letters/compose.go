package letters

import (
	"strings"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/signing/document"
)

// page is where a letter of the kind sends its reader, below the language. The code is
// typed there; it is never in the address.
func (k Kind) page() string {
	switch k {
	case FirstCredentials, NewPassword, EnrolmentCode:
		return "sign-in/password"
	case NewEmail, QuestionUsed, AccountClosed:
		return "help"
	case LostCode:
		return "recover"
	case BankAsked:
		return "bank"
	case Order:
		return "requests"
	case Majority:
		return "account/people"
	}
	return "sign-in"
}

// Compose puts a letter into words.
func (h House) Compose(a Addressed, now time.Time) document.Post {
	lang, _ := locale.Parse(a.Lang)
	key := "letters." + string(a.Kind)
	args := []locale.Arg{locale.A("house", h.Letterhead.Name), locale.A("phone", h.Letterhead.Phone),
		locale.A("until", locale.Date(lang, a.Deadline))}
	if m := a.Matter; m != nil {
		args = append(args, locale.A("reference", m.Reference), locale.A("at", locale.DateTime(lang, m.At)), locale.A("by", locale.Date(lang, m.By.In(locale.Zone()))))
	}
	say := func(part string) string { return locale.T(lang, key+part, args...) }
	p := document.Post{
		Language: document.Language(lang), Mutuality: h.Letterhead, Window: h.Window,
		Reference: a.Reference, Date: now.In(locale.Zone()), To: h.address(a, lang),
		Title: say(".title"), Texts: strings.Split(say(".text"), "\n\n"),
		Page: h.Origin + "/" + string(lang) + "/" + a.Kind.page(), PageLabel: locale.T(lang, "letters.page", args...),
	}
	if a.Kind != AccountClosed && a.Kind != AccountOpened && a.Kind != Majority && !a.Kind.HasMatter() { // she did nothing herself, or its text says it
		p.After = append(p.After, locale.T(lang, "letters.notyou", args...))
	}
	if h.Letterhead.Phone != "" {
		p.After = append(p.After, locale.T(lang, "letters.help", args...))
	}
	if a.UserNumber != "" {
		p.Rows = []document.Row{{Label: locale.T(lang, "letters.number"), Value: a.UserNumber}}
	}
	if a.Matter != nil {
		for _, r := range a.Matter.Rows {
			p.Rows = append(p.Rows, document.Row{Label: r.Label, Value: r.Value})
		}
	}
	if a.Secret != "" {
		p.Fold = &document.Fold{Title: locale.T(lang, "letters.code"), Code: a.Secret,
			Texts: strings.Split(locale.T(lang, "letters.code.text", args...), "\n\n")}
	}
	return p
}

// address is the lines of the envelope, with the country if it is another one.
func (h House) address(a Addressed, lang locale.Language) []string {
	lines := []string{cut(a.Name), cut(a.Street), cut(strings.TrimSpace(a.Postcode + " " + a.Municipality))}
	if a.Country != "" && !strings.EqualFold(a.Country, h.Country) {
		lines = append(lines, strings.ToUpper(locale.Country(lang, a.Country)))
	}
	out := lines[:0]
	for _, l := range lines {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}

// cut keeps a line of an address within what a document takes; what is longer would not
// fit into the window either.
func cut(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > 100 {
		r = r[:100]
	}
	return strings.TrimSpace(string(r))
}
