package people

import (
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
)

// State is how far a holder's access to a person on her booklet is decided.
type State string

// The states. Only a Kept one is seen, and an Automatic one while she is a minor.
const (
	// Automatic is the rule: seen until majority, and not after.
	Automatic State = "automatic"
	// Asked: of age, the letter is on its way, nothing answered.
	Asked State = "asked"
	// Kept: of age, and the holder may go on.
	Kept State = "kept"
	// Stopped: of age, and the holder may not: answered, or not answered in time.
	Stopped State = "stopped"
	// Blocked: the person ended the access herself, by a request.
	Blocked State = "blocked"
)

// By is who decided.
const (
	ByPerson = "person" // she herself
	ByStaff  = "staff"  // an officer, on paper she signed
	BySystem = "system" // the birthday, or silence
)

// Grounds of a decision.
const (
	Majority = "majority" // the birthday: the letter left
	Silence  = "silence"  // no answer in time
	Answer   = "answer"   // she answered the letter, signed in by card or federal token
	Request  = "request"  // a request she signed or approved
	Paper    = "paper"    // a form she signed by hand
)

var (
	// ErrMinor means that who asks is too young to decide.
	ErrMinor = errors.New("too young to decide who sees the data")
	// ErrNotOnBooklet means that she is not on the booklet of that holder.
	ErrNotOnBooklet = errors.New("not on this booklet")
)

// Settings are a mutuality's.
type Settings struct {
	// Silence is what holds once the letter at majority was not answered in time: "stop",
	// as advised, or "keep". Empty: stop.
	Silence string `json:"silence"`
	// AnswerDays is how long the letter waits for its answer, in days: 14 to 180. 0: 30.
	AnswerDays int `json:"answer_days"`
	// BlockAge is from when a person may end a holder's access, in years: 14 to the age of
	// majority. 0: that age.
	BlockAge int `json:"block_age"`
}

// Rules are the settings of a mutuality with their defaults, and its age of majority.
type Rules struct {
	MajorityAge, BlockAge int // years
	Silence               State
	Answer                time.Duration
}

// Rules fills in what is left open. An error names the setting that cannot be followed.
func (s Settings) Rules(majority int) (Rules, error) {
	r := Rules{MajorityAge: majority, BlockAge: s.BlockAge, Silence: Stopped, Answer: time.Duration(s.AnswerDays) * 24 * time.Hour}
	if s.BlockAge == 0 {
		r.BlockAge = majority
	}
	if s.AnswerDays == 0 {
		r.Answer = 30 * 24 * time.Hour
	}
	switch s.Silence {
	case "", "stop":
	case "keep":
		r.Silence = Kept
	default:
		return Rules{}, fmt.Errorf("%q: %.20q is neither stop nor keep", "mutuality.people.silence", s.Silence)
	}
	switch {
	case s.AnswerDays != 0 && (s.AnswerDays < 14 || s.AnswerDays > 180):
		return Rules{}, fmt.Errorf("%q: %d days, not 14 to 180", "mutuality.people.answer_days", s.AnswerDays)
	case r.BlockAge < 14 || r.BlockAge > majority:
		return Rules{}, fmt.Errorf("%q: %d years, not 14 to %d", "mutuality.people.block_age", r.BlockAge, majority)
	}
	return r, nil
}

// Access is a holder's access to a person on her booklet.
type Access struct {
	Holder, Person auth.MemberID
	State          State
	At             time.Time // of the decision; zero: the rule alone
	By             string
	Ground         string
	Letter         string    // the letter at majority; empty: none
	AnswerBy       time.Time // Asked: when silence decides
	Request        string    // the request that decided; empty: none
}

// Seen says whether the holder sees the person today.
func (a Access) Seen(birth, today time.Time, majority int) bool {
	return a.State == Kept || a.State == Automatic && !birth.IsZero() && !OfAge(birth, today, majority)
}

// OnBooklet is one person of a household as one of the two sees the other.
type OnBooklet struct {
	Person // the other one: of the person, the holder; of the holder, the person
	Access
	Seen bool // the holder sees the person's data today
}
