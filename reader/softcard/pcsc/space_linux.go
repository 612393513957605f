package pcsc

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// space is one thread in namespaces of its own. What has to happen inside runs there;
// the namespaces end with the thread and the last process in them.
type space struct {
	work chan func()
	done chan struct{}
}

// newSpace makes one whose /run/pcscd is dir, and whose /usr/lib/pcsc/drivers is empty,
// so that no daemon in it takes a real reader.
func newSpace(dir string) (*space, error) {
	s := &space{make(chan func()), make(chan struct{})}
	ready := make(chan error)
	go s.serve(dir, ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("making namespaces: %w", err)
	}
	return s, nil
}

func (s *space) serve(dir string, ready chan error) {
	runtime.LockOSThread() // for good: a thread with namespaces of its own must not be reused
	if syscall.Gettid() == os.Getpid() {
		// The first thread cannot end, and /proc/self speaks for it. Hold it, take another.
		again := make(chan error)
		go s.serve(dir, again)
		ready <- <-again
		runtime.UnlockOSThread()
		return
	}
	defer close(s.done)
	if err := enter(dir); err != nil {
		ready <- err
		return
	}
	ready <- nil
	for f := range s.work {
		f()
	}
}

// run runs f inside and waits for it.
func (s *space) run(f func() error) error {
	result := make(chan error, 1)
	s.work <- func() { result <- f() }
	return <-result
}

func (s *space) close() {
	close(s.work)
	<-s.done
}

func enter(dir string) error {
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	for _, hidden := range []string{"/run", filepath.Dir(driverDir)} {
		if err := unix.Mount("none", hidden, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("hiding %s: %w", hidden, err)
		}
	}
	if err := os.Mkdir(ipcDir, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(dir, ipcDir, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("putting %s in place of %s: %w", dir, ipcDir, err)
	}
	return loopbackUp()
}

// loopbackUp is what "ip link set lo up" does (netdevice(7)).
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return os.NewSyscallError("ioctl", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo))
}

// start starts a program inside, which dies with this process.
func (s *space) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	return s.run(cmd.Start)
}

// dial connects to a port of the loopback inside. The file may be used outside: a
// socket belongs to the network it was made in.
func (s *space) dial(port int) (*os.File, error) {
	var file *os.File
	err := s.run(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return os.NewSyscallError("socket", err)
		}
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			unix.Close(fd)
			return os.NewSyscallError("connect", err)
		}
		if err := unix.SetNonblock(fd, true); err != nil { // so that Close ends a Read
			unix.Close(fd)
			return os.NewSyscallError("fcntl", err)
		}
		file = os.NewFile(uintptr(fd), "vpcd")
		return nil
	})
	return file, err
}
