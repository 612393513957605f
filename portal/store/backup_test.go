package store_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/portal/vault"
)

// TestRestored: a copy made while the store is at work opens with its keys and with no
// others; what was acknowledged before is there and decrypts, its audit trail reaches the
// anchors, and it goes on from there.
func TestRestored(t *testing.T) {
	for engine, tt := range map[string]struct {
		open opener
		copy func(t *testing.T, b *bed) store.Config
	}{
		"sqlite":   {openSQLite, copySQLite},
		"postgres": {openPostgreSQL, copyPostgreSQL},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, tt.open)
			var docs []string
			for range 3 {
				_, doc := b.signed(b.claire)
				docs = append(docs, doc)
			}
			open := b.frozen(b.claire)
			if err := b.Anchor(); err != nil {
				t.Fatal(err)
			}
			anchors, err := os.ReadFile(b.cfg.Anchors)
			if err != nil {
				t.Fatal(err)
			}
			stop, stopped := make(chan bool), make(chan bool)
			go func() {
				defer close(stopped)
				for {
					select {
					case <-stop:
						return
					default:
						if err := b.Act(audit.Import); err != nil {
							t.Error(err)
							return
						}
					}
				}
			}()
			cfg := tt.copy(t, b)
			close(stop)
			<-stopped

			stranger := cfg
			if stranger.Keys, err = vault.NewKeys(filepath.Join(t.TempDir(), "keys")); err != nil {
				t.Fatal(err)
			}
			_, err = store.Open(t.Context(), stranger)
			wantErr(t, "opened with other keys", err, vault.ErrWrongKey)

			cfg.Anchors = filepath.Join(t.TempDir(), "anchors")
			if err := os.WriteFile(cfg.Anchors, anchors, 0o600); err != nil {
				t.Fatal(err)
			}
			restored := &bed{DB: openStore(t, cfg), t: t, open: openStore, cfg: cfg, clock: b.clock, claire: b.claire, count: b.count}
			restored.rows()
			for _, doc := range docs {
				want, err := b.Open(t.Context(), b.claire, doc, 0)
				if err != nil {
					t.Fatal(err)
				}
				got, err := restored.Open(t.Context(), b.claire, doc, 0)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("document %s: %d bytes, %v, want %d", doc, len(got), err, len(want))
				}
			}
			if s := restored.state(b.claire, open); s != requests.ToSign {
				t.Errorf("request is %s", s)
			}
			restored.signed(b.claire)
			if list, err := restored.Documents(t.Context(), b.claire, documents.Filter{}, "", 10); err != nil || len(list) != 4 {
				t.Errorf("%d documents, %v, want 4", len(list), err)
			}
			restored.rows()
		})
	}
}

// copySQLite is SQLite's own way to copy a file that is in use.
func copySQLite(t *testing.T, b *bed) store.Config {
	t.Helper()
	cfg := b.cfg
	cfg.Path = filepath.Join(t.TempDir(), "restored.db")
	mustExec(t, peek(t, b.cfg.Path), `VACUUM INTO '`+cfg.Path+`'`)
	return cfg
}

// copyPostgreSQL dumps and restores.
func copyPostgreSQL(t *testing.T, b *bed) store.Config {
	t.Helper()
	cfg, dump := b.cfg, filepath.Join(t.TempDir(), "dump")
	address, _ := databases.Load(b.cfg.Path)
	cfg.Database = storetest.EmptyDatabase(t)
	for _, command := range [][]string{
		{"pg_dump", "--format=custom", "--file=" + dump, address.(string)},
		{"pg_restore", "--exit-on-error", "--no-owner", "--dbname=" + cfg.Database, dump},
	} {
		path, err := storetest.Tool(command[0])
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(path, command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command[0], err, out)
		}
	}
	return cfg
}
