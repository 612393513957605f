package store_test

import (
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/office"
)

// An identity check opens a way in to the officer who made it, for the member whom she saw,
// while that member is at the counter: each of these alone is missing once, for an account
// that could otherwise be opened.
func TestOfficeChecks(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		t.Run(engine, func(t *testing.T) {
			b := newBed(t, open)
			ctx, ada := t.Context(), b.ada()
			eve := b.hire("Eve Ander", number("72022911853"), auth.ContactPoint, auth.Advisor)
			opening := b.opened(ada)
			check, err := b.RecordCheck(ctx, ada, opening, office.Check{Place: "Liège", Proofs: []string{"eid", "photo"}})
			want(t, "RecordCheck", err, nil)
			_, err = b.RecordCheck(ctx, eve, opening, office.Check{Place: "Liège", Proofs: []string{"eid", "photo"}})
			want(t, "RecordCheck in a colleague's opening", err, office.ErrNoOpening)
			now := b.clock.Now()
			code := credentials.Code{Mutuality: "141", Member: claire.ID, Purpose: credentials.Counter, Created: now, Expires: now.Add(24 * time.Hour)}
			_, err = b.CodeAtCounter(ctx, eve, claire.ID, check, code, "ABCD-EFGH-JKMN")
			want(t, "code by a colleague's check", err, office.ErrState)
			want(t, "card by a colleague's check", b.CardAtCounter(ctx, eve, claire.ID, check), office.ErrState)
			b.clock.add(office.CheckLife + time.Second)
			want(t, "card after its time", b.CardAtCounter(ctx, ada, claire.ID, check), office.ErrState)
			b.clock.add(-2 * time.Second)
			want(t, "card in its time", b.CardAtCounter(ctx, ada, claire.ID, check), nil)
		})
	}
}
