package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// gcPercent is how far the heap grows between two collections, in percent of what is in
// use. A counter keeps little: at Go's own 100 it collects every few milliseconds under
// load, for the sake of a few megabytes.
const gcPercent = 400

// fitRuntime sets the Go runtime as a counter needs it, unless GOGC or GOMAXPROCS say
// otherwise. A thread that waits for the disk, or works in a PKCS#11 module, keeps its
// processor (in the words of Go's scheduler) until somebody notices: one more than there
// are cores lets the others go on.
func fitRuntime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
}
