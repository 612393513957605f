package main

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"guichet.example/portal/handover"
	"guichet.example/portal/store/storetest"
)

// A list for partners that ends early leaves no file, on both engines: half a list would
// pass for a whole one, and keep the next from being written. A file of somebody else's
// that has the name stays as it is.
func TestExportPartnersFails(t *testing.T) {
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		t.Run(engine, func(t *testing.T) {
			dir := storetest.Dir(t)
			driver, address, database := "sqlite", filepath.Join(dir, "data", "guichet.db"), ""
			if engine == "PostgreSQL" {
				database = storetest.Database(t)
				driver, address = "pgx", database
			}
			settings := importSettings(t, dir, database)
			members := changePhones(t, settings, handover.MaxItems) / changesEach
			db, err := sql.Open(driver, address)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			list := filepath.Join(dir, "partners.ndjson")
			export := func() (string, error) {
				out, err := exec.Command("guichet", "export", "partners", "-config", settings, list).CombinedOutput()
				return string(out), err
			}
			alter := func(statement string) {
				t.Helper()
				if _, err := db.Exec(statement); err != nil {
					t.Fatal(err)
				}
			}

			for name, breaks := range map[string][2]string{
				"before the first": {"ALTER TABLE consents RENAME TO consents_away", "ALTER TABLE consents_away RENAME TO consents"},
				"at the last": {`INSERT INTO consents (mutuality, member, kind, at, given, version)
					SELECT mutuality, member, 'share-email', 1, 1, '' FROM members ORDER BY affiliation DESC, member DESC LIMIT 1;
					INSERT INTO credentials (mutuality, member, state, hash, must_change, email_sealed, email_certified_at, created_at, changed_at)
					SELECT c.mutuality, c.member, 'active', '', 0, k.wrapped, 1, 1, 1 FROM consents c JOIN member_keys k ON k.member = c.member`,
					"DELETE FROM credentials; DELETE FROM consents"},
			} {
				alter(breaks[0])
				if out, err := export(); err == nil {
					t.Errorf("%s: an export succeeds: %s", name, out)
				}
				if _, err := os.Stat(list); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: a file is left: %v", name, err)
				}
				alter(breaks[1])
			}
			out, err := export()
			if err != nil {
				t.Fatalf("after the failures: %v: %s", err, out)
			}
			whole, err := os.ReadFile(list)
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(whole, []byte("\n")); lines != members || !bytes.HasSuffix(whole, []byte("}\n")) {
				t.Errorf("%d lines of %d members", lines, members)
			}
			if out, err := export(); err == nil {
				t.Errorf("an export over another one succeeds: %s", out)
			}
			if again, err := os.ReadFile(list); err != nil || !bytes.Equal(again, whole) {
				t.Errorf("the file that was there is another one now: %v", err)
			}
		})
	}
}
