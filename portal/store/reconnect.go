package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// begin opens the transaction, on a new connection if the old one is gone. One that
// went while nobody used it is noticed here, where nothing is lost with it.
func (w *writer) begin() error {
	if patience := w.engine.patience(); patience > 0 {
		w.conn.until = time.Now().Add(patience)
		defer func() { w.conn.until = time.Time{} }()
	}
	if !w.away.Load() {
		err := w.engine.begin(w.conn)
		if w.engine.what(err) != lost {
			w.before = w.head
			return err
		}
		w.lose()
	}
	if err := w.reconnect(); err != nil {
		return err
	}
	if err := w.engine.begin(w.conn); err != nil {
		return err
	}
	if err := w.reread(); err != nil {
		return err
	}
	w.away.Store(false)
	w.before = w.head
	return nil
}

// reconnect takes no longer than what is left of the patience.
func (w *writer) reconnect() error {
	until := w.conn.until
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	c, err := w.engine.connect(ctx, true)
	if err != nil {
		return err
	}
	w.conn.close()
	w.conn, c.until = c, until
	return nil
}

// reread learns where the chain ends: what was on its way when the connection was lost
// may have been written. The transaction that is open by now excludes that it still will.
// An end that has no mark of ours, or lacks what was on disk, is not gone on from: the rows
// that follow would vouch for it. The process ends, and the next one begins a new chain.
func (w *writer) reread() error {
	h, err := headOf(w.conn, w.head.Chain)
	ours := err == nil && h.Seq >= w.committed.Load().Seq
	if ours {
		ours, err = isMarked(w.conn, w.key, h)
	}
	switch {
	case err == nil && ours:
		w.head = h
		w.committed.Store(&h)
		return nil
	case err == nil, errors.Is(err, sql.ErrNoRows), errors.Is(err, ErrDamaged):
		return w.stop(fmt.Errorf("chain %s: %w", w.head.Chain, errors.Join(errNotMarked, err)))
	}
	return fmt.Errorf("reading end of audit chain: %w", err)
}

// lose gives the connection up.
func (w *writer) lose() {
	w.conn.lost = true
	w.away.Store(true)
}
