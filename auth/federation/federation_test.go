package federation_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
)

func TestLevels(t *testing.T) {
	table, err := federation.NewLevels(map[string]int{"urn:example:gold": 450, federation.ItsmeBasic: 450})
	if err != nil {
		t.Fatal(err)
	}
	var shipped federation.Levels
	for ref, want := range map[string]int{
		"urn:be:fedict:iam:fas:Level100": 100, "urn:be:fedict:iam:fas:Level500": 500,
		"urn:be:fedict:iam:fas:citizen:Level350": 350, "urn:be:fedict:iam:fas:citizen:Level450": 450,
		federation.ItsmeAdvanced: 450,
		"":                       0, "500": 0, "Level500": 0, "urn:be:fedict:iam:fas:Level": 0, "urn:be:fedict:iam:fas:Level600": 0,
		"urn:be:fedict:iam:fas:Level0500": 0, "urn:be:fedict:iam:fas:Level+50": 0, "urn:be:fedict:iam:fas:Level50 ": 0, "urn:be:fedict:iam:fas:level500": 0,
		"urn:be:fedict:iam:fas:enterprise:Level500": 0, "xurn:be:fedict:iam:fas:Level500": 0, "urn:be:fedict:iam:fas:citizen:citizen:Level500": 0,
		"urn:be:fedict:iam:fas:Level５００": 0, "urn:be:fedict:iam:fas:Level500\n": 0, "http://itsme.services/v2/claim/acr_advanced/": 0,
	} {
		for _, l := range []federation.Levels{shipped, table} {
			if got, ok := l.Of(ref); got != want || ok != (want != 0) {
				t.Errorf("Of(%q) = %d, %v; want %d", ref, got, ok, want)
			}
		}
	}
	if got, _ := shipped.Of(federation.ItsmeBasic); got != 400 {
		t.Errorf("itsme's fingerprint is worth %d", got)
	}
	if got, _ := table.Of(federation.ItsmeBasic); got != 450 {
		t.Errorf("itsme's fingerprint, configured, is worth %d", got)
	}
	if got, ok := shipped.Of("urn:example:gold"); ok {
		t.Errorf("a row of another table is worth %d", got)
	}
	for _, level := range []int{100, 200, 300, 350, 400, 450, 500} {
		for _, ref := range []string{federation.OlderRef(level), federation.CitizenRef(level)} {
			if got, err := shipped.Check(ref, level); err != nil || got != level {
				t.Errorf("Check(%q, %d) = %d, %v", ref, level, got, err)
			}
			var low federation.LevelError
			if _, err := shipped.Check(ref, level+1); !errors.As(err, &low) || low.Have != level || low.Asked != level+1 {
				t.Errorf("Check(%q, %d) = %v", ref, level+1, err)
			}
		}
	}
	if _, err := shipped.Check("", 0); err == nil {
		t.Error("no level at all is enough where none is asked")
	}
}

func TestRowsOfLevelsAreChecked(t *testing.T) {
	many := map[string]int{}
	for i := range 33 {
		many[fmt.Sprint("row", i)] = 400
	}
	for name, rows := range map[string]map[string]int{
		"a FAS level raised": {"urn:be:fedict:iam:fas:citizen:Level100": 500}, "a FAS look-alike": {"urn:be:fedict:iam:fas:Level5000": 500},
		"no CSAM level": {"gold": 401}, "zero": {"gold": 0}, "empty": {"": 400}, "blank": {"a b": 400}, "long": {strings.Repeat("x", 256): 400},
		"not ASCII": {"doré": 400}, "many": many,
	} {
		if _, err := federation.NewLevels(rows); err == nil {
			t.Errorf("NewLevels(%s) succeeds", name)
		}
	}
}

func TestNumber(t *testing.T) {
	if n, err := federation.Number("85073003328"); err != nil || n.Digits() != "85073003328" {
		t.Errorf("Number = %v, %v", n.Masked(), err)
	}
	for _, told := range []string{"", "85.07.30-033.28", " 85073003328", "85073003328\n", "8507300332", "850730033288", "85073003327", "８５０７３００３３２８", "8507300332٨", "-5073003328"} {
		if n, err := federation.Number(told); !errors.Is(err, federation.ErrNoNumber) || !errors.Is(err, federation.ErrRefused) || !n.IsZero() || told != "" && strings.Contains(err.Error(), told) {
			t.Errorf("Number(%q) = %v, %v", told, n.Masked(), err)
		}
	}
}

func TestText(t *testing.T) {
	for told, want := range map[string]string{"Zoë": "Zoë", " Jan  Karel ": "Jan  Karel", "O'Brien": "O'Brien", "a\tb": "", "a\u202eb": "", "a\u2028b": "",
		"\xff": "", strings.Repeat("x", 255): strings.Repeat("x", 255), strings.Repeat("x", 256): "", "a\x00": "", "": ""} {
		if got := federation.Text(told); got != want {
			t.Errorf("Text(%q) = %q, want %q", told, got, want)
		}
	}
	for told, want := range map[string]string{"fr": "fr", "NL-be": "nl", "de_BE": "de", "en": "en", "es": "", "": "", "frx": "", "fr-" + strings.Repeat("x", 20): ""} {
		if got := federation.Language(told); got != want {
			t.Errorf("Language(%q) = %q, want %q", told, got, want)
		}
	}
}

func TestHandles(t *testing.T) {
	one, err := federation.NewHandle(rand.Reader)
	if err != nil || !federation.IsHandle(one) || len(one) != 43 {
		t.Fatalf("NewHandle = %q, %v", one, err)
	}
	for _, s := range []string{"", one[:42], one + "A", "=" + one[1:], one[:42] + "\n", "+" + one[1:], one[:42] + "B", "https://mallory.example/aaaaaaaaaaaaaaaaaaa"} {
		if federation.IsHandle(s) {
			t.Errorf("IsHandle(%q)", s)
		}
	}
	if _, err := federation.NewHandle(bytes.NewReader(nil)); err == nil {
		t.Error("a handle without randomness")
	}
}

func TestFlow(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	f, err := federation.NewFlow(rand.Reader, now, "fas", federation.Approve)
	if err != nil || !federation.IsHandle(f.ID) {
		t.Fatalf("NewFlow = %v, %v", f, err)
	}
	for after, over := range map[time.Duration]bool{0: false, 15*time.Minute - 1: false, 15 * time.Minute: true, -30 * time.Second: false, -2 * time.Minute: true} {
		if f.Over(now.Add(after)) != over {
			t.Errorf("after %v the flow is over: %v", after, !over)
		}
	}
	if _, err := federation.NewFlow(rand.Reader, now, "fas", "else"); err == nil {
		t.Error("a flow without a purpose")
	}
	if !(federation.Flow{}).Over(now) {
		t.Error("the zero flow is not over")
	}
}

// What is printed or logged by mistake gives away neither who nor by which secret.
func TestNothingIsGivenAway(t *testing.T) {
	n, err := federation.Number("85073003328")
	if err != nil {
		t.Fatal(err)
	}
	const mark = "marker"
	values := []any{
		federation.Flow{ID: mark, Provider: "fas", Browser: [32]byte{1}, Return: mark, RequestID: mark, Nonce: mark, Verifier: mark, Session: mark, Request: mark},
		federation.Identity{Provider: "fas", Issuer: mark, Subject: mark, Number: n, GivenNames: mark, Surname: mark, Email: mark, Assertion: mark,
			Evidence: []byte(mark), Assurance: auth.High, Logout: federation.Logout{TokenHint: mark}},
		federation.Logout{Provider: "fas", NameID: mark, SessionIndex: mark, Subject: mark, SID: mark, TokenHint: mark, State: mark},
	}
	var out bytes.Buffer
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		for _, v := range values {
			log.Info("flow", "value", v)
		}
	}
	for _, v := range values {
		fmt.Fprintf(&out, "%v %+v %#v %s\n", v, v, v, v)
	}
	for _, word := range []string{mark, "033.28", "85073003328", fmt.Sprintf("%x", mark)} {
		if strings.Contains(out.String(), word) {
			t.Errorf("%q is given away:\n%s", word, out.String())
		}
	}
	if !strings.Contains(out.String(), "fas") {
		t.Error("nothing at all was written")
	}
}

// A logout is kept as JSON and comes back whole, but for the state of one journey.
func TestLogoutIsKept(t *testing.T) {
	l := federation.Logout{Provider: "fas", NameID: "n", Format: "f", NameQualifier: "q", SPNameQualifier: "s", SessionIndex: "i",
		Issuer: "iss", Subject: "sub", SID: "sid", TokenHint: "hint"}
	kept := l
	kept.State = "state"
	raw, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	var back federation.Logout
	if err := json.Unmarshal(raw, &back); err != nil || back != l {
		t.Errorf("kept as %s", raw)
	}
	if l.IsZero() || !(federation.Logout{}).IsZero() {
		t.Error("IsZero")
	}
}

func TestRefuse(t *testing.T) {
	reason := errors.New("signature")
	if err := federation.Refuse(reason); !errors.Is(err, federation.ErrRefused) || !errors.Is(err, reason) {
		t.Errorf("Refuse = %v", err)
	}
	for _, own := range []error{federation.ErrCancelled, federation.ErrUnavailable, federation.ErrNoNumber, federation.ErrStale, federation.LevelError{Have: 200, Asked: 400}} {
		if err := federation.Refuse(fmt.Errorf("walking: %w", own)); !errors.Is(err, own) {
			t.Errorf("Refuse(%v) = %v", own, err)
		}
	}
	for _, own := range []error{federation.ErrCancelled, federation.ErrUnavailable} {
		if errors.Is(federation.Refuse(own), federation.ErrRefused) {
			t.Errorf("%v is a refusal", own)
		}
	}
}
