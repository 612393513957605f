package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/account"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/portal/vault"
)

// Two servers write to one database at once, each a chain of its own. The command holds
// both against the heads that each noted, and names the row that was touched.
func TestAuditOfTwoServers(t *testing.T) {
	cfg := storetest.Config(t, storetest.PostgreSQL)
	one := storetest.OpenConfig(t, cfg)
	heads := []string{cfg.Anchors, cfg.Anchors + "-b"}
	cfg.Anchors = heads[1]
	two := storetest.OpenConfig(t, cfg)
	var group sync.WaitGroup
	const each = 40
	for n := range 2 * each {
		group.Go(func() {
			base := 850730000 + n + 1
			number, err := nrn.Parse(fmt.Sprintf("%09d%02d", base, 97-base%97))
			if err == nil {
				m := account.Member{Mutuality: "141", ID: auth.MemberID(fmt.Sprintf("%026d", n)), Affiliation: fmt.Sprint(n), NationalNumber: number,
					GivenNames: "Nora", Surname: "Delcourt", Street: "Rue Neuve 1", Postcode: "4000", Municipality: "Liège", Country: "BE", Language: "fr"}
				if n%2 == 0 {
					err = one.AddMember(context.Background(), m, nil)
				} else {
					err = two.AddMember(context.Background(), m, nil)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, err := range []error{one.Anchor(), two.Anchor()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	verify := func(heads string) (string, error) {
		var out bytes.Buffer
		err := runAudit(t.Context(), cli.Env{Stdout: &out, Stderr: io.Discard}, []string{"verify", "-db", cfg.Database, "-heads", heads})
		return out.String(), err
	}
	var chains []string
	for _, file := range heads {
		out, err := verify(file)
		if err != nil || !strings.Contains(out, fmt.Sprintf("%d rows in 2 chains", 2*each+2)) {
			t.Errorf("audit verify = %v\n%s", err, out)
		}
		chains = regexp.MustCompile(`(?m)^head (\S+)`).FindAllString(out, -1)
	}
	if len(chains) != 2 {
		t.Fatalf("heads of %d chains", len(chains))
	}
	both := filepath.Join(t.TempDir(), "heads")
	if err := os.WriteFile(both, append(read(t, heads[0]), read(t, heads[1])...), 0o600); err != nil {
		t.Fatal(err)
	}

	raw, err := sql.Open("pgx", cfg.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for n, chain := range chains {
		chain = strings.TrimPrefix(chain, "head ")
		for _, damage := range []struct{ change, undo string }{
			{`UPDATE audit SET actor = actor || '.' WHERE chain = $1 AND seq = 7`, `UPDATE audit SET actor = rtrim(actor, '.') WHERE chain = $1 AND seq = 7`},
			{`UPDATE audit SET seq = -7 WHERE chain = $1 AND seq = 7`, `UPDATE audit SET seq = 7 WHERE chain = $1 AND seq = -7`},
		} {
			touch(t, raw, damage.change, chain)
			out, err := verify(both)
			if !errors.Is(err, errAuditBroken) || !strings.Contains(out, "audit chain "+chain+", row 7") && !strings.Contains(out, "audit chain "+chain+", row -7") {
				t.Errorf("chain %d, after %s: %v, want row 7 named\n%s", n, damage.change, err, out)
			}
			touch(t, raw, damage.undo, chain)
		}
		touch(t, raw, `CREATE TABLE kept AS SELECT * FROM audit WHERE chain = '`+chain+`' AND seq > 30`, "")
		touch(t, raw, `DELETE FROM audit WHERE chain = $1 AND seq > 30`, chain)
		if out, err := verify(both); !errors.Is(err, errAuditBroken) || !strings.Contains(out, "audit chain "+chain) {
			t.Errorf("chain %d, cut off: %v\n%s", n, err, out)
		}
		touch(t, raw, `INSERT INTO audit SELECT * FROM kept`, "")
		touch(t, raw, `DROP TABLE kept`, "")
	}
	if out, err := verify(both); err != nil {
		t.Errorf("all undone: %v\n%s", err, out)
	}
}

// touch changes the trail as somebody would who owns the database.
func touch(t *testing.T, raw *sql.DB, statement, chain string) {
	t.Helper()
	tx, err := raw.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`SET LOCAL session_replication_role = replica`); err != nil { // no triggers
		t.Fatal(err)
	}
	var args []any
	if chain != "" {
		args = append(args, chain)
	}
	if _, err := tx.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestAuditOfNothing: where nothing of a counter is, the trail is told not to be there, in a
// sentence, and nothing is made.
func TestAuditOfNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "guichet.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	empty := storetest.EmptyDatabase(t)
	for name, db := range map[string]string{"SQLite": file, "PostgreSQL": empty} {
		for _, verb := range []string{"verify", "export"} {
			err := runAudit(t.Context(), cli.Env{Stdout: io.Discard, Stderr: io.Discard}, []string{verb, "-db", db})
			if !errors.Is(err, store.ErrNoStore) || strings.Contains(err.Error(), "goose") {
				t.Errorf("%s: audit %s: %v", name, verb, err)
			}
		}
	}
	s := &Settings{Data: filepath.Dir(file), Keys: filepath.Join(t.TempDir(), "keys")}
	if _, err := vault.NewKeys(s.Keys); err != nil {
		t.Fatal(err)
	}
	for name, place := range map[string]where{"SQLite": {path: file}, "PostgreSQL": {database: empty}} {
		if rows := (&checkup{s: s}).schema(t.Context(), place); len(rows) != 1 || rows[0] != noStore {
			t.Errorf("%s: check says %+v", name, rows)
		}
	}
	if there, err := store.Exists(t.Context(), empty); err != nil || there {
		t.Errorf("a look made a schema: %v, %v", there, err)
	}
}
