package letters_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/letters"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

func TestLettersThatCannotBe(t *testing.T) {
	good := letters.Letter{Mutuality: "tilleuls", Member: nora, Kind: letters.NewPassword, Lang: "fr", Secret: "7KQ2-94MA-X0VT", Deadline: monday}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*letters.Letter){
		"to nobody":             func(l *letters.Letter) { l.Member = "" },
		"in no language":        func(l *letters.Letter) { l.Lang = "es" },
		"of no kind":            func(l *letters.Letter) { l.Kind = "advertisement" },
		"without its secret":    func(l *letters.Letter) { l.Secret = "" },
		"notice with a secret":  func(l *letters.Letter) { l.Kind = letters.NewEmail },
		"secret of two lines":   func(l *letters.Letter) { l.Secret = "7KQ2\n94MA" },
		"secret for ever":       func(l *letters.Letter) { l.Deadline = time.Time{} },
		"number beside a reset": func(l *letters.Letter) { l.UserNumber = "1" },
	} {
		l := good
		change(&l)
		if err := l.Check(); !errors.Is(err, letters.ErrLetter) || strings.Contains(err.Error(), "7KQ2") {
			t.Errorf("%s: Check = %v, want ErrLetter without the secret", name, err)
		}
	}
}

func TestBatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		if _, err := b.Print(t.Context(), b.by, 100); !errors.Is(err, letters.ErrNothing) {
			t.Errorf("Print of nothing = %v", err)
		}
		first, secret := b.ask(nora, letters.FirstCredentials)
		notice, _ := b.ask(nora, letters.NewEmail)
		if w, err := b.db.WaitingLetters(t.Context(), "tilleuls"); err != nil || w.Letters != 2 || !w.Oldest.Equal(monday) {
			t.Errorf("waiting %+v, %v", w, err)
		}
		p := b.print()
		if p.Batch.Letters != 2 || p.Pages != 4 || len(p.Letters) != 2 || p.Letters[0].Secret != "" {
			t.Errorf("batch %+v", p.Batch)
		}
		front, back := read(t, p.PDF, 1, 1), read(t, p.PDF, 2, 2)
		if !strings.Contains(front, "Nora Delcourt") || !strings.Contains(front, "4017 2283") || strings.Contains(front, secret) {
			t.Errorf("front reads %s", front)
		}
		if !strings.Contains(back, secret) || strings.Contains(back, "4017") || strings.Contains(back, "Delcourt") {
			t.Errorf("back reads %s", back)
		}
		b.want(first, letters.Printed, "")
		b.want(notice, letters.Printed, "")
		if _, err := b.Print(t.Context(), b.by, 100); !errors.Is(err, letters.ErrNothing) {
			t.Errorf("a second Print = %v, want ErrNothing", err)
		}
		for _, wrong := range []int{0, 1, 3, -2} {
			if err := b.Posted(t.Context(), b.by, p.ID, wrong); !errors.Is(err, letters.ErrCount) {
				t.Errorf("Posted(%d) = %v, want ErrCount", wrong, err)
			}
		}
		b.want(first, letters.Printed, "")
		if err := b.Posted(t.Context(), b.by, "01kother", 2); !errors.Is(err, letters.ErrNotFound) {
			t.Errorf("Posted of another batch = %v", err)
		}
		if err := b.Posted(t.Context(), b.by, p.ID, 2); err != nil {
			t.Fatal(err)
		}
		if err := b.Posted(t.Context(), b.by, p.ID, 2); !errors.Is(err, letters.ErrState) {
			t.Errorf("Posted again = %v, want ErrState", err)
		}
		b.want(first, letters.Posted, "")
		list, err := b.db.Letters(t.Context(), b.by, letters.Filter{Batch: p.ID}, "", 10)
		if err != nil || len(list) != 2 || list[0].ID != notice {
			t.Errorf("letters of the batch: %v, %v", list, err)
		}
		b.checkTrail(secret)
	})
}

// checkTrail: every step has its row, no row has a secret.
func (b *bed) checkTrail(secret string) {
	b.t.Helper()
	count := map[audit.Action]int{}
	err := b.db.AuditRows(b.t.Context(), func(e audit.Entry) error {
		if e.Outcome == audit.Done {
			count[e.Action]++
		}
		if strings.Contains(e.Object+e.Reason, secret) {
			b.t.Errorf("a row holds the secret: %+v", e)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for action, want := range map[audit.Action]int{
		audit.RequestLetter: 2, audit.PrintLetter: 2, audit.PrintBatch: 1, audit.PostBatch: 1, audit.PostLetter: 2,
	} {
		if count[action] != want {
			b.t.Errorf("%d rows %s, want %d", count[action], action, want)
		}
	}
}

// TestPrintedOnce: two who print at the same time make one batch of each letter.
func TestPrintedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		_, secret := b.ask(nora, letters.NewPassword)
		var wait sync.WaitGroup
		var mu sync.Mutex
		var prints []*letters.Print
		for range 4 {
			wait.Go(func() {
				p, err := b.Print(context.Background(), b.by, 100)
				if err == nil {
					mu.Lock()
					prints = append(prints, p)
					mu.Unlock()
				} else if !errors.Is(err, letters.ErrState) && !errors.Is(err, letters.ErrNothing) {
					t.Errorf("Print = %v", err)
				}
			})
		}
		wait.Wait()
		if len(prints) != 1 || !strings.Contains(read(t, prints[0].PDF, 2, 2), secret) {
			t.Errorf("printed %d times", len(prints))
		}
	})
}

// A batch leaves sealed where there is a seal, and its digest is that of the sealed file.
// Without the seal's key nothing is printed.
func TestBatchIsSealed(t *testing.T) {
	b := newBed(t, func(changes ...func(*store.Config)) *store.DB { return storetest.Open(t, storetest.SQLite, changes...) })
	id, _ := b.ask(nora, letters.NewPassword)
	noKey := errors.New("no key")
	b.Seal = func(context.Context, []byte, string) ([]byte, error) { return nil, noKey }
	if p, err := b.Print(t.Context(), b.by, 10); !errors.Is(err, noKey) || p != nil {
		t.Errorf("Print without the key = %v, %v", p, err)
	}
	b.want(id, letters.Requested, "")
	b.Seal = func(_ context.Context, pdf []byte, reason string) ([]byte, error) {
		if reason != "Lettres" {
			t.Errorf("reason %q", reason)
		}
		return append(slices.Clone(pdf), "% sealed\n"...), nil
	}
	p := b.print()
	if !bytes.HasSuffix(p.PDF, []byte("% sealed\n")) || p.SHA256 != sha256.Sum256(p.PDF) {
		t.Error("the batch is not the sealed file")
	}
	kept, err := b.db.Batch(t.Context(), "tilleuls", p.ID)
	if err != nil || kept.SHA256 != p.SHA256 {
		t.Errorf("batch kept with another digest: %v", err)
	}
}
