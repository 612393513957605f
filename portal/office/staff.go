package office

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/locale"
)

var (
	// ErrUnknownStaff means that the card is good and its holder does not work here, or
	// not any more.
	ErrUnknownStaff = errors.New("not a member of the staff")
	// ErrNoSession means the session does not exist, ended or was idle too long.
	ErrNoSession = errors.New("no such session of an officer")
	// ErrNotFound means there is no such item, colleague or document for this officer.
	ErrNotFound = errors.New("nothing of that name at the office")
	// ErrStaffExists means somebody with this national number works here already.
	ErrStaffExists = errors.New("already a member of the staff")
	// ErrOwnRoles means an officer would change what she may do herself.
	ErrOwnRoles = errors.New("nobody changes her own roles")
	// ErrLastAdministrator means that nobody would be left to give roles.
	ErrLastAdministrator = errors.New("last administrator")
	// ErrChanged means that somebody else changed it since it was shown.
	ErrChanged = errors.New("changed meanwhile by somebody else")
	// ErrColleague means that what was given makes no member of the staff.
	ErrColleague = errors.New("not data of a member of the staff")
)

// Session of an officer. Only the SHA-256 of its token is stored. The officer's name and
// roles are those of now, not those of sign-in.
type Session struct {
	Officer  auth.Officer
	Created  time.Time
	LastSeen time.Time
	Idle     time.Duration // ends after this long without a request
	Ends     time.Time     // ends then whatever happens
}

// By is who changes something at the office: an officer, or whoever runs the command.
type By struct {
	Mutuality string
	Officer   *auth.Officer // nil: the command
}

// Colleague is a member of the staff.
type Colleague struct {
	ID       auth.StaffID
	Name     string // as colleagues and letters know her, up to 80 characters
	Language string // "fr", "nl", "de" or "en"
	Place    string // contact point where she works, up to 80 characters; may be empty
	Roles    []auth.Role
	Created  time.Time
	Disabled time.Time // zero: she works here
	Revision int       // grows with every change
}

// NewColleague is somebody who begins to work here. Her number is kept as an index only.
type NewColleague struct {
	Colleague
	Number nrn.Number
}

const maxName = 80 // characters

// Check tells whether the data are those of a colleague. ErrColleague.
func (c Colleague) Check() error {
	_, speaks := locale.Parse(c.Language)
	switch {
	case strings.TrimSpace(c.Name) == "" || !short(c.Name):
		return fmt.Errorf("%w: name", ErrColleague)
	case !speaks:
		return fmt.Errorf("%w: language", ErrColleague)
	case !short(c.Place):
		return fmt.Errorf("%w: place", ErrColleague)
	}
	for _, r := range c.Roles {
		if _, err := auth.ParseRole(string(r)); err != nil {
			return fmt.Errorf("%w: %w", ErrColleague, err)
		}
	}
	return nil
}

// short accepts one line of up to maxName characters.
func short(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' })
}

// Administrates says that she may give roles.
func (c Colleague) Administrates() bool {
	return c.Disabled.IsZero() && auth.Officer{Roles: c.Roles}.Is(auth.Administrator)
}
