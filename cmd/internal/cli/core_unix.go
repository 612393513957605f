//go:build unix

package cli

import "syscall"

// NoCoreDumps keeps this process's memory out of files when it crashes. Failing to is
// no reason not to run.
func NoCoreDumps() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}
