package store

import (
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/portal/vault"
)

// SQLite finds who holds a person's booklet, and who comes on a day, by the index made for
// it, and not by reading all there are of the mutuality; and the figures are written once.
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
			for _, query := range []string{`SELECT role FROM households WHERE mutuality = ? AND person = ? AND role <> ?`, appointmentsOfDay} {
				err := c.each(`EXPLAIN QUERY PLAN `+query, []any{"a", "b", "c"}, func(scan func(...any) error) error {
					var id, parent, unused int
					var detail string
					err := scan(&id, &parent, &unused, &detail)
					plan = append(plan, detail)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		for _, want := range []string{"households_person (mutuality=? AND person=?)", "SEARCH a USING INDEX appointments_at (mutuality=? AND at>? AND at<?)", "SEARCH m USING PRIMARY KEY (mutuality=? AND member=?)"} {
			if err != nil || !strings.Contains(strings.Join(plan, "; "), want) {
				t.Errorf("plan %q, %v, want %s", plan, err, want)
			}
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
