package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// claimStdout keeps standard output for us: whatever else in this process, or in one that
// it starts, writes there from now on goes to standard error. A stray line would be a
// broken frame to the browser.
func claimStdout(stdout io.Writer) (io.WriteCloser, error) {
	file, ok := stdout.(*os.File)
	if !ok || file.Fd() != uintptr(unix.Stdout) {
		return writer{stdout}, nil
	}
	own, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	if err := unix.Dup3(unix.Stderr, unix.Stdout, 0); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(own), "browser"), nil
}

// writer is not ours to close.
type writer struct{ io.Writer }

func (writer) Close() error { return nil }
