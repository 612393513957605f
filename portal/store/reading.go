package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// patience returns when the patience of the engine ends, as a time and as a channel.
func (db *DB) patience() (until time.Time, over <-chan time.Time, stop func()) {
	patience := db.engine.patience()
	if patience == 0 {
		return time.Time{}, nil, func() {}
	}
	timer := time.NewTimer(patience)
	return time.Now().Add(patience), timer.C, func() { timer.Stop() }
}

// revive makes sure that the connection is there. One that went while nobody used it is
// noticed by the first statement that runs on it, which is run again; a whole read is
// not, since it may have handed on what it read.
func (db *DB) revive(ctx context.Context, c *conn, until time.Time) error {
	if until.IsZero() {
		return nil
	}
	c.until = until
	anew := func() error {
		ctx, cancel := context.WithDeadline(ctx, until)
		defer cancel()
		fresh, err := db.engine.connect(ctx, false)
		if err != nil {
			return fmt.Errorf("reading: %w (%v)", ErrUnavailable, err)
		}
		c.discard()
		fresh.until, fresh.fetched = until, c.fetched
		*c = *fresh // the place in line is the same
		return nil
	}
	if c.lost {
		return anew()
	}
	c.again = anew
	return nil
}

// readable says of an error of a read whether the server is to be blamed.
func (db *DB) readable(err error) error {
	switch db.engine.what(err) {
	case lost, busy:
		if !errors.Is(err, ErrUnavailable) {
			return fmt.Errorf("reading: %w (%v)", ErrUnavailable, err)
		}
	}
	return err
}
