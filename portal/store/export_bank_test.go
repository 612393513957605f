package store

import "context"

// Shipped lists the states of an order, sorted.
func (db *DB) Shipped(mutuality, reference string) (list []string, err error) {
	err = db.read(context.Background(), func(c *conn) error {
		list = nil
		return c.each(`SELECT state FROM shipments WHERE mutuality = ? AND reference = ? ORDER BY state`, []any{mutuality, reference},
			func(scan func(...any) error) error {
				var state string
				err := scan(&state)
				list = append(list, state)
				return err
			})
	})
	return list, err
}
