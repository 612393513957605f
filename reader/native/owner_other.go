//go:build !unix

package native

import "io/fs"

// isForeign is asked where manifests are files only, which is elsewhere.
func isForeign(fs.FileInfo) bool { return true }
