package store

import (
	"context"
	"fmt"
	"time"

	"guichet.example/portal/core"
)

// Held are the complete deliveries of a kind that were taken in, whose data are of since or
// later, oldest first. Files whose data are of one time are one delivery; the same file, taken
// in again, holds no more rows for it.
func (db *DB) Held(ctx context.Context, mutuality string, kind core.Kind, since time.Time) ([]core.Held, error) {
	var list []core.Held
	err := db.read(ctx, func(c *conn) error {
		list = list[:0]
		return c.each(`
			SELECT CAST(sum(held) AS BIGINT), CAST(sum(gone) AS BIGINT) FROM (
				SELECT as_of, max(held) AS held, sum(gone) AS gone FROM (
					SELECT as_of, sha256, added + changed + unchanged + rejected AS held, ended_rows + removed_rows AS gone
					FROM imports WHERE mutuality = ?1 AND kind = ?2 AND complete = 1 AND state = ?3 AND as_of >= ?4
					UNION ALL
					SELECT as_of, sha256, held, gone FROM import_deliveries WHERE mutuality = ?1 AND kind = ?2 AND as_of >= ?4
				) AS taken GROUP BY as_of, sha256
			) AS files GROUP BY as_of ORDER BY as_of`,
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

// remember keeps what an import took away that gives its place to another of the same bytes,
// for as long as deliveries are held against it.
func remember(t *tx, mutuality string, had core.Import) error {
	if gone := had.EndedRows + had.RemovedRows; had.Complete && (had.State == core.ImportDone || gone > 0) {
		_, err := t.exec(`
			INSERT INTO import_deliveries (mutuality, kind, as_of, import, sha256, held, gone) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			mutuality, string(had.Kind), micros(had.AsOf), had.ID, had.SHA256[:], had.Added+had.Changed+had.Unchanged+had.Rejected, gone)
		if err != nil {
			return err
		}
	}
	_, err := t.exec(`DELETE FROM import_deliveries WHERE mutuality = ? AND kind = ? AND as_of < ?`,
		mutuality, string(had.Kind), micros(had.AsOf.Add(-2*core.ShrinkWindow)))
	return err
}
