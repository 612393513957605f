// Package pinentrytest writes pinentry programs that follow a script, for tests of who
// asks through one.
package pinentrytest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Replies that a script may give; each is shell code.
const (
	OK     = `echo OK`
	Cancel = `echo 'ERR 83886179 Operation cancelled <Pinentry>'` // source 5, code 99
	No     = `echo 'ERR 83886194 Not confirmed <Pinentry>'`       // code 114
	Late   = `echo 'ERR 83886142 Timeout <Pinentry>'`             // code 62
	Die    = `exit 3`
	// Hang keeps the window open until the program is killed.
	Hang = `exec sleep 600`
)

// PIN is the reply of a person who types digits.
func PIN(digits string) string { return fmt.Sprintf(`echo 'D %s'; echo OK`, digits) }

// Script says how a program answers; an empty field is OK (GETPIN: an empty PIN). A list
// is gone through, its last reply again and again, over all runs of the program.
type Script struct {
	Greeting string // shell code; empty: the usual greeting
	GetPIN   []string
	Confirm  []string
	Message  []string
	Other    string // to every other command but BYE
}

// Program is a pinentry on disk.
type Program struct {
	Path string
	dir  string
}

// Write makes a program below dir, which belongs to it.
func Write(dir string, s Script) (*Program, error) {
	if s.Greeting == "" {
		s.Greeting = `echo 'OK Pleased to meet you'`
	}
	if s.Other == "" {
		s.Other = OK
	}
	p := &Program{Path: filepath.Join(dir, "pinentry"), dir: dir}
	text := fmt.Sprintf(`#!/bin/sh
# A pinentry that follows a script. It keeps its process number and all it was told.
cd %q || exit 4
echo $$ >>pids
# turn COMMAND counts how often a command came.
turn() { echo >>"$1.count"; set -- $(wc -l "$1.count"); echo $1; }
%s
while IFS= read -r line; do
	printf '%%s\n' "$line" >>said
	case "$line" in
	GETPIN) %s ;;
	CONFIRM*) %s ;;
	MESSAGE) %s ;;
	BYE) echo OK; exit 0 ;;
	*) %s ;;
	esac
done
`, dir, s.Greeting, choose("getpin", s.GetPIN), choose("confirm", s.Confirm), choose("message", s.Message), s.Other)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// A program that is open for writing does not start ("text file busy"), also when it is
	// open in a child that was forked meanwhile: so none is.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return p, os.WriteFile(p.Path, []byte(text), 0o700)
}

func choose(name string, replies []string) string {
	if len(replies) == 0 {
		return OK
	}
	var b strings.Builder
	fmt.Fprintf(&b, "case $(turn %s) in ", name)
	for i, reply := range replies {
		pattern := fmt.Sprint(i + 1)
		if i == len(replies)-1 {
			pattern = "*"
		}
		fmt.Fprintf(&b, "%s) %s ;; ", pattern, reply)
	}
	return b.String() + "esac"
}

// Said returns every line that the program was sent so far, in order, over all its runs.
func (p *Program) Said() []string { return p.read("said") }

// PIDs returns the process numbers of all its runs.
func (p *Program) PIDs() []string { return p.read("pids") }

// Asked returns how often a command ("GETPIN", "CONFIRM", "MESSAGE") was sent.
func (p *Program) Asked(command string) int {
	n := 0
	for _, line := range p.Said() {
		if word, _, _ := strings.Cut(line, " "); word == command {
			n++
		}
	}
	return n
}

func (p *Program) read(name string) []string {
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}
