//go:build !unix

package native

import "context"

// DefaultLock is none here.
func DefaultLock() string { return "" }

// lock does nothing: windows of two hosts may stand side by side.
func lock(context.Context, string) (unlock func(), err error) { return func() {}, nil }
