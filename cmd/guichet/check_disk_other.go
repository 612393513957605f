//go:build !linux

package main

// diskOf is for systems whose file systems this program knows.
func diskOf(string) (kind string, free int64) { return "", -1 }
