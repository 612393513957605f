package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Anchor is the head of a chain as noted outside the database.
type Anchor struct {
	At time.Time
	Head
}

// maxAnchors is the largest anchor file read, in bytes: a line is under 200 bytes, so
// that is ten years of hourly lines.
const maxAnchors = 32 << 20

type anchorLine struct {
	At    time.Time `json:"at"`
	Chain string    `json:"chain"`
	Seq   int64     `json:"seq"`
	Hash  string    `json:"hash"`
}

// AppendAnchors adds a line for each anchor to the file and returns once they are on
// disk. The file is made if there is none. A line cut short by a crash is ended first.
func AppendAnchors(path string, anchors ...Anchor) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening audit anchors: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var lines bytes.Buffer
	if torn, err := endsTorn(f); err != nil {
		return fmt.Errorf("reading audit anchors: %w", err)
	} else if torn {
		lines.WriteByte('\n')
	}
	for _, a := range anchors {
		line, err := json.Marshal(anchorLine{a.At.UTC().Truncate(time.Millisecond), a.Chain, a.Seq, hex.EncodeToString(a.Hash[:])})
		if err != nil {
			return fmt.Errorf("writing audit anchor: %w", err)
		}
		lines.Write(append(line, '\n'))
	}
	if _, err := f.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("writing audit anchors: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("writing audit anchors: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func endsTorn(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return last[0] != '\n', err
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening folder of audit anchors: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// ReadAnchors reads the file. No file is no anchors. A line that is not whole is an
// error, unless it is the last one and has no line end, or is blank: that is what a
// crash leaves.
func ReadAnchors(path string) ([]Anchor, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading audit anchors: %w", err)
	}
	if info.Size() > maxAnchors {
		return nil, fmt.Errorf("reading audit anchors: file is larger than %d bytes", maxAnchors)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading audit anchors: %w", err)
	}
	return parseAnchors(data)
}

func parseAnchors(data []byte) ([]Anchor, error) {
	var anchors []Anchor
	for number := 1; len(data) > 0; number++ {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		data = rest
		a, err := parseAnchor(line)
		switch {
		case err == nil:
			anchors = append(anchors, a)
		case !whole, torn(line):
		default:
			return nil, fmt.Errorf("audit anchors, line %d: %w", number, err)
		}
	}
	return anchors, nil
}

// torn tells a line that AppendAnchors ended after a crash: a beginning of a line and
// nothing else. One that was altered still ends as a line does.
func torn(line []byte) bool {
	return len(line) == 0 || bytes.HasPrefix([]byte(`{"at":"`), line[:min(len(line), 7)]) && !bytes.HasSuffix(line, []byte("}"))
}

func parseAnchor(line []byte) (Anchor, error) {
	var l anchorLine
	if err := decodeLine(line, &l); err != nil {
		return Anchor{}, err
	}
	a := Anchor{At: l.At, Head: Head{Chain: l.Chain, Seq: l.Seq}}
	if err := decodeHash(l.Hash, &a.Hash); err != nil {
		return Anchor{}, err
	}
	if a.Chain == "" || a.Seq < 1 || a.At.IsZero() {
		return Anchor{}, errLine
	}
	return a, nil
}
