//go:build !unix

package main

// noCoreDumps does nothing: this system writes no core files of its own accord.
func noCoreDumps() {}
