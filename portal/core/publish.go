package core

import (
	"bytes"
	"encoding/json"
	"strings"
)

// JSONSchema is the schema as published: JSON Schema 2020-12 of one line of NDJSON, with
// the header of CSV as x-csv-header, the key as x-key, and days that cannot be in the
// future as x-past.
func (s *Schema) JSONSchema() []byte {
	root := object{}
	root.set("$schema", "https://json-schema.org/draft/2020-12/schema")
	root.set("$id", "urn:guichet:import:"+string(s.Kind))
	root.set("title", string(s.Kind))
	root.set("description", s.Meaning)
	root.set("type", "object")
	properties, required := object{}, []string{}
	inner := map[string]*object{}
	var keys []string
	for _, f := range s.Fields {
		name, of := f.Name, &properties
		if parent, rest, ok := cut(f.Name); ok {
			if inner[parent] == nil {
				inner[parent] = &object{}
				properties.set(parent, nil) // its place; filled in below
			}
			name, of = rest, inner[parent]
		}
		of.set(name, f.publish())
		if f.Required {
			required = append(required, f.Name)
		}
		if f.Key {
			keys = append(keys, f.Name)
		}
	}
	for name, fields := range inner {
		var o object
		o.set("type", []string{"object", "null"})
		o.set("properties", fields)
		o.set("additionalProperties", false)
		properties.set(name, &o)
	}
	root.set("properties", &properties)
	root.set("required", required)
	root.set("additionalProperties", false)
	root.set("x-key", keys)
	root.set("x-csv-header", s.Header())
	raw, err := json.Marshal(&root)
	if err != nil {
		panic(err) // strings, numbers and lists of them
	}
	var b bytes.Buffer
	json.Indent(&b, raw, "", "  ")
	return b.Bytes()
}

func (f *Field) publish() *object {
	var o object
	kind := map[Type]string{Whole: "integer", Cents: "integer", Flag: "boolean"}[f.Type]
	if kind == "" {
		kind = "string"
	}
	if f.Required {
		o.set("type", kind)
	} else {
		o.set("type", []string{kind, "null"})
	}
	switch f.Type {
	case Day:
		o.set("format", "date")
	case Moment:
		o.set("format", "date-time")
	case Whole, Cents:
		o.set("minimum", f.Least)
		o.set("maximum", f.Most)
	case Text:
		o.set("maxLength", f.Most)
	}
	if len(f.Choices) > 0 {
		choices := []any{}
		for _, c := range f.Choices {
			choices = append(choices, c)
		}
		if !f.Required {
			choices = append(choices, nil)
		}
		o.set("enum", choices)
	}
	if f.Past {
		o.set("x-past", true)
	}
	meaning := f.Meaning
	if f.Type == Cents {
		meaning += " (euro cents)"
	}
	o.set("description", strings.ToUpper(meaning[:1])+meaning[1:])
	return &o
}

// object is an object of JSON whose names stay in order.
type object struct {
	names  []string
	values []any
}

func (o *object) set(name string, value any) {
	for i, n := range o.names {
		if n == name {
			o.values[i] = value
			return
		}
	}
	o.names, o.values = append(o.names, name), append(o.values, value)
}

// MarshalJSON implements json.Marshaler.
func (o *object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := json.Marshal(o.values[i])
		if err != nil {
			return nil, err
		}
		b = append(append(quote(b, name), ':'), value...)
	}
	return append(b, '}'), nil
}
