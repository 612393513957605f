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
	"time"

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

// A list for partners whose making is killed as soon as there is something of it in the
// folder: nothing has its name, and the next one has it, alone and whole.
func TestExportPartnersKilled(t *testing.T) {
	dir := storetest.Dir(t)
	settings := importSettings(t, dir, "")
	members := changePhones(t, settings, 10*handover.MaxItems) / changesEach
	folder := filepath.Join(dir, "out")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(folder, "partners.ndjson")
	export := func() *exec.Cmd { return exec.Command("guichet", "export", "partners", "-config", settings, list) }
	killed := 0
	for range 10 {
		cmd := export()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for deadline := time.Now().Add(time.Minute); len(names(t, folder)) == 0 && time.Now().Before(deadline); {
			time.Sleep(100 * time.Microsecond)
		}
		cmd.Process.Kill()
		if err := <-ended; err == nil {
			t.Log("a run ended before it was killed")
			if err := os.Remove(list); err != nil {
				t.Fatal(err)
			}
			continue
		}
		killed++
		if _, err := os.Stat(list); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("half a list has its name: %v", err)
		}
		if left := names(t, folder); len(left) > 1 {
			t.Errorf("left by runs that were killed: %q", left)
		}
	}
	if killed == 0 {
		t.Error("no run was killed")
	}
	if out, err := export().CombinedOutput(); err != nil {
		t.Fatalf("after those killed: %v: %s", err, out)
	}
	whole, err := os.ReadFile(list)
	if err != nil || bytes.Count(whole, []byte("\n")) != members {
		t.Errorf("%d lines of %d members: %v", bytes.Count(whole, []byte("\n")), members, err)
	}
	if left := names(t, folder); len(left) != 1 {
		t.Errorf("the folder has %q", left)
	}
}

// names are what is in a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
