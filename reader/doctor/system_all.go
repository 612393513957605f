package doctor

import (
	"os"
	"os/exec"
	"path/filepath"
)

// pinentries are the names under which distributions install pinentry.
var pinentries = []string{"pinentry", "pinentry-gnome3", "pinentry-qt", "pinentry-qt5", "pinentry-gtk-2", "pinentry-gtk",
	"pinentry-fltk", "pinentry-x11", "pinentry-mac", "pinentry-curses", "pinentry-tty"}

func hasPinentry() bool {
	for _, name := range pinentries {
		if _, err := exec.LookPath(name); err == nil {
			return true
		}
	}
	return false
}

// thisProgram is this program's path without links.
func thisProgram() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
