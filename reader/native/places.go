package native

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// folders are where the browsers of this system look for manifests.
func (o Options) folders() (map[string]string, error) {
	var found map[string]string
	home := o.Home
	if home == "" && !o.All {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return nil, err
		}
	}
	switch runtime.GOOS {
	case "linux", "freebsd", "openbsd":
		found = o.onLinux(home)
	case "darwin":
		found = o.onMac(home)
	default:
		return nil, fmt.Errorf("manifests on %s: %w", runtime.GOOS, ErrSystem)
	}
	if o.All {
		for browser, folder := range found {
			found[browser] = filepath.Join(o.Root, folder)
		}
	}
	return found, nil
}

func (o Options) onLinux(home string) map[string]string {
	if o.All {
		lib := "/usr/lib"
		if _, err := os.Stat(filepath.Join(o.Root, "/usr/lib64/mozilla")); err == nil {
			lib = "/usr/lib64" // Fedora and its kin
		}
		return map[string]string{
			"chrome":   "/etc/opt/chrome/native-messaging-hosts",
			"chromium": "/etc/chromium/native-messaging-hosts",
			"edge":     "/etc/opt/edge/native-messaging-hosts",
			"firefox":  lib + "/mozilla/native-messaging-hosts",
		}
	}
	config := filepath.Join(home, ".config")
	if dir := os.Getenv("XDG_CONFIG_HOME"); o.Home == "" && filepath.IsAbs(dir) {
		config = dir
	}
	return map[string]string{
		"chrome":   filepath.Join(config, "google-chrome/NativeMessagingHosts"),
		"chromium": filepath.Join(config, "chromium/NativeMessagingHosts"),
		"edge":     filepath.Join(config, "microsoft-edge/NativeMessagingHosts"),
		"firefox":  filepath.Join(home, ".mozilla/native-messaging-hosts"),
	}
}

func (o Options) onMac(home string) map[string]string {
	if o.All {
		return map[string]string{
			"chrome":   "/Library/Google/Chrome/NativeMessagingHosts",
			"chromium": "/Library/Application Support/Chromium/NativeMessagingHosts",
			"edge":     "/Library/Microsoft/Edge/NativeMessagingHosts",
			"firefox":  "/Library/Application Support/Mozilla/NativeMessagingHosts",
		}
	}
	support := filepath.Join(home, "Library/Application Support")
	return map[string]string{
		"chrome":   filepath.Join(support, "Google/Chrome/NativeMessagingHosts"),
		"chromium": filepath.Join(support, "Chromium/NativeMessagingHosts"),
		"edge":     filepath.Join(support, "Microsoft Edge/NativeMessagingHosts"),
		"firefox":  filepath.Join(support, "Mozilla/NativeMessagingHosts"),
	}
}
