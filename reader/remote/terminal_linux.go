package remote

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"guichet.example/reader"
)

// controllingTerminal is the terminal of this session, parent's and child's alike.
const controllingTerminal = "/dev/tty"

var errNoTerminal = errors.New("there is no terminal to ask the PIN on")

// terminalPIN asks on the controlling terminal and reads a line with the echo off.
// However it ends, the echo is on again.
type terminalPIN struct{}

func (terminalPIN) PIN(ctx context.Context, ask reader.PINRequest) ([]byte, error) {
	tty, err := os.OpenFile(controllingTerminal, os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	defer tty.Close()
	state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("asking the PIN: %w", err)
	}
	silent := *state
	silent.Lflag &^= unix.ECHO
	silent.Lflag |= unix.ICANON | unix.ISIG
	restore := func() { _ = unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETSF, state) }
	done := last.add(restore)
	defer done()
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETSF, &silent); err != nil {
		return nil, fmt.Errorf("asking the PIN: %w", err)
	}
	defer restore()
	if _, err := tty.WriteString(prompt(ask)); err != nil {
		return nil, fmt.Errorf("asking the PIN: %w", err)
	}
	defer tty.WriteString("\n")
	line, err := readUntilDone(ctx, tty)
	if err == nil && len(line) == 0 {
		return nil, reader.ErrCancelled // an empty line is how one gives up
	}
	return line, err
}

// keepTerminal remembers how the terminal is and returns what puts it back: a child
// that is killed while it asks cannot. What was typed of a PIN then goes, so that the shell
// does not get it for a command.
func keepTerminal() (restore func()) {
	tty, err := os.OpenFile(controllingTerminal, os.O_RDWR, 0)
	if err != nil {
		return func() {}
	}
	state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	return func() {
		defer tty.Close()
		if now, again := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS); err == nil && again == nil && *now != *state {
			_ = unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETSF, state)
		}
	}
}
