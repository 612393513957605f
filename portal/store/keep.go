package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/audit"
)

// When the write-ahead log is written into the file, in pages of 4 KiB not yet written.
const (
	checkpointAt = 1_000  // 4 MiB: from the background
	waitAt       = 16_384 // 64 MiB: the writer waits, or the log would grow without end
	logTick      = 100 * time.Millisecond
	quietTicks   = 50 // without a commit, after which any rest is written
	cleanTick    = time.Minute
)

// checkpoint writes the log into the file. PASSIVE waits for nobody.
func checkpoint(c *conn, mode string) error {
	_, _, err := checkpointed(c, mode)
	return err
}

// checkpointed also returns the pages in the log and how many of them are in the file.
// NOOP only looks.
func checkpointed(c *conn, mode string) (pages, done int64, err error) {
	var busy int
	err = c.get("PRAGMA wal_checkpoint("+mode+")", nil, &busy, &pages, &done)
	return pages, done, err
}

// keepLog checkpoints from a connection of its own, so that no act waits for it.
func (db *DB) keepLog() {
	var seen int64
	quiet := 0
	db.every(logTick, func() {
		if db.hasStopped() {
			return // a checkpoint syncs the log, and that has failed already
		}
		now := db.writer.commits.Load()
		if now == seen {
			quiet++
		} else {
			quiet = 0
		}
		if now == seen && quiet != quietTicks {
			return
		}
		seen = now
		if err := db.keepLogOnce(quiet == quietTicks); err != nil {
			db.cfg.Log.Error("checkpoint of the database", "err", err)
			if diskFailed(err) {
				db.writer.stop(err)
			}
		}
	})
}

func (db *DB) keepLogOnce(rest bool) error {
	pages, done, err := checkpointed(db.keeper, "NOOP")
	if err != nil || pages == done || pages-done < checkpointAt && !rest {
		return err
	}
	pages, _, err = checkpointed(db.keeper, "PASSIVE")
	if pages > waitAt {
		db.writer.checkpoint.Store(true)
	}
	return err
}

// keepAnchors notes the head of the chain elsewhere, at each tick.
func (db *DB) keepAnchors() {
	if db.cfg.Anchors == "" {
		return
	}
	db.every(db.cfg.AnchorEvery, func() {
		if err := db.Anchor(); err != nil {
			db.cfg.Log.Error("anchoring the audit chain", "err", err)
		}
	})
}

// Anchor notes the head of the audit chain in Config.Anchors now.
func (db *DB) Anchor() error {
	if db.writer == nil {
		return ErrReadOnly
	}
	return db.anchor(*db.writer.committed.Load())
}

func (db *DB) anchor(heads ...audit.Head) error {
	if db.cfg.Anchors == "" {
		return nil
	}
	var anchors []audit.Anchor
	for _, h := range heads {
		if h.Seq > 0 {
			anchors = append(anchors, audit.Anchor{At: db.cfg.Now(), Head: h})
		}
	}
	return audit.AppendAnchors(db.cfg.Anchors, anchors...)
}

// checkAnchors looks for the row of the newest anchor: it is not there, or another, if
// an older copy of the database was put back, or rows were cut off.
func (db *DB) checkAnchors(c *conn) error {
	if db.cfg.Anchors == "" {
		return nil
	}
	anchors, err := audit.ReadAnchors(db.cfg.Anchors)
	if err != nil || len(anchors) == 0 {
		return err
	}
	newest := anchors[len(anchors)-1]
	var raw []byte
	err = c.get(`SELECT hash FROM audit WHERE chain = ? AND seq = ?`, []any{newest.Chain, newest.Seq}, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("row %d of chain %s is not there", newest.Seq, newest.Chain)
	}
	if err != nil {
		return err
	}
	var hash [32]byte
	if copyHash(&hash, raw) != nil || hash != newest.Hash {
		return fmt.Errorf("row %d of chain %s is another", newest.Seq, newest.Chain)
	}
	return nil
}

// keepClean removes what has ended, and writes rows that are owed.
func (db *DB) keepClean() {
	db.every(cleanTick, func() {
		if err := db.Sweep(context.Background(), db.cfg.Now()); err != nil {
			db.cfg.Log.Error("sweeping the database", "err", err)
		}
	})
}
