package remote

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/api"
)

// rogue is a child in which the module writes to the parent itself.
func rogue(asked ...kind) *child {
	c := &child{limit: time.Minute, timer: time.AfterFunc(time.Hour, func() {}), waiting: map[uint64]*pending{}}
	c.timer.Stop()
	for i, k := range asked {
		c.waiting[uint64(i+1)] = &pending{messages: make(chan message, maxProgress), signs: k == kindSign}
	}
	return c
}

// A module cannot put off the deadline of its calls by talking: not by answers to nothing,
// nor by progress that is late, nor by saying that a list of readers waits for a person.
func TestTalkBuysNoTime(t *testing.T) {
	progress := func(id uint64, body string) message {
		return message{ID: id, Kind: kindProgress, Body: json.RawMessage(body)}
	}
	const person = `{"state":"","tries":-1,"url":"","waits":"person"}`
	for name, row := range map[string]struct {
		m    message
		want error
	}{
		"an answer to nothing":                     {message{ID: 7, Kind: kindAnswer}, errMessage},
		"an answer to no call":                     {message{Kind: kindAnswer}, errMessage},
		"a request":                                {message{ID: 1, Kind: kindSign}, errMessage},
		"readers that wait for a person":           {progress(1, person), errMessage},
		"a signature that waits for no known body": {progress(2, `{"what":1}`), errMessage},
		"late progress":                            {progress(7, person), nil},
	} {
		c := rogue(kindReaders, kindSign)
		if err := c.deliver(row.m); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
		if !c.since.IsZero() || c.keypad || !c.busy() {
			t.Errorf("%s: bought time", name)
		}
	}
	c := rogue(kindSign)
	if err := c.deliver(progress(1, person)); err != nil || c.busy() {
		t.Errorf("a signature does not wait for a person: %v", err)
	}
}

// The address of the PIN page is opened in a browser, by xdg-open too.
func TestProgressLeadsNowhereElse(t *testing.T) {
	const id = "Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYm_-"
	ours, own := Entry{Kind: Page, Host: "localhost:8081"}, Entry{Kind: Page}
	for _, row := range []struct {
		entry   Entry
		address string
		want    bool
	}{
		{ours, "http://localhost:8081/pin/" + id, true},
		{own, "http://127.0.0.1:40123/pin/" + id, true},
		{own, "http://[::1]:40123/pin/" + id, true},
		{ours, "http://127.0.0.1:40123/pin/" + id, false},
		{own, "http://localhost:40123/pin/" + id, false},
		{own, "http://192.0.2.1:80/pin/" + id, false},
		{own, "http://127.0.0.1:040123/pin/" + id, false},
		{own, "http://127.0.0.1/pin/" + id, false},
		{ours, "https://localhost:8081/pin/" + id, false},
		{ours, "http://localhost:8081@evil.example/pin/" + id, false},
		{ours, "http://evil.example/?http://localhost:8081/pin/" + id, false},
		{ours, "http://localhost:8081/pin/" + id + "?x", false},
		{ours, "http://localhost:8081/pin/" + id + "/alive", false},
		{ours, "http://localhost:8081/pin/" + id + "#\x1b[31m", false},
		{ours, "http://localhost:8081/pin/", false},
		{ours, "http://localhost:8081/pin/" + strings.Repeat("A", maxOneTime+1), false},
		{ours, "javascript:alert(1)", false},
		{ours, "file:///etc/passwd", false},
		{ours, "--help", false},
		{Entry{Kind: Pinentry}, "http://127.0.0.1:40123/pin/" + id, false},
	} {
		var told []Progress
		s := &signature{request: SignRequest{Entry: row.entry, Tell: func(p Progress) { told = append(told, p) }}}
		data, err := json.Marshal(progressBody{State: api.PINPage, Tries: 3, URL: row.address})
		if err != nil {
			t.Fatal(err)
		}
		s.tell(message{Kind: kindProgress, Body: data})
		if got := len(told) == 1; got != row.want || got != (s.url != "") {
			t.Errorf("%q at %q: told %v, want %v", row.address, row.entry.Host, got, row.want)
		}
	}
	for state, want := range map[api.State]int{api.Signing: 1, "": 0, "idle": 0, "welcome": 0, "<b>": 0} {
		told := 0
		s := &signature{request: SignRequest{Tell: func(Progress) { told++ }}}
		data, _ := json.Marshal(progressBody{State: state})
		if s.tell(message{Kind: kindProgress, Body: data}); told != want {
			t.Errorf("state %q is told %d times", state, told)
		}
	}
}
