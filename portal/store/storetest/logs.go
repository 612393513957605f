package storetest

import (
	"bytes"
	"io"
	"log/slog"
	"regexp"
	"sync"
	"testing"

	"guichet.example/auth/nrn"
	"guichet.example/portal/bank"
)

var (
	likeNumber = regexp.MustCompile(`\b\d{2}\.?\d{2}\.?\d{2}[- ]?\d{3}[. ]?\d{2}\b`)
	likeIBAN   = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b`)
	likeEmail  = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+`)
)

// Leaks are the personal data in a line of a log: national numbers and account numbers whose
// check digits hold, addresses of mail, and the words.
func Leaks(line []byte, words ...string) (found []string) {
	for _, text := range likeNumber.FindAll(line, -1) {
		if _, err := nrn.Parse(string(text)); err == nil {
			found = append(found, string(text))
		}
	}
	for _, text := range likeIBAN.FindAll(line, -1) {
		if _, err := bank.ParseIBAN(string(text)); err == nil {
			found = append(found, string(text))
		}
	}
	for _, text := range likeEmail.FindAll(line, -1) {
		found = append(found, string(text))
	}
	for _, word := range words {
		if bytes.Contains(line, []byte(word)) {
			found = append(found, word)
		}
	}
	return found
}

// Scan is a writer of a log that fails the test when personal data are written to it.
func Scan(t testing.TB, words ...string) io.Writer {
	s := &scan{t: t, words: words}
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended = true
	})
	return s
}

// ScannedLog is a log that fails the test when personal data are written to it.
func ScannedLog(t testing.TB, words ...string) *slog.Logger {
	return slog.New(slog.NewTextHandler(Scan(t, words...), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type scan struct {
	t     testing.TB
	words []string
	mu    sync.Mutex
	ended bool
}

// Write looks at a line.
func (s *scan) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return len(line), nil
	}
	for _, text := range Leaks(line, s.words...) {
		s.t.Errorf("the log says %q: %s", text, line)
	}
	return len(line), nil
}
