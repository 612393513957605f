package pinentry

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminalOf returns the name of the terminal that file is; "" if it is none.
func terminalOf(file *os.File) string {
	if _, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS); err != nil {
		return ""
	}
	name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
	if err != nil || !strings.HasPrefix(name, "/dev/") {
		return ""
	}
	return name
}

// remember notes how the terminal is set up; what it returns sets it up so again.
func remember(tty string) (mend func()) {
	nothing := func() {}
	if tty == "" {
		return nothing
	}
	file, err := os.OpenFile(tty, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nothing
	}
	defer file.Close()
	state, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	if err != nil {
		return nothing
	}
	return func() {
		if file, err := os.OpenFile(tty, os.O_RDWR|unix.O_NOCTTY, 0); err == nil {
			defer file.Close()
			_ = unix.IoctlSetTermios(int(file.Fd()), unix.TCSETSF, state) // and nothing typed of a PIN is left
		}
	}
}

// dieWithParent ends the program when this process ends, however that ends.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
