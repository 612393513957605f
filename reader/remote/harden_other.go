//go:build !linux

package remote

// harden does nothing on this system: what protects the memory of a process here is the
// system's own.
func harden() {}
