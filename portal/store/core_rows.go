package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Statements have one of these many rows, so that few of them are prepared. 50 is where
// a longer one gains nothing any more; over a network fewer ones do.
var (
	chunks     = []int{50, 10, 1}
	chunksSent = []int{500, 50, 10, 1}
)

// inChunks calls f with all rows, some at a time.
func inChunks[T any](rows []T, f func([]T) error) error { return inChunksOf(chunks, rows, f) }

func inChunksOf[T any](sizes []int, rows []T, f func([]T) error) error {
	for len(rows) > 0 {
		n := 1
		for _, size := range sizes {
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

// phrase tells a statement that is put together: what it does to which table, with how
// many rows.
type phrase struct {
	what, table string
	n           int
}

// phrases are those that were put together already: they are long, and run often.
var phrases sync.Map

func (p phrase) once(text func() string) string {
	if known, ok := phrases.Load(p); ok {
		return known.(string)
	}
	all := text()
	phrases.Store(p, all)
	return all
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
			if row == 0 && slices.Contains(ints, i) {
				b.WriteString("CAST(? AS BIGINT)")
			} else {
				b.WriteByte('?')
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}

func (l *load) onPostgres() bool {
	_, ok := l.db.engine.(*postgres)
	return ok
}

// byIndex keeps PostgreSQL from reading whole tables for the rest of the transaction, as
// it would by a plan that was made when they were empty, and from compiling what it then
// takes for costly.
func (l *load) byIndex() error {
	if !l.onPostgres() {
		return nil
	}
	var set string
	return l.get(`SELECT set_config('enable_seqscan', 'off', true) || set_config('jit', 'off', true)`, nil, &set)
}

// existing reads the rows that are there already, by identity.
func (l *load) existing(table coreTable, records []record) (map[string][]any, error) {
	keys := make([][]any, len(records))
	room := make([]any, 0, len(records)*len(table.finds))
	for n, r := range records {
		for _, column := range table.finds {
			room = append(room, r.values[column])
		}
		keys[n] = room[len(room)-len(table.finds):]
	}
	return l.having(table, table.finds, keys)
}

// having reads the rows that have one of the keys in some columns, by identity.
func (l *load) having(table coreTable, in []int, keys [][]any) (map[string][]any, error) {
	where := "t.mutuality = ?"
	q := perKey{from: table.name + " AS t", columns: "t." + strings.Join(table.columns, ", t.")}
	for i, column := range in {
		q.ints = append(q.ints, table.isInt(column))
		where += " AND t." + table.columns[column] + " = v.column" + strconv.Itoa(i+1)
	}
	q.where, q.name = where, table.name+where
	if len(in) == 1 && !q.ints[0] {
		q.ranged = "t." + table.columns[in[0]]
	}
	had := map[string][]any{}
	err := l.eachKey(q, keys, func(scan func(...any) error) error {
		values, err := scanAll(scan, len(table.columns))
		if err == nil {
			had[table.identity(values)] = values
		}
		return err
	})
	return had, err
}

// perKey is a query that looks into an index for each of a list of keys, v: column1 and so
// on. Its last placeholder is the mutuality.
type perKey struct {
	name                 string // tells it from others
	columns, from, where string
	ints                 []bool // of the columns of a key: which are numbers
	ranged               string // the one column of the key, a text that an index is ordered by: rows between keys may come too, and a row twice
}

// text is the query for n keys. PostgreSQL takes lists, however long they are, and has to
// be told to look into the index for each: it keeps the plan of a statement that was first
// made when the table was empty, and would read all of the table ever after.
func (q perKey) text(n int, lists bool) string {
	if !lists {
		var ints []int
		for i, is := range q.ints {
			if is {
				ints = append(ints, i)
			}
		}
		return "SELECT " + q.columns + " FROM (VALUES " + tuples(n, len(q.ints), ints...) + ") AS v CROSS JOIN " + q.from + " WHERE " + q.where
	}
	types, names := make([]string, len(q.ints)), make([]string, len(q.ints))
	for i, is := range q.ints {
		types[i], names[i] = "CAST(? AS TEXT[])", "column"+strconv.Itoa(i+1)
		if is {
			types[i] = "CAST(? AS BIGINT[])"
		}
	}
	return "SELECT t.* FROM unnest(" + strings.Join(types, ", ") + ") AS v(" + strings.Join(names, ", ") + ") CROSS JOIN LATERAL (SELECT " +
		q.columns + " FROM " + q.from + " WHERE " + q.where + " OFFSET 0) AS t"
}

// eachKey runs the query for all keys, some at a time.
func (l *load) eachKey(q perKey, keys [][]any, row func(scan func(...any) error) error) (err error) {
	if q.ranged != "" && len(keys) >= rangeWorth {
		if keys, err = l.eachRange(q, keys, row); err != nil {
			return err
		}
	}
	if l.onPostgres() {
		text := phrase{"lists " + q.name, "", 0}.once(func() string { return q.text(0, true) })
		for some := range slices.Chunk(keys, chunksSent[0]) {
			if err := l.each(text, append(lists(some, q.ints), l.mutuality), row); err != nil {
				return err
			}
		}
		return nil
	}
	args := make([]any, 0, chunks[0]*len(q.ints)+1)
	return inChunks(keys, func(some [][]any) error {
		text := phrase{"keys " + q.name, "", len(some)}.once(func() string { return q.text(len(some), false) })
		args = args[:0]
		for _, key := range some {
			args = append(args, key...)
		}
		return l.each(text, append(args, l.mutuality), row)
	})
}

// lists are keys as columns.
func lists(keys [][]any, ints []bool) []any {
	args := make([]any, len(ints), len(ints)+1)
	for i, is := range ints {
		if is {
			list := make([]int64, len(keys))
			for n, key := range keys {
				list[n], _ = key[i].(int64)
			}
			args[i] = list
			continue
		}
		list := make([]string, len(keys))
		for n, key := range keys {
			list[n], _ = key[i].(string)
		}
		args[i] = list
	}
	return args
}

// scanAll reads a row of texts, numbers and nulls, as they are written.
func scanAll(scan func(...any) error, columns int) ([]any, error) {
	values, dest := make([]any, columns), make([]any, columns)
	for i := range values {
		dest[i] = &values[i]
	}
	return values, scan(dest...)
}

// insert adds rows that are not there. SQLite keeps what a statement of many rows changed,
// to undo it when one of them is there after all, unless it is told to do nothing then: so
// that is told, and not believed.
func (l *load) insert(table string, columns []string, rows [][]any) error {
	if l.onPostgres() && len(rows) >= worthCopying {
		return l.copyRows(table, columns, l.mutuality, rows)
	}
	added, err := l.rows(table, columns, rows, " ON CONFLICT DO NOTHING")
	if err == nil && added != int64(len(rows)) {
		err = fmt.Errorf("%d rows of %s were there, and were not found before", int64(len(rows))-added, table)
	}
	return err
}

// upsert writes rows over those that have their key.
func (l *load) upsert(table coreTable, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	key, set := []string{"mutuality"}, []string{}
	for i, column := range table.columns {
		if slices.Contains(table.keys, i) {
			key = append(key, column)
		} else {
			set = append(set, column+" = excluded."+column)
		}
	}
	then := " ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")
	if len(set) == 0 {
		then = " ON CONFLICT DO NOTHING"
	}
	_, err := l.rows(table.name, table.columns, rows, then)
	return err
}

// rows adds rows, or does what then says with those that are there, and tells how many
// were written.
func (l *load) rows(table string, columns []string, rows [][]any, then string) (written int64, err error) {
	sizes := chunks
	if l.onPostgres() {
		sizes = chunksSent
	}
	args := make([]any, 0, min(len(rows), sizes[0])*(len(columns)+1))
	err = inChunksOf(sizes, rows, func(some [][]any) error {
		text := phrase{"insert" + then, table, len(some)}.once(func() string {
			return "INSERT INTO " + table + " (mutuality, " + strings.Join(columns, ", ") + ") VALUES " + tuples(len(some), len(columns)+1) + then
		})
		args = args[:0]
		for _, values := range some {
			args = append(append(args, l.mutuality), values...)
		}
		n, err := l.exec(text, args...)
		written += n
		return err
	})
	return written, err
}

// joined is values as one string that no others have.
func joined(values []any, which []int) string {
	var room [96]byte
	b := room[:0]
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
