//go:build !linux

package pinentry

import (
	"os"
	"syscall"
)

// terminalOf knows no names of terminals here; the controlling one has one.
func terminalOf(*os.File) string { return "" }

func remember(string) (mend func()) { return func() {} }

// dieWithParent cannot be had here: the program sees its standard input end.
func dieWithParent() *syscall.SysProcAttr { return nil }
