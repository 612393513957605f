package office

import (
	"context"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/auth/webeid"
	"guichet.example/portal/audit"
	"guichet.example/portal/jobs"
	"guichet.example/portal/rescue"
)

// Refusal is a sign-in that was turned away, for the audit trail.
type Refusal struct {
	Mutuality string
	Staff     auth.StaffID // empty when not known
	Cause     string       // a state; no personal data
	Source    string       // network it came from; kept as an index only
}

// Filter narrows the queue. The zero value is all that waits.
type Filter struct {
	Kind      Kind
	Language  string
	Who       string // "", "free": nobody's, "mine", "member": those that wait for her
	Due       string // "", "overdue", "soon": within two days
	Age       int    // days at least that it waits
	Reference string // exactly this one, also if it is closed; the others then count no more
	After     string // cursor of the page before, as Cursor writes it
}

// Answer ends an item.
type Answer struct {
	What  string // EventAnswered, EventClosed, EventAccepted, EventAsked, EventRejected
	Words string // to the member where it is an answer; why, where it is not
	// Reason why a request is refused: one of RejectReasons, or empty.
	Reason string
	// Told is what the member reads of a request that is refused: the reason in her language,
	// then the words. Empty: the words.
	Told string
}

// Acts is a page of what staff did.
type Acts struct {
	Rows  []audit.Entry // newest first
	Names map[auth.StaffID]string
	Next  string // cursor; "" for the last page
}

// Store keeps the office. Each change and each look has its audit row in the same
// transaction; an officer's mutuality is that of all she touches.
type Store interface {
	webeid.ChallengeStore

	// StaffByNumber finds who may sign in: ErrUnknownStaff.
	StaffByNumber(ctx context.Context, mutuality string, n nrn.Number) (Colleague, error)
	// StartOfficeSession stores a session under the hash of its token and ends the one
	// stored under old, if any. ErrUnknownStaff if she was disabled meanwhile.
	StartOfficeSession(ctx context.Context, hash, old [32]byte, s Session) error
	// OfficeSession returns the session if it is alive at now, with the name and roles of
	// now. ErrNoSession otherwise.
	OfficeSession(ctx context.Context, hash [32]byte, now time.Time) (Session, error)
	// EndOfficeSession ends it; ending twice is no error.
	EndOfficeSession(ctx context.Context, hash [32]byte, why string) error
	RecordOfficeRefusal(ctx context.Context, r Refusal) error

	// Queue lists what waits, what is due first first.
	Queue(ctx context.Context, o auth.Officer, f Filter, limit int) ([]Item, error)
	// Item returns an item; what was said and the request only to who holds it.
	Item(ctx context.Context, o auth.Officer, id string) (Item, error)
	// TakeItem gives the item to the officer if who has it is still over, the zero Hold for
	// nobody: HeldError, ErrOwn, ErrState if it is closed. Taking over says why.
	TakeItem(ctx context.Context, o auth.Officer, id string, over Hold, words string) error
	// AssignItem gives an item that the officer holds to a colleague, with a word why:
	// HeldError, ErrState, ErrOwn if it is the colleague's own, ErrNotFound if she does not
	// work at the queue.
	AssignItem(ctx context.Context, o auth.Officer, id string, to auth.StaffID, words string) error
	// StopForMember stops a change of account that both officers agreed to and that is not in
	// force, for a member who called: ErrReason without words, ErrOwn, ErrState.
	StopForMember(ctx context.Context, o auth.Officer, id, words string) error
	// ReleaseItem, CloseItem and ItemPDF want the officer to hold it: HeldError, or ErrState.
	ReleaseItem(ctx context.Context, o auth.Officer, id string) error
	// CloseItem also refuses ErrFirst, where another officer must confirm, and
	// ErrAccountChanged. EventAsked frees the item until the member has answered.
	CloseItem(ctx context.Context, o auth.Officer, id string, a Answer) error
	// ItemPDF returns the signed PDF of a request.
	ItemPDF(ctx context.Context, o auth.Officer, id string) (pdf []byte, err error)
	// ItemAttachment returns file n, from 1, of a message that the officer holds: ErrNotFound.
	ItemAttachment(ctx context.Context, o auth.Officer, id string, n int) (Enclosed, []byte, error)

	// SearchPerson returns at most 10 people. ErrSearches: an officer looks for so many in an
	// hour and no more, but for those whose card is there.
	SearchPerson(ctx context.Context, o auth.Officer, s Search) ([]Person, error)
	// OpenFile opens a member's file for the officer's session. ErrReason, ErrOwn.
	OpenFile(ctx context.Context, o auth.Officer, member auth.MemberID, w Why) (id string, err error)
	// File returns what is in an open file: ErrNoOpening.
	File(ctx context.Context, o auth.Officer, opening string) (File, error)
	// RecordCheck stores an identity check of the person whose file is open.
	RecordCheck(ctx context.Context, o auth.Officer, opening string, k Check) (id string, err error)
	// SetAccount disables an account or opens it again; open sessions end at once and
	// the member is told by mail, where she has an address.
	SetAccount(ctx context.Context, o auth.Officer, opening string, a AccountChange) error

	Staff(ctx context.Context, by By) ([]Colleague, error)
	// AddStaff adds somebody. ErrStaffExists, ErrColleague.
	AddStaff(ctx context.Context, by By, c NewColleague) (auth.StaffID, error)
	// ChangeStaff writes name, language, place and roles, if the revision is still that
	// of c: ErrChanged, ErrOwnRoles, ErrLastAdministrator.
	ChangeStaff(ctx context.Context, by By, c Colleague) error
	// DisableStaff shuts somebody out, with her sessions, or lets her in again.
	DisableStaff(ctx context.Context, by By, id auth.StaffID, disabled bool) error

	// Templates lists the newest version of each template, or all versions of one, newest
	// first: ErrNotFound.
	Templates(ctx context.Context, o auth.Officer, id string) ([]Template, error)
	// OfferedTemplates lists those in use for items of the kind.
	OfferedTemplates(ctx context.Context, o auth.Officer, k Kind) ([]Template, error)
	// PutTemplate keeps a new version, as a draft, of what was Version when it was shown; 0 for
	// a new template, which is made once where its form was sent twice. ErrChanged, ErrTemplate.
	PutTemplate(ctx context.Context, o auth.Officer, t Template) (id string, err error)
	// SetTemplate puts the newest version in use, or retires it. ErrChanged.
	SetTemplate(ctx context.Context, o auth.Officer, id string, version int, state string) error

	DeadJobs(ctx context.Context, o auth.Officer, before string, limit int) ([]jobs.Dead, error)
	ReviveJob(ctx context.Context, o auth.Officer, id string) error
	// Rescues lists the signed documents that wait for what makes them last, or were given
	// up, oldest job first, after the one named ("" for the first).
	Rescues(ctx context.Context, o auth.Officer, after string, limit int) ([]rescue.Item, error)
	// RetryRescue tries one again now. jobs.ErrNotFound if it does not wait.
	RetryRescue(ctx context.Context, o auth.Officer, id string) error
	// ActsOfStaff lists the audit rows of staff from (included) to to (not included).
	ActsOfStaff(ctx context.Context, o auth.Officer, from, to time.Time, before string, limit int) (Acts, error)
}
