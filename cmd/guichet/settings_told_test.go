package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mistake in the settings is told with where it is and what is wanted there.
func TestSettingsTellWhere(t *testing.T) {
	for text, want := range map[string]string{
		"{\n \"listen\": \"x\"\n \"origin\": \"y\"}":    `line 3, column 2: invalid character '"' after object key:value pair`,
		"{\n \"mutuality\": {\"profile\": \"webmut\"}}": `"mutuality.profile" is a string, want an object {...}`,
		"{\"idle\": \"30 min\"}":                        `"30 min" is no span of time, which is written 90s, 30m or 8h`,
		"{\"idle\": 30}":                                `"idle" is a number, want a text`,
		"{\"listen\": 8080}":                            `"listen" is a number, want a text`,
		"{\"timestamps\": \"http://tsa.example\"}":      `"timestamps" is a string, want a list [...]`,
		"{\"requests_per_day\": \"four\"}":              `"requests_per_day" is a string, want a number`,
		"{\"live\": \"yes\"}":                           `"live" is a string, want true or false`,
		"{\"federation\": {}}":                          `"federation" is an object, want a list [...]`,
		"{\"nothing_of_ours\": 1}":                      `unknown field "nothing_of_ours"`,
		"{} {}":                                         "something follows the settings",
	} {
		if _, err := parseSettings([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// A folder lies in another by its absolute path, with links followed as far as it exists.
func TestWithin(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, folder := range []string{"data/inner", "keys"} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "keys"), "data/link"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, folder string
		want         bool
	}{
		{"data/inner", "data", true},
		{filepath.Join(dir, "data/inner"), "data", true},
		{"data", filepath.Join(dir, "data"), true},
		{"data/none/yet", filepath.Join(dir, "data"), true},
		{"data/link/new", filepath.Join(dir, "keys"), true},
		{"data/link/new", "data", true}, // as it is written
		{filepath.Join(dir, "keys"), "data", false},
		{"keys", filepath.Join(dir, "data"), false},
		{"keys/new", filepath.Join(dir, "data"), false},
		{"database", filepath.Join(dir, "data"), false},
		{"..data", "data", false},
	} {
		if got := within(test.path, test.folder); got != test.want {
			t.Errorf("%s in %s: %v", test.path, test.folder, got)
		}
	}
}
