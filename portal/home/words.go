package home

import (
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// hello is the first given name, as one greets.
func hello(v page.View) locale.Arg {
	first, _, _ := strings.Cut(v.Login.Name, " ")
	return locale.A("name", first)
}

// news is the one sentence that says whether anything waits.
func news(v page.View, o Overview) string {
	if o.ToSign != nil {
		return v.T("home.one")
	}
	return v.T("home.nothing")
}

// kind is what an item is, in the words of the list it comes from.
func kind(v page.View, i Item) string { return v.T("requests.kind." + string(i.Kind)) }

// until is what happens before she signs; nothing where no account is replaced.
func until(v page.View, o Overview) string {
	if o.ToSign.Kind == document.KindBankChange && o.Last4 == "" {
		return ""
	}
	return v.T("home.todo."+string(o.ToSign.Kind)+".until", locale.A("last", o.Last4))
}

// toDo is the request that waits longest for a signature.
func toDo(v page.View, o Overview) page.ToDo {
	todo := page.ToDo{
		Eyebrow: v.T("home.todo"),
		Title:   v.T("home.todo." + string(o.ToSign.Kind)),
		Text:    until(v, o),
		Action:  page.Link{URL: v.URL("requests/" + o.ToSign.ID + "/read"), Text: v.T("home.todo.read"), Icon: "arrow-right"},
		Effort:  v.TN("home.todo.effort", o.ToSign.Pages),
	}
	if !signs(v) {
		todo.Title, todo.Action.Text = v.T("home.todo.finish."+string(o.ToSign.Kind)), v.T("home.todo.finish")
		todo.Effort = v.TN("home.todo.pages", o.ToSign.Pages)
	}
	return todo
}

// signs says whether she came with what signs; otherwise she approves or sends.
func signs(v page.View) bool { return v.Login != nil && v.Login.Method == auth.Card }

// requestState is how far a request is, in words.
func requestState(v page.View, state string) string {
	if state == "to-sign" && !signs(v) {
		return v.T("requests.state.to-finish")
	}
	return v.T("requests.state." + state)
}

func documentRows(v page.View, documents []Item) []page.LedgerRow {
	rows := make([]page.LedgerRow, len(documents))
	for i, d := range documents {
		rows[i] = page.LedgerRow{
			Date: locale.DateShort(v.Lang, d.Date), When: d.Date.In(locale.Zone()).Format(time.DateOnly),
			Title:  page.Link{URL: v.URL("documents/" + d.ID), Text: kind(v, d), Hidden: d.Reference},
			Detail: d.Reference,
			End:    page.Badge(badge(d.State), documentStatus(v, d)),
		}
	}
	return rows
}

// documentStatus is the status of a document in words: what is valid is a signature, an
// approval or a receipt.
func documentStatus(v page.View, d Item) string {
	if d.State == "valid" {
		return v.T("documents.status.valid." + d.Method)
	}
	return v.T("documents.status." + d.State)
}

func badge(status string) page.Kind {
	switch status {
	case "valid":
		return page.Valid
	case "invalid":
		return page.Changed
	}
	return page.Checking
}

// actions are what one most often comes for.
func actions(v page.View) []page.LedgerRow {
	return []page.LedgerRow{
		{Title: page.Link{URL: v.URL("bank"), Text: v.T("home.do.bank")}, Detail: v.T("home.do.bank.hint")},
		{Title: page.Link{URL: v.URL("orders/ehic"), Text: v.T("home.do.ehic")}, Detail: v.T("home.do.ehic.hint")},
	}
}
