package page

import (
	"strconv"
	"strings"

	"guichet.example/auth/password"
	"guichet.example/portal/locale"
)

// Secret is a field for a password: hidden as one types, with a button that shows it
// (where scripts run), and for a new one a level that is read out as one types. Its
// value is never in the page.
type Secret struct {
	Name, Label, Hint string
	New               bool // a new password; else the current one
	Meter             bool // tell how strong it is
	Min               int  // of the meter: fewer code points are weak
}

func (s Secret) autocomplete() string {
	if s.New {
		return "new-password"
	}
	return "current-password"
}

// RefusedWords are all that is wrong with a new password, as one text: what to do about
// each, in the words of the rules.
func RefusedWords(v View, refused *password.RefusedError, p password.Policy) string {
	var words []string
	for _, reason := range refused.Reasons {
		words = append(words, v.T("password.reason."+string(reason), locale.A("n", strconv.Itoa(p.Min()))))
	}
	return strings.Join(words, " ")
}

// rules are the policy's parts, to be read before one types.
func rules(v View, p password.Policy) []string {
	var words []string
	for _, rule := range p.Rules() {
		words = append(words, v.T("password.rule."+string(rule), locale.A("n", strconv.Itoa(p.Min()))))
	}
	return append(words, v.T("password.rule.common"))
}
