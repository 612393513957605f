package doctor

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"guichet.example/reader/native"
)

// known is a browser that we know how to find, on one system.
type known struct {
	name     string
	as       string   // as package native calls it
	programs []string // names in PATH, or paths
	boxed    []string // where a snap or flatpak shows itself; "~/" is the home folder
}

const flatpaks, myFlatpaks = "/var/lib/flatpak/exports/bin/", "~/.local/share/flatpak/exports/bin/"

var knownBrowsers = map[string][]known{
	"linux": {
		{"Firefox", "firefox", []string{"firefox", "firefox-esr"},
			[]string{"/snap/bin/firefox", flatpaks + "org.mozilla.firefox", myFlatpaks + "org.mozilla.firefox"}},
		{"Chrome", "chrome", []string{"google-chrome", "google-chrome-stable"},
			[]string{flatpaks + "com.google.Chrome", myFlatpaks + "com.google.Chrome"}},
		{"Chromium", "chromium", []string{"chromium", "chromium-browser"},
			[]string{"/snap/bin/chromium", flatpaks + "org.chromium.Chromium", myFlatpaks + "org.chromium.Chromium"}},
		{"Edge", "edge", []string{"microsoft-edge", "microsoft-edge-stable"},
			[]string{flatpaks + "com.microsoft.Edge", myFlatpaks + "com.microsoft.Edge"}},
	},
	"darwin": {
		{"Firefox", "firefox", []string{"/Applications/Firefox.app"}, nil},
		{"Chrome", "chrome", []string{"/Applications/Google Chrome.app"}, nil},
		{"Chromium", "chromium", []string{"/Applications/Chromium.app"}, nil},
		{"Edge", "edge", []string{"/Applications/Microsoft Edge.app"}, nil},
	},
}

// FindBrowsers returns the browsers of this person on this machine, with the manifests
// that they would read: the person's own, then everybody's. A browser that is there
// twice, installed and as a snap, is named twice. Nil where manifests are no files.
func FindBrowsers() []BrowserAt {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	own, err := native.Look(native.Options{})
	if err != nil {
		return nil
	}
	all, err := native.Look(native.Options{All: true})
	if err != nil {
		return nil
	}
	return findBrowsers(knownBrowsers[runtime.GOOS], append(own, all...), "/", home, exec.LookPath)
}

// findBrowsers looks below root and home, so that a test can have its own.
func findBrowsers(list []known, manifests []native.Manifest, root, home string, look func(string) (string, error)) []BrowserAt {
	there := func(path string) bool {
		if rest, ok := strings.CutPrefix(path, "~/"); ok {
			path = filepath.Join(home, rest)
		} else {
			path = filepath.Join(root, path)
		}
		_, err := os.Lstat(path)
		return err == nil
	}
	var found []BrowserAt
	for _, k := range list {
		installed := slices.ContainsFunc(k.programs, func(name string) bool {
			if filepath.IsAbs(name) {
				return there(name)
			}
			path, err := look(name)
			return err == nil && !isBoxed(path)
		})
		if installed {
			b := BrowserAt{Name: k.name}
			for _, m := range manifests {
				if m.Browser == k.as {
					b.Manifests = append(b.Manifests, m)
				}
			}
			found = append(found, b)
		}
		if slices.ContainsFunc(k.boxed, there) {
			found = append(found, BrowserAt{Name: k.name, Sandboxed: true})
		}
	}
	return found
}

// isBoxed tells a program that a snap or flatpak put into PATH, also by way of the script
// that some distributions put in the place of a browser.
func isBoxed(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		real = path
	}
	for _, name := range []string{path, real} {
		dir := filepath.Dir(name)
		if dir == "/snap/bin" || strings.HasSuffix(dir, "/exports/bin") || filepath.Base(name) == "snap" {
			return true
		}
	}
	return leadsToSnap(real)
}

// leadsToSnap looks into the beginning of a script.
func leadsToSnap(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const most = 4 << 10 // bytes; Ubuntu's has 1.3 kB
	text, err := io.ReadAll(io.LimitReader(f, most))
	return err == nil && bytes.HasPrefix(text, []byte("#!")) && bytes.Contains(text, []byte("/snap/bin/"))
}
