package store_test

import (
	"strings"
	"testing"

	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
)

func TestPlansAfterImportSQLite(t *testing.T) { grown(t, openSQLite) }

// What was loaded into empty tables is found by its keys at once, not once autovacuum has
// come round.
func TestPlansAfterImportPostgreSQL(t *testing.T) {
	t.Parallel()
	b := grown(t, openPostgreSQL)
	address, _ := databases.Load(b.cfg.Path)
	plan := strings.Join(texts(t, peekDatabase(t, address.(string)),
		`EXPLAIN SELECT given_names FROM members WHERE mutuality = '141' AND member = 'x'`), "\n")
	if !strings.Contains(plan, "members_pkey") {
		t.Errorf("plan %s, want members_pkey", plan)
	}
}

// grown is a store that was handed some hundred members.
func grown(t *testing.T, open opener) *bed {
	b := newBed(t, open)
	g, err := seed.New(seed.Config{Seed: 3, Members: 400, Until: day("2026-10-31")})
	if err != nil {
		t.Fatal(err)
	}
	var rows []core.Row
	for family := range g.Families() {
		rows = append(rows, family.Rows(core.KindMember)...)
	}
	if out := b.load(rows...); out.Added != len(rows) {
		t.Fatalf("%d of %d members loaded", out.Added, len(rows))
	}
	for range 2 { // the second finds nothing to do
		if err := b.Analyze(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return b
}
