package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/agent"
	"guichet.example/reader/api"
	"guichet.example/reader/native"
)

// port is an answer on a loopback port.
func answering(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestAgentPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	free := listener.Addr().String()
	listener.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	check(t, err)
	t.Cleanup(func() { mute.Close() })
	for _, tt := range []struct{ name, address, want string }{
		{"nobody", free, "free"},
		{"another program", answering(t, saying(200, "hello")), "taken"},
		{"another program with JSON", answering(t, saying(200, `{"agent":"other","version":"1.0.0"}`)), "taken"},
		{"another program that refuses", answering(t, saying(403, `{"error":"no"}`)), "taken"},
		{"a program that says nothing", mute.Addr().String(), "taken"},
		{"endless", answering(t, saying(200, strings.Repeat(" ", maxAnswer)+`{"agent":"guichet-reader","version":"1.0.0"}`)), "taken"},
		{"another version", answering(t, saying(200, `{"agent":"guichet-reader","version":"0.9.0"}`)), "version"},
		{"at work", answering(t, saying(200, `{"agent":"guichet-reader","version":"`+api.Version+`","busy":true}`)), "busy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := quiet()
			c.Serving, c.Agent = false, tt.address
			checkup, found := run(t, c)
			wants(t, found, map[string]string{Agent: tt.want})
			if Works(checkup) {
				t.Error("and no module is there")
			}
		})
	}
}

// The real agent tells who may use it.
func TestAgentItself(t *testing.T) {
	_, d := desk(t)
	ours, err := agent.New(agent.Config{
		Listen: "127.0.0.1:0", Origins: []string{"https://counter.example"}, Cards: agent.FromSet(set(t, d.Module()))})
	check(t, err)
	check(t, ours.Listen())
	done := make(chan error, 1)
	go func() { done <- ours.Serve(t.Context()) }()
	t.Cleanup(func() { <-done })
	for origin, want := range map[string]string{"": "answers", "https://counter.example": "answers", "https://other.example": "refuses"} {
		e := newExamination(quiet())
		e.Serving, e.Agent, e.Origin = false, strings.TrimPrefix(ours.URL(), "http://"), origin
		if got := e.askAgent(t.Context()).finding; got != want {
			t.Errorf("with origin %q the agent is found %s, want %s", origin, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	site := httptest.NewServer(saying(204, ""))
	t.Cleanup(site.Close)
	undated := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header()["Date"] = nil }))
	t.Cleanup(undated.Close)
	file := filepath.Join(t.TempDir(), "program")
	check(t, os.WriteFile(file, nil, 0o700))
	for _, tt := range []struct {
		name, origin string
		off          time.Duration
		want, says   string
	}{
		{"in time", site.URL, 0, "right", "agrees"},
		{"four minutes late", site.URL, -4 * time.Minute, "right", ""},
		{"ten minutes late", site.URL, -10*time.Minute - 10*time.Second, "wrong", "10 minutes"},
		{"an hour early", site.URL, 3*time.Hour + time.Minute, "wrong", "3 hours"},
		{"years late", site.URL, -900*24*time.Hour - time.Hour, "wrong", "900 days"},
		{"site without date", undated.URL, 0, "unreachable", ""},
		{"nobody there", "http://127.0.0.1:1", 0, "unreachable", ""},
		{"certificate of another time", expiredSite(t), 0, "certificate", ""},
		{"no site", "", 0, "alone", ""},
		{"no site, older than the program", "", -900 * 24 * time.Hour, "behind", "20"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := quiet()
			c.Origin, c.System.Program = tt.origin, func() string { return file }
			c.Now = func() time.Time { return time.Now().Add(tt.off) }
			checkup, found := run(t, c)
			wants(t, found, map[string]string{Clock: tt.want})
			if said := checkup.Checks[len(checkup.Checks)-1].Finding; !strings.Contains(said, tt.says) {
				t.Errorf("the clock says %q, want %q", said, tt.says)
			}
		})
	}
}

// expiredSite serves https with a certificate that was valid yesterday.
func expiredSite(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"127.0.0.1"},
		NotBefore: time.Now().AddDate(0, 0, -9), NotAfter: time.Now().AddDate(0, 0, -1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(t, err)
	server := httptest.NewUnstartedServer(saying(204, ""))
	server.Config.ErrorLog = nil
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// Nothing but the site that was named and the agent's port is ever asked.
func TestAsksNobodyElse(t *testing.T) {
	var asked []string
	c := quiet()
	c.Serving, c.Origin, c.Agent = false, "https://counter.example", "localhost:8081"
	c.Client = tripper(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(http.StatusFound)
		asked = append(asked, r.URL.Host)
		return w.Result(), nil
	})
	e := newExamination(c)
	e.askClock(t.Context())
	e.askAgent(t.Context())
	if got := strings.Join(asked, " "); got != "counter.example localhost:8081" {
		t.Errorf("it asked %s", got)
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPinentry(t *testing.T) {
	dir := t.TempDir()
	program := func(name, script string) string {
		path := filepath.Join(dir, name)
		check(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700))
		return path
	}
	answers := program("pinentry-gnome3", `echo "OK ready"
while read -r line; do case "$line" in BYE*) echo OK; exit;; *) echo OK;; esac; done
`)
	dies := program("pinentry-qt", "exit 1\n")
	for _, tt := range []struct {
		name, path string
		installed  bool
		want       string
	}{
		{"answers", answers, true, "found"},
		{"dies", dies, true, "silent"},
		{"gone", filepath.Join(dir, "none"), true, "silent"},
		{"without window", "", true, "hidden"},
		{"none", "", false, "missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := quiet()
			c.Pinentry, c.System.HasPinentry = func() string { return tt.path }, func() bool { return tt.installed }
			_, found := run(t, c)
			wants(t, found, map[string]string{Pinentry: tt.want})
		})
	}
}

func TestBrowsers(t *testing.T) {
	program := filepath.Join(t.TempDir(), "reader")
	check(t, os.WriteFile(program, nil, 0o700))
	none := native.Manifest{}
	ours := native.Manifest{Present: true, Ours: true, Runs: true, Program: "/opt/other/guichet-reader"}
	same := native.Manifest{Present: true, Runs: true, Program: program}
	other := native.Manifest{Present: true, Runs: true, Program: "/usr/bin/web-eid"}
	broken := native.Manifest{Present: true, Ours: true, Program: "/gone"}
	at := func(name string, m ...native.Manifest) BrowserAt { return BrowserAt{Name: name, Manifests: m} }
	snap := BrowserAt{Name: "Firefox", Sandboxed: true, Manifests: []native.Manifest{ours}}
	for _, tt := range []struct {
		name     string
		browsers []BrowserAt
		serving  bool
		want     string
		says     string
	}{
		{"no browser", nil, false, "none", ""},
		{"nothing installed", []BrowserAt{at("Firefox", none, none), at("Chrome", none)}, false, "missing", "Firefox, Chrome"},
		{"nothing installed, agent there", []BrowserAt{at("Firefox", none)}, true, "agent", "Firefox"},
		{"installed", []BrowserAt{at("Firefox", none, ours), at("Chrome", same)}, false, "installed", "Firefox, Chrome"},
		{"official program", []BrowserAt{at("Firefox", other)}, false, "other", "Firefox"},
		{"the person's own counts", []BrowserAt{at("Firefox", broken, ours)}, false, "broken", "Firefox"},
		{"one of two", []BrowserAt{at("Firefox", none), at("Chrome", ours)}, false, "some", "Chrome"},
		{"program gone", []BrowserAt{at("Firefox", ours), at("Chrome", broken)}, false, "broken", "Chrome"},
		{"snap alone", []BrowserAt{snap}, false, "sandboxed", "Firefox"},
		{"snap and another", []BrowserAt{snap, at("Chrome", ours)}, false, "some", "Firefox"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newExamination(quiet())
			e.System.Program, e.Browsers, e.Serving = func() string { return program }, tt.browsers, tt.serving
			e.note(Agent, result{finding: map[bool]string{true: "serving", false: "free"}[tt.serving]})
			got := e.lookAtBrowsers()
			if said := e.text.check(linkOf(Browser), got); got.finding != tt.want || !strings.Contains(said.Finding, tt.says) {
				t.Errorf("browsers are found %s: %q, want %s with %q", got.finding, said.Finding, tt.want, tt.says)
			}
		})
	}
}

func TestFindBrowsers(t *testing.T) {
	root, home := t.TempDir(), t.TempDir()
	place := func(path string) {
		check(t, os.MkdirAll(filepath.Dir(path), 0o700))
		check(t, os.WriteFile(path, nil, 0o700))
	}
	place(filepath.Join(root, "/snap/bin/chromium"))
	place(filepath.Join(home, ".local/share/flatpak/exports/bin/org.mozilla.firefox"))
	script := filepath.Join(root, "google-chrome")
	check(t, os.WriteFile(script, []byte("#!/bin/sh\nexec /snap/bin/google-chrome \"$@\"\n"), 0o700))
	path := map[string]string{"google-chrome": script, "firefox": "/usr/bin/firefox", "chromium": "/snap/bin/chromium", "microsoft-edge": "/usr/bin/microsoft-edge"}
	look := func(name string) (string, error) {
		if path[name] == "" {
			return "", os.ErrNotExist
		}
		return path[name], nil
	}
	manifests := []native.Manifest{{Browser: "firefox", Path: "own"}, {Browser: "edge"}, {Browser: "firefox", Path: "all"}}
	found := findBrowsers(knownBrowsers["linux"], manifests, root, home, look)
	var names []string
	for _, b := range found {
		name := b.Name
		if b.Sandboxed {
			name += " in a box"
		}
		names = append(names, name)
	}
	if got := strings.Join(names, ", "); got != "Firefox, Firefox in a box, Chromium in a box, Edge" {
		t.Errorf("browsers are %s", got)
	}
	if m := found[0].Manifests; len(m) != 2 || m[0].Path != "own" {
		t.Errorf("Firefox has the manifests %v", m)
	}
}

// A machine that is in order from end to end, and one way to the card less.
func TestWorks(t *testing.T) {
	outcomes := map[string]outcome{Module: warning, Reader: passed, Card: passed, Authentication: passed, PIN: unknown, Browser: failed, Agent: passed}
	checkup := func() (c api.Checkup) {
		for id, o := range outcomes {
			c.Checks = append(c.Checks, api.Check{ID: id, Outcome: o})
		}
		return c
	}
	if !Works(checkup()) {
		t.Error("Works() is false for a machine in order")
	}
	for _, id := range []string{Module, Reader, Card, Authentication, PIN, Agent, Holder} {
		before := outcomes[id]
		outcomes[id] = failed
		if Works(checkup()) {
			t.Errorf("Works() is true without %s", id)
		}
		outcomes[id] = before
	}
	if Works(api.Checkup{}) {
		t.Error("Works() is true of nothing")
	}
}
