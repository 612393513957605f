package soak

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// reference is the number on error pages and in problems: Crockford's alphabet.
var reference = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b`)

// internals are words of the program that no member should read.
var internals = []string{".go:", "sqlite", "SQLITE", "goroutine", "guichet.example/", "panic", "database", "disk", "no space left"}

// faultPage wants a refusal for a fault of ours to say so, give a number to call about,
// and show nothing of the program.
func faultPage(r *refusal) (f findings) {
	if r.answer.status != 500 && r.answer.status != 503 {
		f.add("%s: status %d", r.step, r.answer.status)
	}
	body := string(r.answer.body)
	if !reference.MatchString(body) {
		f.add("%s: no reference on the error page: %s", r.step, body)
	}
	for _, word := range internals {
		if strings.Contains(r.answer.text(), word) || strings.HasPrefix(body, "{") && strings.Contains(body, word) {
			f.add("%s: the error page shows %q", r.step, word)
		}
	}
	return f
}

// refusedAs wants a refusal in the words of the card panel: status, state, a sentence,
// a number to call about.
func refusedAs(err error, status int, state string) (f findings) {
	var r *refusal
	if !errors.As(err, &r) {
		f.add("got %v, want a refusal: %s", err, state)
		return f
	}
	var problem struct{ State, Text, Code string }
	if err := json.Unmarshal(r.answer.body, &problem); err != nil {
		f.add("%s: problem is no JSON: %v", r.step, err)
	}
	if r.answer.status != status || problem.State != state || problem.Text == "" || !reference.MatchString(problem.Code) {
		f.add("%s: answered %d %+v, want %d %s", r.step, r.answer.status, problem, status, state)
	}
	return f
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
