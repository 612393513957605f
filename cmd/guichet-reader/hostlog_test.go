package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The log is the person's own, bounded, and never a reason not to serve.
func TestHostLog(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state", "host.log")
	var stderr bytes.Buffer
	for range 2 {
		log, end := hostLog(path, &stderr)
		log.Info("line")
		end()
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || stderr.Len() > 0 {
		t.Fatalf("log %v, %v; %s", info, err, &stderr)
	}
	if err := os.Truncate(path, maxLog+1); err != nil {
		t.Fatal(err)
	}
	log, end := hostLog(path, &stderr)
	log.Info("line")
	end()
	if info, err = os.Stat(path); err != nil || info.Size() > 200 {
		t.Errorf("a log that is full goes on: %v, %v", info, err)
	}
	log, end = hostLog("-", &stderr)
	log.Info("to standard error")
	end()
	log, end = hostLog(dir, &stderr)
	log.Info("where there can be no file")
	end()
	if text := stderr.String(); !strings.Contains(text, "to standard error") || !strings.Contains(text, "where there can be no file") {
		t.Errorf("standard error has %s", text)
	}
}

func TestLogFile(t *testing.T) {
	for name, tt := range map[string]struct{ env, want string }{
		"state":    {"XDG_STATE_HOME=/s HOME=/h", "/s/guichet-reader/native-host.log"},
		"home":     {"HOME=/h", "/h/.local/state/guichet-reader/native-host.log"},
		"relative": {"XDG_STATE_HOME=s HOME=/h", "/h/.local/state/guichet-reader/native-host.log"},
		"nowhere":  {"", ""},
	} {
		if got, err := logFile(environment(tt.env)); got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s: logFile() = %q, %v, want %q", name, got, err, tt.want)
		}
	}
}

func TestSystemLang(t *testing.T) {
	for env, want := range map[string]string{
		"LANG=nl_BE.UTF-8": "nl", "LANG=de_DE LC_ALL=en_GB": "en", "LC_MESSAGES=de LANG=nl_BE": "de", "LANG=C.UTF-8": "fr", "LC_ALL=EN_GB": "en", "LANG=nl.UTF-8": "nl", "LANG=de@euro": "de", "": "fr", "LC_ALL=it_IT LANG=nl_BE": "fr",
	} {
		if got := systemLang(environment(env)); got != want {
			t.Errorf("systemLang(%s) = %s, want %s", env, got, want)
		}
	}
}

// environment reads "NAME=value NAME=value".
func environment(text string) func(string) string {
	values := map[string]string{}
	for _, pair := range strings.Fields(text) {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}
