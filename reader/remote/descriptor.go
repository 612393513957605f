package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"guichet.example/reader"
)

// longestLine is more than any PIN, less than anything else.
const longestLine = 64

var errLineTooLong = errors.New("that is too long for a PIN")

// readLine reads up to the end of a line, byte by byte so that nothing of what follows
// is taken, into one buffer which the caller wipes.
func readLine(r io.Reader) ([]byte, error) {
	line := make([]byte, 0, longestLine)
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
		if len(line) == longestLine {
			clear(line)
			return nil, errLineTooLong
		}
	}
}

// readUntilDone reads a line, or stops waiting for it when ctx ends.
func readUntilDone(ctx context.Context, r io.Reader) ([]byte, error) {
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

// descriptorPIN reads the PIN once. A wrong one is not asked for again: whoever hands
// it over has no other.
type descriptorPIN struct{ file *os.File }

func (d descriptorPIN) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	if ask.Retry {
		return nil, reader.PINError{Tries: ask.TriesLeft}
	}
	return readUntilDone(ctx, d.file)
}
