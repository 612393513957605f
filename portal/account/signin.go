package account

import (
	"strconv"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// label names a sign-in for a reader who hears the links out of their row: two may be of
// the same minute.
func (s SignIn) label(v page.View, line int) string {
	return locale.DateTime(v.Lang, s.At) + v.T("password.signins.line", arg("n", strconv.Itoa(line)))
}

func (s SignIn) where(v page.View) string {
	if s.Device == "" {
		return v.T("password.signins.unknown")
	}
	return s.Device
}

func signInRow(v page.View, s SignIn, line int) page.TableRow {
	state := page.Badge(page.Neutral, v.T("password.state.over"))
	switch {
	case s.Current:
		state = page.Badge(page.Valid, v.T("password.state.current"))
	case !s.Denied.IsZero():
		state = page.Badge(page.Changed, v.T("password.state.denied"))
	case s.Open:
		state = page.Badge(page.Checking, v.T("password.state.open"))
	}
	return page.TableRow{page.Text(locale.DateTime(v.Lang, s.At)), page.Text(v.T("account.method." + string(s.Method))),
		page.Text(s.where(v)), state, signInAct(v, s, line)}
}

func arg(name, value string) locale.Arg { return locale.A(name, value) }
