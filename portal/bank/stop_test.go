package bank

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/calendar"
)

func TestNotBefore(t *testing.T) {
	for _, tt := range []struct{ signed, want string }{
		{"2026-11-20T12:00:00Z", "2026-11-27T23:00:00Z"}, // Friday; the fifth working day is the next one
		{"2026-11-20T23:30:00Z", "2026-11-27T23:00:00Z"}, // Saturday already
		{"2026-12-18T12:00:00Z", "2026-12-28T23:00:00Z"}, // over Christmas
		{"2027-03-24T12:00:00Z", "2027-04-01T22:00:00Z"}, // over Easter Monday and into summer time
		{"2028-02-25T12:00:00Z", "2028-03-03T23:00:00Z"}, // over 29 February
	} {
		signed, err := time.Parse(time.RFC3339, tt.signed)
		if err != nil {
			t.Fatal(err)
		}
		if got := NotBefore(signed, 0, calendar.Calendar{}).Format(time.RFC3339); got != tt.want {
			t.Errorf("signed %s: not before %s, want %s", tt.signed, got, tt.want)
		}
	}
	for days, ok := range map[int]bool{0: true, 4: true, 20: true, 1: false, 3: false, 21: false, -1: false} {
		if err := CheckDelay(days, 0); (err == nil) != ok {
			t.Errorf("a delay of %d: %v", days, err)
		}
	}
	for _, tt := range []struct {
		days, letter int
		ok           bool
	}{{0, 4, true}, {0, 5, false}, {5, 5, false}, {6, 5, true}, {20, 10, true}, {4, 1, true}} {
		if err := CheckDelay(tt.days, tt.letter); (err == nil) != tt.ok {
			t.Errorf("a delay of %d with a letter of %d: %v", tt.days, tt.letter, err)
		}
	}
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := InForce(day.AddDate(0, 0, -3), day); !got.Equal(day.Add(-time.Hour)) {
		t.Errorf("in force at %v", got)
	}
	if late := day.AddDate(0, 0, 3); !InForce(late, day).Equal(late) {
		t.Error("in force before the delay is over")
	}
}

// The page of the link tells nothing of whose it is, and changes nothing by being opened.
func TestStopLink(t *testing.T) {
	d := newDesk(t)
	d.store.links = map[string]error{"good": nil, "late": ErrInForce}
	for _, path := range []string{"bank/stop/none", "bank/stop/" + strings.Repeat("x", 43)} {
		if p := d.Get(path); p.Status != http.StatusGone {
			t.Errorf("%s: %d", path, p.Status)
		}
		if p := d.Post(path, url.Values{}); p.Status != http.StatusGone {
			t.Errorf("post %s: %d", path, p.Status)
		}
	}
	p := d.Get("bank/stop/good")
	if p.Status != http.StatusOK || len(d.store.stopped) != 0 {
		t.Errorf("the link: %d, stopped %v", p.Status, d.store.stopped)
	}
	for _, secret := range []string{"good", "late"} {
		to := map[string]string{"good": "/fr/bank/stopped", "late": "/fr/bank/stopped?late=1"}[secret]
		if p := d.Post("bank/stop/"+secret, url.Values{}); p.Status != http.StatusSeeOther || p.Header.Get("Location") != to {
			t.Errorf("%s: %d to %s", secret, p.Status, p.Header.Get("Location"))
		}
		if p := d.Post("bank/stop/"+secret, url.Values{}); p.Status != http.StatusGone {
			t.Errorf("%s again: %d", secret, p.Status)
		}
	}
	if !slices.Equal(d.store.stopped, []string{"good", "late"}) {
		t.Errorf("stopped %v", d.store.stopped)
	}
}

func TestStopInCounter(t *testing.T) {
	d := newDesk(t)
	if p := d.Get("bank/stop"); p.Status != http.StatusSeeOther {
		t.Errorf("nothing to stop: %d", p.Status)
	}
	d.store.asked = &Asked{Request: "r1", Reference: "GC-2026-4K7P-118", At: d.now, Signed: true, InForce: d.now.AddDate(0, 0, 10)}
	page := d.Get(accountsPath)
	if !slices.Contains(page.Links("main"), "/fr/bank/stop") || !strings.Contains(page.Text(".banner"), "pas en vigueur avant le") {
		t.Errorf("accounts: %v, %q", page.Links("main"), page.Text(".banner"))
	}
	if p := d.Get("bank/stop"); p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "GC-2026-4K7P-118") {
		t.Errorf("asking: %d", p.Status)
	}
	named := url.Values{"request": {"r1"}}
	if p := d.Get("bank/stop"); p.Form("/fr/bank/stop").Get("request") != "r1" {
		t.Error("the form does not say what it stops")
	}
	if p := d.Post("bank/stop", url.Values{}); p.Header.Get("Location") != "/fr/bank/stop" || len(d.store.stopped) != 0 {
		t.Errorf("a form that names nothing: to %s, stopped %v", p.Header.Get("Location"), d.store.stopped)
	}
	// Asked for, or frozen, since she saw the page: it is not what she stops.
	d.store.asked = &Asked{Request: "r2", Reference: "GC-2026-4K7P-119", At: d.now}
	for range 2 {
		if p := d.Post("bank/stop", named); p.Header.Get("Location") != "/fr/bank/stopped" {
			t.Errorf("stopping: %d to %s", p.Status, p.Header.Get("Location"))
		}
	}
	if !slices.Equal(d.store.stopped, []string{"r1"}) {
		t.Errorf("stopped %v", d.store.stopped)
	}
	// In force since she saw the page: she is not told that it was stopped.
	d.store.asked, d.store.links = nil, map[string]error{"r3": ErrInForce}
	if p := d.Post("bank/stop", url.Values{"request": {"r3"}}); p.Header.Get("Location") != "/fr/bank/stopped?late=1" {
		t.Errorf("too late: %d to %s", p.Status, p.Header.Get("Location"))
	}
}
