package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	for name, test := range map[string]struct {
		terminal bool
		want     string
	}{
		"terminal": {true, "\r[........................................] 0/200\x1b[K" +
			"\r[####################....................] 100/200, about 5s left\x1b[K" +
			"\r[####################....................] 101/200, about 5s left\x1b[K" +
			"\r[########################################] 200/200\x1b[K\n"},
		"no terminal": {false, "0 of 200 documents\n" + "200 of 200 documents\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
			p := &progress{w: &out, terminal: test.terminal, now: func() time.Time { return now }, unit: "documents"}
			p.begin(200)
			for _, step := range []struct {
				wait time.Duration
				done int
			}{{0, 0}, {5 * time.Second, 100}, {0, 100}, {0, 101}, {5 * time.Second, 200}} {
				now = now.Add(step.wait)
				p.at(step.done)
			}
			p.end()
			if out.String() != test.want {
				t.Errorf("wrote %q, want %q", out.String(), test.want)
			}
		})
	}
}

func TestProgressOfNothing(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	p.begin(0)
	p.end()
	if out.String() != "0 of 0 documents\n" {
		t.Errorf("wrote %q", out.String())
	}
}

func TestProgressLooksForATerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if newProgress(w).terminal {
		t.Error("a pipe is taken for a terminal")
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if !newProgress(terminal).terminal {
		t.Error("a terminal is not known for one")
	}
}

// What grows while it is gone through ends with more than was announced.
func TestProgressBeyondTheEnd(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		p := &progress{w: &out, terminal: terminal, now: time.Now, unit: "objects"}
		p.begin(2)
		p.at(3)
		p.end()
		if got := out.String(); !strings.Contains(got, "3 of 2 objects") && !strings.Contains(got, strings.Repeat("#", 40)+"] 3/2") {
			t.Errorf("terminal %v: %q", terminal, got)
		}
	}
}
