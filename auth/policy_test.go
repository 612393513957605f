package auth_test

import (
	"errors"
	"testing"

	"guichet.example/auth"
)

// matrix is the access table of the counter, written out: every act, and who may do
// it as shipped. One letter per way in:
//
//	.  nobody signed in     n  CSAM 100          p  password (low)
//	f  CSAM 350 (low)       F  CSAM 400 (substantial)
//	H  itsme, CSAM 450 and 500 (high)            C  card (high)
var matrix = []struct {
	act     auth.Act
	allowed string
}{
	{auth.Public, ".npfFHC"},
	{auth.ReadFile, "pfFHC"},
	{auth.ReadHealth, "pfFHC"},
	{auth.ReadDocuments, "pfFHC"},
	{auth.OrderDocument, "pfFHC"},
	{auth.SendMessage, "pfFHC"},
	{auth.MakeRequest, "pfFHC"},
	{auth.ChangePreferences, "pfFHC"},
	{auth.ChangeCredentials, "pfFHC"},
	{auth.ChangeContact, "FHC"},
	{auth.ChangeBankAccount, "FHC"},
	{auth.GiveMandate, "FHC"},
	{auth.BlockAccess, "FHC"},
	{auth.Approve, "FHC"},
	{auth.Sign, "C"},
}

var ways = map[rune]*auth.Login{
	'.': nil,
	'n': {Member: "m", Method: auth.Federal, Assurance: auth.OfCSAM(100)},
	'p': {Member: "m", Method: auth.Password, Assurance: auth.Low},
	'f': {Member: "m", Method: auth.Federal, Assurance: auth.OfCSAM(350)},
	'F': {Member: "m", Method: auth.Federal, Assurance: auth.OfCSAM(400)},
	'H': {Member: "m", Method: auth.Federal, Assurance: auth.OfCSAM(450)},
	'C': {Member: "m", Method: auth.Card, Assurance: auth.High},
}

func TestPolicyMatrix(t *testing.T) {
	policy := auth.DefaultPolicy()
	if len(matrix) != len(auth.Acts()) {
		t.Fatalf("the matrix has %d acts, the table %d", len(matrix), len(auth.Acts()))
	}
	for _, row := range matrix {
		for letter, login := range ways {
			checkDecision(t, policy, row.act, login, letter, contains(row.allowed, letter))
		}
	}
}

func contains(letters string, letter rune) bool {
	for _, l := range letters {
		if l == letter {
			return true
		}
	}
	return false
}

// checkDecision holds the decision and its error against the expectation.
func checkDecision(t *testing.T, p auth.Policy, act auth.Act, login *auth.Login, letter rune, want bool) {
	t.Helper()
	decision := p.Decide(login, act)
	err := decision.Err
	if (err == nil) != want {
		t.Errorf("Allow(%c, %s) = %v, want allowed %v", letter, act, err, want)
		return
	}
	if decision.Rule.Act != act || decision.Rule.Reason == "" {
		t.Errorf("Decide(%c, %s) gives the audit trail no rule or reason: %+v", letter, act, decision.Rule)
	}
	var step auth.StepUpError
	switch {
	case err == nil:
	case login == nil || login.Assurance == auth.None:
		if !errors.Is(err, auth.ErrSignInRequired) {
			t.Errorf("Allow(%c, %s) = %v, want %v", letter, act, err, auth.ErrSignInRequired)
		}
	case !errors.As(err, &step):
		t.Errorf("Allow(%c, %s) = %v, want a StepUpError", letter, act, err)
	case step.Act != act || step.Have != login.Assurance || step.Reason == "" || (step.Need <= step.Have && step.Method == ""):
		t.Errorf("Allow(%c, %s) = %+v, which does not say what to do", letter, act, step)
	}
}

// With classic_reads_health off a low login sees no care data, and loses nothing else.
func TestPolicyWithoutClassicHealth(t *testing.T) {
	strict := auth.DefaultPolicy()
	strict.ClassicReadsHealth = false
	for _, row := range matrix {
		allowed := row.allowed
		if row.act == auth.ReadHealth {
			allowed = "FHC"
		}
		for letter, login := range ways {
			checkDecision(t, strict, row.act, login, letter, contains(allowed, letter))
		}
	}
	var zero auth.Policy
	if zero.Allow(ways['p'], auth.ReadHealth) == nil {
		t.Error("the zero policy shows care data to a password")
	}
}

func TestPolicyRefusesUnknownActs(t *testing.T) {
	for _, act := range []auth.Act{"", "Sign", "read-everything"} {
		if err := auth.DefaultPolicy().Allow(ways['C'], act); !errors.Is(err, auth.ErrUnknownAct) {
			t.Errorf("Allow(%q) = %v, want %v", act, err, auth.ErrUnknownAct)
		}
	}
}

func TestPolicyRefusesOddLogins(t *testing.T) {
	for name, login := range map[string]auth.Login{
		"zero":          {},
		"no member":     {Method: auth.Card, Assurance: auth.High},
		"off the scale": {Member: "m", Method: auth.Card, Assurance: auth.High + 1},
		"negative":      {Member: "m", Method: auth.Card, Assurance: -1},
	} {
		for _, act := range auth.Acts()[1:] {
			if err := auth.DefaultPolicy().Allow(&login, act); !errors.Is(err, auth.ErrSignInRequired) {
				t.Errorf("%s: Allow(%s) = %v, want %v", name, act, err, auth.ErrSignInRequired)
			}
		}
	}
}

func TestPolicySettings(t *testing.T) {
	tests := []struct {
		name  string
		needs map[auth.Act]auth.Assurance
		ok    bool
	}{
		{"none", nil, true},
		{"raised", map[auth.Act]auth.Assurance{auth.ReadFile: auth.High, auth.ChangeBankAccount: auth.High}, true},
		{"as shipped", map[auth.Act]auth.Assurance{auth.ChangeContact: auth.Substantial}, true},
		{"money for a password", map[auth.Act]auth.Assurance{auth.ChangeBankAccount: auth.Low}, false},
		{"contact for a password", map[auth.Act]auth.Assurance{auth.ChangeContact: auth.Low}, false},
		{"weak signature", map[auth.Act]auth.Assurance{auth.Sign: auth.Substantial}, false},
		{"file for anyone", map[auth.Act]auth.Assurance{auth.ReadFile: auth.None}, false},
		{"unknown act", map[auth.Act]auth.Assurance{"fly": auth.High}, false},
		{"off the scale", map[auth.Act]auth.Assurance{auth.ReadFile: 7}, false},
		{"closed door", map[auth.Act]auth.Assurance{auth.Public: auth.Low}, false},
	}
	for _, test := range tests {
		policy := auth.Policy{ClassicReadsHealth: true, Needs: test.needs}
		if err := policy.Validate(); (err == nil) != test.ok {
			t.Errorf("%s: Validate = %v, want accepted %v", test.name, err, test.ok)
		}
	}
	raised := auth.Policy{Needs: map[auth.Act]auth.Assurance{auth.ReadFile: auth.High}}
	if raised.Allow(ways['F'], auth.ReadFile) == nil || raised.Allow(ways['H'], auth.ReadFile) != nil {
		t.Error("a raised level does not hold")
	}
	// Not validated, and still not below the floor.
	lowered := auth.Policy{Needs: map[auth.Act]auth.Assurance{auth.ChangeBankAccount: auth.Low}}
	if lowered.Allow(ways['p'], auth.ChangeBankAccount) == nil {
		t.Error("a level below the floor was taken")
	}
}

func TestStepUpErrorSaysWhatIsMissing(t *testing.T) {
	policy := auth.DefaultPolicy()
	weak, other := policy.Allow(ways['p'], auth.Sign), policy.Allow(ways['H'], auth.Sign)
	if weak.Error() != "sign needs assurance high, login has low: only the card holds the member's signature key" {
		t.Errorf("too weak: %q", weak)
	}
	if other.Error() != "sign needs the method card: only the card holds the member's signature key" {
		t.Errorf("another method: %q", other)
	}
}
