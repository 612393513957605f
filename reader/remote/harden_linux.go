package remote

import (
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// harden keeps the memory of this process from other programs of the same user (ptrace,
// /proc/PID/mem; prctl(2), PR_SET_DUMPABLE) and out of core files. Failing to is no
// reason not to run.
func harden() {
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	signal.Ignore(syscall.SIGTTOU) // else a terminal that is lent to others cannot be restored
}
