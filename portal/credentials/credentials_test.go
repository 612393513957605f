package credentials_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/portal/credentials"
	"guichet.example/portal/profile"
)

func load(t testing.TB, id string) profile.Profile {
	t.Helper()
	p, err := profile.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseHandleRefuses(t *testing.T) {
	for id, typed := range map[string][]string{
		"emut":             {"", "85.07.30-033.29", "8507300332", "an@example.be", "ab12cd", "\xff", strings.Repeat("8", 300)},
		"unimutuelles":     {"abc", "an@", "@example.be", "an peeters@example.be", "ab_12", strings.Repeat("a", 21)},
		"mutame-marseille": {"ab12cd", "85073003328", "an@\nexample.be"},
		"webmut":           {"85073003328", "ab12cd"},
	} {
		for _, text := range typed {
			if h, err := credentials.ParseHandle(load(t, id), text); !errors.Is(err, credentials.ErrHandle) || h != (credentials.Handle{}) {
				t.Errorf("%s: ParseHandle(%q) = %+v, %v; want ErrHandle", id, text, h, err)
			}
		}
	}
}

func TestParseHandle(t *testing.T) {
	for _, tt := range []struct {
		id, typed string
		want      credentials.Handle
		shown     string
	}{
		{"emut", "850730 033 28", credentials.Handle{Kind: credentials.KindNational, Value: "85073003328"}, "85.07.30-033.28"},
		{"emut", "85.07.30-033.28", credentials.Handle{Kind: credentials.KindNational, Value: "85073003328"}, "85.07.30-033.28"},
		{"unimutuelles", " AB12-CD ", credentials.Handle{Kind: credentials.KindAccessCode, Value: "ab12cd"}, "ab12cd"},
		{"unimutuelles", " An.Peeters@Example.BE", credentials.Handle{Kind: credentials.KindEmail, Value: "an.peeters@example.be"}, "an.peeters@example.be"},
	} {
		h, err := credentials.ParseHandle(load(t, tt.id), tt.typed)
		if err != nil || h != tt.want || h.Shown() != tt.shown {
			t.Errorf("ParseHandle(%q) = %+v, %v, shown %q", tt.typed, h, err, h.Shown())
		}
	}
}

// Addresses that look alike and are two stay two; one address is one in every spelling.
func TestFoldEmail(t *testing.T) {
	for _, two := range [][2]string{{"anna@strasse.example", "anna@straße.example"}, {"sam@mail.example", "ſam@mail.example"},
		{"mike@mail.example", "mi\u212ae@mail.example"}, {"an.na@mail.example", "anna@mail.example"}} {
		a, err := credentials.FoldEmail(two[0])
		b, bad := credentials.FoldEmail(two[1])
		if err != nil || a == b {
			t.Errorf("FoldEmail(%q) = %q, %v; of %q %q, %v", two[0], a, err, two[1], b, bad)
		}
	}
	for _, one := range [][2]string{{" Anna@Straße.Example ", "anna@xn--strae-oqa.example"}, {"ANNA@MAIL.EXAMPLE", "anna@mail.example"},
		{"anna@ＭＡＩＬ.example", "anna@mail.example"}} {
		if a, err := credentials.FoldEmail(one[0]); err != nil || a != one[1] {
			t.Errorf("FoldEmail(%q) = %q, %v; want %q", one[0], a, err, one[1])
		}
	}
	for _, typed := range []string{"a@b", "a b@mail.example", "a@mail.example\r\nBcc: b@mail.example", "a@mail.example, b@mail.example",
		"\"a b\"@mail.example", "<a@mail.example>", "a@[192.0.2.1]", "@mail.example", "a@", "a@mail.example\x00"} {
		if a, err := credentials.FoldEmail(typed); !errors.Is(err, credentials.ErrHandle) {
			t.Errorf("FoldEmail(%q) = %q, %v; want ErrHandle", typed, a, err)
		}
	}
}

// A user number has right check digits, is never a national number, and is typed in the
// same spellings.
func TestUserNumber(t *testing.T) {
	for seed := range byte(200) {
		number, err := credentials.NewUserNumber(bytes.NewReader([]byte{seed, 2 * seed, 3, seed, 5, 7 * seed, seed, 9}))
		if err != nil {
			t.Fatal(err)
		}
		spelled := credentials.Handle{Kind: credentials.KindUser, Value: number}.Shown()
		if got, err := credentials.ParseUserNumber(spelled); err != nil || got != number {
			t.Fatalf("ParseUserNumber(%s) = %s, %v", spelled, got, err)
		}
		if _, err := nrn.Parse(number); err == nil {
			t.Fatalf("%s is a national number too", number)
		}
		if _, err := credentials.ParseUserNumber(number[:10] + string('0'+(number[10]-'0'+1)%10)); err == nil {
			t.Fatalf("%s passes with another last digit", number)
		}
	}
	if _, err := credentials.NewUserNumber(bytes.NewReader(nil)); err == nil {
		t.Error("NewUserNumber without randomness succeeded")
	}
}

// Leading zeros are nobody's business.
func TestMemberNumber(t *testing.T) {
	for typed, want := range map[string]string{"0012345": "12345", "12345": "12345", "0305 118 422": "305118422", " 0412-77-318 ": "41277318"} {
		if got, err := credentials.ParseMemberNumber(typed); err != nil || got != want {
			t.Errorf("ParseMemberNumber(%q) = %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "000", "12a45", strings.Repeat("1", 21)} {
		if _, err := credentials.ParseMemberNumber(typed); err == nil {
			t.Errorf("ParseMemberNumber(%q) succeeded", typed)
		}
	}
	webmut := load(t, "webmut")
	for typed, want := range map[string]bool{"700": true, "0700": true, "0 700": true, "701": false, "": false, "70": false, "7000": false} {
		if got := credentials.SameMutuality(webmut, typed); got != want {
			t.Errorf("SameMutuality(%q) = %v", typed, got)
		}
	}
}

func TestCleanCode(t *testing.T) {
	for typed, want := range map[string]string{"7KQ2-94MA-X0VT": "7KQ294MAX0VT", "7kq2 94ma xovt": "7KQ294MAX0VT", "lKQ2-94MA-XIVT": "1KQ294MAX1VT"} {
		if got, ok := credentials.CleanCode(typed); !ok || got != want {
			t.Errorf("CleanCode(%q) = %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "7KQ2-94MA-X0V", "7KQ2-94MA-X0VTT", "7KQ2-94MA-X0VU", strings.Repeat("7", 65)} {
		if got, ok := credentials.CleanCode(typed); ok {
			t.Errorf("CleanCode(%q) = %q", typed, got)
		}
	}
}

// The waits grow, are bounded, and the closing comes before a hundred (SP 800-63B-4).
func TestDelay(t *testing.T) {
	last := time.Duration(0)
	for n := range 200 {
		d := credentials.Delay(n)
		if d < last || d > credentials.MaxDelay || n < 3 && d != 0 || n >= 3 && d == 0 {
			t.Errorf("Delay(%d) = %v after %v", n, d, last)
		}
		if s := credentials.SourceDelay(n); s > credentials.SourceMaxDelay || n < 20 && s != 0 {
			t.Errorf("SourceDelay(%d) = %v", n, s)
		}
		last = d
	}
	for _, id := range profile.IDs() {
		p := load(t, id)
		l, ids := credentials.LimitsOf(p), len(p.Identifiers)
		if p.Takes(profile.NationalNumber) {
			ids = 1
		}
		if total := ids * (l.Known + l.Unknown); total > 100 || l.Known < 5 || l.Unknown < 20 {
			t.Errorf("%s: limits %+v make %d for one account", id, l, total)
		}
	}
}

// FuzzParseHandle: what parses, parses again from its spelling to the same.
func FuzzParseHandle(f *testing.F) {
	for _, seed := range []string{"85.07.30-033.28", "AB12-CD", "an.peeters@example.be", "ß@x.be", "85 91 02-123.45", ""} {
		f.Add(seed)
	}
	profiles := []profile.Profile{load(f, "emut"), load(f, "unimutuelles"), load(f, "webmut")}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, p := range profiles {
			h, err := credentials.ParseHandle(p, typed)
			if err != nil {
				continue
			}
			if again, err := credentials.ParseHandle(p, h.Shown()); err != nil || again != h {
				t.Fatalf("%s: %q is %+v, its spelling %q is %+v, %v", p.ID, typed, h, h.Shown(), again, err)
			}
		}
	})
}
