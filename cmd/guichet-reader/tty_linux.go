package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"guichet.example/reader"
)

// readSilently asks on the terminal (stdin when it is one, else the controlling one)
// and reads a line with the echo off. However it ends, the echo is on again.
func readSilently(ctx context.Context, stdin *os.File, prompt string) ([]byte, error) {
	tty := stdin
	state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		if tty, err = os.OpenFile("/dev/tty", os.O_RDWR, 0); err != nil {
			return nil, errors.New("there is no terminal to ask the PIN on; hand it over with -pin-fd")
		}
		defer tty.Close()
		if state, err = unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS); err != nil {
			return nil, fmt.Errorf("asking the PIN: %w", err)
		}
	}
	silent := *state
	silent.Lflag &^= unix.ECHO
	silent.Lflag |= unix.ICANON | unix.ISIG
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETSF, &silent); err != nil {
		return nil, fmt.Errorf("asking the PIN: %w", err)
	}
	defer unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETSF, state)
	if _, err := tty.WriteString(prompt); err != nil {
		return nil, fmt.Errorf("asking the PIN: %w", err)
	}
	defer tty.WriteString("\n")
	return readUntilDone(ctx, tty)
}

// readUntilDone reads a line, or stops waiting for it when ctx ends.
func readUntilDone(ctx context.Context, tty *os.File) ([]byte, error) {
	type answer struct {
		line []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := readLine(tty)
		answers <- answer{line, err}
	}()
	select {
	case a := <-answers:
		if a.err == nil && len(a.line) == 0 {
			return nil, reader.ErrCancelled // an empty line is how one gives up
		}
		return a.line, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
