//go:build unix

package main

import "syscall"

// keepToOurselves keeps a descriptor that we inherited from the programs that we start:
// it is handed to the one that may read it.
func keepToOurselves(fd int) { syscall.CloseOnExec(fd) }
