package store_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/objects/objectstest"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/portal/vault"
)

// emptyPlace is an empty machine: no database, an empty bucket, the keys put back.
func emptyPlace(t *testing.T, b *bed) store.Config {
	t.Helper()
	cfg := b.cfg
	dir := t.TempDir()
	cfg.Anchors = filepath.Join(dir, "anchors")
	if _, ok := databases.Load(cfg.Path); ok {
		cfg.Database = storetest.EmptyDatabase(t)
	}
	cfg.Path = filepath.Join(dir, "guichet.db")
	if cfg.Objects != nil {
		cfg.Objects = objectstest.New(t)
	}
	return cfg
}

func quiet(store.Step) {}

// signs signs documents until it is stopped, and notes what was acknowledged with its hash.
type signs struct {
	mu    sync.Mutex
	known map[string]bool
	stop  chan struct{}
	ended sync.WaitGroup
}

func (b *bed) signOn(round, writers int) *signs {
	s := &signs{known: map[string]bool{}, stop: make(chan struct{})}
	for w := range writers {
		s.ended.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-s.stop:
					return
				default:
				}
				name := fmt.Sprintf("r%d-w%d-%d", round, w, i)
				r, err := storetest.Signed(context.Background(), b.DB, b.claire, name, []byte("%PDF-1.7\n"+rand.Text()+"\n%%EOF\n"), b.clock.Now())
				if err != nil {
					b.t.Errorf("signing %s: %v", name, err)
					return
				}
				s.mu.Lock()
				s.known[r.Document] = true
				s.mu.Unlock()
			}
		})
	}
	return s
}

func (s *signs) acknowledged() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for doc := range s.known {
		list = append(list, doc)
	}
	return list
}

func (s *signs) end() {
	close(s.stop)
	s.ended.Wait()
}

// TestBackup: a backup taken while documents are signed, restored on an empty machine, has
// all that was acknowledged before it began, document for document; its trail verifies and
// goes on; who was signed in is not.
func TestBackup(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL, "PostgreSQLWithObjects": withObjects(openPostgreSQL)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, open)
			if name == "PostgreSQLWithObjects" {
				bucket, _ := buckets.Load(b.cfg.Path)
				b.cfg.Objects = bucket.(store.Objects)
			}
			hash := b.session("a", b.claire)
			b.signed(b.bram)
			for round := range soak(1, 10) {
				load := b.signOn(round, 3)
				for len(load.acknowledged()) < 10 {
					time.Sleep(time.Millisecond)
				}
				before := load.acknowledged()
				dir := filepath.Join(t.TempDir(), "backup")
				var steps []string
				m, err := b.Backup(t.Context(), dir, func(s store.Step) { steps = append(steps, s.What) })
				if err != nil {
					t.Fatal(err)
				}
				load.end()
				if m.Objects > 0 && !slices.Contains(steps, "objects") {
					t.Errorf("round %d: no progress: %v", round, steps)
				}
				if _, err := b.Backup(t.Context(), dir, quiet); err == nil {
					t.Error("a backup was written over another")
				}
				cfg := emptyPlace(t, b)
				began := time.Now()
				if _, err := store.Restore(t.Context(), cfg, store.From{Dir: dir}, quiet); err != nil {
					t.Fatal(err)
				}
				restored := openStore(t, cfg)
				for _, doc := range before {
					want, err := b.Open(t.Context(), b.claire, doc, 0)
					if err != nil {
						t.Fatal(err)
					}
					got, err := restored.Open(t.Context(), b.claire, doc, 0)
					if err != nil || !bytes.Equal(got, want) {
						t.Errorf("document %s: %d bytes, %v, want %d", doc, len(got), err, len(want))
					}
				}
				t.Logf("round %d: %d documents acknowledged before, restored in %v", round, len(before), time.Since(began).Round(time.Millisecond))
				_, err = restored.Session(t.Context(), hash, b.clock.Now())
				wantErr(t, "a session of before", err, signin.ErrNoSession)
				if err := restored.Close(); err != nil {
					t.Fatal(err)
				}
				after := &bed{DB: openStore(t, cfg), t: t, open: openStore, cfg: cfg, clock: b.clock, claire: b.claire, count: b.count + 1000}
				if got := after.audited(audit.Restore); len(got) != 1 {
					t.Errorf("%d rows tell of the restore", len(got))
				}
				after.signed(b.claire)
				after.rows()
			}
			b.rows()
			scanForKeys(t, b)
		})
	}
}

// scanForKeys looks for keys, numbers and sentences in what a backup writes.
func scanForKeys(t *testing.T, b *bed) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "scanned")
	if _, err := b.Backup(t.Context(), dir, quiet); err != nil {
		t.Fatal(err)
	}
	var secrets [][]byte
	for _, name := range []string{"key-encryption.key", "index.key"} {
		key, err := os.ReadFile(filepath.Join(filepath.Dir(b.cfg.Anchors), "keys", name))
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, bytes.TrimSpace(key))
	}
	secrets = append(secrets, []byte(claireNumber), []byte(claireIBAN), []byte(sentence), []byte("%PDF-"))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
		}
		text, err := os.ReadFile(path)
		for _, secret := range secrets {
			if bytes.Contains(text, secret) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pipe puts a named pipe, which nobody writes to, in the place of a file.
func pipe(path string) error {
	return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600))
}

// TestRestoreRefuses: nothing is written over, and a backup that is not whole, or not what
// was written, is named and not used.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQLWithObjects": withObjects(openPostgreSQL)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, open)
			if name == "PostgreSQLWithObjects" {
				bucket, _ := buckets.Load(b.cfg.Path)
				b.cfg.Objects = bucket.(store.Objects)
			}
			b.signed(b.claire)
			whole := filepath.Join(t.TempDir(), "backup")
			m, err := b.Backup(t.Context(), whole, quiet)
			if err != nil {
				t.Fatal(err)
			}
			data := slices.MaxFunc(m.Files, func(a, b store.BackupFile) int { return cmp.Compare(a.Size, b.Size) }).Name
			for name, tt := range map[string]struct {
				spoil func(dir string) error
				want  error
			}{
				"no manifest": {func(dir string) error { return os.Remove(filepath.Join(dir, "manifest.json")) }, store.ErrNoBackup},
				"manifest cut": {func(dir string) error {
					path := filepath.Join(dir, "manifest.json")
					return errors.Join(halve(path), seal(b, dir))
				}, store.ErrNoBackup},
				"manifest of elsewhere": {func(dir string) error {
					return swap(b, dir, func(m map[string]any) { m["format"] = 99 })
				}, store.ErrNoBackup},
				"a path that goes up": {func(dir string) error {
					return swap(b, dir, func(m map[string]any) { m["files"].([]any)[0].(map[string]any)["name"] = "../../etc/passwd" })
				}, store.ErrNoBackup},
				"a newer schema": {func(dir string) error {
					return swap(b, dir, func(m map[string]any) { m["schema"] = 9999 })
				}, store.ErrNewerSchema},
				"file missing":      {func(dir string) error { return os.Remove(filepath.Join(dir, data)) }, store.ErrNoBackup},
				"file cut":          {func(dir string) error { return halve(filepath.Join(dir, data)) }, store.ErrDamaged},
				"a bit flipped":     {func(dir string) error { return flipBit(filepath.Join(dir, data)) }, store.ErrDamaged},
				"a pipe for a file": {func(dir string) error { return pipe(filepath.Join(dir, data)) }, store.ErrNoBackup},
				"a file without an end": {func(dir string) error {
					return errors.Join(os.Remove(filepath.Join(dir, data)), os.Symlink("/dev/zero", filepath.Join(dir, data)))
				}, store.ErrNoBackup},
				"a file that goes on and on": {func(dir string) error { return os.Truncate(filepath.Join(dir, data), 1<<42) }, store.ErrDamaged},
				"a pipe for the manifest":    {func(dir string) error { return pipe(filepath.Join(dir, "manifest.json")) }, store.ErrNoBackup},
				"a pipe for the seal":        {func(dir string) error { return pipe(filepath.Join(dir, "manifest.seal")) }, store.ErrForged},
				"list flipped": {func(dir string) error {
					return os.WriteFile(filepath.Join(dir, "objects.list"), []byte("../x 1 00\n"), 0o600)
				}, store.ErrDamaged},
				"heads of another": {func(dir string) error {
					return swap(b, dir, func(m map[string]any) {
						m["heads"].([]any)[0].(map[string]any)["hash"] = strings.Repeat("ab", 32)
					})
				}, store.ErrDamaged},
			} {
				dir := filepath.Join(t.TempDir(), "copy")
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				if err := tt.spoil(dir); err != nil {
					t.Fatal(err)
				}
				_, err := store.Restore(t.Context(), emptyPlace(t, b), store.From{Dir: dir}, quiet)
				wantErr(t, name, err, tt.want)
			}
			for name, later := range map[string]time.Duration{"a week and a minute old": store.OldBackup + time.Minute, "of a day that has not come": -24 * time.Hour} {
				cfg := emptyPlace(t, b)
				cfg.Now = func() time.Time { return m.Began.Add(later) }
				_, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet)
				wantErr(t, name, err, store.ErrOld)
				if _, err = store.Restore(t.Context(), cfg, store.From{Dir: whole, Old: true}, quiet); err != nil {
					t.Errorf("%s, and said so: %v", name, err)
				}
			}
			if m.Objects > 0 {
				dir := filepath.Join(t.TempDir(), "copy")
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				objects, err := filepath.Glob(filepath.Join(dir, "objects", "*", "*", "*"))
				if err != nil || len(objects) == 0 {
					t.Fatal("no objects", err)
				}
				if err := flipBit(objects[0]); err != nil {
					t.Fatal(err)
				}
				_, err = store.Restore(t.Context(), emptyPlace(t, b), store.From{Dir: dir}, quiet)
				wantErr(t, "an object flipped", err, store.ErrDamaged)
				full := emptyPlace(t, b)
				if err := full.Objects.Put(t.Context(), "2026-11-20/x/y", []byte("another's")); err != nil {
					t.Fatal(err)
				}
				_, err = store.Restore(t.Context(), full, store.From{Dir: whole}, quiet)
				wantErr(t, "a bucket that is not empty", err, store.ErrBackupExists)
				none := emptyPlace(t, b)
				none.Objects = nil
				_, err = store.Restore(t.Context(), none, store.From{Dir: whole}, quiet)
				wantErr(t, "no object store", err, store.ErrNoObjects)
			}
			stranger := emptyPlace(t, b)
			if stranger.Keys, err = vault.NewKeys(filepath.Join(t.TempDir(), "keys")); err != nil {
				t.Fatal(err)
			}
			_, err = store.Restore(t.Context(), stranger, store.From{Dir: whole}, quiet)
			wantErr(t, "other keys", err, vault.ErrWrongKey)
			cfg := emptyPlace(t, b)
			if _, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet); err != nil {
				t.Fatal(err)
			}
			_, err = store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet)
			wantErr(t, "restored twice", err, store.ErrBackupExists)
		})
	}
}

func halve(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()/2)
}

func flipBit(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	content[len(content)/2] ^= 1
	return os.WriteFile(path, content, 0o600)
}

// swap changes the manifest, as the keys themselves would have sealed it.
func swap(b *bed, dir string, change func(map[string]any)) error {
	if err := rewrite(dir, change); err != nil {
		return err
	}
	return seal(b, dir)
}

func seal(b *bed, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "manifest.seal"), fmt.Appendf(nil, "guichet-backup-1 %x %x\n", b.cfg.Keys.KeyID(), b.cfg.Keys.BackupSeal(text)), 0o600)
}

func rewrite(dir string, change func(map[string]any)) error {
	path := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	change(m)
	if text, err = json.Marshal(m); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// TestCheckDocuments names what does not hold.
func TestCheckDocuments(t *testing.T) {
	t.Parallel()
	b := newBed(t, openSQLite)
	_, doc := b.signed(b.claire)
	b.signed(b.bram)
	if n, err := b.CheckDocuments(t.Context(), quiet); err != nil || n != 6 {
		t.Fatalf("CheckDocuments = %d, %v, want two drawn, two documents, two prepared", n, err)
	}
	undo := tamper(t, b.cfg.Path, `UPDATE blobs SET sealed = `+flip("sealed", 60)+` WHERE address = (SELECT address FROM document_versions WHERE document = '`+doc+`')`)
	n, err := b.CheckDocuments(t.Context(), quiet)
	if wantErr(t, "CheckDocuments", err, store.ErrDamaged); n != 6 || !strings.Contains(err.Error(), doc) {
		t.Errorf("CheckDocuments = %d, %v, want 6 and the name of %s", n, err, doc)
	}
	undo()
	if list, err := b.Documents(t.Context(), b.claire, documents.Filter{}, "", 5); err != nil || len(list) != 1 {
		t.Errorf("Documents = %v, %v", list, err)
	}
	if s := b.state(b.claire, b.frozen(b.claire)); s != requests.ToSign {
		t.Errorf("a request is %s", s)
	}
}
