package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// maxPINLine is the longest PIN typed, in bytes.
const maxPINLine = 256

// askPIN asks at the controlling terminal, with the echo off. Whatever ends it, the echo
// is on again.
func askPIN(token string) ([]byte, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, errors.New("no terminal to type the PIN at: name its file, -pin FILE")
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
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, os.Interrupt, unix.SIGTERM)
	defer signal.Stop(stopped)
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETSF, &silent); err != nil {
		return nil, fmt.Errorf("asking the PIN: %w", err)
	}
	defer restore()
	if _, err := fmt.Fprintf(tty, "PIN of token %q: ", token); err != nil {
		return nil, err
	}
	defer tty.WriteString("\n")
	return typed(tty, stopped)
}

// typed reads one line, or ends at a signal.
func typed(tty *os.File, stopped <-chan os.Signal) ([]byte, error) {
	type line struct {
		pin []byte
		err error
	}
	done := make(chan line, 1)
	go func() {
		room := make([]byte, maxPINLine+1) // a terminal gives a line at a time
		n, err := tty.Read(room)
		if err == nil && (n < 2 || room[n-1] != '\n') {
			clear(room)
			err = errors.New("no PIN was typed")
		}
		done <- line{room[:max(n-1, 0)], err}
	}()
	select {
	case l := <-done:
		return l.pin, l.err
	case <-stopped:
		return nil, errors.New("stopped at the PIN")
	}
}
