package store_test

import (
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/store"
)

// TestMissing: heads noted elsewhere tell what a backup lacks, of its own chains and of
// those that began after it.
func TestMissing(t *testing.T) {
	t.Parallel()
	m := store.Manifest{Heads: []store.BackupHead{{Chain: "a", Seq: 10}, {Chain: "b", Seq: 4}}}
	at := time.Date(2026, time.November, 20, 4, 0, 0, 0, time.UTC)
	anchor := func(chain string, seq int64, hours int) audit.Anchor {
		return audit.Anchor{At: at.Add(time.Duration(hours) * time.Hour), Head: audit.Head{Chain: chain, Seq: seq}}
	}
	for name, tt := range map[string]struct {
		anchors []audit.Anchor
		rows    int64
		until   time.Time
	}{
		"none noted":          {nil, 0, time.Time{}},
		"reaches all":         {[]audit.Anchor{anchor("a", 10, 5), anchor("b", 3, 6)}, 0, time.Time{}},
		"its own chain":       {[]audit.Anchor{anchor("a", 9, 1), anchor("a", 12, 2), anchor("a", 17, 3)}, 7, at.Add(3 * time.Hour)},
		"a chain begun since": {[]audit.Anchor{anchor("b", 6, 1), anchor("c", 5, 2)}, 2 + 5, at.Add(2 * time.Hour)},
	} {
		if rows, until := m.Missing(tt.anchors); rows != tt.rows || !until.Equal(tt.until) {
			t.Errorf("%s: %d rows until %v, want %d until %v", name, rows, until, tt.rows, tt.until)
		}
	}
}

// TestRestoreIsNotHurried: what is read whole while a backup is put back may take longer
// than any page.
func TestRestoreIsNotHurried(t *testing.T) {
	t.Parallel()
	b, whole := backedUp(t, openPostgreSQL)
	cfg := emptyPlace(t, b)
	held := false
	_, err := store.Restore(t.Context(), cfg, store.From{Dir: whole}, func(s store.Step) {
		if s.What != "documents" || held {
			return
		}
		held = true
		lock, err := peekDatabase(t, cfg.Database).Begin()
		if err == nil {
			_, err = lock.Exec("LOCK TABLE received_documents IN ACCESS EXCLUSIVE MODE")
		}
		if err != nil {
			t.Error(err)
			return
		}
		time.AfterFunc(2500*time.Millisecond, func() { lock.Rollback() })
	})
	if err != nil || !held {
		t.Errorf("a slow table: %v, %v", err, held)
	}
}
