package store_test

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

func TestOpenRefuses(t *testing.T) {
	b := newBed(t, openSQLite)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	open := func(change func(*store.Config)) error {
		cfg := b.cfg
		change(&cfg)
		db, err := store.Open(context.Background(), cfg)
		if err == nil {
			db.Close()
		}
		return err
	}
	others, err := vault.NewKeys(filepath.Join(t.TempDir(), "k"))
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Open with other keys", open(func(c *store.Config) { c.Keys = others }), vault.ErrWrongKey)
	half := filepath.Join(t.TempDir(), "k")
	if _, err := vault.NewKeys(half); err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(filepath.Dir(b.cfg.Path), "keys", "key-encryption.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "key-encryption.key"), own, 0o600); err != nil {
		t.Fatal(err)
	}
	if others, err = vault.LoadKeys(half); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Open with another index key", open(func(c *store.Config) { c.Keys = others }), vault.ErrWrongKey)
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*store.Config){
		"no path":         func(c *store.Config) { c.Path = "" },
		"no keys":         func(c *store.Config) { c.Keys = nil },
		"no folder":       func(c *store.Config) { c.Path = filepath.Join(t.TempDir(), "a", "b.db") },
		"not a database":  func(c *store.Config) { c.Path = garbage },
		"nothing to read": func(c *store.Config) { c.Path, c.ReadOnly = filepath.Join(t.TempDir(), "x.db"), true },
		"no anchors":      func(c *store.Config) { c.Anchors = filepath.Join(t.TempDir(), "a", "anchors") },
	} {
		if err := open(change); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	raw := peek(t, b.cfg.Path)
	mustExec(t, raw, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
	for _, readOnly := range []bool{false, true} {
		if err := open(func(c *store.Config) { c.ReadOnly = readOnly }); err != nil {
			t.Errorf("Open of a newer schema that only adds: %v", err)
		}
	}
	mustExec(t, raw, `UPDATE schema_reach SET oldest = 99`)
	for _, readOnly := range []bool{false, true} {
		err := open(func(c *store.Config) { c.ReadOnly = readOnly })
		wantErr(t, "Open of a newer schema", err, store.ErrNewerSchema)
		if err != nil && !strings.Contains(err.Error(), "version 99, this program knows up to "+newestVersion(t, store.Migrations())) {
			t.Errorf("the line is not clear: %v", err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	b := newBed(t, openSQLite)
	cfg := b.cfg
	cfg.ReadOnly, cfg.Keys = true, nil
	db := openSQLite(t, cfg) // beside the one that writes
	before := len(b.rows())
	wantErr(t, "AddMember", db.AddMember(t.Context(), claire, nil), store.ErrReadOnly)
	wantErr(t, "Anchor", db.Anchor(), store.ErrReadOnly)
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if got := len(b.rows()); got != before {
		t.Errorf("reading added %d audit rows", got-before)
	}
}

func TestAnchors(t *testing.T) {
	c := &clock{now: noon}
	cfg := newConfig(t, c)
	cfg.AnchorEvery = 20 * time.Millisecond
	b := bedOf(t, openSQLite, cfg, c)
	deadline := time.Now().Add(10 * time.Second)
	for {
		anchors, err := audit.ReadAnchors(cfg.Anchors)
		if err != nil {
			t.Fatal(err)
		}
		if len(anchors) > 2 && anchors[len(anchors)-1].Seq == int64(len(b.rows())) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d anchors after 10 seconds", len(anchors))
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	anchors, err := audit.ReadAnchors(cfg.Anchors)
	if err != nil {
		t.Fatal(err)
	}
	raw := peek(t, cfg.Path)
	last := anchors[len(anchors)-1]
	wantText(t, raw, `SELECT lower(hex(hash)) FROM audit WHERE action = 'audit.stop'`, hex.EncodeToString(last.Hash[:]))
}

func TestLogStaysShort(t *testing.T) {
	b := newBed(t, openSQLite)
	var largest int64
	for range soak(40, 400) {
		r := b.request()
		r.PDF = append(r.PDF, make([]byte, 1<<20)...)
		r.SHA256 = sum(r.PDF)
		if _, err := b.PutRequest(t.Context(), b.claire, r, ""); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(b.cfg.Path + "-wal"); err == nil {
			largest = max(largest, info.Size())
		}
		time.Sleep(5 * time.Millisecond)
	}
	if largest > 100<<20 {
		t.Errorf("the log grew to %d MiB", largest>>20)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(b.cfg.Path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("log after close: %v", err)
	}
}

// TestClockBack opens the store with clocks that go back and stand still: the chains
// still sort as they were made.
func TestClockBack(t *testing.T) {
	b := newBed(t, openSQLite)
	for _, step := range []time.Duration{-time.Hour, 0, 0, -24 * time.Hour} {
		b.clock.add(step)
		b.reopen()
	}
	starts := 0
	for _, e := range b.rows() { // which verifies them
		if e.Action == audit.Start {
			starts++
		}
	}
	if starts != 5 {
		t.Errorf("%d chains, want 5", starts)
	}
}
