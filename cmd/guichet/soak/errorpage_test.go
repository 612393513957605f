package soak

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// reference is the number on error pages and in problems: Crockford's alphabet.
var reference = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b`)

// internals are words of the program that no member should read.
var internals = []string{".go:", "sqlite", "SQLITE", "goroutine", "guichet.example/", "panic", "database", "disk", "no space left"}

// checkErrorPage wants a refusal for a fault of ours to say so, give a number to call
// about, and show nothing of the program.
func checkErrorPage(t *testing.T, r *refusal) {
	t.Helper()
	if r.answer.status != 500 && r.answer.status != 503 {
		t.Errorf("%s: status %d", r.step, r.answer.status)
	}
	body := string(r.answer.body)
	if !reference.MatchString(body) {
		t.Errorf("%s: no reference on the error page: %s", r.step, body)
	}
	for _, word := range internals {
		if strings.Contains(r.answer.text(), word) || strings.HasPrefix(body, "{") && strings.Contains(body, word) {
			t.Errorf("%s: the error page shows %q", r.step, word)
		}
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// checkProblem wants a refusal in the words of the card panel: status, state, a
// sentence, a number to call about.
func checkProblem(t *testing.T, err error, status int, state string) {
	t.Helper()
	var r *refusal
	if !errors.As(err, &r) {
		t.Errorf("got %v, want a refusal: %s", err, state)
		return
	}
	var problem struct{ State, Text, Code string }
	if err := json.Unmarshal(r.answer.body, &problem); err != nil {
		t.Errorf("%s: problem is no JSON: %v", r.step, err)
	}
	if r.answer.status != status || problem.State != state || problem.Text == "" || !reference.MatchString(problem.Code) {
		t.Errorf("%s: answered %d %+v, want %d %s", r.step, r.answer.status, problem, status, state)
	}
}
