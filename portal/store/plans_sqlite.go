package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// SQLite plans without knowing what is in a table, and then takes the first column of a
// primary key, the mutuality, to leave some ten rows, where in truth it leaves all: an
// index that finds the one row wanted is passed over, and the whole table read. So that
// plans are right from the first row on, and never change with the data, it is told
// what every table will be like (https://www.sqlite.org/fileformat2.html#stat1tab).
const (
	planRows   = 1_000_000 // of a table
	planFew    = 1_000     // of an index of what is under way
	planMember = 20        // of one member, or another value
)

// settlePlans writes the figures, unless they are there.
func settlePlans(c *conn) error {
	want, err := planFigures(c)
	if err != nil {
		return fmt.Errorf("settling plans: %w", err)
	}
	var there int
	if err := c.get(`SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'`, nil, &there); err != nil {
		return err
	}
	if there > 0 {
		if same, err := hasFigures(c, want); same || err != nil {
			return err
		}
	}
	statements := []string{"BEGIN IMMEDIATE", "ANALYZE members", "DELETE FROM sqlite_stat1"}
	for _, f := range want {
		statements = append(statements, fmt.Sprintf("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('%s', '%s', '%s')", f[0], f[1], f[2]))
	}
	for _, s := range append(statements, "COMMIT", "ANALYZE sqlite_schema") {
		if _, err := c.sql.ExecContext(context.Background(), s); err != nil {
			_, undone := c.sql.ExecContext(context.Background(), "ROLLBACK")
			if undone != nil && strings.Contains(undone.Error(), "no transaction") {
				undone = nil
			}
			return errors.Join(fmt.Errorf("settling plans: %w", err), undone)
		}
	}
	return nil
}

// planFigures are table, index and figures of each index that begins with the mutuality.
func planFigures(c *conn) ([][3]string, error) {
	var all [][3]string
	err := c.each(`
		SELECT t.name, i.name, i."unique", i.partial, (SELECT group_concat(coalesce(name, '')) FROM (
			SELECT name FROM pragma_index_xinfo(i.name) WHERE key = 1 ORDER BY seqno))
		FROM sqlite_schema t JOIN pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
		ORDER BY t.name, i.name`, nil, func(scan func(...any) error) error {
		var table, index string
		var unique, partial int
		var columns sql.NullString
		if err := scan(&table, &index, &unique, &partial, &columns); err != nil {
			return err
		}
		if list := strings.Split(columns.String, ","); list[0] == "mutuality" {
			all = append(all, [3]string{table, index, planFigure(len(list), unique == 1, partial == 1)})
		}
		return nil
	})
	return all, err
}

// planFigure is how many rows there are, and how many are left by the first column, the
// first two, and so on.
func planFigure(columns int, unique, partial bool) string {
	rows := planRows
	if partial {
		rows = planFew
	}
	figures := []string{fmt.Sprint(rows), fmt.Sprint(rows)}
	for i := 2; i <= columns; i++ {
		left := max(2, planMember/(i-1))
		if unique && i == columns {
			left = 1
		}
		figures = append(figures, fmt.Sprint(left))
	}
	return strings.Join(figures, " ")
}

func hasFigures(c *conn, want [][3]string) (bool, error) {
	i, same := 0, true
	err := c.each(`SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx`, nil, func(scan func(...any) error) error {
		var f [3]string
		err := scan(&f[0], &f[1], &f[2])
		same = same && i < len(want) && f == want[i]
		i++
		return err
	})
	return same && i == len(want), err
}
