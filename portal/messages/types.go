// Package messages carries what a member writes to the mutuality, about anything, and what
// is answered.
//
//	contact data, how to answer ─▶ subject, words ─▶ files ─▶ check ─▶ sent
//
//	received ─▶ handling ─▶ answered | closed
//	               │  ▲
//	             asked┘ (the member answers back)
//
// A message is a task in the queue of the office: its words, and those of each answer, are
// sealed with the member's key and lie there once. The state is that of the task and moves
// with it, in the same transaction, so that the next page view shows it; a mail says that
// something happened and nothing of what.
package messages

import (
	"context"
	"errors"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
)

var (
	// ErrNotFound means that there is no such message, or file, of this member.
	ErrNotFound = errors.New("no such message")
	// ErrState means that the message takes no answer now: nothing was asked.
	ErrState = errors.New("message waits for no answer")
	// ErrTooMany means that the member wrote as many messages as she may in a day.
	ErrTooMany = errors.New("too many messages in a day")
	// ErrTooManyFiles means that no other file goes with the message.
	ErrTooManyFiles = errors.New("too many files in a message")
)

// State of a message.
type State string

// The states; see the drawing above.
const (
	Received State = "received"
	Handling State = "handling" // an officer has it
	Asked    State = "asked"    // the member is asked for something
	Answered State = "answered"
	Closed   State = "closed" // ended without an answer, for a reason
)

// Reply is how a member wants to be answered.
type Reply string

// The replies.
const (
	ByMail   Reply = "mail" // a notice by e-mail; the answer itself stays in the counter
	ByLetter Reply = "letter"
	ByPhone  Reply = "phone"
)

// Replies lists them. The slice is the caller's.
func Replies() []Reply { return []Reply{ByMail, ByLetter, ByPhone} }

// subjects are what a message may be about: keys of words of the catalogue.
var subjects = []string{"my-data", "cover", "refund", "indemnity", "rights", "order", "document", "account", "complaint", "other"}

// subjectPages are the pages without which nobody writes about a subject.
var subjectPages = map[string]string{"indemnity": "indemnities", "rights": "rights", "order": "orders"}

// subjectsOf are the subjects at the mutuality of the page.
func subjectsOf(v page.View) []string {
	return slices.DeleteFunc(slices.Clone(subjects), func(s string) bool { return !v.Leads(subjectPages[s]) })
}

// Bounds of a message.
const (
	MaxTitle = 100  // characters
	MaxText  = 1500 // characters of a message or an answer
	MaxFiles = 5    // of a message
	MaxFile  = 5_000_000
	MaxDay   = 20 // messages of a member
)

// Reach is how the member can be reached, as on file. Empty: not known.
type Reach struct {
	Name, Street, Postcode, Municipality string
	Email, Phone                         string
}

// can says whether an answer can go that way.
func (r Reach) can(by Reply) bool {
	switch by {
	case ByMail:
		return r.Email != ""
	case ByPhone:
		return r.Phone != ""
	}
	return r.Street != ""
}

// first is the first way of the list that an answer can go; ok is false if there is none.
func (r Reach) first() (by Reply, ok bool) {
	for _, by := range Replies() {
		if r.can(by) {
			return by, true
		}
	}
	return "", false
}

// Message is one, without its words.
type Message struct {
	ID        string // of its task; begins with the time it was sent
	Reference string // to be read aloud: "T-4K7P-118"
	Subject   string
	Reply     Reply
	Language  string
	State     State
	Sent      time.Time
	Changed   time.Time // when the state last did
	Deadline  time.Time // of the answer
	New       bool      // it changed since the member last looked
}

// Words are what is said in a message.
type Words struct{ Title, Text string }

// Thread is a message with all that was said.
type Thread struct {
	Message
	Words
	Entries []Entry // oldest first
	Files   []Attachment
}

// Entry is something that happened with a message.
type Entry struct {
	At   time.Time
	What State  // that it led to; Received for an answer of the member
	Mine bool   // by the member
	Text string // may be empty
}

// Attachment is a file that goes with a message, without its bytes.
type Attachment struct {
	ID     string
	Media  upload.Media
	Size   int
	SHA256 [32]byte // in clear
}

// Store keeps messages. Each look and each change has its audit row.
type Store interface {
	page.Drafts
	Reach(ctx context.Context, login auth.Login) (Reach, error)
	// Attach keeps a file for the message that is written under a draft: ErrTooManyFiles.
	Attach(ctx context.Context, login auth.Login, draft string, m upload.Media, file []byte) error
	Attached(ctx context.Context, login auth.Login, draft string) ([]Attachment, error)
	// Detach removes a file of a draft: ErrNotFound.
	Detach(ctx context.Context, login auth.Login, draft, file string) error
	// SendMessage makes the task. The same key gives the same message: ErrTooMany.
	SendMessage(ctx context.Context, login auth.Login, m Message, w Words, draft, key string) (Message, error)
	// Message returns one with its thread, and notes that the member saw it: ErrNotFound.
	Message(ctx context.Context, login auth.Login, id string) (Thread, error)
	// AnswerMessage says what was asked for: ErrNotFound, ErrState.
	AnswerMessage(ctx context.Context, login auth.Login, id, text string) error
	// MessageFile returns the bytes of a file: ErrNotFound.
	MessageFile(ctx context.Context, login auth.Login, file string) (Attachment, []byte, error)
}
