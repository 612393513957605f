package pinentry

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Names of pinentry programs. The first of each list is the person's or the system's own
// choice, where there is one.
var (
	withWindows = []string{"pinentry", "pinentry-gnome3", "pinentry-qt", "pinentry-qt6", "pinentry-qt5",
		"pinentry-gtk-2", "pinentry-x11", "pinentry-gtk", "pinentry-fltk", "pinentry-efl"}
	onMac      = []string{"pinentry-mac", "/opt/homebrew/bin/pinentry-mac", "/usr/local/bin/pinentry-mac"}
	onTerminal = []string{"pinentry", "pinentry-curses", "pinentry-tty"}
)

// Find returns the path of a pinentry that can show itself here: one with windows where
// there is a display, else one for the terminal where there is a terminal; "" if none.
func Find() string {
	if path := FindWindow(); path != "" {
		return path
	}
	if terminal("") == "" {
		return ""
	}
	return first(onTerminal, func(string) bool { return true })
}

// FindWindow is Find for who must not use a terminal: one that the person is perhaps not
// looking at.
func FindWindow() string { return findWindow(runtime.GOOS, os.Getenv) }

func findWindow(system string, env func(string) string) string {
	switch {
	case system == "darwin":
		return first(onMac, func(string) bool { return true })
	case env("WAYLAND_DISPLAY") == "" && env("DISPLAY") == "":
		return ""
	}
	return first(withWindows, opensWindows)
}

func first(names []string, fits func(path string) bool) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil && fits(path) {
			return path
		}
	}
	return ""
}

// opensWindows looks through the link that "pinentry" often is.
func opensWindows(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	name := filepath.Base(real)
	return !strings.Contains(name, "curses") && !strings.Contains(name, "tty")
}

// terminal returns the path of the terminal to use; "" if there is none. What was asked
// for is believed.
func terminal(asked string) string {
	if asked != "" {
		return asked
	}
	for _, file := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		if name := terminalOf(file); name != "" {
			return name
		}
	}
	if file, err := os.OpenFile("/dev/tty", os.O_RDWR, 0); err == nil {
		defer file.Close()
		return "/dev/tty"
	}
	return ""
}
