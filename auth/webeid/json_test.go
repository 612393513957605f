package webeid

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParseObject holds the scanner against encoding/json: it reads what that reads,
// to the same values, but for repeated keys, depth, and what is not UTF-8.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":"b"}`, ` { "a" : [ 1 , -2.5e+3 , true , false , null , "" , { } , [ ] ] } `, `{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`,
		`{"a":"\u0061\n\"\\\/"}`, `{"a":"\ud83d\ude00\ud800"}`, `{"\u0061":1,"a":2}`, `{"a":01}`, `{"a":1.}`, `{"a":tru}`, `{"a":"` + "\t" + `"}`,
		`{"a"}`, `{"a":}`, `{"a":1,}`, `[1]`, `null`, `{"a":1}x`, "{\"a\":\"\xff\"}", strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), "{\"a\":\"\x00\"}", "{}\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseObject(text)
		var want map[string]any
		reads := json.Unmarshal(text, &want) == nil && want != nil && utf8.Valid(text)
		if err != nil {
			if got != nil || !errors.Is(err, ErrTokenParse) {
				t.Fatalf("parseObject = %v, %v", got, err)
			}
			if reads && !repeats(text) && !errors.Is(err, errDepth) {
				t.Fatalf("parseObject(%q) = %v, but encoding/json reads it", text, err)
			}
			return
		}
		if !reads || repeats(text) {
			t.Fatalf("parseObject(%q) read what it must not", text)
		}
		if expected := reduce(want); !reflect.DeepEqual(any(got), expected) {
			t.Fatalf("parseObject(%q) = %v, want %v", text, got, expected)
		}
	})
}

// reduce puts what encoding/json read into our types.
func reduce(value any) any {
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		o := object{}
		for name, inner := range v {
			o[name] = reduce(inner)
		}
		return o
	case []any:
		list := []any{}
		for _, inner := range v {
			list = append(list, reduce(inner))
		}
		return list
	}
	return other{}
}

// repeats reports whether an object in JSON has a key twice, by the decoder's tokens.
func repeats(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	type level struct {
		keys  map[string]bool // nil in a list
		isKey bool
	}
	var levels []level
	for {
		token, err := d.Token()
		if err != nil {
			return !errors.Is(err, io.EOF)
		}
		var top *level
		if len(levels) > 0 {
			top = &levels[len(levels)-1]
		}
		if key, ok := token.(string); ok && top != nil && top.keys != nil && top.isKey {
			if top.keys[key] {
				return true
			}
			top.keys[key], top.isKey = true, false
			continue
		}
		if top != nil && token != json.Delim('}') && token != json.Delim(']') {
			top.isKey = true // after this value comes a key
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{map[string]bool{}, true})
		case json.Delim('['):
			levels = append(levels, level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
	}
}
