package store_test

import (
	"path/filepath"
	"slices"
	"testing"

	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

func TestInspect(t *testing.T) {
	b := newBed(t, openSQLite)
	got, err := store.Inspect(t.Context(), store.Config{Path: b.cfg.Path})
	if err != nil || got.Have != got.Known || got.Have < 17 || got.Size == 0 || got.Unsafe != nil {
		t.Errorf("Inspect = %+v, %v", got, err)
	}
	raw := peek(t, b.cfg.Path)
	mustExec(t, raw, `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`)
	if older, err := store.Inspect(t.Context(), store.Config{Path: b.cfg.Path}); err != nil || older.Have >= got.Known || older.Known != got.Known {
		t.Errorf("Inspect of an older schema = %+v, %v", older, err)
	}
	mustExec(t, raw, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
	if newer, err := store.Inspect(t.Context(), store.Config{Path: b.cfg.Path}); err != nil || newer.Have != 99 || newer.Known != got.Known || newer.Refused {
		t.Errorf("Inspect of a newer schema that only adds = %+v, %v", newer, err)
	}
	mustExec(t, raw, `UPDATE schema_reach SET oldest = 99`)
	if newer, err := store.Inspect(t.Context(), store.Config{Path: b.cfg.Path}); err != nil || !newer.Refused {
		t.Errorf("Inspect of a newer schema = %+v, %v", newer, err)
	}
	if _, err := store.Inspect(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "x.db")}); err == nil {
		t.Error("Inspect of nothing")
	}
}

func TestInspectPostgreSQL(t *testing.T) {
	for durable, want := range map[bool][]string{true: nil, false: {"fsync is off", "full_page_writes is off"}} {
		address := storetest.Database(t)
		if durable {
			address = storetest.Start(t, true).Database(t)
		}
		got, err := store.Inspect(t.Context(), store.Config{Database: address})
		if err != nil || got.Have != got.Known || got.Size == 0 || !slices.Equal(got.Unsafe, want) {
			t.Errorf("Inspect = %+v, %v, want %q", got, err, want)
		}
	}
}
