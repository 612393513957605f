package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"guichet.example/portal/calendar"
	"guichet.example/portal/feature"
	"guichet.example/portal/vault"
)

// Config says where the store is and what it needs.
type Config struct {
	// Path of the SQLite file. It is made, readable by the owner alone, if there is
	// none; its folder must exist. Required without Database.
	Path string
	// Database is the address of a PostgreSQL database, "postgres://user@host/name", in
	// place of a file. It must be of encoding UTF8 and locale C; on another machine it
	// must show a certificate that holds (sslmode=verify-full).
	Database string
	// Keys seal what rests on disk and mark the audit trail. Required, except with ReadOnly:
	// there VerifyAudit alone uses them.
	Keys *vault.Keys
	// Objects, if set, keeps documents outside the database (objects.go).
	Objects Objects
	// Anchors is the file that gets the heads of the audit chain, every AnchorEvery and
	// at close. It belongs where whoever can write to the database cannot. Empty: none.
	Anchors string
	// AnchorEvery is the time between two anchors. Default 1 hour.
	AnchorEvery time.Duration
	// Started is written as the reason of the first audit row: version of the program,
	// hash of its configuration, offset of its clock. At most 200 bytes.
	Started string
	// RequestsPerDay is how many requests a member may make in 24 hours, so that nobody
	// fills the disk. Default 200; negative: no bound, for tests.
	RequestsPerDay int
	// SearchesPerHour is how many people an officer may look for in an hour by what she
	// types, so that nobody reads through the members. Default 60; negative: no bound.
	SearchesPerHour int
	// RequestLife is how long a request waits for its signature before it expires.
	// Default 30 days.
	RequestLife time.Duration
	// MajorityAge is from when a person on a booklet is no longer seen by its holder
	// unless she allows it, in years. Default 18.
	MajorityAge int
	// Off are the features that the mutuality does without: nobody is told of them.
	Off feature.Off
	// BankDelay is how many working days pass before a signed change of account can be in
	// force. Default bank.DefaultDelay.
	BankDelay int
	// MafYears is how many years of maximum billing are shown, with the present one. Zero: 3.
	MafYears int
	// Calendar says which days those are.
	Calendar calendar.Calendar
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Rand makes ids. Nonces of encryption do not come from here. Default crypto/rand.
	Rand io.Reader
	// Log gets what no caller is told: a failed checkpoint, anchor or sweep, and why
	// the store stopped. Default: discarded.
	Log *slog.Logger
	// ReadOnly opens an existing store for AuditRows, VerifyAudit and Stats alone: nothing is
	// migrated, and any method that writes returns ErrReadOnly.
	ReadOnly bool
	// Fault, if set, is called with the name of each point that a write passes, as
	// FaultCommit and FaultCommitted describe. It is a seam for crash tests, which end
	// the process there, and for nothing else.
	Fault func(point string)
}

// Points given to Config.Fault, each followed by a space and the audit action of the
// write: "commit request.complete". FaultCommit is before the commit that holds the
// write, FaultCommitted after it and before the caller is answered.
const (
	FaultCommit    = "commit"
	FaultCommitted = "committed"
)

var (
	// ErrNewerSchema means the file was written by a newer program.
	ErrNewerSchema = errors.New("database schema is newer than this program")
	// ErrStopped means that the disk failed while writing, or that the audit chain in the
	// database is not the one that was written, and the store writes no more until it is
	// opened again.
	ErrStopped = errors.New("store stopped writing: what is stored is not known to be what was written")
	// ErrFull means there is no room on the disk. Nothing of the act was written.
	ErrFull = errors.New("disk is full")
	// ErrNoStore means that there is a database, and nothing of a counter in it.
	ErrNoStore = errors.New("there is nothing of a counter in this database yet: the first start of guichet serve makes it")
	// ErrClosed means the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrUnavailable means that the database server does not answer. Unless ErrInDoubt
	// is with it, nothing of the act was written. Tried again later, it may go through.
	ErrUnavailable error = unavailable{}
	// ErrInDoubt means that the connection was lost between the order to commit and its
	// answer, and did not come back in time to tell whether the act was written. Doing
	// it again is safe where the act is: the store refuses, or gives the first answer,
	// if it was written.
	ErrInDoubt = errors.New("connection was lost while committing, whether it was written is not known")
	// ErrNoObjects means that documents of this store are in an object store, and none was
	// given.
	ErrNoObjects = errors.New("documents of this store are in an object store, and none is set up")
	// ErrReadOnly means the store was opened for reading.
	ErrReadOnly = errors.New("store is open for reading only")
	// ErrNumberTaken means another member of the mutuality has this national number.
	ErrNumberTaken = errors.New("national number belongs to another member")
	// ErrDamaged means a row or a document is not what was written. The wrapping error
	// names it.
	ErrDamaged = errors.New("stored data is damaged")
)

// errNoTurn is ErrUnavailable for who waited too long in line.
var errNoTurn = fmt.Errorf("%w: no turn to write", ErrUnavailable)

// unavailable is an error that pages can tell from a fault of ours.
type unavailable struct{}

func (unavailable) Error() string { return "database does not answer" }

// Unavailable says that trying later may help.
func (unavailable) Unavailable() bool { return true }

// away is ErrUnavailable in the words of who does not answer: the object store, or the
// driver that finds no server.
type away struct{ error }

func (away) Is(target error) bool { return target == ErrUnavailable }
func (a away) Unwrap() error      { return a.error }

// Unavailable says that trying later may help.
func (away) Unavailable() bool { return true }

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Path == "" && c.Database == "":
		return c, errors.New("store needs a path or a database")
	case c.Keys == nil && !c.ReadOnly:
		return c, errors.New("store needs keys")
	}
	if c.AnchorEvery <= 0 {
		c.AnchorEvery = time.Hour
	}
	if c.RequestsPerDay == 0 {
		c.RequestsPerDay = 200
	}
	if c.SearchesPerHour == 0 {
		c.SearchesPerHour = 60
	}
	if c.RequestLife <= 0 {
		c.RequestLife = 30 * 24 * time.Hour
	}
	if c.MajorityAge <= 0 {
		c.MajorityAge = 18
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}
