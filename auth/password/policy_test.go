package password_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/password"
)

var (
	nist = password.Policy{}
	um   = password.Policy{MinLength: 8, Lower: true, Upper: true, Digit: true}
	mm   = password.Policy{MinLength: 10, Lower: true, Upper: true, Digit: true, Special: true}
)

// who anybody may know her to be.
var context = append([]string{"Émilie Van den Bossche", "0305 118 422", "Mutualité des Tilleuls", "emilie.vdb@mail.example"},
	password.OfBirth(time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC))...)

func TestPolicyRefuses(t *testing.T) {
	reasons := func(r ...password.Reason) []password.Reason { return r }
	tests := []struct {
		name   string
		policy password.Policy
		typed  string
		want   []password.Reason
	}{
		{"fourteen", nist, "xkvw dpmr qzht", reasons(password.TooShort)},
		{"fourteen with accents in two code points each", nist, strings.Repeat("e\u0301", 5) + "xkvwdpmrq", reasons(password.TooShort)},
		{"too long in code points", nist, strings.Repeat("xkvwdpmrqz", 25) + "sieben!", reasons(password.TooLong)},
		{"too long in bytes", nist, strings.Repeat("𝕏", 250) + strings.Repeat("é", 13), reasons(password.TooLong)},
		{"a tab", nist, "xkvw dpmr\tqzht lnbc", reasons(password.NotText)},
		{"no UTF-8", nist, "xkvw dpmr qzht\xff lnbc", reasons(password.NotText)},
		{"listed", um, "Password1", reasons(password.Common)},
		{"listed, in letters that look alike", um, "P4$$w0rd", reasons(password.Common)},
		{"listed, lengthened", nist, "password12345678", reasons(password.Common)},
		{"listed twice", nist, "passwordpassword", reasons(password.Common)},
		{"two listed", nist, "dragonmonkey2024", reasons(password.Common)},
		{"listed here", nist, "Motdepasse-2024!", reasons(password.Common)},
		{"a season and a year", um, "Printemps2026", reasons(password.Common)},
		{"rows", nist, "azertyuiopqsdfghjklm", reasons(password.Pattern)},
		{"one letter", nist, strings.Repeat("a", 20), reasons(password.Pattern)},
		{"two letters", nist, strings.Repeat("xq", 10), reasons(password.Pattern)},
		{"a walk", nist, "1a2z3e4r5t6y7u8i9o0p", reasons(password.Pattern)},
		{"two dates, one her own", nist, "30/07/1985 - 17/01/1948", reasons(password.Personal)},
		{"own surname", nist, "xkvw bossche dpmr qz", reasons(password.Personal)},
		{"own first name without accent, capitals", nist, "xkvw EMILIE dpmr qz", reasons(password.Personal)},
		{"own member number", nist, "xkvw-0305118422-dpm", reasons(password.Personal)},
		{"own birth date", nist, "xkvw 30.07.1985 dpm", reasons(password.Personal)},
		{"the mutuality", nist, "xkvw tilleuls dpm q", reasons(password.Personal)},
		{"no upper", um, "xkvwdp47", reasons(password.NoUpper)},
		{"no lower", um, "XKVWDP47", reasons(password.NoLower)},
		{"no digit", um, "Xkvwdpmr", reasons(password.NoDigit)},
		{"short and no special", mm, "Xkvwdp47r", reasons(password.TooShort, password.NoSpecial)},
		{"a space is not special", mm, "Xkvwdp 47r", reasons(password.NoSpecial)},
	}
	for _, test := range tests {
		_, err := test.policy.Check(test.typed, context)
		var refused *password.RefusedError
		if !errors.As(err, &refused) || !slices.Equal(refused.Reasons, test.want) {
			t.Errorf("%s: Check(%q) = %v, want %v", test.name, test.typed, err, test.want)
		} else if strings.Contains(err.Error(), test.typed) {
			t.Errorf("%s: the error repeats the password", test.name)
		}
		if password.Strength(test.typed, context) != password.Weak && !slices.ContainsFunc(test.want, isClass) {
			t.Errorf("%s: Strength(%q) = %s", test.name, test.typed, password.Strength(test.typed, context))
		}
	}
}

func isClass(r password.Reason) bool {
	return strings.HasPrefix(string(r), "no-") || r == password.TooShort
}

func TestPolicyAccepts(t *testing.T) {
	for _, test := range []struct {
		policy password.Policy
		typed  string
	}{
		{nist, "xkvw dpmr qzhtl"},
		{nist, "correct horse battery staple"},
		{nist, "trois hiboux mangent du fromage"},
		{nist, "  leading and trailing kept  "},
		{nist, "пароль из нескольких слов"},
		{nist, "長い長いパスワードを選びましたよ本当に"},
		{nist, "🦉🦉🐭🧀🚲☂️🎺🏰🐸🥕🎈🪁🦔🍄🐌"},
		{nist, strings.Repeat("xkvwdpmrqz ", 23)[:256-3] + "fin"}, // 256 exactly
		{um, "Xkvwdp47"},
		{mm, "Xkvwdp47r!"},
	} {
		if text, err := test.policy.Check(test.typed, context); err != nil || text == "" {
			t.Errorf("Check(%q) = %v", test.typed, err)
		}
	}
}

func TestPrepare(t *testing.T) {
	composed, err := password.Prepare("caf\u00e9")
	if err != nil {
		t.Fatal(err)
	}
	apart, err := password.Prepare("cafe\u0301")
	if err != nil || apart != composed {
		t.Errorf("Prepare of é in two code points = %q, %v, want %q", apart, err, composed)
	}
	if kept, _ := password.Prepare(" a  b "); kept != " a  b " {
		t.Errorf("Prepare trims: %q", kept)
	}
}

func TestPolicyValidate(t *testing.T) {
	for min, ok := range map[int]bool{0: true, 7: false, 8: true, 64: true, 65: false, -1: false} {
		if err := (password.Policy{MinLength: min}).Validate(); (err == nil) != ok {
			t.Errorf("Validate of %d characters = %v", min, err)
		}
	}
	if got := mm.Rules(); len(got) != 5 || got[0] != password.TooShort {
		t.Errorf("Rules = %v", got)
	}
}

func TestStrength(t *testing.T) {
	for typed, want := range map[string]password.Level{
		"":                             password.Weak,
		"xkvwdp4":                      password.Weak,
		"password1234":                 password.Weak,
		"xkvwdp47":                     password.Fair,
		"xkvwdp47qzht":                 password.Good,
		"correct horse battery staple": password.Strong,
	} {
		if got := password.Strength(typed, nil); got != want {
			t.Errorf("Strength(%q) = %s, want %s", typed, got, want)
		}
	}
}

// TestList holds the list to what leaks most; it is what README.md says it is.
func TestList(t *testing.T) {
	if n := password.Listed(); n < 50_000 || n*password.PrintSize > 1<<20 {
		t.Errorf("the list has %d words", n)
	}
	for _, typed := range []string{"123456789012345", "qwertyuiop123456", "iloveyouiloveyou", "Football12345678", "superman superman"} {
		if _, err := nist.Check(typed, nil); err == nil {
			t.Errorf("Check(%q) passes", typed)
		}
	}
}

// FuzzCheck: what passes is prepared, long enough, and passes again unchanged.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"", "correct horse battery staple", "P4$$w0rd", "e\u0301", "\xff", strings.Repeat("ab1", 80)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		text, err := nist.Check(typed, context)
		if err != nil {
			if text != "" {
				t.Fatalf("Check(%q) = %q with %v", typed, text, err)
			}
			return
		}
		if n := password.Length(text); n < 15 || n > password.MaxLength {
			t.Fatalf("Check(%q) passes with %d code points", typed, n)
		}
		if again, err := nist.Check(text, context); err != nil || again != text {
			t.Fatalf("Check of its own %q = %q, %v", text, again, err)
		}
	})
}
