package native

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// someone is a home and a program of hers.
func someone(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "guichet-reader")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return Options{Program: program, Home: filepath.Join(dir, "home"), Root: filepath.Join(dir, "root")}
}

// The manifests as browsers read them (linux).
var (
	own = map[string]string{
		"chrome":   ".config/google-chrome/NativeMessagingHosts/eu.webeid.json",
		"chromium": ".config/chromium/NativeMessagingHosts/eu.webeid.json",
		"edge":     ".config/microsoft-edge/NativeMessagingHosts/eu.webeid.json",
		"firefox":  ".mozilla/native-messaging-hosts/eu.webeid.json",
	}
	everybodys = map[string]string{
		"chrome":   "etc/opt/chrome/native-messaging-hosts/eu.webeid.json",
		"chromium": "etc/chromium/native-messaging-hosts/eu.webeid.json",
		"edge":     "etc/opt/edge/native-messaging-hosts/eu.webeid.json",
		"firefox":  "usr/lib/mozilla/native-messaging-hosts/eu.webeid.json",
	}
)

func read(t *testing.T, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// did summarises changes as "browser done".
func did(changes []Change) string {
	var list []string
	for _, c := range changes {
		list = append(list, c.Browser+" "+c.Done)
	}
	return strings.Join(list, ", ")
}

func TestInstall(t *testing.T) {
	for name, all := range map[string]bool{"for one": false, "for all": true} {
		t.Run(name, func(t *testing.T) {
			o := someone(t)
			o.All = all
			top, files := o.Home, own
			if all {
				top, files = o.Root, everybodys
			}
			changes, err := Install(o)
			if err != nil || did(changes) != "chrome written, chromium written, edge written, firefox written" {
				t.Fatalf("Install() = %v, %v", changes, err)
			}
			for _, c := range changes {
				if want := filepath.Join(top, files[c.Browser]); c.Path != want {
					t.Errorf("%s: written to %s, want %s", c.Browser, c.Path, want)
				}
				m := read(t, c.Path)
				want := map[string]any{"name": "eu.webeid", "description": description, "path": o.Program, "type": "stdio",
					"allowed_origins": []any{"chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/", "chrome-extension://gnmckgbandlkacikdndelhfghdejfido/"}}
				if c.Browser == "firefox" {
					delete(want, "allowed_origins")
					want["allowed_extensions"] = []any{"{e68418bc-f2b0-4459-a9ea-3e72b6751b07}"}
				}
				if !reflect.DeepEqual(m, want) {
					t.Errorf("%s: %v, want %v", c.Browser, m, want)
				}
				if info, _ := os.Stat(c.Path); info.Mode().Perm() != 0o644 {
					t.Errorf("%s: mode %v", c.Browser, info.Mode())
				}
				if rest, _ := os.ReadDir(filepath.Dir(c.Path)); len(rest) != 1 {
					t.Errorf("%s: %d files beside each other", c.Browser, len(rest))
				}
			}
			if changes, err = Install(o); err != nil || did(changes) != "chrome unchanged, chromium unchanged, edge unchanged, firefox unchanged" {
				t.Errorf("Install() again = %v, %v", changes, err)
			}
			if changes, err = Remove(o); err != nil || did(changes) != "chrome removed, chromium removed, edge removed, firefox removed" {
				t.Errorf("Remove() = %v, %v", changes, err)
			}
			if changes, err = Remove(o); err != nil || did(changes) != "chrome absent, chromium absent, edge absent, firefox absent" {
				t.Errorf("Remove() again = %v, %v", changes, err)
			}
		})
	}
}

func TestInstallOneBrowserForFedora(t *testing.T) {
	o := someone(t)
	o.All, o.Browsers = true, []string{"firefox"}
	if err := os.MkdirAll(filepath.Join(o.Root, "usr/lib64/mozilla"), 0o755); err != nil {
		t.Fatal(err)
	}
	changes, err := Install(o)
	if err != nil || len(changes) != 1 || changes[0].Path != filepath.Join(o.Root, "usr/lib64/mozilla/native-messaging-hosts/eu.webeid.json") {
		t.Errorf("Install() = %v, %v", changes, err)
	}
}

// What another program has put there stays, and nothing is written beside it either.
func TestInstallOverAnother(t *testing.T) {
	for name, text := range map[string]string{
		"the app":  `{"name":"eu.webeid","description":"Web eID Native Messaging Host","path":"/usr/bin/web-eid","type":"stdio"}`,
		"rubbish":  `{`,
		"too long": strings.Repeat(" ", maxManifest+1),
	} {
		t.Run(name, func(t *testing.T) {
			o := someone(t)
			path := filepath.Join(o.Home, own["firefox"])
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if changes, err := Install(o); !errors.Is(err, ErrForeign) || len(changes) > 0 || !strings.Contains(err.Error(), path) {
				t.Errorf("Install() = %v, %v, want %v", changes, err, ErrForeign)
			}
			if _, err := os.Stat(filepath.Join(o.Home, own["chrome"])); err == nil {
				t.Error("a part was written")
			}
			if changes, err := Remove(o); err != nil || did(changes) != "chrome absent, chromium absent, edge absent, firefox left alone" {
				t.Errorf("Remove() = %v, %v", changes, err)
			}
			if after, _ := os.ReadFile(path); string(after) != text {
				t.Error("it was changed")
			}
			o.Force = true
			if _, err := Install(o); err != nil || read(t, path)["path"] != o.Program {
				t.Errorf("Install() by force = %v", err)
			}
		})
	}
}

// A link is replaced by a file, not written through.
func TestInstallOverALink(t *testing.T) {
	o := someone(t)
	o.Browsers, o.Force = []string{"chrome"}, true
	path, victim := filepath.Join(o.Home, own["chrome"]), filepath.Join(t.TempDir(), "victim")
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(victim, []byte("mine"), 0o600), os.Symlink(victim, path)); err != nil {
		t.Fatal(err)
	}
	if _, err := Install(o); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(victim); string(text) != "mine" {
		t.Error("it was written through the link")
	}
}

func TestExtensions(t *testing.T) {
	o := someone(t)
	unpacked := strings.Repeat("abcdefghijklmnop", 2)
	o.Extensions = []string{unpacked, unpacked, "test@guichet.example", "{e68418bc-f2b0-4459-a9ea-3e72b6751b07}"}
	if _, err := Install(o); err != nil {
		t.Fatal(err)
	}
	if list := read(t, filepath.Join(o.Home, own["edge"]))["allowed_origins"].([]any); len(list) != 3 || list[2] != "chrome-extension://"+unpacked+"/" {
		t.Errorf("allowed_origins %v", list)
	}
	if list := read(t, filepath.Join(o.Home, own["firefox"]))["allowed_extensions"].([]any); len(list) != 2 || list[1] != "test@guichet.example" {
		t.Errorf("allowed_extensions %v", list)
	}
	for _, id := range []string{"", "*", "abc", strings.Repeat("z", 32), "chrome-extension://" + unpacked + "/", "a b@c", "{x}"} {
		o.Extensions = []string{id}
		if _, err := Install(o); err == nil {
			t.Errorf("Install() with extension %q = nil", id)
		}
	}
}

func TestInstallRefusesPrograms(t *testing.T) {
	o := someone(t)
	folder := filepath.Dir(o.Program)
	text, loose := filepath.Join(folder, "text"), filepath.Join(folder, "loose")
	if err := errors.Join(os.WriteFile(text, nil, 0o644), os.WriteFile(loose, nil, 0o755), os.Chmod(loose, 0o777)); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"", "guichet-reader", filepath.Join(folder, "none"), folder, text} {
		o.Program = program
		if changes, err := Install(o); err == nil || len(changes) > 0 {
			t.Errorf("Install(%q) = %v, %v", program, changes, err)
		}
	}
	o.Program, o.All = loose, true
	if _, err := Install(o); err == nil {
		t.Error("everybody's host is a program that everybody may change")
	}
	o.All, o.Browsers = false, []string{"netscape"}
	if _, err := Install(o); err == nil {
		t.Error("an unknown browser is no error")
	}
}

// What everybody's browser starts must not be another person's to change: not the program,
// not a folder on the way there, not a link or what it leads to.
// What is wrong is told in words, and what a person gave before anything is looked at.
func TestOptionsRefused(t *testing.T) {
	o := someone(t)
	if err := o.Check(); err != nil {
		t.Errorf("Check() = %v", err)
	}
	for want, change := range map[string]func(*Options){
		`browser "opera" is none of chrome`:     func(o *Options) { o.Browsers = []string{"chrome", "opera"} },
		`"bad" is not the id of an extension`:   func(o *Options) { o.Extensions = []string{"bad"} },
		`"bin/host" is not an absolute path`:    func(o *Options) { o.Program = "bin/host" },
		`there is no program /nonexistent/host`: func(o *Options) { o.Program = "/nonexistent/host" },
	} {
		bad := o
		change(&bad)
		_, err := Install(bad)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "stat ") {
			t.Errorf("Install() = %v, want %s", err, want)
		}
		if checked := bad.Check(); (checked == nil) != strings.HasPrefix(want, "there") {
			t.Errorf("Check() = %v, not %s", checked, want)
		}
	}
	o.Program = ""
	if err := o.Check(); err != nil {
		t.Errorf("Check() of what is removed = %v", err)
	}
}

func TestInstallForAllRefusesWhatOthersOwn(t *testing.T) {
	o := someone(t)
	o.All = true
	program, folder := o.Program, filepath.Dir(o.Program)
	open, link := filepath.Join(folder, "open"), filepath.Join(folder, "link")
	inside := filepath.Join(open, "guichet-reader")
	if err := errors.Join(os.Mkdir(open, 0o777), os.Chmod(open, 0o777), os.WriteFile(inside, nil, 0o755), os.Symlink(inside, link),
		os.Symlink(program, filepath.Join(open, "link"))); err != nil {
		t.Fatal(err)
	}
	refused := []string{inside, link, filepath.Join(open, "link"), filepath.Join(open, "..", "open", "guichet-reader")}
	if os.Geteuid() == 0 { // who else could make a file another person's
		theirs, home := filepath.Join(folder, "theirs"), filepath.Join(folder, "alice")
		if err := errors.Join(os.WriteFile(theirs, nil, 0o755), os.Chown(theirs, 65534, 0), os.Mkdir(home, 0o755),
			os.WriteFile(filepath.Join(home, "guichet-reader"), nil, 0o755), os.Chown(home, 65534, 0)); err != nil {
			t.Fatal(err)
		}
		refused = append(refused, theirs, filepath.Join(home, "guichet-reader"))
	}
	for _, path := range refused {
		o.Program = path
		if changes, err := Install(o); err == nil || len(changes) > 0 {
			t.Errorf("Install(%s) = %v, %v", path, changes, err)
		}
	}
	o.Program = program
	if err := os.Chmod(open, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{program, inside, link} {
		o.Program = path
		if _, err := Install(o); err != nil {
			t.Errorf("Install(%s) = %v", path, err)
		}
	}
}

func TestLook(t *testing.T) {
	o := someone(t)
	o.Browsers = []string{"chrome"}
	if _, err := Install(o); err != nil {
		t.Fatal(err)
	}
	o.Browsers = []string{"chrome", "firefox"}
	path := func(browser string) string { return filepath.Join(o.Home, own[browser]) }
	want := []Manifest{
		{Browser: "chrome", Path: path("chrome"), Program: o.Program, Present: true, Ours: true, Runs: true},
		{Browser: "firefox", Path: path("firefox")},
	}
	if got, err := Look(o); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Look() = %+v, %v, want %+v", got, err, want)
	}
	if err := os.Remove(o.Program); err != nil {
		t.Fatal(err)
	}
	if got, err := Look(o); err != nil || got[0].Runs {
		t.Errorf("Look() = %+v, %v: the program is gone", got, err)
	}
}
