package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// everyLine is the least time between two lines of progress where there is no terminal.
const everyLine = 10 * time.Second

// progress tells how far a long command has come: a bar on a terminal, elsewhere a line
// now and then.
type progress struct {
	w        io.Writer
	terminal bool
	now      func() time.Time
	began    time.Time
	last     time.Time // that something was written
	told     int       // then
	done, of int
	unit     string // of what is counted
}

// newProgress tells it on w.
func newProgress(w io.Writer) *progress {
	p := &progress{w: w, now: time.Now, unit: "documents"}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) begin(of int) {
	p.began, p.of = p.now(), of
	p.write()
}

// at tells that so many are done.
func (p *progress) at(done int) {
	if done == p.done {
		return
	}
	p.done = done
	if p.terminal || p.now().Sub(p.last) >= everyLine {
		p.write()
	}
}

// end leaves the last word on a line of its own.
func (p *progress) end() {
	switch {
	case p.terminal:
		fmt.Fprintln(p.w)
	case p.told != p.done:
		p.write()
	}
}

func (p *progress) write() {
	p.last, p.told = p.now(), p.done
	if !p.terminal {
		fmt.Fprintf(p.w, "%d of %d %s%s\n", p.done, p.of, p.unit, p.left())
		return
	}
	const width = 40
	full := width
	if p.of > 0 {
		full = min(width, width*p.done/p.of) // what is gone through may grow meanwhile
	}
	// The line is written over; what is left of a longer one is cleared (ECMA-48, EL).
	fmt.Fprintf(p.w, "\r[%s%s] %d/%d%s\x1b[K", strings.Repeat("#", full), strings.Repeat(".", width-full), p.done, p.of, p.left())
}

// left is how long the rest may take, going by what is done; nothing when that is no guide.
func (p *progress) left() string {
	spent := p.now().Sub(p.began)
	if p.done == 0 || p.done >= p.of || spent < time.Second {
		return ""
	}
	rest := time.Duration(float64(spent) / float64(p.done) * float64(p.of-p.done))
	return fmt.Sprintf(", about %v left", rest.Round(time.Second))
}
