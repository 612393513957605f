package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"guichet.example/portal/vault"
)

// A first start makes the keys; nothing else ever does.
func TestFirstStart(t *testing.T) {
	dir := t.TempDir()
	s := &Settings{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys")}
	start := func() error {
		db, err := openStore(t.Context(), s, slog.New(slog.DiscardHandler))
		if err == nil {
			err = db.Close()
		}
		return err
	}
	if err := start(); err == nil || exists(s.Keys) {
		t.Errorf("without a data folder: %v, keys made: %t", err, exists(s.Keys))
	}
	if err := os.Mkdir(s.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"first", "second"} {
		if err := start(); err != nil {
			t.Fatalf("%s start: %v", when, err)
		}
	}
	if err := os.RemoveAll(s.Keys); err != nil {
		t.Fatal(err)
	}
	if err := start(); !errors.Is(err, vault.ErrNoKeys) || exists(s.Keys) {
		t.Errorf("a database whose keys are gone: %v, keys made: %t", err, exists(s.Keys))
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
