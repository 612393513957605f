package letters_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/store/storetest"
)

func TestMadeAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		id, secret := b.ask(nora, letters.FirstCredentials)
		if _, err := b.Reprint(t.Context(), b.by, id, "jam"); !errors.Is(err, letters.ErrState) {
			t.Errorf("Reprint of a letter that was not printed = %v, want ErrState", err)
		}
		first := b.print()
		if _, err := b.Reprint(t.Context(), b.by, id, "because"); !errors.Is(err, letters.ErrLetter) {
			t.Errorf("Reprint without a reason = %v", err)
		}
		again, err := b.Reprint(t.Context(), b.by, id, "jam")
		if err != nil || again.Replaces != id || again.State != letters.Requested {
			t.Fatalf("Reprint = %+v, %v", again, err)
		}
		b.want(id, letters.Expired, "jam")
		if b.alive(credentials.ActivateLetter, secret) {
			t.Error("the code on the spoilt sheet still opens")
		}
		if batch, err := b.db.Batch(t.Context(), "tilleuls", first.ID); err != nil || batch.Envelopes() != 0 || batch.Spoilt != 1 {
			t.Errorf("batch %+v, %v", batch, err)
		}
		second := b.print()
		text := read(t, second.PDF, 1, 2)
		if strings.Contains(text, secret) || !strings.Contains(text, "4017 2283") {
			t.Errorf("the second letter reads %s", text)
		}
		fresh := ""
		for word := range strings.FieldsSeq(text) {
			if _, ok := credentials.CleanCode(word); ok {
				fresh = word
			}
		}
		if !b.alive(credentials.ActivateLetter, fresh) {
			t.Errorf("the second code %q does not open", fresh)
		}
		if _, err := b.Reprint(t.Context(), b.by, id, "jam"); !errors.Is(err, letters.ErrState) {
			t.Errorf("Reprint twice = %v, want ErrState", err)
		}
	})
}

func TestReturned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		id, secret := b.ask(nora, letters.NewPassword)
		for _, reason := range []string{"", "because"} {
			if _, err := b.Returned(t.Context(), b.by, id, reason); !errors.Is(err, letters.ErrLetter) {
				t.Errorf("Returned(%q) = %v, want ErrLetter", reason, err)
			}
		}
		if _, err := b.Returned(t.Context(), b.by, id, "address"); !errors.Is(err, letters.ErrState) {
			t.Errorf("Returned before it left = %v, want ErrState", err)
		}
		p := b.print()
		if err := b.Posted(t.Context(), b.by, p.ID, 1); err != nil {
			t.Fatal(err)
		}
		if l, err := b.Returned(t.Context(), b.by, id, "address"); err != nil || l.State != letters.Returned {
			t.Fatalf("Returned = %v, %v", l, err)
		}
		b.want(id, letters.Returned, "address")
		if b.alive(credentials.ResetLetter, secret) {
			t.Error("the code of a letter that came back still opens")
		}
		tasks := 0
		err := b.db.AuditRows(t.Context(), func(e audit.Entry) error {
			if e.Action == audit.MakeTask {
				tasks++
			}
			return nil
		})
		if err != nil || tasks != 1 {
			t.Errorf("%d tasks, %v, want one for an advisor", tasks, err)
		}
		if _, err := b.Returned(t.Context(), b.by, id, "address"); !errors.Is(err, letters.ErrState) {
			t.Errorf("Returned twice = %v", err)
		}
		if _, err := b.Returned(t.Context(), letters.By{Mutuality: "other"}, id, "address"); !errors.Is(err, letters.ErrNotFound) {
			t.Errorf("Returned by another mutuality = %v", err)
		}
	})
}

// TestTooLate: a code that is dead before its letter is printed is not printed, and
// one that dies on the way ends its letter.
func TestTooLate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		printed, _ := b.ask(nora, letters.FirstCredentials)
		b.print()
		waiting, _ := b.ask(nora, letters.NewPassword)
		b.Add(31 * 24 * time.Hour)
		if _, err := b.Print(t.Context(), b.by, 100); !errors.Is(err, letters.ErrNothing) {
			t.Errorf("Print of a dead code = %v, want ErrNothing", err)
		}
		if err := b.db.Sweep(t.Context(), b.clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.want(printed, letters.Expired, "deadline")
		b.want(waiting, letters.Expired, "deadline")
	})
}

// TestAskedTwice: of two requests one letter leaves, with the code that opens.
func TestAskedTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		first, dead := b.ask(nora, letters.NewPassword)
		second, living := b.ask(nora, letters.NewPassword)
		b.want(first, letters.Expired, "replaced")
		b.want(second, letters.Requested, "")
		p := b.print()
		if text := read(t, p.PDF, 1, 2); p.Pages != 2 || !strings.Contains(text, living) || strings.Contains(text, dead) {
			t.Errorf("%d pages read %s", p.Pages, text)
		}
	})
}
