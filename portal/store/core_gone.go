package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
)

// gonePage is how many rows are read at once in search of those that are not delivered.
const gonePage = 2000

// NumberOf tells what a member is found by (core.NewDelivered).
func (db *DB) NumberOf(mutuality string) func(nrn.Number) string {
	return func(n nrn.Number) string { return string(db.cfg.Keys.Index(numberIndex, mutuality, n.Digits())) }
}

// Gone counts the rows of a kind that a complete delivery of asOf does not hold, and
// changes nothing. core.ErrOlderDelivery, where newer data are in.
func (db *DB) Gone(ctx context.Context, mutuality string, kind core.Kind, asOf time.Time, delivered *core.Delivered) (core.Gone, error) {
	var gone core.Gone
	err := db.read(ctx, func(c *conn) error { return isNewest(c, mutuality, kind, asOf) })
	if err == nil {
		err = db.eachGone(ctx, mutuality, kind, asOf, delivered, &gone.Stand, func(rows []goneRow) error {
			for _, row := range rows {
				gone.Note(row.told())
			}
			return nil
		})
	}
	if err != nil {
		return core.Gone{}, fmt.Errorf("looking for what a delivery of %s does not hold: %w", kind, err)
	}
	return gone, nil
}

// isNewest refuses data that are older than those that are in.
func isNewest(c *conn, mutuality string, kind core.Kind, asOf time.Time) error {
	var at int64
	err := c.get(`SELECT as_of FROM import_ages WHERE mutuality = ? AND kind = ?`, []any{mutuality, string(kind)}, &at)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && micros(asOf) < at:
		return core.ErrOlderDelivery
	}
	return err
}

// goneRow is a row that a complete delivery does not hold.
type goneRow struct {
	values []any
	key    []string // as in the schema, with affiliation numbers
	ended  []any    // the row as it ends; nil: it goes
}

func (r goneRow) told() core.GoneRow {
	if r.ended != nil {
		return core.GoneRow{Key: r.key, Fate: core.Ends}
	}
	return core.GoneRow{Key: r.key, Fate: core.Goes}
}

// memberTable is what is read of members in search of those who left.
var memberTable = coreTable{name: "members", columns: []string{"member", "number_index", "since", "until"}, keys: []int{0}, finds: []int{1}}

// goneScan reads rows of a kind that stand, page by page.
type goneScan struct {
	mutuality string
	kind      core.Kind
	table     coreTable
	last      string    // the day on which what goes on ends
	now       time.Time // appointments before it are over
	after     []any     // key of the last row read; nil: none was
}

// eachGone calls f with rows that the delivery does not hold, some at a time. stand counts
// all rows that it could hold.
func (db *DB) eachGone(ctx context.Context, mutuality string, kind core.Kind, asOf time.Time, delivered *core.Delivered, stand *int64, f func([]goneRow) error) error {
	s := &goneScan{mutuality: mutuality, kind: kind, table: coreTables[kind], last: core.LastDay(asOf, locale.Zone()).Format(time.DateOnly), now: db.cfg.Now()}
	switch fate := core.FateOf(kind); {
	case fate != core.Ends && fate != core.Goes:
		return nil
	case kind == core.KindMember:
		s.table = memberTable
	}
	for more := true; more; {
		var rows []goneRow
		n := 0
		err := db.snapshot(ctx, func(c *conn) (err error) {
			at := s.after
			rows, n, err = s.page(c, delivered)
			if err != nil {
				s.after = at // the read may be made again
			}
			return err
		})
		if err != nil {
			return err
		}
		*stand += int64(n)
		if len(rows) > 0 {
			if err := f(rows); err != nil {
				return err
			}
		}
		more = n == gonePage
	}
	return nil
}

// page reads the next rows, how many there are, and which of them are gone.
func (s *goneScan) page(c *conn, delivered *core.Delivered) (gone []goneRow, n int, err error) {
	query, args := s.query()
	columns := len(s.table.columns)
	err = c.each(query, args, func(scan func(...any) error) error {
		values, err := scanAll(scan, columns+2)
		if err != nil {
			return err
		}
		row := goneRow{values: values[:columns:columns]}
		n++
		s.after = make([]any, len(s.table.keys))
		for i, at := range s.table.keys {
			s.after[i] = values[at]
		}
		key := s.key(values)
		if delivered.Holds(s.kind, key) {
			return nil
		}
		if row.key = key; s.kind == core.KindMember {
			row.key = []string{text(values[columns])}
		}
		row.ended = s.end(row.values)
		gone = append(gone, row)
		return nil
	})
	return gone, n, err
}

// query reads a page of rows that stand, with the affiliation numbers of member and person.
func (s *goneScan) query() (string, []any) {
	names, place, marks := make([]string, len(s.table.keys)), []any{}, "?"
	for i, at := range s.table.keys {
		names[i] = "t." + s.table.columns[at]
		if i > 0 {
			marks += ", ?"
		}
	}
	args := []any{s.mutuality}
	query := "SELECT t." + strings.Join(s.table.columns, ", t.") + ", " + s.affiliation("member") + ", " + s.affiliation("person") +
		" FROM " + s.table.name + " AS t WHERE t.mutuality = ?"
	if on, at := s.standing(); on != "" {
		query, args = query+" AND "+on, append(args, at)
	}
	if s.after != nil {
		query, place = query+" AND ("+strings.Join(names, ", ")+") > ("+marks+")", s.after
	}
	return query + " ORDER BY " + strings.Join(names, ", ") + " LIMIT " + strconv.Itoa(gonePage), append(args, place...)
}

func (s *goneScan) affiliation(column string) string {
	if !slices.Contains(s.table.columns, column) {
		return "''"
	}
	return "(SELECT m.affiliation FROM members AS m WHERE m.mutuality = t.mutuality AND m.member = t." + column + ")"
}

// standing is the condition of rows that are not over, and its argument.
func (s *goneScan) standing() (string, any) {
	switch {
	case core.FateOf(s.kind) != core.Ends:
		return "", nil
	case s.kind == core.KindAppointment:
		return "t.state IN ('set', 'moved') AND t.at > ?", micros(s.now)
	}
	on := "(t.until IS NULL OR t.until > ?)"
	if slices.Contains(s.table.columns, "state") {
		on = "t.state NOT IN ('ended', 'refused') AND " + on
	}
	return on, s.last
}

// key is that of a row, as a delivery tells it; of a member what Delivered knows her by.
func (s *goneScan) key(values []any) []string {
	if s.kind == core.KindMember {
		return []string{text(values[s.table.finds[0]])}
	}
	columns, fields := len(s.table.columns), core.SchemaOf(s.kind).KeyFields()
	key := make([]string, len(s.table.finds))
	for i, at := range s.table.finds {
		switch name := s.table.columns[at]; {
		case name == "member":
			key[i] = core.Unspaced(text(values[columns]))
		case name == "person":
			key[i] = core.Unspaced(text(values[columns+1]))
		case fields[i].Type == core.Flag:
			key[i] = strconv.FormatBool(values[at] != int64(0))
		default:
			key[i] = text(values[at])
		}
	}
	return key
}

// end is a row that goes on as it ends; nil for one that goes: it has not begun, or nothing
// of its kind ends.
func (s *goneScan) end(values []any) []any {
	if core.FateOf(s.kind) != core.Ends {
		return nil
	}
	ended := slices.Clone(values)
	at := func(column string) int { return slices.Index(s.table.columns, column) }
	if s.kind == core.KindAppointment {
		ended[at("state")] = "cancelled"
		return ended
	}
	since, _ := values[at("since")].(string)
	last := s.last
	switch begun := since <= s.last; {
	case !begun && s.kind == core.KindMember:
		last = since
	case !begun:
		return nil
	}
	ended[at("until")] = last
	if i := at("state"); i >= 0 {
		ended[i] = "ended"
	}
	return ended
}

// text is a value as it stands in a key.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}
