package mail_test

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"

	"guichet.example/portal/mail"
)

func onTheLine(t *testing.T, m mail.Mail) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := mail.WriteMail(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParseAddress(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"nora", ""}, {"@example.be", ""}, {"nora@", ""}, {"nora@example", ""}, {"nora@@example.be", ""},
		{"no ra@example.be", ""}, {".nora@example.be", ""}, {"nora.@example.be", ""}, {"no..ra@example.be", ""},
		{`"nora"@example.be`, ""}, {"nora(c)@example.be", ""}, {"<nora@example.be>", ""}, {"nora@example.be\r\nTo: b@example.be", ""},
		{"nora@exa_mple.be", ""}, {"nora@-example.be", ""}, {"nora@example.b", ""}, {"nora@127.0.0.1", ""}, {"nora@[127.0.0.1]", ""},
		{"nora@example..be", ""}, {"nöra@example.be", ""}, {"nora@example.be,b@example.be", ""}, {"nora\x00@example.be", ""},
		{"n@0.\x94", ""}, {"n@0.\ufffd", ""}, {long + "a@example.be", ""}, {"n@" + strings.Repeat("a.", 130) + "be", ""},
		{"nora@example.be", "nora@example.be"}, {" nora@example.be ", "nora@example.be"},
		{"Nora.D'Hondt+post@EXAMPLE.Be", "Nora.D'Hondt+post@example.be"}, {long + "@example.be", long + "@example.be"},
		{"nora@mutualité.be", "nora@xn--mutualit-i1a.be"}, {"nora@xn--mutualit-i1a.be", "nora@xn--mutualit-i1a.be"},
	} {
		got, err := mail.ParseAddress(tt.in)
		if tt.want == "" != (err != nil) || err == nil && got.String() != tt.want {
			t.Errorf("ParseAddress(%q) = %v, %v, want %q", tt.in, got, err, tt.want)
		}
	}
	a, _ := mail.ParseAddress("nora@mutualité.be")
	if a.Shown() != "nora@mutualité.be" || a.Masked() != "n•••a@xn--mutualit-i1a.be" {
		t.Errorf("Shown = %s, Masked = %s", a.Shown(), a.Masked())
	}
}

func TestSuggest(t *testing.T) {
	for in, want := range map[string]string{
		"a@gmial.com": "a@gmail.com", "a@gmail.co": "a@gmail.com", "a@hotmial.com": "a@hotmail.com", "a@telenet.bee": "a@telenet.be",
		"a@skyne.be": "a@skynet.be", "a@gmail.com": "", "a@tilleuls.be": "", "a@hotmail.be": "", "a@outlok.com": "a@outlook.com",
	} {
		a, err := mail.ParseAddress(in)
		if err != nil || a.Suggest() != want {
			t.Errorf("Suggest(%s) = %q, %v, want %q", in, a.Suggest(), err, want)
		}
	}
}

// FuzzParseAddress: what is accepted is one address to the standard library too, ends
// nothing in a header, and parses to itself.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"nora@example.be", "a@mutualité.be", "a@b.be\r\nBcc: c@d.be", "a+b=c@x-y.example.com", `"a b"@c.de`, "0@0.\x94"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := mail.ParseAddress(s)
		if err != nil {
			if a != (mail.Address{}) {
				t.Fatalf("an error and %v", a)
			}
			return
		}
		if strings.ContainsFunc(a.String(), func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ',' || r == '<' || r == '>' }) {
			t.Fatalf("%q gives %q", s, a)
		}
		parsed, err := netmail.ParseAddress(a.String())
		if err != nil || parsed.Address != a.String() {
			t.Fatalf("net/mail reads %q as %v, %v", a, parsed, err)
		}
		if again, err := mail.ParseAddress(a.String()); err != nil || again != a {
			t.Fatalf("%q parses to %v, %v", a, again, err)
		}
		a.Suggest()
		_, _ = a.Shown(), a.Masked()
	})
}
