package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/office"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

// TestNewerRaces: two tabs, and two servers, at once on what a member answers and decides:
// nothing happens twice and nothing is lost.
func TestNewerRaces(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		b := newBed(t, openSQLite)
		newerRaces(t, b, b.DB, peek(t, b.cfg.Path))
	})
	t.Run("two servers", func(t *testing.T) {
		t.Parallel()
		b, other := newPair(t)
		newerRaces(t, b, other, peekDatabase(t, b.cfg.Database))
	})
}

func newerRaces(t *testing.T, b *bed, other *store.DB, pool *sql.DB) {
	ctx, ines, servers := t.Context(), b.ines(), []*store.DB{b.DB, other}
	for round := range soak(5, 100) { // a question is answered once, whatever is written in two tabs
		request, _ := b.signed(b.claire)
		id := b.taken(ines, b.claire, request)
		want(t, "ask", b.CloseItem(ctx, ines, id, office.Answer{What: office.EventAsked, Words: "Une copie ?"}), nil)
		errs := together(4, func(i int) error {
			return servers[i%2].AnswerOffice(ctx, b.claire, request, requests.Answer{Text: fmt.Sprint("answer ", i)})
		})
		won := wins(t, errs, requests.ErrNotOpen)
		thread, err := b.Thread(ctx, b.claire, request)
		if err != nil || won != 1 || len(thread) != 2 {
			t.Fatalf("round %d: %d answers won, the thread has %d, %v", round, won, len(thread), err)
		}
		for i, err := range errs {
			if err == nil && thread[1].Text != fmt.Sprint("answer ", i) {
				t.Errorf("round %d: %q was written, %d won", round, thread[1].Text, i)
			}
		}
	}

	h := &booklet{bed: b}
	nora := h.add("Nora", "2006-05-01", core.RoleChild)
	for round := range soak(5, 100) { // allowed in one tab and ended in the other: as the last line of the trail says
		before := len(b.audited(audit.ChangeAccess))
		errs := together(4, func(i int) error { return servers[i%2].AnswerAccess(ctx, nora, b.claire.Member, i < 2, rules) })
		if won := wins(t, errs); won != 4 {
			t.Fatalf("round %d: %v", round, errs)
		}
		rows := b.audited(audit.ChangeAccess)[before:]
		var lines int
		err := pool.QueryRow(`SELECT count(*) FROM exports WHERE kind = 'access'`).Scan(&lines)
		if err != nil || len(rows) != 4 || lines != before+4 {
			t.Errorf("round %d: %d rows, %d lines for the insurance system after %d, %v", round, len(rows), lines, before, err)
		}
		state := h.access(nora).State
		kept := 0
		for _, row := range rows {
			if strings.HasSuffix(row, " kept answer") {
				kept++
			}
		}
		sees := len(h.sees(b.claire)) == 2
		if kept != 2 || state != people.Kept && state != people.Stopped || sees != (state == people.Kept) {
			t.Errorf("round %d: %q, access is %s, seen %t", round, rows, state, sees)
		}
	}
}
