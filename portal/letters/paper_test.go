package letters_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/letters"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing/document"
)

func TestParseReference(t *testing.T) {
	for _, typed := range []string{"L-7KQ2-94MA", "l7kq294ma", " l 7kq2 94ma ", "7kq2-94ma", "7KQ294MA"} {
		if got, ok := letters.ParseReference(typed); !ok || got != "L-7KQ2-94MA" {
			t.Errorf("ParseReference(%q) = %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "L", "7KQ2-94M", "L-7KQ2-94MAX", "X-7KQ2-94MA", "é7KQ294A"} {
		if got, ok := letters.ParseReference(typed); ok {
			t.Errorf("ParseReference(%q) = %q", typed, got)
		}
	}
}

func TestTestPrintHoldsNoSecret(t *testing.T) {
	b := newBed(t, func(changes ...func(*store.Config)) *store.DB { return storetest.Open(t, storetest.SQLite, changes...) })
	_, secret := b.ask(nora, letters.FirstCredentials)
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		drawn, err := b.TestPrint(lang)
		if err != nil {
			t.Fatal(err)
		}
		text := read(t, drawn.PDF, 1, drawn.Pages)
		if drawn.Pages != 2*len(letters.Kinds()) || strings.Contains(text, secret) || strings.Contains(text, "Nora") || strings.Contains(text, "4017") {
			t.Errorf("%s: %d pages read %s", lang, drawn.Pages, text)
		}
		if strings.ContainsAny(text, "{}") || strings.Contains(text, "letters.") {
			t.Errorf("%s: a text is missing: %s", lang, text)
		}
		if bytes.Contains(drawn.PDF, []byte(secret)) {
			t.Errorf("%s: the file holds the secret", lang)
		}
	}
	if w, err := b.db.WaitingLetters(t.Context(), "tilleuls"); err != nil || w.Letters != 1 {
		t.Errorf("waiting %+v, %v: a test print touches no letter", w, err)
	}
}

func TestExpectedBy(t *testing.T) {
	h := letters.House{}
	// Half past midnight in Brussels on the 26th is the 25th in UTC.
	asked := time.Date(2026, 11, 25, 23, 30, 0, 0, time.UTC)
	if got := h.ExpectedBy(asked); got.Format(time.DateOnly) != "2026-12-01" {
		t.Errorf("ExpectedBy = %s", got)
	}
	h.Days = 5
	if got := h.ExpectedBy(asked); got.Format(time.DateOnly) != "2026-12-03" {
		t.Errorf("ExpectedBy with five days = %s", got)
	}
}

// TestAbroad: a letter to another country names it, one at home does not.
func TestAbroad(t *testing.T) {
	h := letters.House{Country: "BE", Letterhead: document.Mutuality{Name: "M"}}
	a := letters.Addressed{Letter: letters.Letter{Kind: letters.NewEmail, Lang: "nl"}, Name: "Nora", Street: "Rue 1", Postcode: "67000", Municipality: "Strasbourg", Country: "FR"}
	if to := h.Compose(a, monday).To; len(to) != 4 || to[3] != "FRANKRIJK" {
		t.Errorf("To = %q", to)
	}
	a.Country = "be"
	if to := h.Compose(a, monday).To; len(to) != 3 {
		t.Errorf("To = %q", to)
	}
	a.Country = "XX"
	if to := h.Compose(a, monday).To; len(to) != 4 || to[3] != "XX" {
		t.Errorf("To = %q", to)
	}
}
