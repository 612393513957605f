package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
)

// FuzzRead: whatever a file holds, reading ends, tells each line once, and what it takes
// is the same in both formats. What is taken of NDJSON is JSON to others too.
func FuzzRead(f *testing.F) {
	f.Add(uint8(3), false, []byte(fmt.Sprintf(goodJSON, "P1")))
	f.Add(uint8(3), true, []byte(headCSV+fmt.Sprintf(goodCSV, "P1")))
	f.Add(uint8(3), false, []byte(`{"member":"\u00e9\ud83d\ude00","reference":"P1","kind":"refund","treated":"2026-11-02","payee":"\"A\\","cents":-1.5e3,"paid":null}`))
	f.Add(uint8(0), false, []byte(`{"national_number":"85.07.30-033.28","affiliation":"1","given_names":"A","surname":"=B","language":"fr","account":{"iban":"BE68539007547034","holder":"A"}}`))
	f.Add(uint8(9), true, []byte("code;nature;from;increased;fee;with;without\r\n101076;visit;2026-01-01;true;1;2;\"3\"\r\n"))
	f.Add(uint8(7), false, []byte(`{"member":"1","reference":"A","at":"2026-01-02T10:00:00+01:00","place":"P","state":"set"}`))
	f.Fuzz(func(t *testing.T, which uint8, csv bool, file []byte) {
		kind, format := kinds[int(which)%len(kinds)], NDJSON
		if csv {
			format = CSV
		}
		r, err := NewReader(bytes.NewReader(file), kind, format, today)
		if err != nil {
			return
		}
		last, lines := int64(0), bytes.Split(file, []byte("\n"))
		for {
			read, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("Next: %v", err)
			}
			if read.Line <= last || read.Bytes > int64(len(file)) || (read.Row == nil) == (len(read.Problems) == 0) {
				t.Fatalf("line %d after %d: %+v", read.Line, last, read)
			}
			last = read.Line
			if len(r.buf) > MaxLine+2 {
				t.Fatalf("%d bytes of a line are held", len(r.buf))
			}
			if read.Row == nil {
				continue
			}
			both(t, read.Row)
			if line := bytes.TrimPrefix(lines[read.Line-1], []byte("\ufeff")); !csv && !json.Valid(line) {
				t.Fatalf("taken, and no JSON: %q", line)
			}
		}
		if r.bytes != int64(len(file)) {
			t.Fatalf("%d of %d bytes are counted", r.bytes, len(file))
		}
	})
}
