package auth

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"guichet.example/certs"
)

// Role is what a member of the staff is there for. One officer may hold several.
type Role string

// The roles, each with the least it needs.
const (
	Advisor       Role = "advisor"       // works the queue, opens files, answers
	ContactPoint  Role = "contact-point" // receives people: checks identity, enrols
	Mailroom      Role = "mailroom"      // prints and posts letters, records what comes back
	MedicalDesk   Role = "medical-desk"  // receives people for the medical adviser: appointments only
	Administrator Role = "administrator" // staff, kiosks, system; no member's file
)

var roles = []Role{Advisor, ContactPoint, Mailroom, MedicalDesk, Administrator}

// Roles lists every role, in a fixed order. The slice is the caller's.
func Roles() []Role { return slices.Clone(roles) }

// ParseRole accepts exactly the words of Roles.
func ParseRole(s string) (Role, error) {
	if slices.Contains(roles, Role(s)) {
		return Role(s), nil
	}
	return "", fmt.Errorf("unknown role %.20q", s)
}

// StaffID names a member of the staff inside one mutuality: written like a MemberID,
// drawn apart from it. It tells nothing about the person.
type StaffID string

// NewStaffID draws a new id from rand.
func NewStaffID(rand io.Reader) (StaffID, error) {
	id, err := NewMemberID(rand)
	return StaffID(id), err
}

// ParseStaffID accepts exactly what NewStaffID writes.
func ParseStaffID(s string) (StaffID, error) {
	id, err := ParseMemberID(s)
	return StaffID(id), err
}

// Officer is a member of the staff who signed in with a card: another kind of login
// than a member's, in another session, so that neither is ever taken for the other.
// It contains the holder of the certificate and with it the national number: it is
// logged through LogValue only.
type Officer struct {
	Mutuality string
	ID        StaffID
	Name      string // to show to colleagues, as the mutuality writes it
	Language  string // "fr", "nl", "de" or "en"
	Place     string // contact point where she usually works; may be empty
	Roles     []Role // those held now, not those held at sign-in
	Holder    certs.Holder
	At        time.Time // when the card proved it
	Session   string    // public id of the session for the audit trail; never its token
}

// Is says whether the officer holds the role.
func (o Officer) Is(r Role) bool { return slices.Contains(o.Roles, r) }

// LogValue leaves out the name and the holder.
func (o Officer) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("mutuality", o.Mutuality),
		slog.String("staff", string(o.ID)),
		slog.Any("roles", o.Roles),
		slog.String("session", o.Session),
	)
}

// String says no more than LogValue.
func (o Officer) String() string {
	return fmt.Sprintf("session %s of staff %s at %s, roles %v", o.Session, o.ID, o.Mutuality, o.Roles)
}

// GoString is String: %#v would otherwise print the holder.
func (o Officer) GoString() string { return o.String() }

// RoleError means that the officer holds none of the roles that the act asks for.
type RoleError struct {
	Act    Act
	Roles  []Role // any of these would do
	Reason string // of the rule
}

func (e RoleError) Error() string {
	return fmt.Sprintf("%s needs one of the roles %v: %s", e.Act, e.Roles, e.Reason)
}

// AllowOfficer says whether the officer may do the act: nil, ErrSignInRequired, a
// RoleError, or ErrUnknownAct. A nil officer is someone who has not signed in at the
// office. Acts of members are never opened by an officer's session.
func (p Policy) AllowOfficer(o *Officer, a Act) error {
	rule, err := p.Rule(a)
	switch {
	case err != nil:
		return err
	case rule.Act == OfficeDoor:
		return nil
	case !rule.Staff() || o == nil || o.ID == "" || o.Mutuality == "":
		return ErrSignInRequired
	}
	for _, role := range rule.Roles {
		if o.Is(role) {
			return nil
		}
	}
	return RoleError{Act: a, Roles: slices.Clone(rule.Roles), Reason: rule.Reason}
}
