package kiosk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
)

// script writes a program that stands in for the browser.
func script(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// told keeps what a browser's keeper tells.
type told struct {
	mu   sync.Mutex
	list []bool
}

func (l *told) tell(trouble api.KioskTrouble, wrong bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if trouble == api.BrowserGone {
		l.list = append(l.list, wrong)
	}
}

func (l *told) says() []bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]bool(nil), l.list...)
}

// keeps runs a browser until stop.
func keeps(t *testing.T, c kiosk.Chromium) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	return stop
}

func TestChromiumRefuses(t *testing.T) {
	kept := t.TempDir()
	if err := os.WriteFile(filepath.Join(kept, "thesis.odt"), []byte("years"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := kiosk.Chromium{Program: script(t, "exit 0"), Portal: "https://counter.example", Profile: kept}
	if err := c.Run(t.Context()); !errors.Is(err, kiosk.ErrProfile) {
		t.Errorf("a folder of somebody's: %v", err)
	}
	if _, err := os.Stat(filepath.Join(kept, "thesis.odt")); err != nil {
		t.Errorf("it was emptied: %v", err)
	}
	c.Profile = filepath.Join(t.TempDir(), "profile")
	c.Program = filepath.Join(t.TempDir(), "none")
	if err := c.Run(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no browser: %v", err)
	}
	c.Program = script(t, "exit 0")
	if err := os.Chmod(c.Program, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); !errors.Is(err, os.ErrPermission) {
		t.Errorf("a browser that may not be run: %v", err)
	}
}

// A browser that dies starts again, later each time, and staff are called; each finds an
// empty profile.
func TestChromiumDies(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	var heard told
	c := kiosk.Chromium{
		Program: script(t, `for last; do :; done
for a; do case $a in --user-data-dir=*) dir=${a#*=};; esac; done
echo "$(ls "$dir" | wc -l) $(stat -c %a "$dir") $last" >> `+log+`
echo secret > "$dir/Cookies"
exit 1`),
		Portal: "https://counter.example", Lang: "nl", Profile: filepath.Join(t.TempDir(), "below", "profile"),
		Tell: heard.tell, Soon: 10 * time.Millisecond, Late: 40 * time.Millisecond, Lives: time.Hour,
	}
	stop := keeps(t, c)
	lines := func() []string {
		text, _ := os.ReadFile(log)
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	until(t, "five starts", func() bool { return len(lines()) >= 5 })
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	for _, line := range lines() {
		if line != "0 700 https://counter.example/nl/kiosk" {
			t.Errorf("it started with %q", line)
		}
	}
	if got := heard.says(); len(got) != 1 || !got[0] {
		t.Errorf("told %v, want once that it is gone", got)
	}
	if _, err := os.Stat(filepath.Join(c.Profile, "Cookies")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what the last one left: %v", err)
	}
}

// One that lives is no trouble any more, and ends with the agent, children and all.
func TestChromiumEndsWithTheAgent(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	var heard told
	c := kiosk.Chromium{Program: script(t, `sleep 1000 &
echo $! $$ > `+pids+`.new; mv `+pids+`.new `+pids+`
wait`), Portal: "https://counter.example", Profile: filepath.Join(t.TempDir(), "p"), Tell: heard.tell, Lives: 20 * time.Millisecond}
	stop := keeps(t, c)
	until(t, "it lives", func() bool { return len(heard.says()) > 0 })
	if heard.says()[0] {
		t.Error("told that it is gone")
	}
	until(t, "it tells its numbers", func() bool { _, err := os.Stat(pids); return err == nil })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		until(t, "it is dead", func() bool { return dead(pid) })
	}
}

// dead says whether a process is gone, or waits to be buried.
func dead(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}
