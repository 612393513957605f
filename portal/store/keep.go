package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/audit"
)

// cleanTick is the time between two sweeps.
const cleanTick = time.Minute

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
