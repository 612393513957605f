package demo

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// Every journey, with its store on PostgreSQL, and the audit trail that it leaves. They
// are walked one after another: each world has two cores to itself.
func TestJourneysOnPostgreSQL(t *testing.T) {
	for _, name := range Names() {
		if name == "levels" { // signs with every key and knows no store but that of card
			continue
		}
		t.Run(name, func(t *testing.T) {
			database := storetest.Database(t)
			var out bytes.Buffer
			err := Run(t.Context(), Config{
				Listen: "localhost:0", Agent: "localhost:0", Provider: "127.0.0.1:0", Journey: name, Once: true,
				Data: storetest.Dir(t), Out: storetest.Dir(t), Database: database, Stdout: &out,
			})
			if err != nil || !strings.HasSuffix(out.String(), "journey "+name+": done\n") {
				t.Fatalf("Run = %v\n%s", err, out.Bytes())
			}
			checkTrail(t, database, name)
		})
	}
}

func checkTrail(t *testing.T, database, name string) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{Database: database, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	report, err := audit.Verify(t.Context(), db.AuditRows, nil)
	if err != nil || !report.Valid() || report.Rows < 10 {
		t.Errorf("audit trail: %+v, %v", report, err)
	}
	if !slices.Contains([]string{"card", "order"}, name) {
		return
	}
	if s, err := db.Stats(t.Context()); err != nil || s.Documents != 1 || s.Signed != 1 {
		t.Errorf("Stats = %+v, %v", s, err)
	}
}
