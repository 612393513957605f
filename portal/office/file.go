package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/audit"
)

var (
	// ErrNoOpening means that this officer has no opening under that id, not in this
	// session, or not any more.
	ErrNoOpening = errors.New("no opening of the file")
	// ErrSearches means that the officer searched for as many people as one may in an hour.
	ErrSearches = errors.New("too many searches in an hour")
	// ErrOwn means that it is the officer's own file or request.
	ErrOwn = errors.New("nobody works on her own file")
	// ErrFirst means that the officer agreed already: another one confirms.
	ErrFirst = errors.New("another officer confirms")
	// ErrAccountChanged means that the account is another one than when the change was signed.
	ErrAccountChanged = errors.New("account changed since the request was signed")
	// ErrReason means that the reason is missing or none of the list.
	ErrReason = errors.New("no reason for opening the file")
	// ErrState means that the account, or the item, is not in a state for this.
	ErrState = errors.New("not in a state for this")
)

// OpeningLife is how long a file stays open for the officer who gave a reason.
const OpeningLife = 30 * time.Minute

// OpeningReasons are the reasons for opening a file: keys of the catalogue,
// office.why.<key>.
func OpeningReasons() []string {
	return []string{"visit", "call", "letter", "task", "complaint", "fraud"}
}

// Why is the reason for opening a file.
type Why struct {
	Key   string // of OpeningReasons
	Words string // what it is about, 1 to MaxWords characters; sealed at rest
	Task  string // item for which it is; "" if none
	Card  bool   // the person's own card named her, at the officer's reader
}

// Mark is the reason as the trail keeps it: its key, and audit.ByCard where a card named the
// person.
func (w Why) Mark() string {
	if w.Card {
		return w.Key + audit.ByCard
	}
	return w.Key
}

// SetMark takes key and card from what Mark wrote.
func (w *Why) SetMark(mark string) { w.Key, w.Card = strings.CutSuffix(mark, audit.ByCard) }

// Check tells whether the reason will do. ErrReason.
func (w Why) Check() error {
	if !slices.Contains(OpeningReasons(), w.Key) || !said(w.Words, MaxWords) {
		return ErrReason
	}
	return nil
}

// said accepts text that says something, of up to max characters.
func said(s string, max int) bool {
	return strings.TrimSpace(s) != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= max
}

// Search says whom an officer looks for: one of the three ways.
type Search struct {
	Number  nrn.Number // national number, or
	User    string     // number on the member card or user number, as typed, or
	Surname string     // name as typed, with
	Birth   time.Time  // date of birth
	Card    bool       // the number is from the person's card, which proved to be hers
}

// Way is how the search goes, for the audit trail.
func (s Search) Way() string {
	switch {
	case s.Card:
		return "card"
	case !s.Number.IsZero():
		return "national-number"
	case s.User != "":
		return "user-number"
	}
	return "name-and-birth"
}

// Person is somebody found, told apart by name and birth.
type Person struct {
	Member       auth.MemberID
	Name         string
	Birth        time.Time // zero if not known
	Municipality string
}

// Opening is an open file: of one officer, in one session.
type Opening struct {
	ID     string
	Member auth.MemberID
	Why    Why
	Opened time.Time
	Ends   time.Time
}

// FileRows is the most rows of each list of a file.
const FileRows = 10

// File is what an officer sees of a person.
type File struct {
	Opening   Opening
	Name      string
	Birth     time.Time
	Number    nrn.Number // shown masked
	Member    string     // number on the member card
	Until     time.Time  // last day as a member; zero: goes on
	Street    string
	Postcode  string
	City      string
	Country   string // ISO 3166-1 alpha-2
	Email     string // shown masked
	Phone     string // shown masked
	Language  string
	Account   Account
	Paid      Paid
	Letters   []Letter  // newest first
	Requests  []Asked   // newest first
	SignIns   []SignIn  // newest first
	Checks    []Checked // newest first
	Looks     []Look    // newest first: who opened this file
	UpdatedAt time.Time // by the insurance system
}

// Paid is the last payment to the person or from her, all that an officer sees of her
// payments: what she can be asked about. It tells not what it is for. Zero: none recorded.
type Paid struct {
	At    time.Time // date
	Cents int64     // negative: from her
	Last4 string    // of the account; empty: not by transfer
}

// Account is the state of a member's own access.
type Account struct {
	State    string // "", pending, active, disabled
	Password bool   // has one
	Email    bool   // address is certified
	Sessions int    // live
	Reason   string // why disabled
}

// The states of an account that an officer leads to.
const (
	AccountActive   = "active"
	AccountDisabled = "disabled"
)

// AccountReasons are the reasons for disabling an account and for opening it again: keys
// of the catalogue, office.account.why.<key>.
func AccountReasons(to string) []string {
	if to == AccountDisabled {
		return []string{"abuse", "death", "left", "asked", "security"}
	}
	return []string{"asked-back", "identity", "mistake", "cleared"}
}

// AccountChange disables an account or opens it again.
type AccountChange struct {
	To     string
	Reason string // of AccountReasons
	Words  string // 1 to MaxWords characters; sealed at rest
}

// Check tells whether the change can be made. ErrReason.
func (a AccountChange) Check() error {
	if a.To != AccountActive && a.To != AccountDisabled {
		return ErrState
	}
	if !slices.Contains(AccountReasons(a.To), a.Reason) || !said(a.Words, MaxWords) {
		return ErrReason
	}
	return nil
}

// Letter is a letter to the person.
type Letter struct {
	Kind, State, Reference string
	At                     time.Time // when it came into that state
}

// Asked is a request of the person.
type Asked struct {
	Kind, Reference, State string
	Item                   string // of the queue, where it is or was; empty: in none
	At                     time.Time
}

// SignIn is a time when she signed in.
type SignIn struct {
	At     time.Time
	Method auth.Method
	Denied bool // she said that it was not she
}

// Look is one time that the file was opened.
type Look struct {
	At   time.Time
	Name string // of the officer
	Why  Why    // without words and item
}

// Proofs are what shows who somebody is: keys of the catalogue, office.proof.<key>.
func Proofs() []string {
	return []string{"eid", "passport", "residence", "photo", "chip", "answers", "known"}
}

// Enough says whether the proofs show who the person is: a paper of identity and that
// the person is the one on it. That she is known, or knows things, is never enough alone.
func Enough(proofs []string) bool {
	paper := slices.Contains(proofs, "eid") || slices.Contains(proofs, "passport") || slices.Contains(proofs, "residence")
	return paper && (slices.Contains(proofs, "photo") || slices.Contains(proofs, "chip"))
}

// Check is an identity check at the counter.
type Check struct {
	Place  string   // contact point
	Proofs []string // of Proofs, in their order
	Words  string   // remarks, up to MaxWords characters; may be empty
}

// ErrProofs means that the proofs do not show who the person is.
var ErrProofs = errors.New("proofs do not show the identity")

// Check tells whether the check will do. ErrProofs.
func (k Check) Check() error {
	for _, p := range k.Proofs {
		if !slices.Contains(Proofs(), p) {
			return fmt.Errorf("%w: %.20q", ErrProofs, p)
		}
	}
	if !Enough(k.Proofs) || !short(k.Place) || strings.TrimSpace(k.Place) == "" || utf8.RuneCountInString(k.Words) > MaxWords {
		return ErrProofs
	}
	return nil
}

// Checked is an identity check that was made.
type Checked struct {
	ID     string
	At     time.Time
	Staff  auth.StaffID
	Name   string // of the officer
	Place  string
	Proofs []string
	Words  string
}

// CheckLife is how long an identity check opens a way in: she is still at the counter.
const CheckLife = 30 * time.Minute

// Enrolments gives a person a way in, or another address, once her identity was checked
// at the counter. All are refused with ErrState where the account does not allow it.
type Enrolments interface {
	// Code makes a one-use code for the counter and puts it into a sealed letter that the
	// mailroom, or the contact point's own printer, prints. The officer never sees it. A
	// code that the person had from a counter before is dead then. It returns the
	// reference of the letter.
	Code(ctx context.Context, o auth.Officer, member auth.MemberID, check string) (reference string, err error)
	// Email sends a link to an address that the person wants, on the strength of the
	// check; the address counts once she has opened it. Where she was told things until
	// now is told at once: by mail, or by letter where there was no address. In the place of a
	// certified address the link waits for a second officer: waits says so.
	Email(ctx context.Context, o auth.Officer, opening, check, address string) (waits bool, err error)
	// AgreeEmail ends an item of EmailSecond that the officer holds by sending its link.
	// ErrFirst for who asked, ErrState if the account is another one by now.
	AgreeEmail(ctx context.Context, o auth.Officer, item string, a Answer) error
	// Card opens the account for her card, which has just proved to be hers.
	Card(ctx context.Context, o auth.Officer, member auth.MemberID, check string) error
}
