// Package exact reads JSON messages that have one meaning only. encoding/json into a
// struct matches keys regardless of case, ignores those it does not know and lets the
// last of two equal keys win: two programs could read two requests out of the same bytes.
package exact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds nested arrays and objects; the messages of this program need three.
const maxDepth = 16

// Errors that Decode wraps; any other is a value of the wrong type.
var (
	// ErrSyntax means the bytes are not one JSON object in UTF-8 and nothing after it.
	ErrSyntax = errors.New("not one JSON object")
	// ErrUnknown means a key that the message does not have.
	ErrUnknown = errors.New("unknown key")
	// ErrDoubled means that an object has a key twice.
	ErrDoubled = errors.New("key is there twice")
	// ErrNull means null where the message wants a value.
	ErrNull = errors.New("null is no value")
)

// Decode reads one JSON object (RFC 8259) into the struct that into points to. Keys are
// compared letter by letter with the struct's json names, at every depth; a key twice is
// refused even where its value is not looked into (json.RawMessage, any). A key that is
// missing is no error: the field keeps what it had. The caller bounds the length of data.
// After an error *into is as it was.
func Decode(data []byte, into any) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.Elem().Kind() != reflect.Struct {
		panic("exact: into is no pointer to a struct")
	}
	if !utf8.Valid(data) {
		return fmt.Errorf("%w: not UTF-8", ErrSyntax)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	first, err := d.Token()
	if err != nil || first != json.Delim('{') {
		return ErrSyntax
	}
	if err := object(d, target.Type().Elem(), 1); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("%w: something follows it", ErrSyntax)
	}
	fresh := reflect.New(target.Type().Elem())
	fresh.Elem().Set(target.Elem())
	if err := json.Unmarshal(data, fresh.Interface()); err != nil {
		return wrongType(err)
	}
	target.Elem().Set(fresh.Elem())
	return nil
}

// object walks an object whose brace was read. into is nil where anything goes.
func object(d *json.Decoder, into reflect.Type, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: nested too deeply", ErrSyntax)
	}
	seen := map[string]bool{}
	for {
		token, err := d.Token()
		if err != nil {
			return ErrSyntax
		}
		if token == json.Delim('}') {
			return nil
		}
		key, ok := token.(string)
		if !ok {
			return ErrSyntax
		}
		if seen[key] {
			return fmt.Errorf("%.40q: %w", key, ErrDoubled)
		}
		seen[key] = true
		inner, ok := member(into, key)
		if !ok {
			return fmt.Errorf("%.40q: %w", key, ErrUnknown)
		}
		if err := value(d, inner, depth+1); err != nil {
			return err
		}
	}
}

func list(d *json.Decoder, into reflect.Type, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: nested too deeply", ErrSyntax)
	}
	for d.More() {
		if err := value(d, into, depth+1); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return ErrSyntax
	}
	return nil
}

func value(d *json.Decoder, into reflect.Type, depth int) error {
	token, err := d.Token()
	switch {
	case err != nil:
		return ErrSyntax
	case token == json.Delim('{'):
		return object(d, into, depth)
	case token == json.Delim('['):
		return list(d, element(into), depth)
	case token == nil && into != nil:
		return ErrNull
	}
	return nil
}

var raw = reflect.TypeFor[json.RawMessage]()

// member is the type of the field with that json name; nil with true where anything goes.
func member(of reflect.Type, key string) (reflect.Type, bool) {
	if of != nil && of.Kind() == reflect.Map {
		return plain(of.Elem()), true
	}
	if of == nil || of.Kind() != reflect.Struct {
		return nil, true // a type that does not fit is found by Unmarshal
	}
	for i := range of.NumField() {
		field := of.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.IsExported() && name == key && name != "" && name != "-" {
			return plain(field.Type), true
		}
	}
	return nil, false
}

func element(of reflect.Type) reflect.Type {
	if of == nil || of.Kind() != reflect.Slice && of.Kind() != reflect.Array {
		return nil
	}
	return plain(of.Elem())
}

// plain takes pointers off; nil for what takes any JSON.
func plain(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == raw || t.Kind() == reflect.Interface {
		return nil
	}
	return t
}

// wrongType names the field without quoting the value, which may be a secret.
func wrongType(err error) error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return fmt.Errorf("%.40q holds a %s", t.Field, t.Value)
	}
	return ErrSyntax
}
