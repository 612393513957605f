package core

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Writer writes a file of one kind, as Reader reads it.
type Writer struct {
	schema *Schema
	format Format
	out    *bufio.Writer
	buf    []byte
}

// NewWriter begins a file; CSV with its header.
func NewWriter(w io.Writer, kind Kind, format Format) (*Writer, error) {
	schema := SchemaOf(kind)
	if schema == nil {
		return nil, fmt.Errorf("no kind %q", kind)
	}
	f := &Writer{schema: schema, format: format, out: bufio.NewWriterSize(w, MaxLine)}
	if format != CSV {
		return f, nil
	}
	_, err := f.out.WriteString(schema.Header() + "\n")
	return f, err
}

// Header is the first line of a file of CSV, without its end.
func (s *Schema) Header() string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return strings.Join(names, ",")
}

// Write adds a record of the file's kind.
func (f *Writer) Write(row Row) error {
	if row.Of() != f.schema.Kind {
		return fmt.Errorf("a %s in a file of kind %s", row.Of(), f.schema.Kind)
	}
	values := f.schema.spell(row)
	f.buf = f.buf[:0]
	if f.format == CSV {
		f.csv(values)
	} else {
		f.json(values)
	}
	_, err := f.out.Write(append(f.buf, '\n'))
	return err
}

// Flush writes what is held back.
func (f *Writer) Flush() error { return f.out.Flush() }

func (f *Writer) csv(values []value) {
	for i, v := range values {
		if i > 0 {
			f.buf = append(f.buf, ',')
		}
		if strings.ContainsAny(v.text, ",;\"") {
			f.buf = append(append(append(f.buf, '"'), strings.ReplaceAll(v.text, `"`, `""`)...), '"')
		} else {
			f.buf = append(f.buf, v.text...)
		}
	}
}

func (f *Writer) json(values []value) {
	f.buf = append(f.buf, '{')
	open := ""
	for i, v := range values {
		if v.form == absent {
			continue
		}
		object, name, _ := cut(f.schema.Fields[i].Name)
		if open != "" && object != open {
			f.buf = append(f.buf, '}')
		}
		if c := f.buf[len(f.buf)-1]; c != '{' {
			f.buf = append(f.buf, ',')
		}
		if object != "" && object != open {
			f.buf = append(append(append(f.buf, '"'), object...), `":{`...)
		}
		open = object
		f.buf = append(append(append(f.buf, '"'), name...), `":`...)
		if v.form == quoted {
			f.buf = quote(f.buf, v.text)
		} else {
			f.buf = append(f.buf, v.text...)
		}
	}
	if open != "" {
		f.buf = append(f.buf, '}')
	}
	f.buf = append(f.buf, '}')
}

// quote appends text as JSON has it (RFC 8259, 7).
func quote(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"', r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
