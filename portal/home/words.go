package home

import (
	"slices"
	"strconv"
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

// news says in a sentence or two what happened since she was here, and whether anything
// waits for her.
func news(v page.View, o Overview) string {
	var parts []string
	count := func(key string, n int) {
		if n > 0 {
			parts = append(parts, v.TN(key, n))
		}
	}
	refunds := 0
	for _, r := range o.Refunds {
		if r.New {
			refunds++
		}
	}
	count("home.new.refunds", refunds)
	count("home.new.documents", o.Unread)
	count("home.new.changes", len(changes(o)))
	last := len(parts) - 1
	if last > 1 {
		parts = []string{strings.Join(parts[:last], ", "), parts[last]}
	}
	var text string
	switch {
	case len(parts) > 0 && !o.Since.IsZero():
		text = v.T("home.new.since", locale.A("day", locale.DayMonth(v.Lang, o.Since)), locale.A("news", strings.Join(parts, v.T("home.new.and"))))
	case len(parts) > 0:
		text = v.T("home.new", locale.A("news", strings.Join(parts, v.T("home.new.and"))))
	}
	switch {
	case o.Asked != nil:
		text += " " + v.T("home.asked")
	case o.ToSign != nil:
		text += " " + v.T("home.one")
	case text == "":
		text = v.T("home.nothing")
	}
	return strings.TrimSpace(text)
}

// paid is the newest money for her, as the figure of the page.
func paid(v page.View, p Paid) page.Figure {
	lines := []string{v.T("home.paid." + string(p.Kind))}
	day := locale.DayMonth(v.Lang, p.Paid)
	if p.Paid.Year() != v.Now.Year() {
		day = locale.Date(v.Lang, p.Paid)
	}
	switch {
	case p.Paid.IsZero():
		lines = append(lines, v.T("home.paid.under-way"))
	case p.Last4 != "":
		lines = append(lines, v.T("home.paid.on", locale.A("day", day), locale.A("last", p.Last4)))
	default:
		lines = append(lines, v.T("home.paid.day", locale.A("day", day)))
	}
	return page.Figure{Cents: p.Cents, Lines: lines}
}

func refundRows(v page.View, refunds []Refund) []page.LedgerRow {
	rows := make([]page.LedgerRow, len(refunds))
	for i, r := range refunds {
		detail := r.Provider
		if r.Acts > 1 {
			detail = v.TN("home.refund.others", r.Acts-1, locale.A("provider", r.Provider))
		}
		if r.New {
			detail = v.T("home.new.mark") + " · " + detail
		}
		title := page.Link{URL: v.URL("refunds/payments/" + r.Payment), Text: r.Nature, Lang: v.Foreign(r.Language)}
		if r.Person != "" {
			title.After = v.T("home.refund.for", locale.A("person", given(r.Person)))
		}
		rows[i] = page.LedgerRow{
			Date: locale.DateRecent(v.Lang, r.Treated, v.Now), When: r.Treated.Format(time.DateOnly),
			Title: title, Detail: detail, End: page.Amount(v, r.Cents),
		}
	}
	return rows
}

// given is the first of somebody's names: those at home are called so.
func given(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return first
}

// comingPaths are where one reads more of it.
var comingPaths = map[string]string{Appointment: "indemnities", FileEnds: "rights/dmg", Agreement: "rights/agreements"}

func comingLink(v page.View, c Coming) page.Link {
	key := "home.coming." + c.What
	if c.Ended {
		key += ".ended"
	}
	l := page.Link{URL: v.URL(comingPaths[c.What]), Text: v.T(key)}
	if c.Person != "" {
		l.Text = v.T("home.coming.of", locale.A("what", l.Text), locale.A("person", given(c.Person)))
	}
	return l
}

// comingDetail is when, and where or of whom.
func comingDetail(v page.View, c Coming) string {
	if c.What == Appointment {
		return locale.DateTime(v.Lang, c.Day) + ", " + c.Place
	}
	when := "home.coming.until"
	if c.Ended {
		when = "home.coming.since"
	}
	return v.T(when, locale.A("day", locale.Date(v.Lang, c.Day))) + ", " + c.Place
}

// mafNews is how much is left before the ceiling.
func mafNews(v page.View, m Maf) string {
	if m.Counted >= m.Ceiling {
		return v.T("home.maf.reached")
	}
	return v.T("home.maf.left", locale.A("left", v.Money(m.Ceiling-m.Counted)))
}

func mafWidth(m Maf) string {
	return strconv.FormatInt(min(100, m.Counted*100/m.Ceiling), 10) + "%"
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

// toDo is the one thing to do: to answer the office, or to sign what waits longest.
func toDo(v page.View, o Overview) (page.ToDo, bool) {
	switch {
	case o.Asked != nil:
		return page.ToDo{
			Eyebrow: v.T("home.todo"), Icon: "envelope", Title: v.T("home.todo.asked"), Text: kind(v, *o.Asked) + ", " + o.Asked.Reference,
			Action: page.Link{URL: v.URL("requests/" + o.Asked.ID), Text: v.T("home.todo.asked.read"), Icon: "arrow-right"},
		}, true
	case o.ToSign != nil:
		return toSign(v, o), true
	}
	return page.ToDo{}, false
}

// toSign is the request that waits longest for a signature.
func toSign(v page.View, o Overview) page.ToDo {
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
		rows[i] = page.LedgerRow{Date: locale.DateRecent(v.Lang, d.Date, v.Now), When: d.Date.In(locale.Zone()).Format(time.DateOnly)}
		if d.State == received {
			rows[i].Title, rows[i].Detail = page.Link{URL: v.URL("documents/" + d.ID), Text: d.Title, Lang: v.Written(d.Language)}, v.TN("home.documents.pages", d.Pages)
			if d.New {
				rows[i].End = page.Badge(page.Unread, v.T("home.documents.unread"))
			}
			continue
		}
		rows[i].Title = page.Link{URL: v.URL("documents/" + d.ID), Text: kind(v, d), Hidden: d.Reference}
		rows[i].Detail, rows[i].End = d.Reference, page.Badge(badge(d.State), documentStatus(v, d))
	}
	return rows
}

// changes are what is new of her requests, but for the one that is the page's thing to do.
func changes(o Overview) []Change {
	return slices.DeleteFunc(slices.Clone(o.Changes), func(c Change) bool { return o.Asked != nil && c.ID == o.Asked.ID })
}

// changeRows say what happened, when, and lead to it.
func changeRows(v page.View, list []Change) []page.LedgerRow {
	rows := make([]page.LedgerRow, len(list))
	for i, c := range list {
		rows[i] = page.LedgerRow{
			Date: locale.DateRecent(v.Lang, c.At, v.Now), When: c.At.In(locale.Zone()).Format(time.DateOnly),
			Title:  page.Link{URL: v.URL("requests/" + c.ID), Text: v.T("requests.kind." + c.About), Hidden: c.Reference},
			Detail: v.T("home.changed.at", locale.A("state", changed(v, c)), locale.A("at", locale.DateTime(v.Lang, c.At))),
			End:    page.Badge(page.Unread, v.T("home.new.mark")),
		}
		if c.Message {
			rows[i].Title.URL, rows[i].Title.Text = v.URL("messages/"+c.ID), v.MessageTitle(c.About)
		}
	}
	return rows
}

// changed is what happened, in the words of the list of requests.
func changed(v page.View, c Change) string {
	switch {
	case c.Message:
		return v.T("messages.state." + c.State)
	case c.State == "posted":
		return v.T("requests.track.shipment.posted")
	case c.State == "returned":
		return v.T("home.changed.returned")
	}
	return v.T("requests.state." + c.State)
}

// received is the state of a document that the mutuality sent.
const received = "received"

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
	rows := []page.LedgerRow{{Title: page.Link{URL: v.URL("bank"), Text: v.T("home.do.bank")}, Detail: v.T("home.do.bank.hint")}}
	if v.Leads("orders/ehic") {
		rows = append(rows, page.LedgerRow{Title: page.Link{URL: v.URL("orders/ehic"), Text: v.T("home.do.ehic")}, Detail: v.T("home.do.ehic.hint")})
	}
	return rows
}
