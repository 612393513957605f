package bank

import (
	"time"

	"guichet.example/auth"
	"guichet.example/portal/calendar"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Bank is the area. Fields without a default are required.
type Bank struct {
	Store     Store
	Freezer   Freezer
	Mutuality document.Mutuality // letterhead of the documents
	Now       func() time.Time
	House     string // key of the mutuality in the store
	// Delay is how many working days pass before a change can be in force. Zero: DefaultDelay.
	Delay    int
	Calendar calendar.Calendar // which days those are
	// Notice is how many days an advisor takes to answer. A change cannot begin
	// sooner. Zero: 7.
	Notice int
}

// Paths of the area, below the language.
const (
	accountsPath = "bank"
	revealPath   = "bank/reveal"
	changePath   = "bank/change"
	checkPath    = "bank/change/check"
	sendPath     = "bank/change/send"
	stopPath     = "bank/stop"
	linkPath     = "bank/stop/:secret"
	stoppedPath  = "bank/stopped"
)

// Route mounts the area. What was typed is kept in a draft (page.Draft), whose id is all
// that an address holds; it is checked again at each step. Every page answers a GET:
//
//	bank ──▶ bank/change ◀──303── bank/change ──POST──▶ bank/change/check ──303──▶ bank/change/check
//	           new draft              ?draft ◀──303, if answers do not hold───────────── ?draft
//	                                                                                    │ POST
//	                             requests/{id}/read ◀──303── bank/change/send ◀─────────┘
func (b *Bank) Route(r page.Routes) {
	r.GET(accountsPath, auth.ReadFile, b.accounts)
	r.POST(revealPath, auth.ReadFile, b.reveal)
	r.GET(changePath, auth.ChangeBankAccount, b.change)
	r.POST(checkPath, auth.ChangeBankAccount, b.take)
	r.GET(checkPath, auth.ChangeBankAccount, b.check)
	r.POST(sendPath, auth.ChangeBankAccount, b.send)
	r.GET(stopPath, auth.MakeRequest, b.stop)
	r.POST(stopPath, auth.MakeRequest, b.stopNow)
	// Whoever took over a login must not keep the person who lost it from stopping the theft.
	r.GET(linkPath, auth.Public, b.link)
	r.POST(linkPath, auth.Public, b.follow)
	r.GET(stoppedPath, auth.Public, b.stopped)
}

func (b *Bank) delay() int {
	if b.Delay == 0 {
		return DefaultDelay
	}
	return b.Delay
}

func (b *Bank) notice() int {
	if b.Notice == 0 {
		return 7
	}
	return b.Notice
}

// today is the date in Belgium, as midnight UTC like every date in a document.
func (b *Bank) today() time.Time {
	return belgianDay(b.Now())
}

// monthsOffered is how many months the form lets one choose from.
const monthsOffered = 4

// months are the first days of month on which a change asked for today can begin.
func (b *Bank) months() []time.Time {
	earliest := b.today().AddDate(0, 0, b.notice())
	if day := belgianDay(NotBefore(b.Now(), b.Delay, b.Calendar)); day.After(earliest) {
		earliest = day
	}
	first := time.Date(earliest.Year(), earliest.Month(), 1, 0, 0, 0, 0, time.UTC)
	if first.Before(earliest) {
		first = first.AddDate(0, 1, 0)
	}
	list := make([]time.Time, monthsOffered)
	for i := range list {
		list[i] = first.AddDate(0, i, 0)
	}
	return list
}

// onTheWay is how long after the change a payment may still reach the old account.
const onTheWay = 3 // days
