// Package home is the first page after signing in: what is new, the one thing to do.
package home

import (
	"context"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/signing/document"
)

// Overview is what the page shows, read in one go.
type Overview struct {
	Since     time.Time // she was here before; zero: her first visit, or long ago
	ToSign    *Item     // oldest request that waits for a signature
	Asked     *Item     // oldest request that waits for an answer of hers to the office
	Requests  []Item
	Documents []Item   // signed and received, newest first
	Unread    int      // documents of the mutuality that she has not opened
	Changes   []Change // of requests and messages, that she has not read of; newest first
	Last4     string   // of the benefits account, if ToSign is about it; empty if none

	Paid    *Paid    // newest money for her; nil: none
	Refunds []Refund // newest first, of her and of who is on her booklet
	AsOf    time.Time
	Coming  []Coming // soonest first
	Maf     *Maf     // of this year; nil: none
}

// Item is a line of the overview.
type Item struct {
	ID        string
	Kind      document.Kind
	Reference string
	State     string // of a request, or status of a document; of one received: "received"
	Method    string // how she consented to a document: "signature", "approval" or "receipt"
	Title     string // of a document received, in the insurance system's words
	Language  string // of Title
	Date      time.Time
	Pages     int
	New       bool // came since she was here, or not opened yet
}

// Change is what the mutuality did with something that she asked or wrote.
type Change struct {
	ID        string // of the request or message
	Message   bool
	About     string // kind of the request, or subject of the message
	Reference string
	State     string // of a message; of a request what happened: a News of package requests
	At        time.Time
}

// Paid is money that was sent to her account.
type Paid struct {
	Reference string
	Kind      core.PaymentKind // core.Refund, core.Allowance or core.Ceiling
	Cents     int64
	Treated   time.Time // date
	Paid      time.Time // date; zero: not carried out yet
	Last4     string
}

// Refund is what was refunded of one person's care in a payment.
type Refund struct {
	Payment  string // reference
	Nature   string // of the first act, in Language
	Language string
	Provider string // of the first act
	Acts     int
	Person   string // given names and surname; empty: the member herself
	Cents    int64
	Treated  time.Time // date
	New      bool
}

// What is coming.
const (
	Appointment = "appointment"  // with the medical adviser; Place says where
	FileEnds    = "medical-file" // global medical file
	Agreement   = "agreement"    // of the medical adviser
)

// Coming is a date to keep in mind.
type Coming struct {
	What   string
	Day    time.Time // date; of an appointment the moment
	Person string    // as in Refund
	Place  string    // of an appointment; who the doctor is; what the agreement is for
	Ended  bool      // the day has passed
}

// Maf is the household's own shares this year against the ceiling, in cents.
type Maf struct{ Ceiling, Counted int64 }

// Store reads the overview.
type Store interface {
	// Overview is what the first page says. Without care, nothing of others than the
	// member is read, nor noted as looked at.
	Overview(ctx context.Context, login auth.Login, care bool) (Overview, error)
}
