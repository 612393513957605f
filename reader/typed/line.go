// Package typed reads a PIN that somebody types, or hands over as a line: at the
// controlling terminal with the echo off, or from a descriptor. It keeps none.
package typed

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// MaxLine is more than any PIN, of a card or of a token, less than anything else; in bytes.
const MaxLine = 256

// ErrTooLong means that what was typed cannot be a PIN.
var ErrTooLong = errors.New("that is too long for a PIN")

// readLine reads up to the end of a line, byte by byte so that nothing of what follows
// is taken, into one buffer which the caller wipes.
func readLine(r io.Reader) ([]byte, error) {
	line := make([]byte, 0, MaxLine)
	for {
		next := line[len(line) : len(line)+1]
		n, err := r.Read(next)
		switch {
		case n == 1 && next[0] == '\n', errors.Is(err, io.EOF) && len(line) > 0:
			return bytes.TrimSuffix(line, []byte("\r")), nil
		case n == 1:
			line = line[:len(line)+1]
		case err != nil:
			clear(line)
			return nil, err
		}
		if len(line) == MaxLine {
			clear(line)
			return nil, ErrTooLong
		}
	}
}

// Line reads a PIN as a line, or stops waiting for it when ctx ends, whose cause it returns.
// Nothing after the line is taken. The caller wipes what it got. ErrTooLong, io.EOF.
func Line(ctx context.Context, r io.Reader) ([]byte, error) {
	type answer struct {
		line []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := readLine(r)
		answers <- answer{line, err}
	}()
	select {
	case a := <-answers:
		return a.line, a.err
	case <-ctx.Done():
		go func() { clear((<-answers).line) }() // what is typed too late
		return nil, context.Cause(ctx)
	}
}
