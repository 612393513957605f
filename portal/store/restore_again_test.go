package store_test

import (
	"context"
	"path/filepath"
	"testing"

	"guichet.example/portal/store"
)

// A restore that was cut off while it filled the database begins again by the same call,
// until a program has worked on what was made.
func TestRestoreBeginsAgain(t *testing.T) {
	t.Parallel()
	b := newBed(t, openPostgreSQL)
	b.signed(b.claire)
	whole := filepath.Join(t.TempDir(), "backup")
	if _, err := b.Backup(t.Context(), whole, quiet); err != nil {
		t.Fatal(err)
	}
	cut := func(cfg store.Config) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		if _, err := store.Restore(ctx, cfg, store.From{Dir: whole}, func(s store.Step) {
			if s.What == "database" {
				stop()
			}
		}); err == nil {
			t.Fatal("the restore was not cut off")
		}
	}
	cfg := emptyPlace(t, b)
	cut(cfg)
	cut(cfg)
	if _, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet); err != nil {
		t.Errorf("begun again: %v", err)
	}
	_, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, quiet)
	wantErr(t, "once more, over itself", err, store.ErrBackupExists)

	cfg = emptyPlace(t, b)
	cut(cfg)
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
