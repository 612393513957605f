package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"guichet.example/reader/remote"
)

func TestMain(m *testing.M) {
	remote.Main()
	testscript.Main(m, map[string]func(){
		"guichet": func() { os.Exit(program.Main(os.Args)) },
	})
}

// The scripts read like a session at a terminal: testdata/*.txt.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"flip":    flip,
			"overlay": overlay,
			"judge":   judge,
			"token":   token,
			"certify": certify,
		},
		Setup: func(env *testscript.Env) error {
			// The stand-in card module is compiled where no make built it before.
			env.Setenv("PATH", os.Getenv("PATH"))
			return nil
		},
	})
}

// flip FILE TEXT changes one bit of the first TEXT in the file.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0])
	content, err := os.ReadFile(file)
	ts.Check(err)
	at := bytes.Index(content, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	content[at] ^= 1
	ts.Check(os.WriteFile(file, content, 0o600))
}

var (
	contentsRef = regexp.MustCompile(`/Contents (\d+) 0 R`)
	rootRef     = regexp.MustCompile(`/Root (\d+ 0 R)`)
	sizeEntry   = regexp.MustCompile(`/Size (\d+)`)
	lastXref    = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF\s*$`)
)

// overlay FILE appends an incremental update that draws a bar over the first page:
// what an attacker does to a signed document without touching a signed byte.
func overlay(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0])
	content, err := os.ReadFile(file)
	ts.Check(err)
	number := string(contentsRef.FindSubmatch(content)[1])
	root := string(rootRef.FindSubmatch(content)[1])
	sizes := sizeEntry.FindAllSubmatch(content, -1)
	size, err := strconv.Atoi(string(sizes[len(sizes)-1][1]))
	ts.Check(err)
	previous := string(lastXref.FindSubmatch(content)[1])

	drawing := "0 0 600 400 re f"
	at := len(content)
	var update bytes.Buffer
	fmt.Fprintf(&update, "%s 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n", number, len(drawing), drawing)
	xref := at + update.Len()
	fmt.Fprintf(&update, "xref\n%s 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %s /Prev %s >>\nstartxref\n%d\n%%%%EOF\n",
		number, at, size, root, previous, xref)
	ts.Check(os.WriteFile(file, append(content, update.Bytes()...), 0o600))
}
