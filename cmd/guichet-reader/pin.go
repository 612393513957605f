package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
	"guichet.example/reader"
)

// pinFlags say where PINs come from.
type pinFlags struct{ fd int }

func (f *pinFlags) add(set *flag.FlagSet) {
	set.IntVar(&f.fd, "pin-fd", -1, "file `descriptor` to read the PIN from, one line; without it the terminal asks")
}

func (f *pinFlags) source(env cli.Env) reader.PIN {
	if f.fd < 0 {
		terminal, _ := env.Stdin.(*os.File) // nil, as in a test: the controlling one is asked
		return terminalPIN{terminal, env.Stderr}
	}
	return descriptorPIN(f.fd)
}

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

// descriptorPIN reads the PIN once. A wrong one is not asked for again: whoever hands
// it over has no other.
type descriptorPIN int

func (d descriptorPIN) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	if ask.Retry {
		return nil, reader.PINError{Tries: ask.TriesLeft}
	}
	file := os.NewFile(uintptr(d), "pin")
	if file == nil {
		return nil, errors.New("-pin-fd is not open")
	}
	line, err := readLine(file)
	if err != nil {
		return nil, fmt.Errorf("reading the PIN: %w", err)
	}
	return line, nil
}

// terminalPIN asks on the terminal.
type terminalPIN struct {
	stdin  *os.File
	stderr io.Writer
}

func (t terminalPIN) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	return readSilently(ctx, t.stdin, prompt(ask))
}

// PINElsewhere tells where to type instead.
func (t terminalPIN) PINElsewhere(_ context.Context, ask reader.PINRequest, where reader.PINPlace) {
	if where == reader.Keypad {
		fmt.Fprintf(t.stderr, "Type your PIN on the card reader %s.\n", ask.Reader)
		return
	}
	fmt.Fprintln(t.stderr, "A window of the card's middleware asks for your PIN.")
}

func prompt(ask reader.PINRequest) string {
	text := "PIN to sign in: "
	if ask.Purpose == certs.Signature {
		text = "PIN to sign: "
	}
	switch {
	case ask.TriesLeft == 1:
		text = "One try left: one more mistake blocks the card. " + text
	case ask.TriesLeft > 1 && ask.Retry:
		text = fmt.Sprintf("%d tries left. ", ask.TriesLeft) + text
	}
	if ask.Retry {
		text = "Wrong PIN. " + text
	}
	return text
}
