package storetest

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

// Engine is what keeps the data.
type Engine string

// The engines.
const (
	SQLite     Engine = "SQLite"
	PostgreSQL Engine = "PostgreSQL"
)

// Engines are all of them.
var Engines = []Engine{SQLite, PostgreSQL}

// Opener opens a new empty store, after each change to its configuration.
type Opener func(changes ...func(*store.Config)) *store.DB

// Each runs the test once on each engine.
func Each(t *testing.T, test func(t *testing.T, open Opener)) {
	t.Helper()
	for _, e := range Engines {
		t.Run(string(e), func(t *testing.T) {
			test(t, func(changes ...func(*store.Config)) *store.DB { return Open(t, e, changes...) })
		})
	}
}

// Open opens a new empty store and closes it at the end of the test.
func Open(t testing.TB, e Engine, changes ...func(*store.Config)) *store.DB {
	t.Helper()
	return OpenConfig(t, Config(t, e), changes...)
}

// Config is that of a new empty store: keys, anchors, a file or a database of its own,
// no bound on requests.
func Config(t testing.TB, e Engine) store.Config {
	t.Helper()
	dir := Dir(t)
	keys, err := vault.NewKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := store.Config{Keys: keys, Anchors: filepath.Join(dir, "anchors"), Started: "test", RequestsPerDay: -1}
	if e == PostgreSQL {
		cfg.Database = Database(t)
	} else {
		cfg.Path = filepath.Join(dir, "guichet.db")
	}
	return cfg
}

// Dir is a folder for the files of a store, gone at the end of the test: in memory where
// there is room, for each commit waits for the disk otherwise.
func Dir(t testing.TB) string {
	t.Helper()
	if parent(false) != parents[0] {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(parents[0], prefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// OpenConfig opens a store and closes it at the end of the test.
func OpenConfig(t testing.TB, cfg store.Config, changes ...func(*store.Config)) *store.DB {
	t.Helper()
	for _, change := range changes {
		change(&cfg)
	}
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

// Pair opens one new empty store on PostgreSQL twice, as two servers do. Each has its
// own file of anchors.
func Pair(t testing.TB, changes ...func(*store.Config)) (a, b *store.DB) {
	t.Helper()
	cfg := Config(t, PostgreSQL)
	a = OpenConfig(t, cfg, changes...)
	cfg.Anchors += "-b"
	return a, OpenConfig(t, cfg, changes...)
}
