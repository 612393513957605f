package soak

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/reader/api"
)

// aftermath is what can be known after something went wrong at the reader.
type aftermath struct {
	badge    string        // of the request, at the counter
	ended    api.State     // of the operation at the reader; "": the card gave a value
	tries    int           // left on the card
	compared int           // PINs that it compared, and never the same one twice
	strange  int           // PINs that other cards were given
	signed   int           // signatures that it made
	free     time.Duration // from the fault to a reader that takes the next request
	server   []string      // places in the counter's memory where a PIN is
	parent   []string      // and in that of guichet-reader
	written  []string      // files that hold one
}

// expected is what it should be.
type expected struct {
	ended    []api.State // any of these; "": the card gives a value
	tries    int
	compared int
	signed   int
	within   time.Duration
}

// check holds what happened against what should have.
func (a aftermath) check(when string, want expected) (f findings) {
	if a.badge != "to-sign" {
		f.add("F11: %s: the request is %q, want to-sign", when, a.badge)
	}
	if !slices.Contains(want.ended, a.ended) {
		f.add("F11: %s: it ended as %q, want one of %q", when, a.ended, want.ended)
	}
	if a.tries != want.tries {
		f.add("F11: %s: the card has %d tries, want %d", when, a.tries, want.tries)
	}
	if a.compared != want.compared {
		f.add("F11: %s: the card compared %d PINs, want %d", when, a.compared, want.compared)
	}
	if a.strange != 0 {
		f.add("F11: %s: another card was given %d PINs", when, a.strange)
	}
	if a.signed != want.signed {
		f.add("F11: %s: the card signed %d times, want %d", when, a.signed, want.signed)
	}
	if a.free > want.within+slack {
		f.add("F11: %s: the reader was free after %v, want %v", when, a.free, want.within)
	}
	return append(f, a.kept(when)...)
}

// slack is what a machine that does other things may add to a deadline.
const slack = 15 * time.Second

// kept looks for PINs where none belongs.
func (a aftermath) kept(when string) (f findings) {
	for where, places := range map[string][]string{"the counter's memory": a.server, "guichet-reader's memory": a.parent, "a file": a.written} {
		if len(places) > 0 {
			f.add("F11: %s: a PIN is in %s, at %s", when, where, strings.Join(places, " "))
		}
	}
	return f
}

// remains is what is there when nothing is under way.
type remains struct {
	children    int // of guichet-reader
	descriptors int // that it has open
	files       []string
	served      int // children of the counter
}

// check wants one process with the module, waiting, and nothing else. rest is how many
// descriptors are open at rest.
func (r remains) check(rest int) (f findings) {
	if r.children != 1 {
		f.add("F11: guichet-reader has %d children, want 1", r.children)
	}
	if r.descriptors > rest {
		f.add("F11: guichet-reader has %d descriptors open, want %d", r.descriptors, rest)
	}
	if len(r.files) > 0 {
		f.add("F11: files are left: %q", r.files)
	}
	if r.served != 0 {
		f.add("F11: the counter has %d children", r.served)
	}
	return f
}

// remains looks.
func (w *reading) remains() remains {
	pid := w.cmd.Process.Pid
	return remains{
		children: childrenOf(pid), descriptors: descriptorsOf(pid), served: childrenOf(w.server.cmd.Process.Pid),
		files: append(filesBelow(w.home), filesBelow(w.temp)...),
	}
}

// quiet waits until the process that signed has left, and says what stays.
func (w *reading) quiet() findings {
	for end := time.Now().Add(slack); ; time.Sleep(10 * time.Millisecond) {
		f := w.remains().check(w.rest)
		if len(f) == 0 || time.Now().After(end) {
			return f
		}
	}
}

// tally is how often a mishap was survived, and how long the reader was taken at most.
type tally struct {
	times   int
	longest time.Duration
}

func (w *reading) count(name string, free time.Duration) {
	n := w.tallies[name]
	if n == nil {
		n = &tally{}
		w.tallies[name] = n
	}
	n.times++
	n.longest = max(n.longest, free)
}

// sums is what was counted, as a table.
func (w *reading) sums() string {
	var lines []string
	for name, n := range w.tallies {
		lines = append(lines, fmt.Sprintf("%-52s %3d times, free after %6d ms at most", name, n.times, n.longest.Milliseconds()))
	}
	slices.Sort(lines)
	return fmt.Sprintf("%s\n%d memories searched, %d MiB", strings.Join(lines, "\n"), w.searched, w.megabytes)
}
