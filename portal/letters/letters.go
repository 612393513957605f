// Package letters carries what goes by post: first credentials, a new password, an
// enrolment code, the news that an e-mail address was changed. It knows the letters
// that wait, makes the batches that the mailroom prints, and follows each letter.
//
//	requested ── print ──▶ printed ── post ──▶ posted ── code used ──▶ used
//	    │                     │                   ├────── came back ──▶ returned
//	    └─────────────────────┴───────────────────┴────── too late ───▶ expired
//
// A letter that cannot be set, for want of an address or of a glyph, is put aside with the
// cause and keeps no other from leaving. The mailroom sees it, and gives it back to those
// that wait once the cause is mended ([Service.TryAgain]).
//
// The secret of a letter is a code for one use. Nobody of the staff sees it: it rests
// sealed in the letter's row, is opened only while the PDF of a batch is drawn, and is
// wiped in the very transaction that notes the letter as printed. A batch is printed
// once. A letter that was spoilt is made again with another secret ([Service.Reprint]);
// the spoilt one's is dead from then on.
//
// The sheet has the code on its second side, under a fold, and never on the side that
// holds address and user number. A test print ([Service.TestPrint]) holds no secret.
package letters

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
)

// Kind is what a letter is about.
type Kind string

// The kinds.
const (
	FirstCredentials Kind = "first-credentials" // user number and the code for the first password
	NewPassword      Kind = "new-password"      // the code for another password
	EnrolmentCode    Kind = "enrolment-code"    // the code that opens an account
	NewEmail         Kind = "new-email"         // the e-mail address was changed; holds no secret
	QuestionUsed     Kind = "question-used"     // the secret question led to a new password; holds no secret
	LostCode         Kind = "lost-code"         // staff have answered who lost her access code; holds no secret
	AccountClosed    Kind = "account-closed"    // staff closed her access; holds no secret
	AccountOpened    Kind = "account-opened"    // staff opened it again; holds no secret
	BankAsked        Kind = "bank-asked"        // a change of account was signed; has a matter
	Order            Kind = "order"             // goes with what was ordered; has a matter
	// Majority asks who came of age whether the holder of the booklet keeps access.
	// It holds no secret: it lies in the letter box of the very house, so that only who
	// signs in as herself answers.
	Majority Kind = "majority"
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{FirstCredentials, NewPassword, EnrolmentCode, NewEmail, QuestionUsed, LostCode, AccountClosed, AccountOpened, Majority, BankAsked, Order}
}

// HasSecret tells whether letters of the kind hold a code.
func (k Kind) HasSecret() bool {
	return k == FirstCredentials || k == NewPassword || k == EnrolmentCode
}

// HasMatter tells whether letters of the kind are about a request.
func (k Kind) HasMatter() bool { return k == BankAsked || k == Order }

// Purpose is that of the code in a letter of the kind; empty for one that holds none.
func (k Kind) Purpose() credentials.Purpose {
	switch k {
	case FirstCredentials, EnrolmentCode:
		return credentials.ActivateLetter
	case NewPassword:
		return credentials.ResetLetter
	}
	return ""
}

// State is where a letter is.
type State string

// The states. Used, Returned and Expired are final.
const (
	Requested State = "requested"
	Printed   State = "printed"
	Posted    State = "posted"
	Used      State = "used"
	Returned  State = "returned"
	Expired   State = "expired"
)

// States are all of them, in the order of a letter's life.
func States() []State { return []State{Requested, Printed, Posted, Used, Returned, Expired} }

// WorkingDays is how many working days a letter takes, from the day of the request to
// the letter box, where the mutuality sets no other; MostWorkingDays is what it may set.
const (
	WorkingDays     = 3
	MostWorkingDays = 10
)

// Letter is one letter. Secret and UserNumber are in it on the way into the store, and
// again only in what [Store.OpenBatch] gives to be drawn.
type Letter struct {
	Mutuality string
	ID        string        // the store's; empty on the way in
	Member    auth.MemberID // to whose address on file it goes
	Kind      Kind
	Lang      string    // "fr", "nl", "de" or "en": the member's
	Code      string    // id of the code that Secret is, so that its use is known; may be empty
	Deadline  time.Time // from when on Secret opens nothing; required with a secret

	Secret     string // as the member types it, 4 to 40 characters; empty for a notice
	UserNumber string // of FirstCredentials, where she has one; never on the side of Secret

	// Matter is what it is about beside its kind; on the way in, and once it is opened.
	Matter *Matter

	Reference string // printed, for telephone calls: of letters and digits
	State     State
	Batch     string // once printed
	At        Times
	Reason    string // why it came back or was made again, a key of Reasons; while it waits, why it is aside
	Replaces  string // letter that was spoilt
}

// Matter is what a letter tells of a request of the member. Letters that have one do not
// replace each other.
type Matter struct {
	Request   string    `json:"-"`
	Reference string    `json:"reference"`      // of the request
	At        time.Time `json:"at"`             // when it was signed
	By        time.Time `json:"by,omitzero"`    // midnight in Belgium of the first day on which it can be in force
	Rows      []Row     `json:"rows,omitempty"` // what was ordered
}

// Row is a line of what was ordered, as the member read it.
type Row struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Times of a letter's states; zero where it never was in one.
type Times struct{ Requested, Printed, Posted, Ended time.Time }

// String leaves out what is secret.
func (l Letter) String() string {
	return fmt.Sprintf("letter %s (%s, %s) to member %s at %s", l.ID, l.Kind, l.State, l.Member, l.Mutuality)
}

// GoString is String.
func (l Letter) GoString() string { return l.String() }

var (
	// ErrLetter means that a letter cannot be made of what was given.
	ErrLetter = errors.New("letter cannot be made")
	// ErrNotFound means there is no such letter or batch.
	ErrNotFound = errors.New("no such letter")
	// ErrState means that the letter or batch is not in a state for this: printed
	// already, not posted yet, at its end.
	ErrState = errors.New("letter is in another state")
	// ErrCount means that the number of envelopes is not that of the batch.
	ErrCount = errors.New("count of envelopes is not that of the batch")
	// ErrNothing means that no letter waits to be printed.
	ErrNothing = errors.New("no letter waits")
)

// Check tells whether the letter can be queued. ErrLetter.
func (l Letter) Check() error {
	_, speaks := locale.Parse(l.Lang)
	switch {
	case l.Mutuality == "" || l.Member == "":
		return fmt.Errorf("%w: to nobody", ErrLetter)
	case !speaks:
		return fmt.Errorf("%w: in no language", ErrLetter)
	case !slices.Contains(Kinds(), l.Kind):
		return fmt.Errorf("%w: of no kind", ErrLetter)
	case l.Kind.HasMatter() != (l.Matter != nil && l.Matter.Reference != "" && !l.Matter.At.IsZero()):
		return fmt.Errorf("%w: %s and its matter", ErrLetter, l.Kind)
	case l.Kind.HasSecret() != (l.Secret != ""):
		return fmt.Errorf("%w: %s and its secret", ErrLetter, l.Kind)
	case l.Secret != "" && (len(l.Secret) < 4 || len(l.Secret) > 40 || !plain(l.Secret)):
		return fmt.Errorf("%w: secret cannot be printed", ErrLetter)
	case l.Secret != "" && l.Deadline.IsZero():
		return fmt.Errorf("%w: secret without a deadline", ErrLetter)
	case l.Kind != FirstCredentials && l.UserNumber != "":
		return fmt.Errorf("%w: %s and a user number", ErrLetter, l.Kind)
	case len(l.UserNumber) > 40 || !plain(l.UserNumber):
		return fmt.Errorf("%w: user number cannot be printed", ErrLetter)
	}
	return nil
}

// plain accepts what can be read off paper and typed: ASCII without controls.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f })
}

// Reasons why a letter came back or is made again, as keys of the catalogue.
func Reasons() []string { return []string{"address", "refused", "gone", "torn", "jam", "lost"} }

// Causes why a letter is put aside, as keys of the catalogue.
const (
	AsideAddress = "aside-address" // what is on file is no address
	AsideGlyph   = "aside-glyph"   // in a script that our fonts lack
	AsideLong    = "aside-long"    // does not fit on its side
	AsideDamaged = "aside-damaged" // what it hides does not open any more
	AsideOther   = "aside-other"
)

// Aside says that the letter waits and is not printed.
func (l Letter) Aside() bool { return l.State == Requested && l.Reason != "" }

// Batch is what was printed at once. Counts must match: as many envelopes are posted as
// letters were printed, less those that were spoilt.
type Batch struct {
	Mutuality string
	ID        string
	Made      time.Time
	By        string    // who, as in the audit trail: id of an officer, or "system"
	Letters   int       // printed in it
	Spoilt    int       // of them, made again in another batch
	Pages     int       // of its PDF
	SHA256    [32]byte  // of its PDF
	Posted    time.Time // zero: not yet
}

// Envelopes is how many must be posted.
func (b Batch) Envelopes() int { return b.Letters - b.Spoilt }

// By is who does something with letters.
type By struct {
	Mutuality string
	Officer   *auth.Officer // nil: whoever runs the command, whom the system answers for
	// Orders: what goes with orders is printed, and nothing else; else all but that.
	Orders bool
}

// Addressed is a letter ready to be drawn: opened, with its address as it is on file.
type Addressed struct {
	Letter
	Name                           string // as on the card
	Street, Postcode, Municipality string
	Country                        string // two letters
}

// Filter of a list; empty fields filter nothing.
type Filter struct {
	State  State
	Batch  string
	Member auth.MemberID
	Aside  bool // those put aside only
}

// Waiting is how many letters wait to be printed.
type Waiting struct {
	Letters int
	Oldest  time.Time // request of the one that waits longest; zero if none does
	Aside   int       // beside them, those put aside
	// Orders are the orders that wait beside the letters, by the kind of request.
	Orders map[string]int
}

// MaxBatch is the most letters of one batch.
const MaxBatch = 500

// ParseReference reads a reference as people type it, "l 7kq2 94ma" for one, and returns
// it as it is printed: "L-7KQ2-94MA". ok is false for what cannot be one.
func ParseReference(typed string) (reference string, ok bool) {
	s := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(typed))
	if len(s) == 9 {
		s = strings.TrimPrefix(s, "L")
	}
	if len(s) != 8 || !plain(s) {
		return "", false
	}
	return "L-" + s[:4] + "-" + s[4:], true
}

// Lock is what was read when a letter was opened; printing wants it unchanged.
type Lock struct {
	Member auth.MemberID
	Letter string
	Cause  string // of Store.PutAside
}
