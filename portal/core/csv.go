package core

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Reasons for which a line of CSV is refused.
const (
	reasonOpenQuote = "a quote is opened and not closed on the line"
	reasonQuote     = "a quote in the middle of a value"
)

// columns are those of a file of CSV, as places of fields.
type columns struct {
	schema *Schema
	at     []int
	absent []string // fields that have no column
	comma  byte
	buf    []byte
}

// header reads the first line of a file of CSV (RFC 4180). The columns may stand in any
// order; those that are not required may be missing. Between them stand commas, or
// semicolons throughout.
func header(schema *Schema, line []byte) (*columns, error) {
	c := &columns{schema: schema, comma: ','}
	if bytes.IndexByte(line, ',') < 0 && bytes.IndexByte(line, ';') >= 0 {
		c.comma = ';'
	}
	var missing, unknown []string
	seen := make([]bool, len(schema.Fields))
	strange, twice := 0, ""
	wrong := c.split(string(line), func(n int, name string) {
		i, ok := schema.byName[strings.TrimSpace(name)]
		switch {
		case !ok:
			if strange++; strange <= maxProblems {
				unknown = append(unknown, columnName(n+1, strings.TrimSpace(name)))
			}
		case seen[i]:
			twice = schema.Fields[i].Name
		default:
			seen[i] = true
		}
		c.at = append(c.at, i)
	})
	for i, f := range schema.Fields {
		switch {
		case seen[i]:
		case f.Required:
			missing = append(missing, f.Name)
		default:
			c.absent = append(c.absent, f.Name)
		}
	}
	switch {
	case wrong != "":
		return nil, fmt.Errorf("header: %s", wrong)
	case strange == len(c.at):
		return nil, errors.New("the first line is no header: it names the columns, see import -schema")
	case len(missing) > 0:
		return nil, fmt.Errorf("missing columns: %s", strings.Join(missing, ", "))
	case strange > 0:
		return nil, fmt.Errorf("not in the schema: %s", strings.Join(unknown, ", "))
	case twice != "":
		return nil, fmt.Errorf("column %s stands twice", twice)
	}
	return c, nil
}

// columnName is a column by its place, and by its name where that may be told.
func columnName(n int, name string) string {
	if name = nameOf(name); name != "" {
		name = " " + name
	}
	return fmt.Sprintf("column %d%s", n, name)
}

// record reads a line.
func (c *columns) record(line []byte, values []value) []Problem {
	clear(values)
	n := 0
	wrong := c.split(string(line), func(i int, text string) {
		if n++; i < len(c.at) && text != "" {
			values[c.at[i]] = value{form: column, text: text}
		}
	})
	switch {
	case wrong != "":
		return []Problem{{"", wrong}}
	case n != len(c.at):
		return []Problem{{"", fmt.Sprintf("%d columns, the header has %d", n, len(c.at))}}
	}
	return nil
}

// split calls f with each value of the line. A value in quotes ends on its line: no text
// of ours holds a line end.
func (c *columns) split(line string, f func(n int, text string)) (wrong string) {
	for n := 0; ; n++ {
		if len(line) == 0 || line[0] != '"' {
			end := strings.IndexByte(line, c.comma)
			text := line
			if end >= 0 {
				text = line[:end]
			}
			if strings.IndexByte(text, '"') >= 0 {
				return reasonQuote
			}
			f(n, text)
			if end < 0 {
				return ""
			}
			line = line[end+1:]
			continue
		}
		text, rest, ok := c.quoted(line[1:])
		if !ok {
			return reasonOpenQuote
		}
		f(n, text)
		switch {
		case len(rest) == 0:
			return ""
		case rest[0] != c.comma:
			return reasonQuote
		}
		line = rest[1:]
	}
}

// quoted reads to the closing quote; two of them are one in the text.
func (c *columns) quoted(line string) (text, rest string, ok bool) {
	end := strings.IndexByte(line, '"')
	if end < 0 {
		return "", "", false
	}
	if end+1 == len(line) || line[end+1] != '"' {
		return line[:end], line[end+1:], true
	}
	c.buf = c.buf[:0]
	for {
		c.buf = append(c.buf, line[:end]...)
		if end+1 == len(line) || line[end+1] != '"' {
			return string(c.buf), line[end+1:], true
		}
		c.buf = append(c.buf, '"')
		line = line[end+2:]
		if end = strings.IndexByte(line, '"'); end < 0 {
			return "", "", false
		}
	}
}
