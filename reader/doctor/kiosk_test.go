package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
)

// Every finding of a kiosk has words in every language, with the same places in them, and
// what is wrong has a next step.
func TestKioskTexts(t *testing.T) {
	for lang, words := range kioskTexts {
		keys := 0
		for _, l := range kioskOnly {
			if words.titles[l.id] == "" {
				t.Errorf("%s has no title for %s", lang, l.id)
			}
			for _, f := range l.findings[1:] {
				keys++
				key := l.id + "." + f.name
				said := words.findings[key]
				if said[0] == "" || (f.outcome == failed || f.outcome == warning) && said[1] == "" {
					t.Errorf("%s has too few words for %s: %q", lang, key, said)
				}
				for i := range said {
					if got, want := places(said[i]), places(kioskTexts["fr"].findings[key][i]); !slices.Equal(got, want) {
						t.Errorf("%s: %s has places for %v, in French %v", lang, key, got, want)
					}
				}
				if lang != "fr" && said[0] == kioskTexts["fr"].findings[key][0] {
					t.Errorf("%s in %s is French", key, lang)
				}
			}
		}
		if keys != len(words.findings) || len(words.titles) != len(kioskOnly) {
			t.Errorf("%s has %d findings and %d titles, want %d and %d", lang, len(words.findings), len(words.titles), keys, len(kioskOnly))
		}
	}
	if len(kioskTexts) != len(texts) {
		t.Errorf("%d languages", len(kioskTexts))
	}
}

// A kiosk's code comes back as a kiosk's, with each finding of each link.
func TestKioskCode(t *testing.T) {
	for at := range 8 {
		r := Report{Version: "1.2.3", System: "linux", Kiosk: true}
		for _, l := range kioskChain {
			r.places = append(r.places, at%len(l.findings))
		}
		got, err := ParseCode(r.Code())
		if err != nil || fmt.Sprint(got) != fmt.Sprint(r) {
			t.Fatalf("ParseCode(%s) = %v, %v, want %v", r.Code(), got, err, r)
		}
		for i, check := range got.Checks("nl") {
			if check.ID != kioskChain[i].id || check.Outcome != kioskChain[i].findings[r.places[i]].outcome || check.Finding == "" || check.Title == "" {
				t.Errorf("check %d: %+v", i, check)
			}
		}
	}
}

// answers is an agent at the port.
type answers struct {
	status int
	body   any
	err    error
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.err != nil || r.URL.Path != api.KioskStatusPath || r.Header.Get("Origin") != "https://counter.example" {
		return nil, errors.Join(a.err, fmt.Errorf("asked for %s", r.URL))
	}
	text, err := json.Marshal(a.body)
	return &http.Response{StatusCode: a.status, Body: io.NopCloser(bytes.NewReader(text))}, err
}

// seen is a printer that stands so.
type seen struct {
	kiosk.Print
	err error
}

func (s seen) Look(context.Context) (kiosk.Print, error) { return s.Print, s.err }

// aKiosk is one in order.
func aKiosk(t *testing.T) Config {
	t.Helper()
	folder := t.TempDir()
	check(t, os.WriteFile(filepath.Join(folder, kiosk.PolicyFile), []byte("policies"), 0o644))
	c := quiet()
	c.Origin, c.Lang = "https://counter.example", "en"
	c.Client = answers{status: 200, body: api.KioskStatus{Name: "Borne 1", Online: true}}
	c.Kiosk = &Kiosk{Key: func() error { return nil }, Browser: "sh", Folder: folder, Policy: []byte("policies"),
		Printer: seen{Print: kiosk.Print{State: api.PrinterReady}}}
	return c
}

func TestKioskFindings(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(c *Config)
		want   map[string]string
	}{
		"no key":         {func(c *Config) { c.Kiosk.Key = func() error { return os.ErrNotExist } }, map[string]string{KioskKey: "missing"}},
		"readable key":   {func(c *Config) { c.Kiosk.Key = func() error { return kiosk.ErrReadable } }, map[string]string{KioskKey: "open"}},
		"another key":    {func(c *Config) { c.Kiosk.Key = func() error { return kiosk.ErrKey } }, map[string]string{KioskKey: "wrong"}},
		"a dead token":   {func(c *Config) { c.Kiosk.Key = func() error { return errors.New("CKR_DEVICE_ERROR") } }, map[string]string{KioskKey: "failed"}},
		"no agent":       {func(c *Config) { c.Client = nil; c.Agent = "127.0.0.1:1" }, map[string]string{KioskPairing: "untold", KioskLease: "stopped"}},
		"no kiosk there": {func(c *Config) { c.Client = answers{status: 404, body: ""} }, map[string]string{KioskPairing: "untold", KioskLease: "other"}},
		"offline": {func(c *Config) { c.Client = answers{status: 200, body: api.KioskStatus{Name: "Borne 1"}} },
			map[string]string{KioskPairing: "paired", KioskLease: "offline"}},
		"offline from the start": {func(c *Config) { c.Client = answers{status: 200, body: api.KioskStatus{}} },
			map[string]string{KioskPairing: "untold", KioskLease: "offline"}},
		"not paired": {func(c *Config) {
			c.Client = answers{status: 200, body: api.KioskStatus{Online: true, State: api.KioskUnknown}}
		},
			map[string]string{KioskPairing: "unknown", KioskLease: "refused"}},
		"suspended": {func(c *Config) {
			c.Client = answers{status: 200, body: api.KioskStatus{Name: "Borne 1", Online: true, State: api.KioskSuspended}}
		}, map[string]string{KioskPairing: "suspended", KioskLease: "refused"}},
		"revoked": {func(c *Config) {
			c.Client = answers{status: 200, body: api.KioskStatus{Online: true, State: api.KioskRevoked}}
		},
			map[string]string{KioskPairing: "revoked", KioskLease: "refused"}},
		"no browser":     {func(c *Config) { c.Kiosk.Browser = "/nothing/chromium" }, map[string]string{KioskBrowser: "missing"}},
		"no policies":    {func(c *Config) { c.Kiosk.Folder = "/nothing" }, map[string]string{KioskPolicies: "missing"}},
		"other policies": {func(c *Config) { c.Kiosk.Policy = []byte("policie") }, map[string]string{KioskPolicies: "other"}},
		"no printer":     {func(c *Config) { c.Kiosk.Printer = nil }, map[string]string{KioskPrinter: "unused"}},
		"no CUPS":        {func(c *Config) { c.Kiosk.Printer = seen{err: errors.New("no socket")} }, map[string]string{KioskPrinter: "gone"}},
		"no paper":       {func(c *Config) { c.Kiosk.Printer = seen{Print: kiosk.Print{State: api.PrinterEmpty}} }, map[string]string{KioskPrinter: "empty"}},
		"jammed":         {func(c *Config) { c.Kiosk.Printer = seen{Print: kiosk.Print{State: api.PrinterStopped}} }, map[string]string{KioskPrinter: "stopped"}},
		"in order": {func(*Config) {}, map[string]string{KioskKey: "opens", KioskPairing: "paired", KioskLease: "held", KioskBrowser: "found",
			KioskPolicies: "right", KioskPrinter: "ready"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := aKiosk(t)
			tt.change(&c)
			checkup := Run(t.Context(), c)
			report, err := ParseCode(checkup.Code)
			if err != nil || !report.Kiosk || len(checkup.Checks) != len(kioskChain) {
				t.Fatalf("%d checks, code %s: %v", len(checkup.Checks), checkup.Code, err)
			}
			for i, l := range kioskChain {
				want, asked := tt.want[l.id]
				if got := l.findings[report.places[i]].name; asked && got != want {
					t.Errorf("%s is found %s, want %s", l.id, got, want)
				}
			}
		})
	}
}
