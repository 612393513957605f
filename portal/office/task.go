package office

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"guichet.example/auth"
	"guichet.example/portal/calendar"
	"guichet.example/portal/locale"
	"guichet.example/portal/upload"
)

// Kind is what an item of the queue is about.
type Kind string

// The kinds. The first three are members' signed requests, which wait by their own state;
// the others are tasks that areas make inside their transactions.
const (
	BankChange     Kind = "bank-change"
	Order          Kind = "ehic-order"
	Labels         Kind = "labels-order" // as the three that follow, an order by post
	Envelopes      Kind = "envelopes-order"
	TravelPapers   Kind = "travel-papers"
	IncapacityForm Kind = "incapacity-form"
	Paper          Kind = "paper" // a file of her own that a member signed
	// Statements no more by post, or again.
	StatementsOnline Kind = "statements-online"
	StatementsPaper  Kind = "statements-paper"

	Reactivation   Kind = "reactivation"    // a disabled account is asked back
	CannotConnect  Kind = "cannot-connect"  // "I cannot connect", to be contacted
	LostCode       Kind = "lost-code"       // the access code was lost
	EmailCheck     Kind = "email-check"     // another e-mail address than the one on file
	EmailSecond    Kind = "email-second"    // another address in the place of a certified one: a second officer agrees
	ReturnedLetter Kind = "returned-letter" // a letter came back
	KioskHelp      Kind = "kiosk-help"      // somebody at a kiosk asks for help
	KioskTrouble   Kind = "kiosk-trouble"   // a kiosk is out of order, or its key was seen twice
	StuckDocument  Kind = "stuck-document"  // a signed document waits for what makes it last
	Message        Kind = "message"         // what a member wrote, about anything
	BankStopped    Kind = "bank-stopped"    // a change of account was stopped, or could not come to be in force
	NotMe          Kind = "not-me"          // a member says that a sign-in was not hers
)

var kinds = []Kind{BankChange, Order, Labels, Envelopes, TravelPapers, IncapacityForm, Paper, StatementsOnline, StatementsPaper, Reactivation, CannotConnect, LostCode, EmailCheck, EmailSecond, ReturnedLetter, KioskHelp, KioskTrouble, NotMe, BankStopped, StuckDocument, Message}

// OfRequest says that items of the kind are signed requests.
func (k Kind) OfRequest() bool {
	return k == BankChange || k.OfOrder() || k == Paper || k == StatementsOnline || k == StatementsPaper
}

// OfOrder says that items of the kind are orders of what comes by post.
func (k Kind) OfOrder() bool {
	return k == Order || k == Labels || k == Envelopes || k == TravelPapers || k == IncapacityForm
}

// days is how many working days a task may wait.
var days = map[Kind]int{Reactivation: 2, CannotConnect: 1, LostCode: 3, EmailCheck: 2, EmailSecond: 1, ReturnedLetter: 5, KioskHelp: 0, KioskTrouble: 1, NotMe: 1, BankStopped: 1, StuckDocument: 1, Message: 2}

// AnswerTime is how long a signed request may wait; members are told so when they sign.
const AnswerTime = 7 * 24 * time.Hour

// Deadline is until when an item of the kind made (or signed) then is to be answered: for
// a task the end of a working day.
func (k Kind) Deadline(made time.Time, c calendar.Calendar) time.Time {
	if k.OfRequest() {
		return made.Add(AnswerTime)
	}
	day := c.AddWorkingDays(made.In(locale.Zone()), days[k])
	return time.Date(day.Year(), day.Month(), day.Day(), 18, 0, 0, 0, locale.Zone()).UTC()
}

// Words are the parts of what was said, in the order in which they are shown. Each has a
// text of the catalogue, office.said.<word>.
var words = []string{"name", "subject", "title", "reply", "affiliation", "birth", "phone", "email", "hours", "old-email", "new-email", "letter", "kiosk", "document", "cause", "text"}

// Bounds of what was said.
const (
	MaxSaid  = 2000 // characters of one part
	MaxWords = 1000 // characters of what an officer writes
)

// Task is an item of the queue that an area makes:
//
//	_, err := t.task(db, office.Task{Mutuality: m, Kind: office.CannotConnect, Language: "fr", Said: …})
type Task struct {
	ID        string // the store's; empty on the way in
	Reference string // to be read aloud: "T-4K7P-118"; the store's
	Mutuality string
	Kind      Kind
	Member    auth.MemberID // "" if there is none, or nobody knows yet
	Language  string        // in which to answer: "fr", "nl", "de" or "en"
	Created   time.Time     // zero: now
	Deadline  time.Time     // zero: that of the kind
	// Said is what the person, or the system, said, by the words of this package: name, subject, title, reply,
	// affiliation, birth, phone, email, hours, old-email, new-email, letter, kiosk, document, cause, text.
	// Sealed at rest.
	Said map[string]string
}

// ErrTask means that a task cannot be made of what was given.
var ErrTask = errors.New("task cannot be made")

// Check tells whether the task can be made. ErrTask.
func (t Task) Check() error {
	_, speaks := locale.Parse(t.Language)
	switch {
	case t.Mutuality == "":
		return fmt.Errorf("%w: of no mutuality", ErrTask)
	case t.Kind.OfRequest() || !slices.Contains(kinds, t.Kind):
		return fmt.Errorf("%w: of kind %.20q", ErrTask, string(t.Kind))
	case !speaks:
		return fmt.Errorf("%w: in no language", ErrTask)
	}
	for word, text := range t.Said {
		if !slices.Contains(words, word) || !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxSaid {
			return fmt.Errorf("%w: what was said as %.20q", ErrTask, word)
		}
	}
	return nil
}

// Item is a line of the queue, and with what was said and its history an item itself.
type Item struct {
	ID        string // of the task, or of the request
	Reference string
	Kind      Kind
	Member    auth.MemberID
	Language  string
	Created   time.Time
	Deadline  time.Time
	Closed    time.Time // zero: it waits
	Hold      Hold      // zero: nobody has it
	Agreed    Hold      // who agreed first to a change of account; zero: nobody
	Asked     time.Time // since when it waits for the member; zero: for the office
	Damaged   bool      // what was said does not open any more; the log has the cause
	Stoppable bool      // a change of account that both officers agreed to, not in force; false in lists

	Said    map[string]string // empty in lists
	History []Event           // oldest first; empty in lists
	Request *Request          // of a signed request; nil in lists
	// Enclosed are the files of a message, of who holds it; empty in lists.
	Enclosed []Enclosed
}

// Enclosed is a file that a member sent with a message.
type Enclosed struct {
	Media upload.Media
	Size  int // bytes
}

// Overdue says that the item waits longer than it may.
func (i Item) Overdue(now time.Time) bool { return i.Closed.IsZero() && now.After(i.Deadline) }

// Hold is who has an item.
type Hold struct {
	Staff auth.StaffID
	Name  string
	Since time.Time
}

// Event is something that happened with an item.
type Event struct {
	At     time.Time
	Staff  auth.StaffID // "" for what no officer did
	Name   string
	What   string // EventTaken …
	Reason string // key of a list, "" if none
	Words  string // to the member, where it is an answer
}

// What happens with an item.
const (
	EventTaken     = "taken"
	EventAssigned  = "assigned" // given to a colleague, whom the words name
	EventReleased  = "released"
	EventAnswered  = "answered"
	EventClosed    = "closed"
	EventAsked     = "asked"   // the member is asked for something; the item stays open
	EventReplied   = "replied" // by the member
	EventAccepted  = "accepted"
	EventRejected  = "rejected"
	EventAgreed    = "agreed"    // by the first of two officers
	EventStopped   = "stopped"   // by her, or by who was told of it
	EventWithdrawn = "withdrawn" // by the member, who took her request back
	EventOpened    = "file"      // the person's file was opened for it
	EventRestored  = "restored"  // an older copy of the data brought it back: what happened since is not known
)

// RejectReasons are why a request is refused, as keys of words. "other" wants words.
func RejectReasons() []string {
	return []string{"not-yours", "papers", "unreadable", "doubt", "rights", "twice", "other"}
}

// Answers are how an item of the kind can end.
func (k Kind) Answers() []string {
	if k.OfRequest() { // a change of account is accepted by two officers
		return []string{EventAccepted, EventAsked, EventRejected}
	}
	if k == EmailSecond {
		return []string{EventAccepted, EventClosed}
	}
	if k == Message {
		return []string{EventAnswered, EventAsked, EventClosed}
	}
	return []string{EventAnswered, EventClosed}
}

// Check tells whether the answer ends an item of the kind. Words are needed for all but
// an acceptance. ErrState, ErrReason.
func (a Answer) Check(k Kind) error {
	switch {
	case !slices.Contains(k.Answers(), a.What):
		return ErrState
	case a.Reason != "" && (a.What != EventRejected || !slices.Contains(RejectReasons(), a.Reason)):
		return ErrReason
	case a.What == EventAccepted && a.Words == "", a.What == EventRejected && a.Reason != "" && a.Reason != "other" && a.Words == "":
		return nil
	case !said(a.Words, MaxWords):
		return ErrReason
	}
	return nil
}

// ErrHeld means that another officer has the item; the error is a HeldError.
var ErrHeld = errors.New("item is held by another officer")

// HeldError tells who has the item; the zero Hold if nobody has it any more.
type HeldError struct{ Hold Hold }

func (e HeldError) Error() string { return ErrHeld.Error() }

// Unwrap is ErrHeld.
func (e HeldError) Unwrap() error { return ErrHeld }
