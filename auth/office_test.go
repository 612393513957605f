package auth_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/certs"
)

// staffMatrix is what each role opens, written out: a advisor, c contact point,
// m mailroom, d medical adviser's desk, A administrator.
var staffMatrix = []struct {
	act     auth.Act
	allowed string
}{
	{auth.OfficeDoor, ".0acmdA"},
	{auth.OfficeDesk, "acmdA"},
	{auth.WorkQueue, "ac"},
	{auth.OpenFile, "ac"},
	{auth.CheckIdentity, "ac"},
	{auth.EnrolMember, "c"},
	{auth.PrintLetters, "m"},
	{auth.ReadAppointments, "d"},
	{auth.ManageAccounts, "a"},
	{auth.SignForMember, "a"},
	{auth.ManageStaff, "A"},
	{auth.ManageKiosks, "A"},
	{auth.ManageTemplates, "A"},
	{auth.ManageJobs, "A"},
	{auth.ReadAuditOfStaff, "A"},
}

func officer(roles ...auth.Role) *auth.Officer {
	return &auth.Officer{Mutuality: "tilleuls", ID: "s", Name: "Inès Collard", Roles: roles,
		Holder: certs.Holder{SerialNumber: "85073003328"}}
}

var officers = map[rune]*auth.Officer{
	'.': nil,
	'0': officer(), // every role taken away
	'a': officer(auth.Advisor),
	'c': officer(auth.ContactPoint),
	'm': officer(auth.Mailroom),
	'd': officer(auth.MedicalDesk),
	'A': officer(auth.Administrator),
}

func TestStaffMatrix(t *testing.T) {
	policy := auth.DefaultPolicy()
	if len(staffMatrix) != len(auth.StaffActs()) {
		t.Fatalf("the matrix has %d acts, the table %d", len(staffMatrix), len(auth.StaffActs()))
	}
	for _, row := range staffMatrix {
		for letter, o := range officers {
			err := policy.AllowOfficer(o, row.act)
			if want := contains(row.allowed, letter); (err == nil) != want {
				t.Errorf("AllowOfficer(%c, %s) = %v, want allowed %v", letter, row.act, err, want)
			}
			var role auth.RoleError
			switch {
			case err == nil:
			case o == nil && !errors.Is(err, auth.ErrSignInRequired):
				t.Errorf("AllowOfficer(nobody, %s) = %v", row.act, err)
			case o != nil && (!errors.As(err, &role) || len(role.Roles) == 0 || role.Reason == ""):
				t.Errorf("AllowOfficer(%c, %s) = %v, want a RoleError with its reason", letter, row.act, err)
			}
		}
	}
}

// Neither kind of login opens what is the other's.
func TestOfficeAndCounterAreApart(t *testing.T) {
	policy := auth.DefaultPolicy()
	for _, act := range auth.StaffActs() {
		for letter, login := range ways {
			if err := policy.Allow(login, act); !errors.Is(err, auth.ErrSignInRequired) {
				t.Errorf("Allow(%c, %s) = %v", letter, act, err)
			}
		}
	}
	all := officer(auth.Roles()...)
	for _, act := range auth.Acts() {
		if err := policy.AllowOfficer(all, act); !errors.Is(err, auth.ErrSignInRequired) {
			t.Errorf("AllowOfficer(all roles, %s) = %v", act, err)
		}
	}
	if err := policy.AllowOfficer(all, "office"); !errors.Is(err, auth.ErrUnknownAct) {
		t.Errorf("AllowOfficer of no act = %v", err)
	}
	for _, o := range []*auth.Officer{{ID: "s", Roles: auth.Roles()}, {Mutuality: "m", Roles: auth.Roles()}} {
		if err := policy.AllowOfficer(o, auth.OfficeDesk); !errors.Is(err, auth.ErrSignInRequired) {
			t.Errorf("AllowOfficer(%v) = %v", o, err)
		}
	}
}

func TestNoSettingOpensTheOffice(t *testing.T) {
	for _, act := range auth.StaffActs() {
		for _, need := range []auth.Assurance{auth.None, auth.Low, auth.High} {
			if err := (auth.Policy{Needs: map[auth.Act]auth.Assurance{act: need}}).Validate(); err == nil {
				t.Errorf("a setting of %v for %s is taken", need, act)
			}
		}
	}
}

func TestOfficerIsPrintedWithoutTheNumber(t *testing.T) {
	o := *officers['a']
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "officer", o)
	for _, text := range []string{b.String(), fmt.Sprint(o), fmt.Sprintf("%+v %#v", o, o)} {
		if strings.Contains(text, "85073003328") || strings.Contains(text, "Collard") {
			t.Errorf("an officer is printed as %s", text)
		}
	}
}

func TestRolesAndStaffIDs(t *testing.T) {
	for _, bad := range []string{"", "Advisor", "root", "advisor "} {
		if _, err := auth.ParseRole(bad); err == nil {
			t.Errorf("ParseRole(%q) succeeds", bad)
		}
	}
	for _, r := range auth.Roles() {
		if got, err := auth.ParseRole(string(r)); err != nil || got != r {
			t.Errorf("ParseRole(%q) = %q, %v", r, got, err)
		}
	}
	id, err := auth.NewStaffID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := auth.ParseStaffID(string(id)); err != nil || got != id {
		t.Errorf("ParseStaffID(%q) = %q, %v", id, got, err)
	}
	if _, err := auth.ParseStaffID("x"); !errors.Is(err, auth.ErrMemberID) {
		t.Errorf("ParseStaffID(x) = %v", err)
	}
}
