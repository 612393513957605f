package kiosk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guichet.example/auth"
	"guichet.example/reader/api"
)

var (
	// ErrUnknown means no such kiosk, key, code or browser, or a signature that is none.
	ErrUnknown = errors.New("no such kiosk")
	// ErrSuspended means that the key was seen twice or an administrator stopped it.
	ErrSuspended = errors.New("kiosk is suspended")
	// ErrRevoked means that an administrator ended the key for good.
	ErrRevoked = errors.New("kiosk is revoked")
	// ErrStale means that a message is too late to count, and nothing worse.
	ErrStale = errors.New("message of a kiosk came too late")
	// ErrNoCard means that the card was taken out before its session began.
	ErrNoCard = errors.New("no card in the kiosk")
	// ErrChanged means that somebody else changed it since it was shown.
	ErrChanged = errors.New("kiosk was changed meanwhile")
	// ErrKiosk means that what was typed makes no kiosk.
	ErrKiosk = errors.New("not data of a kiosk")
	// ErrNoMore means that the session was made longer as often as it may be.
	ErrNoMore = errors.New("session at a kiosk is not made longer any more")
)

// State of a kiosk.
type State string

// The states.
const (
	Invited   State = "invited"   // has a code, and no key yet
	Active    State = "active"    //
	Suspended State = "suspended" // refused until it is paired anew
	Revoked   State = "revoked"   // refused for good
)

// Why a kiosk was suspended.
const (
	WhyCounter = "counter" // its counter went back or was repeated
	WhyLeases  = "leases"  // its key held two leases at a time
	WhyOffice  = "office"  // an administrator did it
)

// Kiosk is a machine.
type Kiosk struct {
	Mutuality string
	ID        string
	Name      string // "Borne 1", up to 60 characters
	Branch    string // contact point where it stands, up to 60 characters
	State     State
	Why       string    // of a suspension
	CodeEnds  time.Time // of the one-use code
	KeyID     string    // api.KioskKeyID; empty before it is paired
	PublicKey []byte    // SubjectPublicKeyInfo
	Counter   uint64
	NonceAt   time.Time // when the nonce of its last message was made
	Lease     string
	Beat      time.Time // when its last message came; zero: never
	Card      bool      // one is inserted, as its agent last told
	Fault     api.KioskTrouble
	Health    api.KioskHealth // as its agent last told
	Told      bool            // somebody was called because nothing is heard of it
	Open      bool            // somebody is signed in at it; told by Hear alone
	Revision  int
	Created   time.Time
	Changed   time.Time // of the state
}

const maxName = 60 // characters

// Check tells whether name and branch may be those of a kiosk. ErrKiosk.
func (k Kiosk) Check() error {
	for _, text := range []string{k.Name, k.Branch} {
		if strings.TrimSpace(text) == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxName ||
			strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
			return fmt.Errorf("%w: name or branch", ErrKiosk)
		}
	}
	return nil
}

// Err is why the kiosk is refused: ErrUnknown, ErrSuspended, ErrRevoked, or nil.
func (k Kiosk) Err() error {
	switch k.State {
	case Active:
		return nil
	case Suspended:
		return ErrSuspended
	case Revoked:
		return ErrRevoked
	}
	return ErrUnknown
}

// ClockSlack is how far the clocks of two servers may differ.
const ClockSlack = 2 * time.Second

// Alive says that the kiosk is active and holds a lease that was heard of within silence.
// A beat of the future is none: a clock that goes back keeps no lease alive.
func (k Kiosk) Alive(now time.Time, silence time.Duration) bool {
	age := now.Sub(k.Beat)
	return k.State == Active && k.Lease != "" && age <= silence && age >= -ClockSlack
}

// Heard is a message whose signature, origin and nonce were checked.
type Heard struct {
	Message api.KioskMessage
	NonceAt time.Time // when its nonce was made
	At      time.Time
	Silence time.Duration
	Card    Card // with KioskCardIn: what its files said
}

// Judge says what a message means to the kiosk as it stands: nil to take it, ErrStale to
// pass it over, or an error of Err. suspend, if not empty, says why the key is to be
// suspended.
//
// A message with a counter that was used is a sign of a copied key only if it was made
// after the last one that was taken: one that was held up on its way has an older nonce.
// The very same message twice has the same nonce, and is a repeat.
func (k Kiosk) Judge(h Heard) (suspend string, err error) {
	if err := k.Err(); err != nil {
		return "", err
	}
	m := h.Message
	if m.Counter <= k.Counter {
		if h.NonceAt.Before(k.NonceAt) {
			return "", ErrStale
		}
		return WhyCounter, ErrSuspended
	}
	if m.Lease == k.Lease {
		return "", nil
	}
	if k.Alive(h.At, h.Silence) {
		return WhyLeases, ErrSuspended
	}
	if m.Kind != api.KioskStart {
		return "", ErrStale // another lease came between: begin again
	}
	return "", nil
}

// Ends says why a message ends the sessions of the kiosk; empty: it does not.
func Ends(m api.KioskMessage) string {
	switch {
	case m.Kind == api.KioskCardOut:
		return "card taken out of the kiosk"
	case m.Kind == api.KioskCardIn && !m.Again: // what told that the last one came out may have been lost
		return "another card put into the kiosk"
	case m.Kind == api.KioskStart, m.Kind == api.KioskStop:
		return "kiosk began anew"
	}
	return ""
}

// Times are the settings of kiosks. A zero field has the default.
type Times struct {
	Beat    time.Duration // from one sign of life to the next: 5 s
	Silence time.Duration // without one, sessions end and the lease is over: 15 s
	Nonce   time.Duration // life of a nonce: 1 minute
	Code    time.Duration // life of a pairing code: 15 minutes
	Idle    time.Duration // without a touch until the warning: 45 s
	Warning time.Duration // from the warning to the end: 20 s
	Total   time.Duration // of a session that is not made longer: 10 minutes
	More    int           // how often it is made longer: 10
	Prints  int           // pages that are printed in a session: 10
}

// Defaults fills in what is zero. Error: a heartbeat that leaves no time for one to be
// lost, or a span below zero.
func (t Times) Defaults() (Times, error) {
	for _, d := range []struct {
		span  *time.Duration
		value time.Duration
	}{
		{&t.Beat, 5 * time.Second}, {&t.Silence, 15 * time.Second}, {&t.Nonce, time.Minute}, {&t.Code, 15 * time.Minute},
		{&t.Idle, 45 * time.Second}, {&t.Warning, 20 * time.Second}, {&t.Total, 10 * time.Minute},
	} {
		if *d.span == 0 {
			*d.span = d.value
		}
		if *d.span < 0 {
			return t, errors.New("kiosk: a time span below zero")
		}
	}
	if t.More == 0 {
		t.More = 10
	}
	if t.Prints == 0 {
		t.Prints = 10
	}
	if t.Silence < 2*t.Beat {
		return t, errors.New("kiosk: sessions would end before a second heartbeat is due")
	}
	return t, nil
}

// Life is how long a session lives without a touch.
func (t Times) Life() time.Duration { return t.Idle + t.Warning }

// Call is a wish for somebody of the staff.
type Call struct {
	Kiosk    Kiosk
	Language string
	Cause    string // CallHelp, CallSilent, why it was suspended, or a trouble of its machine
}

// Causes of a call that are no trouble of package api and no reason of a suspension.
const (
	CallHelp    = "help"
	CallSilent  = "silent"          // nothing is heard of it for CallAfter
	CallPrinter = "printer_gone"    // api.PrinterGone
	CallJam     = "printer_stopped" // api.PrinterStopped
)

// CallAfter is how long a kiosk may be silent, in a lease that it did not end, until
// somebody is called.
const CallAfter = 5 * time.Minute

// Calls are the causes for which somebody is to be called, now that the machine tells how
// it is: each when it begins.
func Calls(before, now api.KioskHealth) []string {
	var causes []string
	for _, trouble := range now.Troubles {
		if !slices.Contains(before.Troubles, trouble) {
			causes = append(causes, string(trouble))
		}
	}
	cause := map[api.KioskPrinter]string{
		api.PrinterEmpty: string(api.NoPaper), api.PrinterGone: CallPrinter, api.PrinterStopped: CallJam,
	}[now.Printer]
	if cause != "" && now.Printer != before.Printer && !slices.Contains(causes, cause) {
		causes = append(causes, cause)
	}
	return causes
}

// Store keeps kiosks. Each change of state has its audit row in the same transaction;
// beats have none.
type Store interface {
	// KioskOfKey finds a kiosk by the id of its key. ErrUnknown.
	KioskOfKey(ctx context.Context, mutuality, keyID string) (Kiosk, error)
	// Hear judges a message and does what it says, in one transaction, and returns the
	// kiosk as it stands after. With ErrSuspended the kiosk is one whose state it changed if
	// Changed is the time of the message. ErrUnknown, ErrSuspended, ErrRevoked, ErrStale.
	Hear(ctx context.Context, mutuality string, h Heard) (Kiosk, error)
	// PairKiosk gives the key of the message to the kiosk whose code it holds. ErrUnknown.
	PairKiosk(ctx context.Context, mutuality string, h Heard) (Kiosk, error)
	// KioskOfBrowser finds the kiosk whose browser has this cookie, by its hash. ErrUnknown.
	KioskOfBrowser(ctx context.Context, mutuality string, browser [32]byte) (Kiosk, error)
	// ExtendKioskSession makes the session under the hash of its token end no earlier than
	// until, at most so many times. ErrNoMore; signin's error if there is none.
	ExtendKioskSession(ctx context.Context, hash [32]byte, until time.Time, most int) error
	// PrintAtKiosk counts a page that the session under the hash of its token is about to
	// print, at most so many, and says how many are left. ErrNoPrint, ErrPrinted.
	PrintAtKiosk(ctx context.Context, login auth.Login, hash [32]byte, p Print, most int) (left int, err error)
	// CallStaff makes a task of it, unless one for the same cause waits.
	CallStaff(ctx context.Context, c Call) error

	// Kiosks lists all, those that need somebody first.
	Kiosks(ctx context.Context, o auth.Officer) ([]Kiosk, error)
	// AddKiosk makes one with a code; the code is kept as an index only. One of that name and
	// place that never had a key gets the code in place of the one before: a form that was
	// sent twice makes one kiosk, whose code is the last.
	AddKiosk(ctx context.Context, o auth.Officer, k Kiosk, code string) (id string, err error)
	// ChangeKiosk writes name and branch if the revision is still that of k: ErrChanged.
	ChangeKiosk(ctx context.Context, o auth.Officer, k Kiosk) error
	// InviteKiosk gives it a new code, until ends; the key it has is refused from now on.
	InviteKiosk(ctx context.Context, o auth.Officer, id, code string, ends time.Time) error
	// StopKiosk suspends or revokes it. Its sessions end at once.
	StopKiosk(ctx context.Context, o auth.Officer, id string, to State) error
}
