package seed

import (
	"reflect"
	"strconv"
	"time"
	"unicode"

	"guichet.example/auth/nrn"
	"guichet.example/portal/core"
)

// encoder writes records of one type as lines of JSON: the fields of the record in
// snake case, what is not given left out, dates as 2026-11-22, moments as RFC 3339.
type encoder struct{ fields []field }

type field struct {
	name  string // with quotes and colon
	index int
	write func(b []byte, v reflect.Value) []byte // nil result: left out
}

// moments are the fields that are no dates.
var moments = map[reflect.Type]string{reflect.TypeFor[core.Appointment](): "At", reflect.TypeFor[core.Shipment](): "At"}

func encoderOf(t reflect.Type) encoder {
	var e encoder
	for i := range t.NumField() {
		f := t.Field(i)
		layout := time.DateOnly
		if moments[t] == f.Name {
			layout = time.RFC3339
		}
		if write := writerOf(f.Type, layout); write != nil {
			e.fields = append(e.fields, field{name: `"` + snake(f.Name) + `":`, index: i, write: write})
		}
	}
	return e
}

// snake is the name of a field in a file: GivenNames is given_names, SHA256 sha256.
func snake(name string) string {
	var b []byte
	runes := []rune(name)
	for i, c := range runes {
		if unicode.IsUpper(c) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b = append(b, '_')
		}
		b = append(b, string(unicode.ToLower(c))...)
	}
	return string(b)
}

// writerOf is nil for what is not written.
func writerOf(t reflect.Type, layout string) func([]byte, reflect.Value) []byte {
	switch t {
	case reflect.TypeFor[time.Time]():
		return func(b []byte, v reflect.Value) []byte {
			at := v.Interface().(time.Time)
			if at.IsZero() {
				return nil
			}
			return append(at.AppendFormat(append(b, '"'), layout), '"')
		}
	case reflect.TypeFor[nrn.Number]():
		return func(b []byte, v reflect.Value) []byte { return quoted(b, v.Interface().(nrn.Number).Digits()) }
	}
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value) []byte { return quoted(b, v.String()) }
	case reflect.Int, reflect.Int64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendInt(b, v.Int(), 10) }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendBool(b, v.Bool()) }
	case reflect.Pointer:
		return func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return nil
			}
			return strconv.AppendInt(b, v.Elem().Int(), 10)
		}
	}
	return nil
}

// quoted is nil for the empty string. What is written here holds no control characters.
func quoted(b []byte, s string) []byte {
	if s == "" {
		return nil
	}
	b = append(b, '"')
	for _, c := range []byte(s) {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// line appends a record and the end of the line.
func (e encoder) line(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	for _, f := range e.fields {
		start := len(b)
		if start > 1 && b[start-1] != '{' {
			b = append(b, ',')
		}
		b = append(b, f.name...)
		if written := f.write(b, v.Field(f.index)); written != nil {
			b = written
		} else {
			b = b[:start]
		}
	}
	return append(b, '}', '\n')
}
