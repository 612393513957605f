package profile_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/profile"
)

func TestProfileRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"unknown":                   `{"id": "nowhere"}`,
		"short password":            `{"password": {"min_length": 7}}`,
		"endless password":          `{"password": {"min_length": 65}}`,
		"no identifier":             `{"identifiers": []}`,
		"unknown identifier":        `{"identifiers": ["telephone"]}`,
		"mixed forms":               `{"id": "webmut", "identifiers": ["mutuality+e-mail", "access-code"]}`,
		"number of the mutuality":   `{"id": "webmut", "number": "70000"}`,
		"unknown way":               `{"enrol": ["telepathy"]}`,
		"link for a year":           `{"link_life": "8760h"}`,
		"link for a second":         `{"link_life": "1s"}`,
		"letter's code for an hour": `{"code_life": "1h"}`,
		"undo for an hour":          `{"undo_life": "1h"}`,
		"majority of a child":       `{"majority_age": 12}`,
		"three questions":           `{"id": "unimutuelles", "questions": [{"fr":"a","nl":"a","de":"a","en":"a"},{"fr":"a","nl":"a","de":"a","en":"a"},{"fr":"a","nl":"a","de":"a","en":"a"}]}`,
		"question without texts":    `{"id": "emut", "recover": ["letter", "question"]}`,
	} {
		var c profile.Config
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p, err := c.Profile(); err == nil || p.ID != "" {
			t.Errorf("%s: %s gives %q, %v; want an error", name, text, p.ID, err)
		}
	}
	if _, err := profile.Load("nowhere"); !errors.Is(err, profile.ErrUnknown) {
		t.Errorf("Load = %v, want ErrUnknown", err)
	}
}

// What the five ship with is what their guides say.
func TestShipped(t *testing.T) {
	type shipped struct {
		identifiers []profile.Identifier
		min, rules  int
		link        time.Duration
		questions   int
		enrol       profile.Way
	}
	for id, want := range map[string]shipped{
		"emut":             {[]profile.Identifier{profile.NationalNumber, profile.UserNumber}, 15, 1, time.Hour, 0, profile.ByLetter},
		"webmut":           {[]profile.Identifier{profile.MutualityEmail}, 15, 1, 24 * time.Hour, 0, profile.BySixFields},
		"unimutuelles":     {[]profile.Identifier{profile.AccessCode, profile.Email}, 8, 4, 24 * time.Hour, 4, profile.ByAccessCode},
		"mutame-marseille": {[]profile.Identifier{profile.Email}, 10, 5, 48 * time.Hour, 0, profile.ByIdentity},
		"mutame-plus":      {[]profile.Identifier{profile.AccessCode, profile.Email}, 15, 1, 24 * time.Hour, 4, profile.ByAccessCode},
	} {
		p, err := profile.Load(id)
		if err != nil {
			t.Fatalf("Load(%s): %v", id, err)
		}
		for _, i := range want.identifiers {
			if !p.Takes(i) {
				t.Errorf("%s does not take %s", id, i)
			}
		}
		if len(p.Identifiers) != len(want.identifiers) || p.Password.Min() != want.min || len(p.Password.Rules()) != want.rules ||
			p.LinkLife != want.link || len(p.Questions) != want.questions || !p.Enrols(want.enrol) || p.MajorityAge != 18 {
			t.Errorf("%s ships as %+v", id, p)
		}
	}
	if len(profile.IDs()) != 5 {
		t.Errorf("IDs = %v", profile.IDs())
	}
}

func TestOverride(t *testing.T) {
	var c profile.Config
	text := `{"id": "unimutuelles", "link_life": "12h", "majority_age": 16, "recover": ["link"], "password": {"min_length": 12}}`
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	p, err := c.Profile()
	if err != nil || p.LinkLife != 12*time.Hour || p.MajorityAge != 16 || p.Recovers(profile.ByQuestion) || p.Password.Min() != 12 || !p.Takes(profile.Email) {
		t.Errorf("Profile = %+v, %v", p, err)
	}
}

// What goes against SP 800-63B-4 is told; the default profile has nothing to tell.
func TestWarnings(t *testing.T) {
	for id, want := range map[string][]string{
		"emut":             nil,
		"unimutuelles":     {"8 characters", "classes", "secret question", "links"},
		"mutame-marseille": {"10 characters", "classes", "facts", "links"},
		"webmut":           {"facts", "links"},
	} {
		p, err := profile.Load(id)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Warnings()
		if len(got) != len(want) {
			t.Errorf("%s warns %q, want %q", id, got, want)
			continue
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("%s warns %q, want %q", id, got[i], want[i])
			}
		}
	}
}
