package doctor

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// hostManifest is the file in which a browser finds the native host of the extension.
const hostManifest = "eu.webeid.json"

// known is a browser that we know how to find, on one system.
type known struct {
	name     string
	programs []string // names in PATH, or paths
	boxed    []string // paths, patterns below the root or the home folder, of a snap or flatpak
	user     string   // folder of the person's manifests, below the home folder
	all      []string // folders of everybody's manifests
}

// Where browsers look (Chrome's native messaging, "Native messaging host location";
// Mozilla's "Native manifests").
var knownBrowsers = map[string][]known{
	"linux": {
		{"Firefox", []string{"firefox", "firefox-esr"}, []string{"/snap/bin/firefox", "/var/lib/flatpak/exports/bin/org.mozilla.firefox",
			"~/.local/share/flatpak/exports/bin/org.mozilla.firefox"}, ".mozilla/native-messaging-hosts",
			[]string{"/usr/lib/mozilla/native-messaging-hosts", "/usr/lib64/mozilla/native-messaging-hosts"}},
		{"Chrome", []string{"google-chrome", "google-chrome-stable"}, []string{"/var/lib/flatpak/exports/bin/com.google.Chrome",
			"~/.local/share/flatpak/exports/bin/com.google.Chrome"}, ".config/google-chrome/NativeMessagingHosts",
			[]string{"/etc/opt/chrome/native-messaging-hosts"}},
		{"Chromium", []string{"chromium", "chromium-browser"}, []string{"/snap/bin/chromium", "/var/lib/flatpak/exports/bin/org.chromium.Chromium",
			"~/.local/share/flatpak/exports/bin/org.chromium.Chromium"}, ".config/chromium/NativeMessagingHosts",
			[]string{"/etc/chromium/native-messaging-hosts"}},
		{"Edge", []string{"microsoft-edge", "microsoft-edge-stable"}, []string{"/var/lib/flatpak/exports/bin/com.microsoft.Edge",
			"~/.local/share/flatpak/exports/bin/com.microsoft.Edge"}, ".config/microsoft-edge/NativeMessagingHosts",
			[]string{"/etc/opt/edge/native-messaging-hosts"}},
	},
	"darwin": {
		{"Firefox", []string{"/Applications/Firefox.app"}, nil, "Library/Application Support/Mozilla/NativeMessagingHosts",
			[]string{"/Library/Application Support/Mozilla/NativeMessagingHosts"}},
		{"Chrome", []string{"/Applications/Google Chrome.app"}, nil, "Library/Application Support/Google/Chrome/NativeMessagingHosts",
			[]string{"/Library/Google/Chrome/NativeMessagingHosts"}},
	},
}

// FindBrowsers returns the browsers of this person on this machine. A browser that is
// there twice, installed and as a snap, is named twice.
func FindBrowsers() []BrowserAt {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	return findBrowsers(knownBrowsers[runtime.GOOS], "/", home, exec.LookPath)
}

// findBrowsers looks below root and home, so that a test can have its own.
func findBrowsers(list []known, root, home string, look func(string) (string, error)) []BrowserAt {
	var found []BrowserAt
	for _, k := range list {
		there := func(path string) bool {
			if rest, ok := cutHome(path); ok {
				path = filepath.Join(home, rest)
			} else {
				path = filepath.Join(root, path)
			}
			_, err := os.Lstat(path)
			return err == nil
		}
		boxed := slices.ContainsFunc(k.boxed, there)
		installed := slices.ContainsFunc(k.programs, func(name string) bool {
			if filepath.IsAbs(name) {
				return there(name)
			}
			path, err := look(name)
			return err == nil && !isBoxed(path)
		})
		if installed {
			b := BrowserAt{Name: k.name}
			for _, dir := range k.all {
				b.Manifests = append(b.Manifests, filepath.Join(root, dir, hostManifest))
			}
			if home != "" {
				b.Manifests = append([]string{filepath.Join(home, k.user, hostManifest)}, b.Manifests...)
			}
			found = append(found, b)
		}
		if boxed {
			found = append(found, BrowserAt{Name: k.name, Sandboxed: true})
		}
	}
	return found
}

func cutHome(path string) (rest string, ok bool) {
	if len(path) > 2 && path[:2] == "~/" {
		return path[2:], true
	}
	return path, false
}

// isBoxed tells a program that a snap or flatpak put into PATH. Distributions put a
// script in the place of a browser that is a snap: it leads there.
func isBoxed(path string) bool {
	for _, name := range []string{path, follow(path)} {
		dir := filepath.Dir(name)
		if dir == "/snap/bin" || filepath.Base(filepath.Dir(dir)) == "exports" || filepath.Base(name) == "snap" {
			return true
		}
	}
	return false
}

func follow(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return path
	}
	return real
}
