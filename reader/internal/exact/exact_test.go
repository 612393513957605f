package exact

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

type inner struct {
	Name string `json:"name"`
}

type message struct {
	Command string          `json:"command"`
	Number  int             `json:"number,omitempty"`
	Raw     json.RawMessage `json:"raw"`
	Any     any             `json:"any"`
	Inner   inner           `json:"inner"`
	List    []inner         `json:"list"`
	Map     map[string]*int `json:"map"`
	Hidden  string          `json:"-"`
	NoName  string
}

func TestDecodeRefuses(t *testing.T) {
	deep := strings.Repeat(`{"any":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth+1)
	for name, tt := range map[string]struct {
		text string
		want error // nil: any
	}{
		"nothing":              {"", ErrSyntax},
		"not an object":        {`["command"]`, ErrSyntax},
		"a string":             {`"command"`, ErrSyntax},
		"null":                 {`null`, ErrSyntax},
		"cut":                  {`{"command":"x"`, ErrSyntax},
		"cut inside":           {`{"inner":{"name":"x"}`, ErrSyntax},
		"trailing object":      {`{} {}`, ErrSyntax},
		"trailing brace":       {`{}}`, ErrSyntax},
		"trailing word":        {`{}x`, ErrSyntax},
		"trailing comma":       {`{"command":"x",}`, ErrSyntax},
		"not UTF-8":            {"{\"command\":\"\xff\"}", ErrSyntax},
		"byte order mark":      {"\ufeff{}", ErrSyntax},
		"comment":              {`{/**/}`, ErrSyntax},
		"unknown":              {`{"other":1}`, ErrUnknown},
		"unknown inside":       {`{"inner":{"other":1}}`, ErrUnknown},
		"unknown in a list":    {`{"list":[{"name":"x"},{"other":1}]}`, ErrUnknown},
		"another case":         {`{"Command":"x"}`, ErrUnknown},
		"another case inside":  {`{"inner":{"NAME":"x"}}`, ErrUnknown},
		"hidden":               {`{"Hidden":"x"}`, ErrUnknown},
		"dash":                 {`{"-":"x"}`, ErrUnknown},
		"no name":              {`{"NoName":"x"}`, ErrUnknown},
		"private":              {`{"private":"x"}`, ErrUnknown},
		"empty key":            {`{"":"x"}`, ErrUnknown},
		"twice":                {`{"command":"x","command":"x"}`, ErrDoubled},
		"twice, escaped":       {`{"command":"x","\u0063ommand":"y"}`, ErrDoubled},
		"twice inside":         {`{"inner":{"name":"x","name":"y"}}`, ErrDoubled},
		"twice in a list":      {`{"list":[{"name":"x","name":"y"}]}`, ErrDoubled},
		"twice in raw":         {`{"raw":{"a":1,"a":2}}`, ErrDoubled},
		"twice in any":         {`{"any":[{"b":{"a":1,"a":2}}]}`, ErrDoubled},
		"twice in a map":       {`{"map":{"a":1,"a":2}}`, ErrDoubled},
		"null for a string":    {`{"command":null}`, ErrNull},
		"null for an object":   {`{"inner":null}`, ErrNull},
		"null in a map":        {`{"map":{"a":null}}`, ErrNull},
		"number for a string":  {`{"command":7}`, nil},
		"object for a string":  {`{"command":{"a":1}}`, nil},
		"string for an object": {`{"inner":"x"}`, nil},
		"fraction":             {`{"number":1.5}`, nil},
		"too deep":             {deep, ErrSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			before := message{Command: "before", Number: 3}
			m := before
			err := Decode([]byte(tt.text), &m)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("Decode(%s) = %v, want %v", tt.text, err, tt.want)
			}
			if !reflect.DeepEqual(m, before) {
				t.Errorf("Decode(%s) refuses and leaves %+v", tt.text, m)
			}
		})
	}
}

// What is refused may be a secret: an error names the key, not the value.
func TestErrorsQuoteNoValue(t *testing.T) {
	for _, text := range []string{`{"number":"s3cret"}`, `{"command":["s3cret"]}`, `{"command":"s3cret"`, `{"inner":{"name":{"a":"s3cret"}}}`} {
		if err := Decode([]byte(text), new(message)); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Decode(%s) = %v", text, err)
		}
	}
}

func TestDecode(t *testing.T) {
	one := 1
	for text, want := range map[string]message{
		`{}`: {Command: "before"},
		` {"command":"x\u0041", "number":7} ` + "\n": {Command: "xA", Number: 7},
		`{"raw":{"a":null},"any":null}`:              {Command: "before", Raw: json.RawMessage(`{"a":null}`)},
		`{"inner":{"name":"n"},"list":[{},{"name":"m"}],"map":{"a":1}}`: {Command: "before",
			Inner: inner{"n"}, List: []inner{{}, {"m"}}, Map: map[string]*int{"a": &one}},
	} {
		m := message{Command: "before"}
		if err := Decode([]byte(text), &m); err != nil || !reflect.DeepEqual(m, want) {
			t.Errorf("Decode(%s) = %+v, %v, want %+v", text, m, err, want)
		}
	}
}

func TestDecodeIntoNoStruct(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Decode into a map does not panic")
		}
	}()
	_ = Decode([]byte(`{}`), map[string]string{})
}

// FuzzDecode: what is accepted means the same to encoding/json read strictly, and has
// the same meaning once written and read again.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{}`, `{"command":"x"}`, `{"command":"x","command":"y"}`, `{"raw":{"a":[1]}}`, `{"Command":"x"}`, `{"list":[{"name":"x"}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m message
		if Decode(text, &m) != nil {
			return
		}
		var plain message
		if err := json.Unmarshal(text, &plain); err != nil || !reflect.DeepEqual(m, plain) {
			t.Fatalf("Decode(%q) = %+v, encoding/json %+v, %v", text, m, plain, err)
		}
		keys := map[string]json.RawMessage{}
		if err := json.Unmarshal(text, &keys); err != nil {
			t.Fatal(err)
		}
		for key := range keys {
			switch key {
			case "command", "number", "raw", "any", "inner", "list", "map":
			default:
				t.Fatalf("Decode(%q) took the key %q", text, key)
			}
		}
	})
}
