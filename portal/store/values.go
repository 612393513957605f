package store

import (
	"database/sql"
	"fmt"
	"time"
)

// Times in the database are microseconds since 1970 UTC; the zero time is null.
func micros(t time.Time) int64 { return t.UnixMicro() }

func maybeMicros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

func fromMaybe(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return fromMicros(us.Int64)
}

const dateLayout = "2006-01-02"

// Dates are text; the zero time is null.
func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(dateLayout)
}

func fromDate(text sql.NullString) (time.Time, error) {
	if !text.Valid {
		return time.Time{}, nil
	}
	t, err := time.Parse(dateLayout, text.String)
	if err != nil {
		return time.Time{}, fmt.Errorf("date: %w", ErrDamaged)
	}
	return t, nil
}

// dates are columns of dates of one row, read together after the scan.
type dates struct {
	text []*sql.NullString
	into []*time.Time
}

func (d *dates) at(into *time.Time) *sql.NullString {
	text := new(sql.NullString)
	d.text, d.into = append(d.text, text), append(d.into, into)
	return text
}

func (d *dates) read() error {
	for i, text := range d.text {
		t, err := fromDate(*text)
		if err != nil {
			return err
		}
		*d.into[i] = t
	}
	return nil
}

// maxID is the longest id accepted, in bytes.
const maxID = 64

// isID tells whether s can be an id: what it looks like to a member who types one into
// the address bar.
func isID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// object names a record in an audit row. An id that cannot be one is not repeated, nor
// what may be a national or account number typed where an id belongs: rows are kept in
// clear for years.
func object(what, id string) string {
	if !isID(id) || maybeNumber(id) {
		return what
	}
	return what + "/" + id
}

// idLength is the length of the ids of timeid.New, which are lower-case.
const idLength = 26

// maybeNumber tells what is no id of timeid.New, nor the two of an item (itemRequest), and has
// the digits, or the capitals, of a national or account number.
func maybeNumber(s string) bool {
	digits := 0
	for _, c := range []byte(s) {
		switch {
		case c >= 'A' && c <= 'Z':
			return true
		case c >= '0' && c <= '9':
			digits++
		}
	}
	item := len(s) == 2*idLength+1 && s[idLength] == '-'
	return digits >= 9 && len(s) != idLength && !item
}
