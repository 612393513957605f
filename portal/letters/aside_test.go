package letters_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/store/storetest"
)

const (
	rami = auth.MemberID("dddddddddddddddddddddddddd")
	lone = auth.MemberID("eeeeeeeeeeeeeeeeeeeeeeeeee")
)

// A letter that cannot be set is put aside with its cause and keeps no other from
// leaving, however few are asked for; once its cause is mended it goes.
func TestAside(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Opener) {
		b := newBed(t, open)
		b.join(rami, "17073003384", "محمد", "Delcourt", "4000")
		b.join(lone, "85073003427", "Zoé", "Lone", "4000")
		b.move(lone, "")
		glyph, secret := b.ask(rami, letters.NewPassword)
		nowhere, _ := b.ask(lone, letters.NewEmail)
		if p, err := b.Print(t.Context(), b.by, 1); !errors.Is(err, letters.ErrNothing) || len(p.Aside) != 2 || p.Aside[0].Secret != "" {
			t.Fatalf("Print = %v, %v", p, err)
		}
		b.want(glyph, letters.Requested, letters.AsideGlyph)
		b.want(nowhere, letters.Requested, letters.AsideAddress)
		good, _ := b.ask(nora, letters.NewPassword)
		if w, err := b.db.WaitingLetters(t.Context(), "tilleuls"); err != nil || w.Letters != 1 || w.Aside != 2 {
			t.Errorf("waiting %+v, %v", w, err)
		}
		if p := b.print(); len(p.Letters) != 1 || len(p.Aside) != 0 {
			t.Errorf("printed %v, aside %v", p.Letters, p.Aside)
		}
		b.want(good, letters.Printed, "")
		if err := b.TryAgain(t.Context(), b.by, good); !errors.Is(err, letters.ErrState) {
			t.Errorf("TryAgain of a printed letter = %v", err)
		}
		if err := b.TryAgain(t.Context(), letters.By{Mutuality: "other"}, glyph); !errors.Is(err, letters.ErrNotFound) {
			t.Errorf("TryAgain by another mutuality = %v", err)
		}
		b.join(rami, "17073003384", "Mohamed", "Delcourt", "4000")
		for range 2 {
			if err := b.TryAgain(t.Context(), b.by, glyph); err != nil && !errors.Is(err, letters.ErrState) {
				t.Error(err)
			}
		}
		p := b.print()
		if len(p.Letters) != 1 || !strings.Contains(read(t, p.PDF, 2, 2), secret) {
			t.Errorf("printed %v", p.Letters)
		}
		b.want(glyph, letters.Printed, "")
	})
}

// The mailroom sees what is aside and why, and lets it wait again, by a form.
func TestMailroomSeesAside(t *testing.T) {
	c, b := counter(t)
	c.Lang = locale.FR
	b.join(rami, "17073003384", "محمد", "Delcourt", "4000")
	id, _ := b.ask(rami, letters.NewPassword)
	if p := c.Post("office/letters/print", url.Values{"letters": {"1"}}); p.Status != http.StatusConflict || !strings.Contains(string(p.Body), "mise de côté") {
		t.Errorf("print = %d %s", p.Status, p.Body)
	}
	l := b.want(id, letters.Requested, letters.AsideGlyph)
	if body := string(c.Get("office/letters").Body); !strings.Contains(body, l.Reference) || !strings.Contains(body, "un caractère") {
		t.Error("the mailroom does not show the letter and the cause")
	}
	if body := string(c.Get("office/letters/" + id).Body); !strings.Contains(body, "/fr/office/letters/"+id+"/try") {
		t.Error("the letter's page has no way back")
	}
	for i, want := range []int{http.StatusSeeOther, http.StatusConflict} {
		if p := c.Post("office/letters/"+id+"/try", nil); p.Status != want {
			t.Errorf("%d: trying again = %d, want %d", i, p.Status, want)
		}
	}
	b.want(id, letters.Requested, "")
}
