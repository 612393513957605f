package office

import (
	"slices"
	"strconv"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

func kindOptions(v page.View) []page.Option {
	list := make([]page.Option, len(kinds))
	for i, k := range kinds {
		list[i] = page.Option{Value: string(k), Text: v.T("office.kind." + string(k))}
	}
	return list
}

func languageOptions() []page.Option {
	var list []page.Option
	for _, l := range locale.Languages() {
		list = append(list, page.Option{Value: string(l), Text: l.Name()})
	}
	return list
}

// typedReasons are the reasons that an officer chooses; that of an item comes from it.
func typedReasons() []string {
	return slices.DeleteFunc(OpeningReasons(), func(key string) bool { return key == "task" })
}

// personOptions are people found, told apart by name, birth and where they live.
func personOptions(v page.View, found []Person) []page.Option {
	list := make([]page.Option, len(found))
	for i, p := range found {
		list[i] = page.Option{Value: string(p.Member), Text: p.Name, Hint: p.Municipality}
		if !p.Birth.IsZero() {
			list[i].Hint = locale.Date(v.Lang, p.Birth) + ", " + p.Municipality
		}
	}
	return list
}

// wordsLabel and wordsHint say who reads what the officer writes.
func wordsLabel(v page.View, k Kind) string {
	if k.OfRequest() || k == Message || k == Reactivation {
		return v.T("office.close.words.member")
	}
	return v.T("office.close.words")
}

func wordsHint(v page.View, k Kind) string {
	switch {
	case k.OfRequest():
		return v.T("office.close.words.member.hint")
	case k == Message:
		return v.T("office.close.words.message.hint")
	case k == Reactivation:
		return v.T("office.close.words.reopen.hint")
	}
	return v.T("office.close.words.hint")
}

// answers are how an item of the kind can end, in words.
func answers(v page.View, k Kind) []page.Option {
	if k == Message {
		return options(v, "office.answer.message.", k.Answers())
	}
	return options(v, "office.answer.", k.Answers())
}

// todo is what to do with an item of the kind; empty where that goes without saying.
func todo(v page.View, k Kind) string {
	if key := "office.todo." + string(k); locale.Has(key) {
		return v.T(key)
	}
	return ""
}

// emailNow is the address on file, masked, and whether it was shown to be hers.
func emailNow(v page.View, f File) string {
	switch {
	case f.Email == "":
		return v.T("office.none")
	case f.Account.Email:
		return masked(f.Email)
	}
	return v.T("office.email.unproven", locale.A("address", masked(f.Email)))
}

func accountButton(to string) page.ButtonKind {
	if to == AccountDisabled {
		return page.Danger
	}
	return page.First
}

func revision(f colleagueForm) string { return strconv.Itoa(f.Revision) }
