//go:build !unix

package cli

// NoCoreDumps does nothing: this system writes no core files of its own accord.
func NoCoreDumps() {}
