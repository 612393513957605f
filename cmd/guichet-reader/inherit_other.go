//go:build !unix

package main

// keepToOurselves has nothing to do: no program that we start inherits anything.
func keepToOurselves(int) {}
