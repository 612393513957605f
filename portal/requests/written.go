package requests

import (
	"time"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Written is a message that the member wrote (package messages), in the list of what she
// asked for.
type Written struct {
	ID, Reference, Subject, State string
	Sent, Deadline                time.Time
	New                           bool // it changed since she last looked
}

// ended says that no answer is to come.
func (w Written) ended() bool { return w.State == "answered" || w.State == "closed" }

func writtenRow(v page.View, w Written) page.LedgerRow {
	reference := locale.A("reference", w.Reference)
	detail := v.T("messages.listed", reference)
	switch {
	case w.State == "asked": // it is for her to answer, and nobody owes her anything by a date
		detail = v.T("messages.listed.asked", reference)
	case !w.ended():
		detail = v.T("messages.listed.by", reference, locale.A("date", locale.Date(v.Lang, w.Deadline)))
	}
	if w.New {
		detail = v.T("messages.listed.new") + ". " + detail
	}
	kind := map[string]page.Kind{"received": page.Checking, "handling": page.Checking, "asked": page.ToSign, "answered": page.Valid}[w.State]
	if kind == "" {
		kind = page.Neutral
	}
	return page.LedgerRow{
		Date: locale.DateRecent(v.Lang, w.Sent, v.Now), When: w.Sent.In(locale.Zone()).Format(time.DateOnly),
		Title: page.Link{URL: v.URL("messages/" + w.ID), Text: v.MessageTitle(w.Subject), Hidden: w.Reference}, Detail: detail,
		End: page.Badge(kind, v.T("messages.state."+w.State)),
	}
}
