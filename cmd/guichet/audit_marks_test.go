package main

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/audit"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/portal/vault"
)

// The command finds with the keys what was forged since the last head, says what it did not
// look at without them, and from which chain on the trail is bound to them.
func TestAuditMarks(t *testing.T) {
	for name, engine := range map[string]storetest.Engine{"SQLite": storetest.SQLite, "PostgreSQL": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) { checkAuditMarks(t, storetest.Config(t, engine)) })
	}
}

func checkAuditMarks(t *testing.T, cfg store.Config) {
	data, keys := filepath.Dir(cfg.Anchors), filepath.Join(t.TempDir(), "keys")
	var err error
	if cfg.Keys, err = vault.NewKeys(keys); err != nil {
		t.Fatal(err)
	}
	cfg.Anchors = ""
	for range 2 {
		if err := storetest.OpenConfig(t, cfg).Close(); err != nil {
			t.Fatal(err)
		}
	}
	address, raw := cfg.Path, (*sql.DB)(nil)
	if cfg.Database != "" {
		address = cfg.Database
		raw, err = sql.Open("pgx", cfg.Database)
	} else {
		raw, err = sql.Open("sqlite", cfg.Path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := runAudit(t.Context(), cli.Env{Stdout: &out, Stderr: io.Discard}, args)
		return out.String(), err
	}
	says := func(what string, broken bool, want string, args ...string) {
		t.Helper()
		out, err := run(args...)
		if errors.Is(err, errAuditBroken) != broken || err != nil && !broken || !strings.Contains(out, want) {
			t.Errorf("%s: %v, want %q\n%s", what, err, want, out)
		}
	}
	withKeys, without := []string{"verify", "-db", address, "-keys", keys}, []string{"verify", "-db", address}
	says("whole", false, "marks: 2 chains are bound to the key, from ", withKeys...)
	says("whole, without keys", false, "marks: not looked at, -keys says where the keys are", without...)

	settings := func(keys string) string {
		file, change := filepath.Join(t.TempDir(), "settings.json"), `"data": "`+data+`", "keys": "`+keys+`"`
		if cfg.Database != "" {
			change += `, "database": "` + cfg.Database + `"`
		}
		if err := os.WriteFile(file, changed(t, change), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	says("settings", false, "marks: 2 chains are bound to the key", "verify", "-config", settings(keys))

	export := filepath.Join(t.TempDir(), "export")
	text, err := run("export", "-db", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(export, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	says("export", false, "marks: none in an export", "verify", "-export", export)
	if _, err := run(append(without, "-keys", t.TempDir())...); err == nil {
		t.Error("a folder without keys was taken")
	}

	if err := os.Rename(keys, keys+"-away"); err != nil {
		t.Fatal(err)
	}
	says("keys out of reach", false, "marks: not looked at, as the keys are not at hand: ", "verify", "-config", settings(keys))
	if err := os.Rename(keys+"-away", keys); err != nil {
		t.Fatal(err)
	}

	last := lastRow(t, export)
	last.Reason = "nothing happened"
	forged, _ := audit.Head{Chain: last.Chain, Seq: last.Seq - 1, Hash: last.Prev}.Next(last)
	change := `UPDATE audit SET reason = $1, hash = $2 WHERE chain = $3 AND seq = $4`
	for _, trigger := range []string{`DROP TRIGGER audit_no_update`, `ALTER TABLE audit DISABLE TRIGGER ALL`} {
		raw.Exec(trigger) // that of the other engine fails
	}
	if _, err := raw.Exec(change, forged.Reason, forged.Hash[:], forged.Chain, forged.Seq); err != nil {
		t.Fatal(err)
	}
	says("rewritten, without keys", false, "the audit trail holds", without...)
	says("rewritten", true, "audit chain "+last.Chain, withKeys...)

	for _, statement := range []string{`DROP TABLE audit_marks`, `DROP TABLE audit_roll`, `DELETE FROM goose_db_version WHERE version_id >= 41`} {
		if _, err := raw.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	says("as an older program left it", false, "marks: none, the database is as an older program left it", withKeys...)
}

func lastRow(t *testing.T, export string) (last audit.Entry) {
	t.Helper()
	f, err := os.Open(export)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = audit.ReadExport(f)(t.Context(), func(e audit.Entry) error {
		last = e
		return nil
	})
	if err != nil || last.Seq < 2 {
		t.Fatalf("last row %+v, %v", last, err)
	}
	return last
}
