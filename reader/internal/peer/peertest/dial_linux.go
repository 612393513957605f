// Package peertest speaks to loopback ports as another user of the machine.
package peertest

import (
	"net"
	"net/netip"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Stranger is a user whom no program here runs as.
const Stranger = 65534

// CanBeStranger reports whether this process may act as somebody else: only root may.
func CanBeStranger() bool { return os.Geteuid() == 0 }

// Dial connects to a loopback port, "127.0.0.1:8081" or "[::1]:8081", as that user; -1 is
// the user of this process. The mapped form "[::ffff:127.0.0.1]:8081" takes a socket of
// the other kind.
func Dial(uid int, address string) (conn net.Conn, err error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err = dial(uid, to)
	}()
	<-done
	return conn, err
}

// dial makes a socket, which belongs to the user of the thread that made it. The thread
// ends with the goroutine that is locked to it.
func dial(uid int, to netip.AddrPort) (net.Conn, error) {
	runtime.LockOSThread()
	if uid >= 0 {
		if _, _, errno := unix.RawSyscall(unix.SYS_SETFSUID, uintptr(uid), 0, 0); errno != 0 {
			return nil, errno
		}
	}
	family, at := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()})
	if to.Addr().Is4() {
		family, at = unix.AF_INET, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "socket")
	defer file.Close()
	if err := unix.Connect(fd, at); err != nil {
		return nil, err
	}
	return net.FileConn(file)
}
