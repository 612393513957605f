package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// partMark stands between the columns of a row. No text here holds it: core refuses
// control characters, and what does not come through core is our own.
const partMark = "\x1f"

// partColumns writes a row of a union of tables as one text: which part of the union it is
// of, and columns that are not null. The drivers take longer to hand a column over than
// SQLite to read it, and a union of many tables would have mostly empty ones.
func partColumns(part int, columns ...string) string {
	return "concat_ws('" + partMark + "', " + strconv.Itoa(part) + ", " + strings.Join(columns, ", ") + ")"
}

// partRow is the rest of such a row.
type partRow string

// into reads the columns: *string, *int64, or *time.Time for a date.
func (x partRow) into(columns ...any) (err error) {
	rest, more := string(x), true
	for _, column := range columns {
		var text string
		if !more {
			return fmt.Errorf("row of a part: %w", ErrDamaged)
		}
		text, rest, more = strings.Cut(rest, partMark)
		switch into := column.(type) {
		case *string:
			*into = text
		case *int64:
			*into, err = strconv.ParseInt(text, 10, 64)
		case *time.Time:
			*into, err = dateOf(text)
		}
		if err != nil {
			return fmt.Errorf("row of a part: %w", err)
		}
	}
	if more {
		return fmt.Errorf("row of a part: %w", ErrDamaged)
	}
	return nil
}

// eachPart calls row for every row of a union that partColumns wrote.
func (c *conn) eachPart(query string, args []any, row func(part int, x partRow) error) error {
	return c.each(query, args, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		number, rest, _ := strings.Cut(text, partMark)
		part, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("row of a part: %w", err)
		}
		return row(part, partRow(rest))
	})
}
