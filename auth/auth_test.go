package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/certs"
)

func TestAssuranceText(t *testing.T) {
	for level, word := range map[auth.Assurance]string{
		auth.None: "none", auth.Low: "low", auth.Substantial: "substantial", auth.High: "high",
	} {
		text, err := json.Marshal(level)
		if err != nil || string(text) != `"`+word+`"` || level.String() != word {
			t.Errorf("%d reads %s, %q, %v; want %q", int(level), text, level.String(), err, word)
		}
		var back auth.Assurance
		if err := json.Unmarshal(text, &back); err != nil || back != level {
			t.Errorf("Unmarshal(%s) = %v, %v", text, back, err)
		}
	}
	for _, bad := range []string{`""`, `"HIGH"`, `"very high"`, `"3"`} {
		level := auth.None
		if err := json.Unmarshal([]byte(bad), &level); err == nil || level != auth.None {
			t.Errorf("Unmarshal(%s) = %v, %v; want an error", bad, level, err)
		}
	}
	if _, err := json.Marshal(auth.Assurance(4)); err == nil {
		t.Error("Marshal of a level off the scale succeeded")
	}
}

// design.md's table: what a CSAM level is worth.
func TestOfCSAM(t *testing.T) {
	want := map[int]auth.Assurance{
		100: auth.None, 200: auth.Low, 300: auth.Low, 350: auth.Low, 400: auth.Substantial, 450: auth.High, 500: auth.High,
	}
	for level := -1; level <= 1000; level++ {
		if got := auth.OfCSAM(level); got != want[level] {
			t.Errorf("OfCSAM(%d) = %v, want %v", level, got, want[level])
		}
	}
}

// However a login is printed or logged, the national number and the name stay in.
func TestLoginGivesNothingAway(t *testing.T) {
	login := auth.Login{
		Mutuality: "emut", Member: "m1", Name: "Lucie Maes", Method: auth.Card, Assurance: auth.High, Session: "s1",
		Holder: certs.Holder{Country: "BE", SerialNumber: "85073003328", Surname: "Maes", CommonName: "Lucie Maes (Authentication)"},
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("signed in", "login", login, "pointer", &login)
	printed := log.String() + fmt.Sprintf("%v %+v %#v %s", login, login, login, &login)
	for _, secret := range []string{"85073003328", "Maes"} {
		if strings.Contains(printed, secret) {
			t.Errorf("%q is in %s", secret, printed)
		}
	}
	if !strings.Contains(log.String(), `"member":"m1"`) {
		t.Errorf("log does not say which member: %s", log.String())
	}
}

func TestMemberID(t *testing.T) {
	id, err := auth.NewMemberID(bytes.NewReader(make([]byte, 16)))
	if err != nil || id != "aaaaaaaaaaaaaaaaaaaaaaaaaa" {
		t.Fatalf("NewMemberID = %q, %v", id, err)
	}
	if back, err := auth.ParseMemberID(string(id)); err != nil || back != id {
		t.Errorf("ParseMemberID(%q) = %q, %v", id, back, err)
	}
	if _, err := auth.NewMemberID(bytes.NewReader(make([]byte, 15))); err == nil {
		t.Error("NewMemberID with too little randomness succeeded")
	}
	for _, bad := range []string{
		"", "a", strings.Repeat("a", 25), strings.Repeat("a", 27), strings.Repeat("A", 26), strings.Repeat("1", 26),
		strings.Repeat("a", 25) + "b", // stray bits: a second spelling of the same bytes
		strings.Repeat("a", 25) + "=", strings.Repeat("a", 13) + "\n" + strings.Repeat("a", 12),
	} {
		if id, err := auth.ParseMemberID(bad); err == nil || id != "" {
			t.Errorf("ParseMemberID(%q) = %q, %v; want an error", bad, id, err)
		}
	}
}
