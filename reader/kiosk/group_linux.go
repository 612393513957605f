package kiosk

import "syscall"

// ownGroup has the browser die when the thread that started it ends, with this process at
// the latest, and puts it and its children into a group that can be killed as one.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
