package store

import (
	"context"
	"fmt"

	"guichet.example/portal/core"
)

// Preview is Load that writes nothing: what would be added, changed and refused. ahead has
// what earlier files of the same preview would have stored, and is added to; nil: there are none.
func (db *DB) Preview(ctx context.Context, mutuality string, batch core.Batch, ahead *core.Ahead) (core.Outcome, error) {
	var out core.Outcome
	laid := draftOf(batch)
	err := db.snapshot(ctx, func(c *conn) error {
		l := &load{db: db, conn: c, mutuality: mutuality, batch: batch, draft: laid, ahead: ahead}
		err := l.run()
		out = l.out
		return err
	})
	if err != nil {
		return core.Outcome{}, fmt.Errorf("previewing %s: %w", batch.Kind, err)
	}
	return out, nil
}
