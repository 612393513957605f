// Package mail tells people by e-mail that something happened, in their language, and
// nothing more: never health data, a name of care, an amount or a national number, and
// never a link that signs in by itself. A link opens a page that asks first.
//
//	act of a member or of staff ── same transaction ──▶ job "mail" (sealed)
//	                                                       │ a worker, again and again
//	            Message ── Composer ──▶ Mail ── Sender ──▶ SMTP server
//
// A [Message] is a template's name and its few values; words are added only when it
// leaves, from the catalogue mail.json. A mail has the same Message-ID at each try
// (RFC 5322, 3.6.4), so that a server which took it before its answer was lost can
// tell the second copy from a second mail.
package mail

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/locale"
)

// JobKind is the kind of the jobs that carry mails.
const JobKind = "mail"

// Template names what a mail says: the keys mail.<template>.* of the catalogue.
type Template string

// The mails there are, with the values each takes.
const (
	ConfirmEmail    Template = "confirm-email"     // link, until: open it to show that the address is yours
	ActivationLink  Template = "activation-link"   // link, until: finish enrolling
	ResetLink       Template = "reset-link"        // link, until: choose another password
	PasswordChanged Template = "password-changed"  // at
	QuestionUsed    Template = "question-used"     // at: the secret question led to a new password
	NewSignInMethod Template = "new-method"        // at
	EmailAsked      Template = "email-asked"       // at: at the office another address was asked for; goes to the one that is
	EmailChangedOld Template = "email-changed-old" // at, link, until: undo it; goes to the address that was
	EmailChangedNew Template = "email-changed-new" // at; goes to the address that is
	ContactChanged  Template = "contact-changed"   // at; a telephone number or the address of work, to every address that we have
	AccountDisabled Template = "account-disabled"  // at
	AccountRestored Template = "account-restored"  // at
	StaysClosed     Template = "stays-closed"      // at, reference: the request to reopen was refused
	CodeAnswered    Template = "code-answered"     // at, reference: staff answered who lost her access code
	LetterOnItsWay  Template = "letter"            // by: the day by which it should have come
	NotMeReceived   Template = "not-me"            // at, reference
	Enrolled        Template = "enrolled"          // at
	ContactReceived Template = "contact-received"  // reference, by: the day by which we answer
	BankAsked       Template = "bank-asked"        // at, reference, by, link: a change of account was signed; in force from by, the link stops it
	BankStopped     Template = "bank-stopped"      // at, reference: it was stopped, or could not come to be in force
	BankLate        Template = "bank-late"         // at, reference: somebody wanted to stop it, and it is in force
	BankChanged     Template = "bank-changed"      // at, reference: it is in force
	MessageInSpace  Template = "message"           // nothing
	RequestChanged  Template = "request-changed"   // reference: of what a member asked
	NewDocument     Template = "new-document"      // nothing
	NewRefunds      Template = "new-refunds"       // nothing
)

// Message is a mail that is to leave. Its words come from the catalogue; Values hold
// what the template asks for, see [Value].
type Message struct {
	Mutuality string            `json:"mutuality"`
	Member    auth.MemberID     `json:"member,omitempty"` // empty: not of a member's file
	To        string            `json:"to"`               // the bare address: "an.peeters@example.be"
	Template  Template          `json:"template"`
	Lang      string            `json:"lang"` // fr, nl, de, en
	Values    map[string]string `json:"values,omitempty"`
	// Key makes the mail of an act unique: a second message with the same key is the
	// same mail and is not sent again. Empty: each message is a mail of its own.
	Key string `json:"-"`
	// Until is when the mail no longer makes sense, its link being dead. Zero: never.
	Until time.Time `json:"until,omitzero"`
}

// Value is a kind of value; its name in Message.Values is its text.
type Value string

// The values. Times are RFC 3339, days 2006-01-02.
const (
	Link      Value = "link"      // address of a page of the counter: whole, or its path from "/"
	Until     Value = "until"     // time until which the link works
	At        Value = "at"        // time of what happened
	By        Value = "by"        // day by which something will have happened
	Reference Value = "reference" // number under which we know of it
)

// ErrMessage means that a message is not what its template asks for. The wrapping
// error says what, and no value.
var ErrMessage = errors.New("mail cannot be written")

// maxValue bounds a value, in bytes.
const maxValue = 1024

// Check tells whether the message can be written: address, language, template and the
// exact values. ErrMessage.
func (m Message) Check() error {
	if m.Mutuality == "" {
		return fmt.Errorf("%w: no mutuality", ErrMessage)
	}
	if _, ok := locale.Parse(m.Lang); !ok {
		return fmt.Errorf("%w: unknown language", ErrMessage)
	}
	if _, err := ParseAddress(m.To); err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	takes, ok := templates[m.Template]
	if !ok {
		return fmt.Errorf("%w: no template %.40q", ErrMessage, string(m.Template))
	}
	if len(m.Values) != len(takes) {
		return fmt.Errorf("%w: %s takes %d values, not %d", ErrMessage, m.Template, len(takes), len(m.Values))
	}
	for _, v := range takes {
		if err := v.check(m.Values[string(v)]); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrMessage, m.Template, err)
		}
	}
	return nil
}

func (v Value) check(text string) error {
	if text == "" || len(text) > maxValue {
		return fmt.Errorf("%s is missing or too long", v)
	}
	var err error
	switch v {
	case Until, At:
		_, err = time.Parse(time.RFC3339, text)
	case By:
		_, err = time.Parse(time.DateOnly, text)
	case Link:
		if !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") && !path(text) || strings.ContainsFunc(text, unprintable) {
			err = errors.New("no address")
		}
	case Reference:
		if len(text) > 40 || strings.ContainsFunc(text, func(r rune) bool { return unprintable(r) }) {
			err = errors.New("no reference")
		}
	}
	if err != nil { // err may quote the value
		return fmt.Errorf("%s is not what it should be", v)
	}
	return nil
}

// path tells an address that leaves the origin to the house that writes.
func path(link string) bool { return strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") }

// unprintable are the characters that end or hide something in a header or a line.
func unprintable(r rune) bool { return r <= ' ' || r >= 0x7f }

// Marshal writes the payload of the job. ErrMessage.
func (m Message) Marshal() ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	return json.Marshal(m)
}

// Unmarshal reads what Marshal wrote. ErrMessage.
func Unmarshal(payload []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(payload, &m); err != nil {
		return Message{}, fmt.Errorf("%w: payload cannot be read", ErrMessage)
	}
	return m, m.Check()
}
