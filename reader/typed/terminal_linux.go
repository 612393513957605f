package typed

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// controllingTerminal is the terminal of this session, parent's and child's alike.
const controllingTerminal = "/dev/tty"

// AtTerminal writes the prompt to the controlling terminal and reads a line with the echo
// off. However it ends, the echo is on again: atExit, if not nil, is given what turns it
// on, for a program that ends without returning, until what it returned is called.
// ErrNoTerminal, and those of Line.
func AtTerminal(ctx context.Context, prompt string, atExit func(restore func()) (done func())) ([]byte, error) {
	tty, err := os.OpenFile(controllingTerminal, os.O_RDWR, 0)
	if err != nil {
		return nil, ErrNoTerminal
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
	if atExit != nil {
		defer atExit(restore)()
	}
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETSF, &silent); err != nil {
		return nil, fmt.Errorf("asking the PIN: %w", err)
	}
	defer restore()
	if _, err := tty.WriteString(prompt); err != nil {
		return nil, fmt.Errorf("asking the PIN: %w", err)
	}
	defer tty.WriteString("\n")
	return Line(ctx, tty)
}

// KeepTerminal remembers how the terminal is and returns what puts it back: a child
// that is killed while it asks cannot. What was typed of a PIN then goes, so that the shell
// does not get it for a command.
func KeepTerminal() (restore func()) {
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
