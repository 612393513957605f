package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Rows yields rows by chain, then by sequence, and stops at the first error of yield,
// which it returns. It can be called more than once.
type Rows func(ctx context.Context, yield func(Entry) error) error

// errLine is returned for a line that is not a row as Export writes it.
var errLine = errors.New("not a line of ours")

// maxLine is the longest line of an export read, in bytes.
const maxLine = 8 << 10

type entryLine struct {
	At        string  `json:"at"`
	Chain     string  `json:"chain"`
	Seq       int64   `json:"seq"`
	Mutuality string  `json:"mutuality,omitempty"`
	Member    string  `json:"member,omitempty"`
	Actor     string  `json:"actor"`
	Session   string  `json:"session,omitempty"`
	Method    string  `json:"method,omitempty"`
	Assurance string  `json:"assurance,omitempty"`
	Action    Action  `json:"action"`
	Object    string  `json:"object,omitempty"`
	Outcome   Outcome `json:"outcome"`
	RequestID string  `json:"requestId,omitempty"`
	Reason    string  `json:"reason,omitempty"`
	Prev      string  `json:"prev"`
	Hash      string  `json:"hash"`
}

const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// Export writes the rows as one JSON object a line. What it writes verifies on
// another machine, with ReadExport and Verify.
func Export(ctx context.Context, w io.Writer, rows Rows) error {
	out := bufio.NewWriterSize(w, 64<<10)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	err := rows(ctx, func(e Entry) error { return encoder.Encode(lineOf(e)) })
	if err != nil {
		return fmt.Errorf("exporting audit rows: %w", err)
	}
	return out.Flush()
}

func lineOf(e Entry) entryLine {
	return entryLine{
		At: e.At.UTC().Format(timeLayout), Chain: e.Chain, Seq: e.Seq, Mutuality: e.Mutuality, Member: e.Member,
		Actor: e.Actor, Session: e.Session, Method: e.Method, Assurance: e.Assurance, Action: e.Action,
		Object: e.Object, Outcome: e.Outcome, RequestID: e.RequestID, Reason: e.Reason,
		Prev: hex.EncodeToString(e.Prev[:]), Hash: hex.EncodeToString(e.Hash[:]),
	}
}

// ReadExport reads what Export wrote.
func ReadExport(r io.ReadSeeker) Rows {
	return func(ctx context.Context, yield func(Entry) error) error {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("reading audit export: %w", err)
		}
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, 0, maxLine), maxLine)
		for number := 1; lines.Scan(); number++ {
			e, err := parseEntry(lines.Bytes())
			if err != nil {
				return fmt.Errorf("audit export, line %d: %w", number, err)
			}
			if err := errors.Join(ctx.Err(), yield(e)); err != nil {
				return err
			}
		}
		if err := lines.Err(); err != nil {
			return fmt.Errorf("reading audit export: %w", err)
		}
		return nil
	}
}

func parseEntry(line []byte) (Entry, error) {
	var l entryLine
	if err := decodeLine(line, &l); err != nil {
		return Entry{}, err
	}
	at, err := time.Parse(timeLayout, l.At)
	if err != nil {
		return Entry{}, errLine
	}
	e := Entry{
		At: at.UTC(), Chain: l.Chain, Seq: l.Seq, Mutuality: l.Mutuality, Member: l.Member, Actor: l.Actor,
		Session: l.Session, Method: l.Method, Assurance: l.Assurance, Action: l.Action, Object: l.Object,
		Outcome: l.Outcome, RequestID: l.RequestID, Reason: l.Reason,
	}
	if err := errors.Join(decodeHash(l.Prev, &e.Prev), decodeHash(l.Hash, &e.Hash)); err != nil {
		return Entry{}, errLine
	}
	return e, nil
}

func decodeLine(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errLine
	}
	if _, err := d.Token(); err != io.EOF {
		return errLine
	}
	return nil
}

func decodeHash(text string, into *[32]byte) error {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(into) {
		return errLine
	}
	copy(into[:], raw)
	return nil
}
