package store_test

import (
	"errors"
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/jobs"
	"guichet.example/portal/people"
	"guichet.example/portal/store"
)

func TestPeopleOnPaperSQLite(t *testing.T) { runPeopleOnPaper(t, openSQLite) }

func TestPeopleOnPaperPostgreSQL(t *testing.T) {
	t.Parallel()
	runPeopleOnPaper(t, openPostgreSQL)
}

func runPeopleOnPaper(t *testing.T, open opener) {
	t.Run("a form signed by hand decides", func(t *testing.T) { testAccessOnPaper(t, newBed(t, open)) })
	t.Run("one look at birthdays waits", func(t *testing.T) { testBirthdayJob(t, newBed(t, open)) })
	t.Run("whom to reach, and who holds", func(t *testing.T) { testReach(t, newBed(t, open)) })
	t.Run("a member's choice of notices", func(t *testing.T) { testNotices(t, newBed(t, open)) })
}

// Staff note what a person signed by hand, in her open file alone.
func testAccessOnPaper(t *testing.T, b *bed) {
	ctx, h := t.Context(), &booklet{bed: b}
	h.put(b.bram, b.claire, core.RolePartner)
	rules, err := people.Settings{}.Rules(18)
	if err != nil {
		t.Fatal(err)
	}
	ines, ada := b.ines(), b.ada()
	opening := b.opened(ines)
	if _, err := b.FileAccess(ctx, ada, opening); err == nil {
		t.Error("a file that another opened was read")
	}
	if err := b.NoteAccess(ctx, ada, opening, b.bram.Member, true, rules); err == nil {
		t.Error("a file that another opened was written to")
	}
	if err := b.NoteAccess(ctx, ines, opening, "nobody", true, rules); !errors.Is(err, people.ErrNotOnBooklet) {
		t.Errorf("a holder she does not have: %v", err)
	}
	if err := b.AccessForm(ctx, b.claire, b.bram.Member); err != nil {
		t.Errorf("the form: %v", err)
	}
	for _, keep := range []bool{true, false, true} {
		if err := b.NoteAccess(ctx, ines, opening, b.bram.Member, keep, rules); err != nil {
			t.Fatal(err)
		}
		visible, err := b.Visible(ctx, b.bram)
		if _, sees := people.Find(visible, b.claire.Member); err != nil || sees != keep {
			t.Errorf("noted %v, the holder sees her: %v, %v", keep, sees, err)
		}
		list, err := b.FileAccess(ctx, ines, opening)
		if err != nil || len(list) != 1 || list[0].Seen != keep || list[0].Ground != people.Paper {
			t.Errorf("noted %v, the file says %+v, %v", keep, list, err)
		}
	}
}

// One job waits, and the next comes with the end of the last.
func testBirthdayJob(t *testing.T, b *bed) {
	ctx := t.Context()
	lease := func() []jobs.Job {
		t.Helper()
		list, err := b.Lease(ctx, jobs.Order{Now: b.clock.Now(), Life: time.Minute, Kinds: []string{people.JobKind}, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for range 2 {
		if err := b.LookAt(ctx, "141", b.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	held := lease()
	if len(held) != 1 {
		t.Fatalf("%d jobs, want one", len(held))
	}
	if err := b.LookAgain(ctx, held[0], b.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := b.LookAgain(ctx, held[0], b.clock.Now()); !errors.Is(err, jobs.ErrLeaseLost) {
		t.Errorf("ended twice: %v", err)
	}
	if n := len(lease()); n != 0 {
		t.Errorf("%d jobs before their hour", n)
	}
	b.clock.add(time.Hour)
	if n := len(lease()); n != 1 {
		t.Errorf("%d jobs at their hour, want one", n)
	}
}

// What a message says of its sender, and a receipt of its holder; every document opens.
func testReach(t *testing.T, b *bed) {
	ctx := t.Context()
	r, err := b.Reach(ctx, b.claire)
	if err != nil || r.Name != claire.Name() || r.Email != claire.Email || r.Phone != claire.Phone {
		t.Errorf("Reach = %+v, %v", r, err)
	}
	p, err := b.RefundHolder(ctx, b.claire)
	if err != nil || p.Name != claire.Name() || p.Affiliation != claire.Affiliation || !p.Birth.Equal(claire.Birth) {
		t.Errorf("RefundHolder = %+v, %v", p, err)
	}
	b.order(b.claire)
	if n, err := b.CheckDocuments(ctx, func(store.Step) {}); err != nil || n < 2 {
		t.Errorf("CheckDocuments = %d, %v", n, err)
	}
}
