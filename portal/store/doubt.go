package store

import (
	"database/sql"
	"errors"
	"time"
)

// fate is what became of a transaction whose commit had no answer.
type fate int

const (
	unknown fate = iota // the database does not say
	landed              // it was committed
	undone              // it was not, and will not be
)

// settling is how long an act waits for the database to say what became of it: a
// transaction whose client is gone unnoticed ends when it has stalled. Whoever waits
// behind it is not kept longer than the engine's patience.
const settling = stalled + 3*time.Second

// attempts is how often a transaction is begun that did not happen through no fault of
// its own.
const attempts = 3

// sign marks the last of the transaction's audit rows, and makes the transaction one that
// can be found: by that row, which no other server writes to this chain, or by a number of
// its own. The number of the transaction in the database would not do: a crash, or another
// server in its place, may give the same one again.
func (w *writer) sign() error {
	if w.head != w.before {
		return putMark(w.conn, w.key, w.head)
	}
	if !w.engine.doubts() {
		return nil
	}
	w.turn++
	_, err := w.conn.exec(`
		INSERT INTO turns (chain, turn) VALUES (?, ?) ON CONFLICT (chain) DO UPDATE SET turn = excluded.turn`,
		w.head.Chain, w.turn)
	return err
}

// find asks on another connection what became of the transaction that was to be
// committed on this one. Its own turn to write means that the other has ended.
func (w *writer) find() fate {
	before, head, turn := w.before, w.head, w.turn
	w.lose()
	for end := time.Now().Add(settling); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err := w.begin(); errors.Is(err, ErrStopped) {
			return unknown
		} else if err != nil {
			continue
		}
		now, found := w.head, turn
		var err error
		if head == before {
			found, err = w.lastTurn()
		}
		w.rollback()
		switch {
		case err != nil:
			w.lose()
		case now == head && found == turn:
			return landed
		case now == before:
			return undone
		default: // another database than the one we knew
			return unknown
		}
	}
	return unknown
}

func (w *writer) lastTurn() (turn int64, err error) {
	err = w.conn.get(`SELECT turn FROM turns WHERE chain = ?`, []any{w.head.Chain}, &turn)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return turn, err
}
