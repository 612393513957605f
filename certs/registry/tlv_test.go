package registry

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// appendTLV is the reverse of parseTLV.
func appendTLV(file []byte, fields []field, padding int) []byte {
	for _, f := range fields {
		file = append(file, f.tag)
		size := len(f.value)
		for ; size >= 0xFF; size -= 0xFF {
			file = append(file, 0xFF)
		}
		file = append(append(file, byte(size)), f.value...)
	}
	return append(file, make([]byte, padding)...)
}

func TestParseTLVRefuses(t *testing.T) {
	for name, file := range map[string][]byte{
		"tag alone":             {0x01},
		"value cut off":         {0x01, 3, 'a', 'b'},
		"length cut off":        {0x01, 0xFF},
		"long value cut off":    append([]byte{0x01, 0xFF, 1}, make([]byte, 255)...),
		"tag twice":             {0x01, 1, 'a', 0x01, 1, 'b'},
		"version twice":         {0x00, 1, 1, 0x00, 1, 1},
		"something after zeros": {0x01, 1, 'a', 0, 0, 0, 9},
		"too large":             make([]byte, maxTLV+1),
	} {
		if fields, _, err := parseTLV(file); !errors.Is(err, ErrMalformed) || fields != nil {
			t.Errorf("%s: parseTLV = %v, %v, want an error alone", name, fields, err)
		}
	}
}

func TestParseTLV(t *testing.T) {
	long := strings.Repeat("x", 600) // FF FF 5A
	file := appendTLV(nil, []field{{0, []byte{0}}, {1, []byte("Rue")}, {2, nil}, {3, []byte(long)}, {0x12, nil}}, 7)
	fields, padding, err := parseTLV(file)
	if err != nil || len(fields) != 5 || padding != 7 {
		t.Fatalf("parseTLV = %d fields, %d, %v, want 5 and 7 zeros", len(fields), padding, err)
	}
	if string(fields[1].value) != "Rue" || len(fields[2].value) != 0 || string(fields[3].value) != long || fields[4].tag != 0x12 {
		t.Errorf("parseTLV = %q", fields)
	}
	if fields, padding, err := parseTLV(nil); err != nil || fields != nil || padding != 0 {
		t.Errorf("parseTLV of nothing = %v, %d, %v", fields, padding, err)
	}
}

// What parses is written back to the very same bytes, and an error comes alone.
func FuzzParseTLV(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 3, 'R', 'u', 'e', 0, 0})
	f.Add(appendTLV(nil, []field{{0x11, make([]byte, 300)}, {0x12, nil}}, 2))
	f.Fuzz(func(t *testing.T, file []byte) {
		fields, padding, err := parseTLV(file)
		if err != nil {
			if fields != nil || padding != 0 {
				t.Error("something comes with the error")
			}
			return
		}
		if again := appendTLV(nil, fields, padding); !bytes.Equal(again, file) {
			t.Errorf("%x is read, and written as %x", file, again)
		}
	})
}
