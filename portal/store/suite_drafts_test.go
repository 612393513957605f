package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/page"
)

// wantDraft holds a draft to its text; "" means that there is none.
func (b *bed) wantDraft(what string, login auth.Login, form, id, want string) {
	b.t.Helper()
	text, err := b.Draft(b.t.Context(), login, form, id)
	if want == "" {
		wantErr(b.t, what, err, page.ErrNoDraft)
		if text != nil {
			b.t.Errorf("%s came with text", what)
		}
		return
	}
	if err != nil || string(text) != want {
		b.t.Errorf("%s = %q, %v, want %q", what, text, err, want)
	}
}

// testDraft asks for a draft as everybody else: the answer is that of none.
func testDraft(t *testing.T, b *bed) {
	ctx := t.Context()
	put := func(login auth.Login, form, id, text string) error {
		return b.PutDraft(ctx, login, form, id, []byte(text))
	}
	wantErr(t, "PutDraft without a session", put(b.claire, "bank/change", "d1", "x"), auth.ErrSignInRequired)
	b.session("a", b.claire)
	b.session("b", b.bram)
	other := b.claire
	other.Session = "s-other"
	b.session("c", other)
	if err := put(b.claire, "bank/change", "d1", string(make([]byte, page.MaxDraft+1))); err == nil {
		t.Error("a draft that is too large was kept")
	}
	before := len(b.rows())
	for _, text := range []string{"first", newIBAN} {
		if err := put(b.claire, "bank/change", "d1", text); err != nil {
			t.Fatal(err)
		}
	}
	abroad := b.claire
	abroad.Mutuality = "142"
	b.wantDraft("her own draft", b.claire, "bank/change", "d1", newIBAN)
	b.wantDraft("another id", b.claire, "bank/change", "d2", "")
	b.wantDraft("another form", b.claire, "orders/ehic", "d1", "")
	b.wantDraft("another session of hers", other, "bank/change", "d1", "")
	b.wantDraft("another member", b.bram, "bank/change", "d1", "")
	b.wantDraft("another mutuality", abroad, "bank/change", "d1", "")
	asHer := b.bram
	asHer.Session = b.claire.Session
	b.wantDraft("another member who says her session", asHer, "bank/change", "d1", "")
	wantErr(t, "PutDraft into her session", put(asHer, "bank/change", "d1", "x"), auth.ErrSignInRequired)
	if err := put(other, "bank/change", "d1", "other tab"); err != nil {
		t.Fatal(err)
	}
	b.wantDraft("her own draft, after the same id elsewhere", b.claire, "bank/change", "d1", newIBAN)
	if got := len(b.rows()) - before; got != 0 {
		t.Errorf("drafts left %d audit rows", got)
	}
	b.reopen()
	b.wantDraft("her own draft after a restart", b.claire, "bank/change", "d1", newIBAN)
	for _, part := range []string{"", "-wal"} {
		if raw, err := os.ReadFile(b.cfg.Path + part); err == nil && contains(raw, newIBAN) {
			t.Errorf("what was typed stands in clear in the file%s", part)
		}
	}
}

func testDraftRoom(t *testing.T, b *bed) {
	const most = 8
	b.session("a", b.claire)
	b.session("b", b.bram)
	if err := b.PutDraft(t.Context(), b.bram, "f", "d0", []byte("bram")); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * most {
		if err := b.PutDraft(t.Context(), b.claire, []string{"f", "g"}[i%2], fmt.Sprint("d", i), []byte(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		b.wantDraft("the newest", b.claire, []string{"f", "g"}[i%2], fmt.Sprint("d", i), fmt.Sprint(i))
		if i%most == 0 {
			b.clock.add(time.Second) // the others fall on one instant
		}
	}
	left := 0
	for i := range 3 * most {
		if _, err := b.Draft(t.Context(), b.claire, []string{"f", "g"}[i%2], fmt.Sprint("d", i)); err == nil {
			left++
		}
	}
	if left != most {
		t.Errorf("%d drafts are kept, want %d", left, most)
	}
	b.wantDraft("another member's", b.bram, "f", "d0", "bram")
}

func testDraftEnds(t *testing.T, b *bed) {
	hash := b.session("a", b.claire)
	b.session("b", b.bram)
	put := func(login auth.Login) {
		t.Helper()
		if err := b.PutDraft(t.Context(), login, "f", "d1", []byte("typed")); err != nil {
			t.Fatal(err)
		}
	}
	put(b.claire)
	put(b.bram)
	if err := b.EndSession(t.Context(), hash, "signed out"); err != nil {
		t.Fatal(err)
	}
	b.wantDraft("draft of a session that ended", b.claire, "f", "d1", "")
	b.wantDraft("draft of another", b.bram, "f", "d1", "typed")
	b.session("again", b.claire) // with the same public id
	b.wantDraft("draft in a new session", b.claire, "f", "d1", "")
	b.clock.add(9 * time.Hour)
	b.wantDraft("draft past the end", b.bram, "f", "d1", "")
	if err := b.Sweep(context.Background(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.clock.add(-9 * time.Hour)
	b.wantDraft("draft after a sweep", b.bram, "f", "d1", "")
}
