package core

import (
	"slices"
	"time"

	"guichet.example/auth/nrn"
)

// Type is what a field holds, and so how it is written: the same in both formats, but for
// the quotes of JSON.
type Type string

// The types.
const (
	Text   Type = "text"
	Day    Type = "day"    // 2026-11-22
	Moment Type = "moment" // 2026-11-22T09:30:00+01:00
	Whole  Type = "whole"  // a whole number
	Cents  Type = "cents"  // euro cents: 1234 is 12.34 EUR
	Flag   Type = "flag"   // true or false
	Number Type = "number" // national register or BIS number, any spelling
)

// Field is a field of a kind of record, as published. A name with a dot is a column of
// CSV, and in NDJSON a field of an object: "account.iban" is {"account": {"iban": ...}}.
type Field struct {
	Name     string
	Type     Type
	Required bool
	Key      bool     // among those that make a record the same one
	Least    int64    // of a number
	Most     int64    // of a number; of a text, in characters
	Choices  []string // of a text; empty: any
	Past     bool     // a day that is not after today
	Meaning  string

	shape  func(string) string // what is wrong with a text; "" if nothing
	person bool                // a text that is an affiliation number: whom the record is about
}

// field is a Field of a record of type T, and where it stands in it.
type field[T any] struct {
	Field
	text   func(*T) string
	write  func(*T, string)
	when   func(*T) *time.Time
	whole  func(*T) *int
	cents  func(*T) *int64
	maybe  func(*T) **int64
	flag   func(*T) *bool
	number func(*T) *nrn.Number
}

// option is said of a field besides what every one has.
type option func(*Field)

func need(f *Field) { f.Required = true }
func key(f *Field)  { f.Required, f.Key = true, true }
func past(f *Field) { f.Past = true }

func oneOf(choices ...string) option { return func(f *Field) { f.Choices = choices } }

// between bounds a number.
func between(least, most int64) option {
	return func(f *Field) { f.Least, f.Most = least, most }
}

func shaped(wrong func(string) string) option { return func(f *Field) { f.shape = wrong } }

func (f field[T]) with(options []option) field[T] {
	for _, o := range options {
		o(&f.Field)
	}
	return f
}

// Bounds of numbers, where nothing else is said.
const (
	mostCents = 100_000_000_00 // a hundred million euro
	mostWhole = 1_000_000
)

func text[T any, S ~string](name string, most int64, at func(*T) *S, meaning string, options ...option) field[T] {
	return field[T]{
		Field: Field{Name: name, Type: Text, Most: most, Meaning: meaning},
		text:  func(t *T) string { return string(*at(t)) },
		write: func(t *T, s string) { *at(t) = S(s) },
	}.with(options)
}

// person is the affiliation number of whom the record is about.
func person[T any](name string, at func(*T) *string, meaning string, options ...option) field[T] {
	return text(name, mostReference, at, meaning, append(options, func(f *Field) { f.person = true })...)
}

func day[T any](name string, at func(*T) *time.Time, meaning string, options ...option) field[T] {
	return field[T]{Field: Field{Name: name, Type: Day, Meaning: meaning}, when: at}.with(options)
}

func moment[T any](name string, at func(*T) *time.Time, meaning string, options ...option) field[T] {
	return field[T]{Field: Field{Name: name, Type: Moment, Meaning: meaning}, when: at}.with(options)
}

func whole[T any](name string, at func(*T) *int, meaning string, options ...option) field[T] {
	return field[T]{Field: Field{Name: name, Type: Whole, Most: mostWhole, Meaning: meaning}, whole: at}.with(options)
}

// cents are an amount that is not negative, unless an option says so.
func cents[T any](name string, at func(*T) *int64, meaning string, options ...option) field[T] {
	return field[T]{Field: Field{Name: name, Type: Cents, Most: mostCents, Meaning: meaning}, cents: at}.with(options)
}

func flag[T any](name string, at func(*T) *bool, meaning string, options ...option) field[T] {
	return field[T]{Field: Field{Name: name, Type: Flag, Meaning: meaning}, flag: at}.with(options)
}

// millionths are a part of a place on earth.
func millionths[T any](name string, at func(*T) *int64, meaning string, options ...option) field[T] {
	return field[T]{Field: Field{Name: name, Type: Whole, Least: -180_000_000, Most: 180_000_000, Meaning: meaning}, cents: at}.with(options)
}

// Schema is what a file of one kind holds.
type Schema struct {
	Kind    Kind
	Meaning string
	Fields  []Field

	byName  map[string]int
	keys    []int
	objects map[string]bool // names before a dot
	// build makes the record of values that are right one by one, or says why they are not together.
	build func(values []value) (Row, []Problem)
	// spell is its reverse: the values of a record, as they are written; absent ones are not given.
	spell func(row Row) []value
	// persons are the affiliation numbers in a record.
	persons func(row Row) []string
}

// Problem is what is wrong with a field, without what stands in it.
type Problem struct{ Field, Reason string }

// SchemaOf is the schema of a kind; nil if there is none.
func SchemaOf(kind Kind) *Schema { return schemas[kind] }

// Persons are the affiliation numbers of whom a record of the kind is about.
func (s *Schema) Persons(row Row) []string { return s.persons(row) }

// schemaOf makes a schema. wrong says what is wrong with a record as a whole: the field
// that is, and why; "", "" if nothing.
func schemaOf[T Row](meaning string, wrong func(*T) (field, reason string), fields ...field[T]) *Schema {
	var zero T
	var persons []int
	s := &Schema{Kind: zero.Of(), Meaning: meaning, byName: map[string]int{}, objects: map[string]bool{}}
	for i, f := range fields {
		s.Fields = append(s.Fields, f.Field)
		s.byName[f.Name] = i
		if object, _, ok := cut(f.Name); ok {
			s.objects[object] = true
		}
		if f.Key {
			s.keys = append(s.keys, i)
		}
		if f.person {
			persons = append(persons, i)
		}
	}
	s.build = func(values []value) (Row, []Problem) {
		var record T
		for i := range fields {
			fields[i].put(&record, values[i])
		}
		if wrong != nil {
			if name, reason := wrong(&record); reason != "" {
				return nil, []Problem{{name, reason}}
			}
		}
		return record, nil
	}
	s.spell = func(row Row) []value {
		record := row.(T)
		values := make([]value, len(fields))
		for i := range fields {
			values[i] = fields[i].get(&record)
		}
		return values
	}
	s.persons = func(row Row) []string {
		record := row.(T)
		numbers := make([]string, len(persons))
		for n, i := range persons {
			numbers[n] = fields[i].text(&record)
		}
		return numbers
	}
	return s
}

// cut parts a name at its dot.
func cut(name string) (object, field string, ok bool) {
	i := slices.Index([]byte(name), '.')
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}
