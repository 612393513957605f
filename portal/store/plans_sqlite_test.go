package store

import (
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/portal/vault"
)

// SQLite finds who holds a person's booklet by the index made for it, and not by reading
// all booklets of the mutuality; and the figures are written once.
func TestPlansKnowTheTables(t *testing.T) {
	dir := t.TempDir()
	keys, err := vault.NewKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		db, err := Open(t.Context(), Config{Path: filepath.Join(dir, "guichet.db"), Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		err = db.read(t.Context(), func(c *conn) error {
			return c.each(`EXPLAIN QUERY PLAN SELECT role FROM households WHERE mutuality = ? AND person = ?`, []any{"a", "b"}, func(scan func(...any) error) error {
				var id, parent, unused int
				var detail string
				err := scan(&id, &parent, &unused, &detail)
				plan = append(plan, detail)
				return err
			})
		})
		if err != nil || !strings.Contains(strings.Join(plan, "; "), "households_person (mutuality=? AND person=?)") {
			t.Errorf("plan %q, %v", plan, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPlanFigure(t *testing.T) {
	for _, c := range []struct {
		columns         int
		unique, partial bool
		want            string
	}{
		{1, false, false, "1000000 1000000"},
		{2, true, false, "1000000 1000000 1"},
		{3, false, false, "1000000 1000000 20 10"},
		{4, true, true, "1000 1000 20 10 1"},
	} {
		if got := planFigure(c.columns, c.unique, c.partial); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
