package store

import (
	"context"
	"fmt"
	"time"

	"guichet.example/portal/core"
)

// Held are the complete deliveries of a kind that were taken in, whose data are of since or
// later, oldest first. Files whose data are of one time are one delivery.
func (db *DB) Held(ctx context.Context, mutuality string, kind core.Kind, since time.Time) ([]core.Held, error) {
	var list []core.Held
	err := db.read(ctx, func(c *conn) error {
		list = list[:0]
		return c.each(`
			SELECT CAST(sum(added + changed + unchanged + rejected) AS BIGINT), CAST(sum(ended_rows + removed_rows) AS BIGINT)
			FROM imports WHERE mutuality = ? AND kind = ? AND complete = 1 AND state = ? AND as_of >= ?
			GROUP BY as_of ORDER BY as_of`,
			[]any{mutuality, string(kind), string(core.ImportDone), micros(since)}, func(scan func(...any) error) error {
				var d core.Held
				err := scan(&d.Rows, &d.Gone)
				list = append(list, d)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("reading deliveries of %s: %w", kind, err)
	}
	return list, nil
}
