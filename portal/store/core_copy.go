package store

import (
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// worthCopying is from how many rows on COPY is quicker than a statement.
const worthCopying = 20

// copyRows adds rows that are not there by COPY, inside the transaction of the connection.
func (c *conn) copyRows(table string, columns []string, mutuality string, rows [][]any) error {
	ctx, cancel := c.context()
	defer cancel()
	all := append([]string{"mutuality"}, columns...)
	line := make([]any, len(all))
	line[0] = mutuality
	var copying error
	err := c.sql.Raw(func(driver any) error {
		pg, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a %T cannot copy", driver)
		}
		_, copying = pg.Conn().CopyFrom(ctx, pgx.Identifier{table}, all, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			copy(line[1:], rows[i])
			return line, nil
		}))
		return nil // whether the connection is gone is found out below
	})
	if err == nil {
		err = copying
	}
	return c.check(err)
}
