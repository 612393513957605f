package requests

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"guichet.example/signing/document"
)

// wantProblem checks the state of a refusal, and that it says nothing personal.
func wantProblem(t *testing.T, err error, state string) *Problem {
	t.Helper()
	var p *Problem
	if !errors.As(err, &p) {
		t.Fatalf("error is %v, want a Problem %s", err, state)
	}
	if p.State != state {
		t.Errorf("state is %s (%v), want %s", p.State, p.Cause, state)
	}
	if strings.Contains(p.Error(), "85073003328") || strings.Contains(p.Error(), "539007547034") {
		t.Errorf("problem shows a number: %v", p)
	}
	return p
}

func TestFreezeRefuses(t *testing.T) {
	d := newDesk(t)
	wrong := bankChange()
	wrong.NewIBAN = "BE68539007547035"
	if _, err := d.Freeze(t.Context(), d.login, wrong, "k"); err == nil {
		t.Error("an act that does not hold is frozen")
	}
	d.store.onPut = func(Request) error { return ErrReferenceTaken }
	if _, err := d.Freeze(t.Context(), d.login, bankChange(), "k"); !errors.Is(err, ErrReferenceTaken) {
		t.Errorf("Freeze = %v, want ErrReferenceTaken after a few tries", err)
	}
}

func TestFreeze(t *testing.T) {
	d := newDesk(t)
	tries := 0
	d.store.onPut = func(Request) error {
		if tries++; tries == 1 {
			return ErrReferenceTaken
		}
		return nil
	}
	id, err := d.Freeze(t.Context(), d.login, bankChange(), "k")
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Freeze(t.Context(), d.login, bankChange(), "k")
	if err != nil || again != id {
		t.Errorf("the same key gives %s, %v, want %s", again, err, id)
	}
	if other, err := d.Freeze(t.Context(), d.login, bankChange(), "other"); err != nil || other == id {
		t.Errorf("another key gives %s, %v", other, err)
	}
	r, err := d.store.Request(t.Context(), d.login, id)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^GC-2026-[0-9A-HJKMNP-TV-Z]{4}-[0-9]{3}$`).MatchString(r.Reference) {
		t.Errorf("reference is %q", r.Reference)
	}
	if !regexp.MustCompile(`^[0-9a-z]{26}$`).MatchString(r.ID) {
		t.Errorf("id is %q", r.ID)
	}
	if got := r.Act.(document.BankChange).Reference; got != r.Reference {
		t.Errorf("the act says reference %q, the request %q", got, r.Reference)
	}
	if r.State != ToSign || r.Pages < 1 || !bytes.HasPrefix(r.PDF, []byte("%PDF-")) || r.Mark.Page < 1 {
		t.Errorf("request is %s with %d pages, mark on page %d", r.State, r.Pages, r.Mark.Page)
	}
}

// No reference reads as a national number, whatever is drawn: a document that holds one is
// refused, and its member could not go on.
func TestReferenceIsNoNationalNumber(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	var raw [8]byte
	for range 200_000 {
		binary.BigEndian.PutUint64(raw[:], source.Uint64())
		reference, err := newReference(noon, bytes.NewReader(raw[:]))
		if err != nil || !referenceForm.MatchString(reference) {
			t.Fatalf("newReference = %q, %v", reference, err)
		}
	}
}

var referenceForm = regexp.MustCompile(`^GC-\d{4}-[A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{3}-\d{3}$`)
