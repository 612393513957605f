package store

import (
	"bytes"
	"strconv"
	"strings"
)

// Statements have one of these many rows, so that few of them are prepared. 50 is where
// a longer one gains nothing any more.
var chunks = []int{50, 10, 1}

// inChunks calls f with all rows, some at a time.
func inChunks[T any](rows []T, f func([]T) error) error {
	for len(rows) > 0 {
		n := 1
		for _, size := range chunks {
			if size <= len(rows) {
				n = size
				break
			}
		}
		if err := f(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// tuples is n rows of placeholders, "(?, ?), (?, ?)". The columns in ints are numbers: a
// database that is not told takes a placeholder among VALUES for text.
func tuples(n, columns int, ints ...int) string {
	var b strings.Builder
	for row := range n {
		if row > 0 {
			b.WriteString(", ")
		}
		for i := range columns {
			b.WriteString(map[bool]string{true: "(", false: ", "}[i == 0])
			if row == 0 && contains(ints, i) {
				b.WriteString("CAST(? AS BIGINT)")
			} else {
				b.WriteByte('?')
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}

func contains(list []int, n int) bool {
	for _, i := range list {
		if i == n {
			return true
		}
	}
	return false
}

// byIndex keeps PostgreSQL from reading whole tables for the rest of the transaction, as
// it would by a plan that was made when they were empty.
func (l *load) byIndex() error {
	if _, ok := l.db.engine.(*postgres); !ok {
		return nil
	}
	var set string
	return l.get(`SELECT set_config('enable_seqscan', 'off', true)`, nil, &set)
}

// existing reads the rows that are there already, by identity.
func (l *load) existing(table coreTable, records []record) (map[string][]any, error) {
	had := map[string][]any{}
	err := inChunks(records, func(some []record) error {
		args := make([]any, 0, len(some)*len(table.finds)+1)
		for _, r := range some {
			for _, i := range table.finds {
				args = append(args, r.values[i])
			}
		}
		return l.each(l.lookup(table, len(some)), append(args, l.mutuality), func(scan func(...any) error) error {
			values, err := scanAll(scan, len(table.columns))
			if err == nil {
				had[table.identity(values)] = values
			}
			return err
		})
	})
	return had, err
}

// lookup is the query for the rows with n identities.
func (l *load) lookup(table coreTable, n int) string {
	var ints []int
	where := "t.mutuality = ?"
	for i, column := range table.finds {
		if table.isInt(column) {
			ints = append(ints, i)
		}
		where += " AND t." + table.columns[column] + " = v.column" + strconv.Itoa(i+1)
	}
	return l.perKey(tuples(n, len(table.finds), ints...), "t."+strings.Join(table.columns, ", t."), table.name+" AS t", where)
}

// perKey is a query that looks into an index for each of a list of keys, v. PostgreSQL has
// to be told: it keeps the plan of a statement that was first made when the table was
// empty, and would read all of the table ever after.
func (l *load) perKey(keys, columns, from, where string) string {
	if _, ok := l.db.engine.(*postgres); ok {
		return "SELECT t.* FROM (VALUES " + keys + ") AS v CROSS JOIN LATERAL (SELECT " + columns + " FROM " + from + " WHERE " + where + " OFFSET 0) AS t"
	}
	return "SELECT " + columns + " FROM (VALUES " + keys + ") AS v CROSS JOIN " + from + " WHERE " + where
}

// scanAll reads a row whatever it holds; bytes are copied.
func scanAll(scan func(...any) error, columns int) ([]any, error) {
	values, dest := make([]any, columns), make([]any, columns)
	for i := range values {
		dest[i] = &values[i]
	}
	return values, scan(dest...)
}

// insert adds rows that are not there.
func (l *load) insert(table string, columns []string, rows [][]any) error {
	if _, ok := l.db.engine.(*postgres); ok && len(rows) >= worthCopying {
		return l.copyRows(table, columns, l.mutuality, rows)
	}
	return l.rows(table, columns, rows, "")
}

// upsert writes rows over those that have their key.
func (l *load) upsert(table coreTable, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	key, set := []string{"mutuality"}, []string{}
	for i, column := range table.columns {
		if contains(table.keys, i) {
			key = append(key, column)
		} else {
			set = append(set, column+" = excluded."+column)
		}
	}
	then := " ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")
	if len(set) == 0 {
		then = " ON CONFLICT DO NOTHING"
	}
	return l.rows(table.name, table.columns, rows, then)
}

func (l *load) rows(table string, columns []string, rows [][]any, then string) error {
	return inChunks(rows, func(some [][]any) error {
		args := make([]any, 0, len(some)*(len(columns)+1))
		for _, values := range some {
			args = append(append(args, l.mutuality), values...)
		}
		_, err := l.exec("INSERT INTO "+table+" (mutuality, "+strings.Join(columns, ", ")+") VALUES "+
			tuples(len(some), len(columns)+1)+then, args...)
		return err
	})
}

// same tells whether two rows hold the same values, as they are written and as they
// come back.
func same(a, b []any) bool {
	for i := range a {
		if x, ok := a[i].([]byte); ok {
			if y, ok := b[i].([]byte); !ok || !bytes.Equal(x, y) {
				return false
			}
			continue
		}
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// joined is values as one string that no others have.
func joined(values []any, which []int) string {
	var b []byte
	for _, i := range which {
		switch v := values[i].(type) {
		case string:
			b = append(strconv.AppendInt(b, int64(len(v)), 10), ':')
			b = append(b, v...)
		case int64:
			b = append(strconv.AppendInt(append(b, '#'), v, 10), ';')
		default:
			b = append(b, '-')
		}
	}
	return string(b)
}
