//go:build unix

package native

import (
	"io/fs"
	"os"
	"syscall"
)

// isForeign reports whether a file belongs to neither root nor the user of this process.
func isForeign(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Uid != 0 && int(stat.Uid) != os.Geteuid()
}
