package pdf

import "testing"

// A reference to a number that is not there is never missed, however it is written; where
// it may be one, the file is read whole.
func TestMentions(t *testing.T) {
	for text, want := range map[string]bool{
		"":                         false,
		"1 0 obj << /A 7 0 R >>":   true,
		"<</A 8 0 R/B 6 0 R>>":     true,
		"<</A 6 0 R/B 5 0 R>>":     false,
		"[6 0 R 5 65535 R]":        false,
		"[06 0 R]":                 false,
		"[007 0 R]":                true,
		"[+7 0 R]":                 true,
		"7\r\n0\x00R]":             true,
		"7 0 %c\nR":                true, // behind a comment
		"6 %c\n0 R":                true,
		"7%c\n0 R":                 true,
		"7 0R":                     true, // no word, but who knows
		"99999999999999999999 0 R": true,
		"R":                        false,
		" R":                       true,
		"0 R":                      true,
		"/R 8":                     false,
		"/R 7 0 R":                 true,
		"(R) 8 0 RG 8 0 Rx":        false,
		"STR 9 0 XR":               false,
		"6 0 R\n%%EOF":             false,
		"6 0 R 7 0 R":              true,
		"7 0 R":                    true,
	} {
		if got := (&File{data: []byte(text)}).mentions(7); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// What the search denies the whole reading denies too.
func FuzzMentions(f *testing.F) {
	for _, text := range []string{"7 0 R", "[6 0 R/R 7 0 R]", "7 %\n0 R", "(7 0 R)", "<</A[7 0 R]/B 6 0 R>>", "1 0 R%7 0 R\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if (&File{data: text}).mentions(7) {
			return
		}
		r := &reader{src: text, work: &work{maxBytes: 1 << 20}}
		for r.pos < len(text) {
			at := r.pos
			v, err := r.object()
			if err != nil || r.pos == at {
				r.pos = at + 1
				continue
			}
			if ref, ok := highest(v); ok && ref >= 7 {
				t.Fatalf("%q: %d is mentioned at %d", text, ref, at)
			}
		}
	})
}

// highest number that a value refers to.
func highest(v Object) (number int, any bool) {
	switch v := v.(type) {
	case Ref:
		return v.Num, true
	case Array:
		for _, item := range v {
			if n, ok := highest(item); ok {
				number, any = max(number, n), true
			}
		}
	case Dict:
		for _, e := range v {
			if n, ok := highest(e.Value); ok {
				number, any = max(number, n), true
			}
		}
	}
	return number, any
}
