package doctor

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

func TestParseCodeRefuses(t *testing.T) {
	good := report().Code()
	for _, tt := range []struct{ name, typed, want string }{
		{"empty", "", "16 letters"},
		{"short", good[:len(good)-1], "16 letters"},
		{"long", strings.Repeat("0", 65), "too long"},
		{"a letter of no code", "U" + good[1:], "in any"},
		{"two letters changed places", swapped(good), "wrong"},
		{"of another release", spell(3), "format 3"},
		{"nothing but zeros", spell(0), "format 0"},
		{"too much in it", spell(1<<63 | codeFormat), "too much"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseCode(tt.typed); !errors.Is(err, ErrCode) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParseCode(%q) = %v, want %q", tt.typed, err, tt.want)
			}
		})
	}
}

// report is one in which every link has its last finding.
func report() Report {
	r := Report{Version: "1.2.3", System: "linux"}
	for _, l := range chain {
		r.places = append(r.places, len(l.findings)-1)
	}
	return r
}

// swapped exchanges the first two neighbours that differ.
func swapped(code string) string {
	for i := 0; i+1 < len(code); i++ {
		if a, b := code[i], code[i+1]; a != b && a != '-' && b != '-' {
			return code[:i] + string(b) + string(a) + code[i+2:]
		}
	}
	return code
}

// Every slip of one letter is noticed.
func TestCodeNoticesSlips(t *testing.T) {
	good := report().Code()
	for i := range good {
		for _, other := range alphabet {
			if good[i] == '-' || good[i] == byte(other) {
				continue
			}
			if _, err := ParseCode(good[:i] + string(other) + good[i+1:]); err == nil {
				t.Errorf("%s with %c at %d is taken", good, other, i)
			}
		}
	}
}

func TestCodeComesBack(t *testing.T) {
	want := report()
	code := want.Code()
	for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", " "), " " + strings.ReplaceAll(code, "-", "") + "\n",
		strings.ReplaceAll(code, "0", "o"), strings.ReplaceAll(code, "1", "l"), strings.ReplaceAll(code, "1", "I")} {
		got, err := ParseCode(typed)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("ParseCode(%q) = %v, %v, want %v", typed, got, err, want)
		}
	}
	for i, check := range want.Checks("en") {
		if want := chain[i].findings[len(chain[i].findings)-1].outcome; check.ID != chain[i].id || check.Outcome != want || check.Finding == "" {
			t.Errorf("check %d says %+v, want %s", i, check, want)
		}
	}
}

// A version that does not fit is written as the last that does.
func TestCodeOfOddVersions(t *testing.T) {
	for version, want := range map[string]string{"99.99.99": "7.31.31", "": "0.0.0", "1": "1.0.0", "1.x.2": "1.0.2", "1.2.3-rc1": "1.2.0"} {
		r := report()
		r.Version = version
		if got, err := ParseCode(r.Code()); err != nil || got.Version != want {
			t.Errorf("version %q comes back as %q, %v, want %q", version, got.Version, err, want)
		}
	}
}

// The largest content fits into 64 bits.
func TestCodeHasRoom(t *testing.T) {
	room := 1.0
	for _, d := range report().digits() {
		room *= float64(d.base)
	}
	if room >= 1<<62 {
		t.Errorf("the digits need %.0f values; leave room for more findings", room)
	}
}

// Codes that were read out yesterday mean the same today: whoever changes the table of
// findings gives codeFormat a new number, and this test the new sum.
func TestCodeFormatStandsForTheTable(t *testing.T) {
	var table strings.Builder
	for _, l := range chain {
		for _, f := range l.findings {
			fmt.Fprintln(&table, l.id, f.name, f.outcome)
		}
	}
	const format, sum = 1, "cb7a75e5"
	if got := fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(table.String()))); codeFormat != format || got != sum {
		t.Errorf("format %d has the table %s, want format %d with %s", codeFormat, got, format, sum)
	}
}

// What is taken is written again letter for letter, but for how people type.
func FuzzParseCode(f *testing.F) {
	f.Add(report().Code())
	f.Add("0000-0000-0000-0000")
	f.Add("oooo iiii llll 0000")
	f.Fuzz(func(t *testing.T, typed string) {
		r, err := ParseCode(typed)
		if err != nil {
			if !errors.Is(err, ErrCode) {
				t.Errorf("ParseCode(%q) = %v, want ErrCode", typed, err)
			}
			return
		}
		clean := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(typed)))
		if got := strings.ReplaceAll(r.Code(), "-", ""); got != clean {
			t.Errorf("ParseCode(%q).Code() = %q, want %q", typed, got, clean)
		}
	})
}

// Whatever the findings are, they come back.
func FuzzCode(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3}, uint8(1), uint16(5))
	f.Fuzz(func(t *testing.T, places []byte, system uint8, version uint16) {
		r := Report{System: systems[int(system)%len(systems)], Version: fmt.Sprintf("%d.%d.%d", version%8, version>>3%32, version>>8%32)}
		for i, l := range chain {
			p := 0
			if i < len(places) {
				p = int(places[i]) % len(l.findings)
			}
			r.places = append(r.places, p)
		}
		got, err := ParseCode(r.Code())
		if err != nil || fmt.Sprint(got) != fmt.Sprint(r) {
			t.Errorf("ParseCode(%s) = %v, %v, want %v", r.Code(), got, err, r)
		}
	})
}
