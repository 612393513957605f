package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/store"
)

// TestForgedBackup: who can write where backups are kept, and has no key, puts nothing in:
// neither a changed file with its new hash, nor a manifest without a seal, nor the seal of
// another backup.
func TestForgedBackup(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, open)
			b.signed(b.claire)
			whole, older := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "older")
			if _, err := b.Backup(t.Context(), older, quiet); err != nil {
				t.Fatal(err)
			}
			b.signed(b.bram)
			m, err := b.Backup(t.Context(), whole, quiet)
			if err != nil {
				t.Fatal(err)
			}
			manifest := func(dir string) string { return filepath.Join(dir, "manifest.json") }
			mac := func(dir string) string { return filepath.Join(dir, "manifest.seal") }
			for name, tt := range map[string]struct {
				spoil    func(dir string) error
				unsigned bool
				want     error
			}{
				"a file with its new hash":             {func(dir string) error { return forge(dir, m) }, false, store.ErrForged},
				"the same, said to be of before seals": {func(dir string) error { return forge(dir, m) }, true, store.ErrForged},
				"one count more": {func(dir string) error {
					return rewrite(dir, func(m map[string]any) { m["counts"].(map[string]any)["requests"] = 7 })
				}, false, store.ErrForged},
				"a space more": {func(dir string) error { return appendTo(manifest(dir), " ") }, false, store.ErrForged},
				"no seal":      {func(dir string) error { return os.Remove(mac(dir)) }, false, store.ErrUnsealed},
				"an empty seal": {func(dir string) error {
					return os.WriteFile(mac(dir), nil, 0o600)
				}, false, store.ErrForged},
				"an empty seal, said to be of before": {func(dir string) error {
					return os.WriteFile(mac(dir), nil, 0o600)
				}, true, store.ErrForged},
				"a seal cut":  {func(dir string) error { return halve(mac(dir)) }, false, store.ErrForged},
				"a seal more": {func(dir string) error { return appendTo(mac(dir), "\n") }, false, store.ErrForged},
				"the seal of an older backup": {func(dir string) error {
					text, err := os.ReadFile(mac(older))
					return errors.Join(err, os.WriteFile(mac(dir), text, 0o600))
				}, false, store.ErrForged},
				"nothing but a folder": {func(dir string) error {
					return errors.Join(os.Remove(mac(dir)), os.Mkdir(mac(dir), 0o700))
				}, true, store.ErrForged},
				"a table that no hash is of": {func(dir string) error {
					return swap(b, dir, func(m map[string]any) {
						files := m["files"].([]any)
						for i, f := range files {
							if n := f.(map[string]any)["name"].(string); n == "guichet.db" || n == "tables/requests" {
								m["files"] = append(files[:i:i], files[i+1:]...)
							}
						}
					})
				}, false, store.ErrNoBackup},
				"an older backup, whole": {func(dir string) error {
					return errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(older)))
				}, false, nil}, // the time it began is told
			} {
				dir := filepath.Join(t.TempDir(), "copy")
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				if err := tt.spoil(dir); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				cfg := emptyPlace(t, b)
				_, err := store.Restore(t.Context(), cfg, store.From{Dir: dir, Unsealed: tt.unsigned}, quiet)
				wantErr(t, name, err, tt.want)
				if tt.want == nil {
					continue
				}
				if _, err := os.Lstat(cfg.Path); cfg.Database == "" && !os.IsNotExist(err) {
					t.Errorf("%s: something was made: %v", name, err)
				}
				if cfg.Database != "" {
					if there, err := store.Exists(t.Context(), cfg.Database); err != nil || there {
						t.Errorf("%s: something was made: %v", name, err)
					}
				}
			}

			if err := os.Remove(mac(whole)); err != nil {
				t.Fatal(err)
			}
			cfg := emptyPlace(t, b)
			if _, err := store.Restore(t.Context(), cfg, store.From{Dir: whole, Unsealed: true}, quiet); err != nil {
				t.Fatal(err)
			}
			after := &bed{DB: openStore(t, cfg), t: t, open: openStore, cfg: cfg, clock: b.clock, claire: b.claire}
			if rows := after.audited(audit.Restore); len(rows) != 1 || !strings.Contains(rows[0], "without a seal") {
				t.Errorf("the trail does not say that there was no seal: %q", rows)
			}
		})
	}
}

// forge changes a file of a backup and writes its new hash where the old one was.
func forge(dir string, m store.Manifest) error {
	var name string
	for _, f := range m.Files {
		if f.Name == "guichet.db" || f.Name == "tables/requests" {
			name = f.Name
		}
	}
	if err := flipBit(filepath.Join(dir, name)); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	return rewrite(dir, func(m map[string]any) {
		for _, f := range m["files"].([]any) {
			if f := f.(map[string]any); f["name"] == name {
				f["sha256"] = hex.EncodeToString(sum[:])
			}
		}
	})
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// TestSwappedWhileRestored: a file that is another one when it is read for the second time
// is refused.
func TestSwappedWhileRestored(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, open)
			b.signed(b.claire)
			dir := filepath.Join(t.TempDir(), "backup")
			m, err := b.Backup(t.Context(), dir, quiet)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "guichet.db")
			if m.Engine == "postgres" {
				file = filepath.Join(dir, "tables", "members")
			}
			swapped := false
			cfg := emptyPlace(t, b)
			_, err = store.Restore(t.Context(), cfg, store.From{Dir: dir}, func(s store.Step) {
				if s.What != "files" || s.Done < s.Of || swapped {
					return
				}
				swapped = true
				text, err := os.ReadFile(file)
				other := bytes.ReplaceAll(text, []byte("Claire"), []byte("Clarie"))
				if bytes.Equal(text, other) {
					t.Error("nothing was swapped")
				}
				if err := errors.Join(err, os.WriteFile(file, other, 0o600)); err != nil {
					t.Error(err)
				}
			})
			wantErr(t, "swapped", err, store.ErrDamaged)
			if m.Engine == "sqlite" {
				if _, err := os.Lstat(cfg.Path); !os.IsNotExist(err) {
					t.Errorf("something was made: %v", err)
				}
			}
		})
	}
}
