//go:build unix

package main

import "syscall"

// noCoreDumps keeps this process's memory out of files when it crashes. Failing to is
// no reason not to run.
func noCoreDumps() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}
