package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// listen collects scripts that fail, and what a content security policy or another
// guard of the browser stops. A 4xx that the portal answers shows up as "network";
// pages show those to the member, tests look at them there.
func (w *window) listen(event any) {
	fault := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.note(e)
		return
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceNetwork || e.Entry.Level == log.EntryLevelVerbose || e.Entry.Level == log.EntryLevelInfo {
			return
		}
		fault = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
	case *runtime.EventExceptionThrown:
		d := e.ExceptionDetails
		fault = d.Text
		if d.Exception != nil {
			fault += " " + d.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError {
			return
		}
		fault = "console.error"
	default:
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, part := range w.quiet {
		if strings.Contains(fault, part) {
			w.heard = append(w.heard, fault)
			return
		}
	}
	w.faults = append(w.faults, fault)
}

// expectComplaint lets the browser complain of something that the test provokes.
func (w *window) expectComplaint(part string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet = append(w.quiet, part)
}

// complained waits for an expected complaint with that word.
func (w *window) complained(word string) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		w.mu.Lock()
		heard := strings.Join(w.heard, "\n")
		w.mu.Unlock()
		if strings.Contains(heard, word) {
			return true
		}
	}
	return false
}
