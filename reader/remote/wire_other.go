//go:build !unix

package remote

import (
	"io"
	"os"
	"os/exec"

	"guichet.example/reader"
)

// pipeWire is two pipes: what this system has for every program. No descriptor passes.
type pipeWire struct {
	in  io.ReadCloser
	out io.WriteCloser
}

func (w pipeWire) Read(p []byte) (int, []*os.File, error) {
	n, err := w.in.Read(p)
	return n, nil, err
}

func (w pipeWire) Write(p []byte, fds []uintptr) error {
	if len(fds) > 0 {
		return reader.ErrNotSupported
	}
	_, err := w.out.Write(p)
	return err
}

func (w pipeWire) Close() error {
	w.out.Close()
	return w.in.Close()
}

// connect gives cmd one end as standard input and output and returns the other.
func connect(cmd *exec.Cmd) (w wire, after func(), err error) {
	out, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	in, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return pipeWire{in, out}, func() {}, nil
}

// connected returns the child's end. Whatever a module prints must not go there.
func connected() (wire, error) {
	w := pipeWire{os.Stdin, os.Stdout}
	os.Stdin, os.Stdout = nil, os.Stderr
	return w, nil
}

// silence cannot be had here: what a module prints goes where the parent has it go.
func silence() {}
