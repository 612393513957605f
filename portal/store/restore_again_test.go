package store_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/store"
)

// backedUp is a store with a document, and a backup of it.
func backedUp(t *testing.T, open opener) (b *bed, whole string) {
	t.Helper()
	b, whole = newBed(t, open), filepath.Join(t.TempDir(), "backup")
	b.signed(b.claire)
	if _, err := b.Backup(t.Context(), whole, quiet); err != nil {
		t.Fatal(err)
	}
	return b, whole
}

// A restore that was cut off while it filled or checked the database begins again by the same
// call, until a program has worked on what was made.
func TestRestoreBeginsAgain(t *testing.T) {
	t.Parallel()
	b, whole := backedUp(t, openPostgreSQL)
	cut := func(cfg store.Config, at string) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		if _, err := store.Restore(ctx, cfg, store.From{Dir: whole}, func(s store.Step) {
			if s.What == at {
				stop()
			}
		}); err == nil {
			t.Fatal("the restore was not cut off")
		}
	}
	cfg := emptyPlace(t, b)
	for _, at := range []string{"database", "database", "documents", "documents"} {
		cut(cfg, at)
	}
	if _, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet); err != nil {
		t.Errorf("begun again: %v", err)
	}
	_, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet)
	wantErr(t, "once more, over itself", err, store.ErrBackupExists)

	after := &bed{DB: openStore(t, cfg), t: t, open: openStore, cfg: cfg, clock: b.clock, claire: b.claire, count: b.count}
	if got := after.audited(audit.Restore); len(got) != 1 {
		t.Errorf("%d rows tell of the restore", len(got))
	}

	for _, at := range []string{"database", "documents"} {
		cfg = emptyPlace(t, b)
		cut(cfg, at)
		db, err := store.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet)
		wantErr(t, "after a program worked on it", err, store.ErrBackupExists)
	}
	cfg = emptyPlace(t, b)
	cut(cfg, "documents")
	another := filepath.Join(t.TempDir(), "another")
	if _, err := b.Backup(t.Context(), another, quiet); err != nil {
		t.Fatal(err)
	}
	_, err = store.Restore(t.Context(), cfg, store.From{Dir: another}, quiet)
	wantErr(t, "filled from another backup", err, store.ErrBackupExists)
}

// A restore into a SQLite file that was killed leaves no store: the same call begins again,
// though the other's files, and perhaps the other, are still there. What has the name is
// whole, is not written over, and its trail reaches the heads.
func TestRestoreOfAFileBeginsAgain(t *testing.T) {
	t.Parallel()
	b, whole := backedUp(t, openSQLite)
	cfg := emptyPlace(t, b)
	hung, wake, ended := make(chan bool), make(chan bool), make(chan error)
	go func() {
		once := sync.OnceFunc(func() { close(hung); <-wake })
		_, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, func(s store.Step) {
			if s.What == "documents" { // the copy is made, and not yet checked
				once()
			}
		})
		ended <- err
	}()
	<-hung
	if _, err := os.Stat(cfg.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not checked has the name of the store already: %v", err)
	}
	if _, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet); err != nil {
		t.Errorf("begun again: %v", err)
	}
	live, err := os.ReadFile(cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	close(wake)
	if err := <-ended; err == nil {
		t.Error("the first one ended well, after another had begun")
	}
	_, err = store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet)
	wantErr(t, "once more, over itself", err, store.ErrBackupExists)
	if now, err := os.ReadFile(cfg.Path); err != nil || !bytes.Equal(now, live) {
		t.Errorf("the store is another: %v", err)
	}
	left, err := filepath.Glob(cfg.Path + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("left beside the store: %v, %v", left, err)
	}
	after := &bed{DB: openStore(t, cfg), t: t, open: openStore, cfg: cfg, clock: b.clock, claire: b.claire, count: b.count}
	after.rows()
	if anchors, err := audit.ReadAnchors(cfg.Anchors); err != nil || len(anchors) < 2 {
		t.Errorf("heads of the restore: %d, %v", len(anchors), err)
	}
}
