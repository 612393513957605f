//go:build unix

package remote

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socketDescriptor is where a child finds its end: the first of exec.Cmd.ExtraFiles.
const socketDescriptor = 3

// stuckWrite is how long the other end may leave what is written to it unread.
const stuckWrite = 5 * time.Second

// socketWire is an AF_UNIX stream, over which SCM_RIGHTS passes descriptors (unix(7)).
type socketWire struct{ *net.UnixConn }

func (w socketWire) Read(p []byte) (int, []*os.File, error) {
	var beside [64]byte // a descriptor takes 24
	n, oobn, flags, _, err := w.ReadMsgUnix(p, beside[:])
	if err != nil { // n and oobn may be negative
		return 0, nil, err
	}
	files, parsed := descriptors(beside[:oobn])
	switch {
	case parsed != nil || flags&syscall.MSG_CTRUNC != 0:
		return n, files, errDescriptors
	case n == 0:
		return 0, files, io.EOF
	}
	return n, files, nil
}

func descriptors(beside []byte) ([]*os.File, error) {
	if len(beside) == 0 {
		return nil, nil
	}
	controls, err := syscall.ParseSocketControlMessage(beside)
	if err != nil {
		return nil, err
	}
	var files []*os.File
	for i := range controls {
		fds, err := syscall.ParseUnixRights(&controls[i])
		if err != nil {
			return files, err
		}
		for _, fd := range fds {
			syscall.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return files, nil
}

func (w socketWire) Write(p []byte, fds []uintptr) error {
	if err := w.SetWriteDeadline(time.Now().Add(stuckWrite)); err != nil {
		return err
	}
	if len(fds) == 0 {
		_, err := w.UnixConn.Write(p)
		return err
	}
	rights := make([]int, len(fds))
	for i, fd := range fds {
		rights[i] = int(fd)
	}
	n, _, err := w.WriteMsgUnix(p, syscall.UnixRights(rights...), nil)
	if err == nil && n < len(p) {
		_, err = w.UnixConn.Write(p[n:])
	}
	return err
}

// connect gives cmd one end of a socket pair and returns the other; after is to be called
// once cmd was started, or could not be.
func connect(cmd *exec.Cmd) (w wire, after func(), err error) {
	syscall.ForkLock.RLock()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(pair[0])
		syscall.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("making a socket pair: %w", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "child")
	if w, err = openSocket(pair[0]); err != nil {
		theirs.Close()
		return nil, nil, err
	}
	cmd.ExtraFiles = []*os.File{theirs}
	return w, func() { theirs.Close() }, nil
}

// connected returns the child's end.
func connected() (wire, error) { return openSocket(socketDescriptor) }

func openSocket(fd int) (wire, error) {
	file := os.NewFile(uintptr(fd), "socket")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("opening the socket of the child: %w", err)
	}
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("descriptor %d is no Unix socket", fd)
	}
	return socketWire{socket}, nil
}

// silence lets nothing that a module prints out of this process any more.
func silence() {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer null.Close()
	for _, fd := range []int{1, 2} {
		_ = unix.Dup2(int(null.Fd()), fd)
	}
}
