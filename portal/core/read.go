package core

import (
	"bufio"
	"bytes"
	"errors"
	"hash/maphash"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// MaxLine bounds a line of a file, in bytes without its end.
const MaxLine = 64 << 10

// Format is how a file is written.
type Format string

// The formats.
const (
	NDJSON Format = "ndjson" // one JSON object a line
	CSV    Format = "csv"    // RFC 4180 with a header; commas or semicolons
)

// FormatOf tells the format by the end of a file's name.
func FormatOf(name string) (Format, bool) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".ndjson", ".jsonl":
		return NDJSON, true
	case ".csv":
		return CSV, true
	}
	return "", false
}

// Reasons for which a line is refused before anything in it is read.
const (
	reasonLong  = "longer than 64 KiB"
	reasonNUL   = "holds a NUL byte"
	reasonCR    = "holds a carriage return alone: lines end in LF or CRLF"
	reasonNoEnd = "the file ends in the middle of this line"
)

// Errors that refuse a whole file.
var (
	errUTF16  = errors.New("the file is UTF-16: save it as UTF-8")
	errNoHead = errors.New("the file is empty: CSV has a header")
)

// Read is one line of a file.
type Read struct {
	Line     int64 // from 1, the header counted
	Bytes    int64 // of the file, to the end of this line
	Row      Row   // nil where there are Problems
	Problems []Problem
	// Key is that of a line that has Problems, and of every line of a reader that is Keyed;
	// nil where it cannot be told which row the line is of.
	Key []string
}

// Reader reads a file of one kind, line by line, in bounded memory. A line that is wrong
// is told and left out; the next is read.
type Reader struct {
	schema  *Schema
	format  Format
	today   time.Time
	in      *bufio.Reader
	line    int64
	bytes   int64
	buf     []byte
	values  []value
	json    scanner
	columns *columns
	seen    *seen
	keyed   bool
}

// Keyed has the reader tell the key of every line.
func (f *Reader) Keyed() { f.keyed = true }

// Absent are the fields that a file of CSV has no column for: none that is required.
func (f *Reader) Absent() []string {
	if f.columns == nil {
		return nil
	}
	return f.columns.absent
}

// NewReader begins a file. today is the day that no past can be after. An error refuses
// the whole file, and says why.
func NewReader(r io.Reader, kind Kind, format Format, today time.Time) (*Reader, error) {
	schema := SchemaOf(kind)
	if schema == nil {
		return nil, errors.New("no such kind of record")
	}
	y, m, d := today.Date()
	f := &Reader{schema: schema, format: format, today: time.Date(y, m, d, 23, 59, 59, 0, time.UTC), in: bufio.NewReaderSize(r, MaxLine),
		values: make([]value, len(schema.Fields)), seen: newSeen(maxSeen)}
	f.json = scanner{schema: schema, values: f.values}
	switch begin, err := f.in.Peek(3); {
	case len(begin) >= 2 && (begin[0] == 0xfe && begin[1] == 0xff || begin[0] == 0xff && begin[1] == 0xfe):
		return nil, errUTF16
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case string(begin) == "\ufeff":
		f.in.Discard(3)
		f.bytes = 3
	}
	if format != CSV {
		return f, nil
	}
	line, wrong, err := f.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errNoHead
	case err != nil:
		return nil, err
	case wrong != "":
		return nil, errors.New("header " + wrong)
	}
	f.columns, err = header(schema, line)
	return f, err
}

// maxProblems is how much is told of one line: a line of fields that nobody knows has
// thousands.
const maxProblems = 20

// Next reads the next line that is not empty. io.EOF after the last; any other error is
// one of reading.
func (f *Reader) Next() (Read, error) {
	for {
		line, wrong, err := f.next()
		if err != nil {
			return Read{}, err
		}
		read := Read{Line: f.line, Bytes: f.bytes}
		if wrong != "" {
			read.Problems = []Problem{{"", wrong}}
			return read, nil
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		read.Row, read.Key, read.Problems = f.parse(line)
		if len(read.Problems) > maxProblems {
			read.Problems = slices.Clone(read.Problems[:maxProblems])
		}
		return read, nil
	}
}

// next reads a line without its end; wrong says why it is no line to be read.
func (f *Reader) next() (line []byte, wrong string, err error) {
	f.buf = f.buf[:0]
	long, ended := false, false
	for !ended {
		part, err := f.in.ReadSlice('\n')
		f.bytes += int64(len(part))
		ended = err == nil
		switch {
		case errors.Is(err, io.EOF) && len(part) == 0 && len(f.buf) == 0 && !long:
			return nil, "", io.EOF
		case err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF):
			return nil, "", err
		}
		if ended && len(f.buf) == 0 && !long {
			line = part // the usual case: nothing is copied
		} else if long = long || len(f.buf)+len(part) > MaxLine+2; !long {
			f.buf = append(f.buf, part...)
			line = f.buf
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	f.line++
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	switch {
	case long || len(line) > MaxLine:
		return nil, reasonLong, nil
	case bytes.IndexByte(line, 0) >= 0:
		return nil, reasonNUL, nil
	case bytes.IndexByte(line, '\r') >= 0:
		return nil, reasonCR, nil
	case !ended && f.format == CSV:
		return nil, reasonNoEnd, nil
	}
	return line, "", nil
}

func (f *Reader) parse(line []byte) (row Row, key []string, wrong []Problem) {
	switch f.format {
	case CSV:
		if wrong = f.columns.record(line, f.values); wrong != nil {
			return nil, nil, wrong
		}
	default:
		if !f.json.object(line) {
			if len(f.json.wrong) > 0 {
				return nil, nil, f.json.wrong[len(f.json.wrong)-1:]
			}
			return nil, nil, []Problem{{"", reasonObject}}
		}
		wrong = f.json.wrong
	}
	for i := range f.schema.Fields {
		field := &f.schema.Fields[i]
		if reason := field.check(&f.values[i], f.today); reason != "" {
			wrong = append(wrong, Problem{field.Name, reason})
		}
	}
	if wrong == nil {
		row, wrong = f.record()
	}
	if f.keyed || wrong != nil {
		key = f.schema.keyOf(f.values, wrong)
	}
	return row, key, wrong
}

// record is that of a line whose values are right one by one.
func (f *Reader) record() (Row, []Problem) {
	row, wrong := f.schema.build(f.values)
	if wrong != nil {
		return nil, wrong
	}
	if f.seen.again(f.schema.keys, f.values) {
		return nil, []Problem{{f.schema.Fields[f.schema.keys[0]].Name, ReasonDuplicate}}
	}
	return row, nil
}

// maxSeen is how many keys are remembered, twice: 32 MiB in all. In a file with more, a
// line with the key of one far above takes its place.
const maxSeen = 1 << 20

// seen remembers keys by a hash of 64 bits: one in a million million pairs is wrong.
type seen struct {
	seed     maphash.Seed
	most     int
	now, old map[uint64]struct{}
}

func newSeen(most int) *seen {
	return &seen{seed: maphash.MakeSeed(), most: most, now: map[uint64]struct{}{}}
}

// again notes a key and tells whether it was there.
func (s *seen) again(keys []int, values []value) bool {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, i := range keys {
		h.WriteString(values[i].spelled())
		h.WriteByte(0)
	}
	sum := h.Sum64()
	if _, ok := s.now[sum]; ok {
		return true
	}
	if _, ok := s.old[sum]; ok {
		return true
	}
	if len(s.now) >= s.most {
		s.now, s.old = map[uint64]struct{}{}, s.now
	}
	s.now[sum] = struct{}{}
	return false
}

// spelled is a value in one spelling, whatever the file's.
func (v *value) spelled() string {
	if id := v.id; !id.IsZero() {
		return id.Digits()
	}
	return v.text
}
