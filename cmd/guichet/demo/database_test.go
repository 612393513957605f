package demo

import (
	"bytes"
	"strings"
	"testing"

	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// The journeys with the card, with their store on PostgreSQL.
func TestJourneysOnPostgreSQL(t *testing.T) {
	for _, name := range []string{"card", "order"} {
		t.Run(name, func(t *testing.T) {
			database := storetest.Database(t)
			var out bytes.Buffer
			err := Run(t.Context(), Config{
				Listen: "localhost:0", Agent: "localhost:0", Provider: "127.0.0.1:0", Journey: name, Once: true,
				Data: t.TempDir(), Out: t.TempDir(), Database: database, Stdout: &out,
			})
			if err != nil || !strings.HasSuffix(out.String(), "journey "+name+": done\n") {
				t.Fatalf("Run = %v\n%s", err, out.Bytes())
			}
			db, err := store.Open(t.Context(), store.Config{Database: database, ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if s, err := db.Stats(t.Context()); err != nil || s.Documents != 1 || s.Signed != 1 {
				t.Errorf("Stats = %+v, %v", s, err)
			}
		})
	}
}
