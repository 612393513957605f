package store

import (
	"path/filepath"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/vault"
)

// A commit waits for looks that are on their way and for as many acts as there were before,
// no longer than it may, and not at all for who is alone.
func TestRowsOfLooksShareACommit(t *testing.T) {
	dir := t.TempDir()
	keys, err := vault.NewKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), Config{Path: filepath.Join(dir, "guichet.db"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	row := audit.Entry{At: time.Now(), Actor: audit.System, Action: audit.ReadOverview}
	note := func() error { return db.write(t.Context(), row, nil) }

	db.writer.linger = time.Hour
	if err := note(); err != nil { // nothing is on its way
		t.Fatal(err)
	}
	before, first := db.writer.commits.Load(), make(chan error, 1)
	err = db.look(t.Context(), func(*conn) error {
		go func() { first <- note() }()
		select {
		case err := <-first:
			t.Errorf("the first row did not wait: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := note(); err != nil { // the row of the look
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if n := db.writer.commits.Load() - before; n != 1 {
		t.Errorf("%d commits for two rows", n)
	}

	go func() { first <- note() }() // it waits for as many as there were
	select {
	case err := <-first:
		t.Errorf("a row did not wait for another: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	if err := note(); err != nil {
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if n := db.writer.commits.Load() - before; n != 2 {
		t.Errorf("%d commits for twice two rows", n)
	}

	db.writer.linger = time.Millisecond
	for range 2 { // the first waits in vain, the second for nobody
		if err := note(); err != nil {
			t.Fatal(err)
		}
	}
	db.writer.linger = time.Hour
	if err := note(); err != nil {
		t.Fatal(err)
	}
	db.writer.linger = time.Millisecond
	err = db.look(t.Context(), func(*conn) error { return note() }) // a look that takes long
	if err != nil {
		t.Fatal(err)
	}
}
