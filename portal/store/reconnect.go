package store

import (
	"context"
	"fmt"
	"time"

	"guichet.example/portal/audit"
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
func (w *writer) reread() error {
	var hash []byte
	h := audit.Head{Chain: w.head.Chain}
	err := w.conn.get(`SELECT seq, hash FROM audit WHERE chain = ? ORDER BY seq DESC LIMIT 1`, []any{h.Chain}, &h.Seq, &hash)
	if err == nil {
		err = copyHash(&h.Hash, hash)
	}
	if err != nil {
		return fmt.Errorf("reading end of audit chain: %w", err)
	}
	w.head = h
	w.committed.Store(&h)
	return nil
}

// lose gives the connection up.
func (w *writer) lose() {
	w.conn.lost = true
	w.away.Store(true)
}
