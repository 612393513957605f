package typed

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadLine(t *testing.T) {
	for in, want := range map[string]string{"1234\n": "1234", "1234": "1234", "1234\r\nmore": "1234", "\n": ""} {
		r := strings.NewReader(in)
		got, err := readLine(r)
		if err != nil || string(got) != want {
			t.Errorf("readLine(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]error{"": io.EOF, strings.Repeat("1", MaxLine): ErrTooLong} {
		if got, err := readLine(strings.NewReader(in)); got != nil || !errors.Is(err, want) {
			t.Errorf("readLine(%q) = %q, %v, want %v", in, got, err, want)
		}
	}
}
