//go:build unix

package main

import (
	"math"
	"syscall"
)

// openFiles is how many files and connections this process may have open at once. Go has
// raised it to what the system allows.
func openFiles() (n int, known bool) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)), true
}
