package remote

import (
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// maxNoise is how much of what a module prints is kept for the log, in bytes.
const maxNoise = 2 << 10

// noise is what a child and its module print to standard error: the last of it, for the
// log line about the child's end. From the moment a PIN may be about, a child prints
// nothing (silence).
type noise struct {
	read, write *os.File
	over        chan struct{}

	mu   sync.Mutex
	tail []byte
}

// listen has cmd print into a pipe.
func listen(cmd *exec.Cmd) (*noise, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = w
	return &noise{read: r, write: w, over: make(chan struct{})}, nil
}

// started begins to listen, once the process has its end of the pipe.
func (n *noise) started() {
	n.write.Close()
	go func() {
		defer close(n.over)
		_, _ = io.Copy(n, n.read) // until all who have the other end are gone, or end is called
	}()
}

// Write keeps the end of what was printed.
func (n *noise) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tail = append(n.tail, p...)
	if more := len(n.tail) - maxNoise; more > 0 {
		n.tail = append(n.tail[:0], n.tail[more:]...)
	}
	return len(p), nil
}

// end stops listening: a program that the child started may keep the pipe open.
func (n *noise) end() {
	_ = n.read.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	<-n.over
	n.read.Close()
}

func (n *noise) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return clip(string(n.tail), maxNoise)
}
