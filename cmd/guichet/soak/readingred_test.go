package soak

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/softcard"
)

// TestCardChecksGoRed spoils what is known after a mishap, one thing after another (N14
// for F11).
func TestCardChecksGoRed(t *testing.T) {
	t.Parallel()
	want := expected{ended: []api.State{api.Cancelled}, tries: 3, compared: 1, within: stuck}
	good := aftermath{badge: "to-sign", ended: api.Cancelled, tries: 3, compared: 1, free: time.Second}
	good.check("nothing", want).report(t)
	for name, spoil := range map[string]func(*aftermath){
		"the request is signed":           func(a *aftermath) { a.badge = "signed" },
		"the request is gone":             func(a *aftermath) { a.badge = "unknown" },
		"it ended otherwise":              func(a *aftermath) { a.ended = api.Technical },
		"the card gave a value":           func(a *aftermath) { a.ended = "" },
		"a try was lost":                  func(a *aftermath) { a.tries = 2 },
		"a PIN was sent twice":            func(a *aftermath) { a.compared = 2 },
		"another card was given the PIN":  func(a *aftermath) { a.strange = 1 },
		"the card signed":                 func(a *aftermath) { a.signed = 1 },
		"the reader was taken for long":   func(a *aftermath) { a.free = stuck + slack + 1 },
		"a PIN in the counter's memory":   func(a *aftermath) { a.server = []string{"c000"} },
		"a PIN in the reader's memory":    func(a *aftermath) { a.parent = []string{"c000"} },
		"a PIN in a file of either":       func(a *aftermath) { a.written = []string{"reader.log"} },
		"all of it, and nothing is known": func(a *aftermath) { *a = aftermath{} },
	} {
		bad := good
		if spoil(&bad); len(bad.check(name, want)) == 0 {
			t.Errorf("%s: nothing noticed", name)
		}
	}
	still := remains{children: 1, descriptors: 9}
	still.check(9).report(t)
	for name, r := range map[string]remains{
		"no child": {descriptors: 9}, "two children": {children: 2, descriptors: 9}, "a descriptor more": {children: 1, descriptors: 10},
		"a file": {children: 1, descriptors: 9, files: []string{"x"}}, "a child of the counter": {children: 1, descriptors: 9, served: 1},
	} {
		if len(r.check(9)) == 0 {
			t.Errorf("%s: nothing noticed", name)
		}
	}
	for _, a := range []answer{{status: 200, body: []byte(`{"next":"/"}`)}, {status: 500, body: []byte(`{"state":"technical"}`)}, {status: 422}} {
		if len(otherRefused("/complete", a)) == 0 {
			t.Errorf("another card is answered %d %s, and nothing noticed", a.status, a.body)
		}
	}
}

// TestHalves finds digits wherever they begin, and nothing else.
func TestHalves(t *testing.T) {
	t.Parallel()
	digits := []string{"123456789012", "907856341278"}
	for at := range 20 {
		for _, found := range []string{"12345678", "56789012", "90785634", "34127890", "x123456789012x", "991234567899"} {
			content := strings.Repeat(".", at) + found + strings.Repeat("\x00", 20-at)
			if want := found != "34127890"; (len(halves([]byte(content), digits)) > 0) != want {
				t.Errorf("%q: found is not %v", content, want)
			}
		}
	}
	for _, content := range []string{"", "1234567", "12345679", "1234 5678", strings.Repeat("1234567x", 9)} {
		if places := halves([]byte(content), digits); len(places) > 0 {
			t.Errorf("%q: found at %v", content, places)
		}
	}
}

// TestCardEvidenceGoesRed plants faults at a real counter and a real reader, and has each
// look at them find its fault (N14 for F11).
func TestCardEvidenceGoesRed(t *testing.T) {
	t.Parallel()
	w := newReading(t)
	w.serve(t)
	w.signInAll(t, func(member int, nonce string) ([]byte, error) {
		return w.page(w.pins[member]).Authenticate(t.Context(), nonce)
	})
	w.settle(t)
	w.quiet().report(t)
	parent, counter := w.cmd.Process.Pid, w.server.cmd.Process.Pid
	if places := append(w.memory(t, parent), append(w.memory(t, counter), w.written(t)...)...); len(places) > 0 {
		t.Fatalf("PINs before any was planted: %q", places)
	}
	w.plantsSecondPIN(t)
	w.plantsBusy(t)
	w.quiet().report(t)

	w.plantsRemains(t)
	v := w.sittings[0]
	a, err := v.postJSON(t.Context(), "/fr/requests/x/prepare", []byte(`{"certificate":"`+w.pins[1]+`"}`))
	if err != nil || a.status < 400 || len(w.memory(t, counter)) == 0 {
		t.Errorf("a PIN sent to the counter is not found in its memory: %d, %v", a.status, err)
	}
	var failure api.Error
	_, err = w.page("").Authenticate(t.Context(), w.pins[2])
	if !errors.As(err, &failure) || failure.Code != api.InvalidArgument || len(w.memory(t, parent)) == 0 {
		t.Errorf("a PIN sent to the reader is not found in its memory: %v", err)
	}
}

// plantsRemains leaves a file with a PIN, and a process.
func (w *reading) plantsRemains(t *testing.T) {
	t.Helper()
	file := filepath.Join(w.home, "planted")
	if err := os.WriteFile(file, []byte("PIN "+w.pins[0][4:]), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(w.written(t)) == 0 || len(w.remains().files) == 0 {
		t.Error("a file with a PIN is not found")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	parent := exec.Command("sh", "-c", "exec 3<&0; cat <&3 & echo up; wait") // other tests have children of ours
	in, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := begin(parent); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("up\n"))); err != nil {
		t.Fatal(err)
	}
	if n := childrenOf(parent.Process.Pid); n != 1 {
		t.Errorf("%d children of a process with one", n)
	}
	_ = in.Close() // ends the child
	_ = parent.Wait()
}

// plantsSecondPIN has a card compare a wrong PIN, sign something else, and see another
// card's PIN.
func (w *reading) plantsSecondPIN(t *testing.T) {
	t.Helper()
	s := w.scene(t, mishap{name: "planted"}, 0)
	s.page = w.page(w.pins[0])
	s.means = means{parent: func() []string { return nil }, show: func() (string, error) {
		shown, err := s.page.SigningCertificate(t.Context())
		return shown.Certificate, err
	}}
	s.prepare()
	before := s.events()
	s.page.PIN = func(_ context.Context, p *agenttest.PINPage) (string, error) {
		if p.Error == "" {
			return s.wrong[0], nil
		}
		return s.pins[0], nil
	}
	value, err := valueOf(s.page.Sign(t.Context(), s.ask()))
	if err != nil {
		t.Fatal(err)
	}
	var a aftermath
	s.look(&a, before)
	if a.compared != 2 || a.signed != 1 || a.strange != 0 || a.tries != softcard.MaxTries {
		t.Errorf("two PINs and a signature are counted as %+v", a)
	}
	digest := s.e.digest
	s.e.digest = make([]byte, len(digest))
	if s.v.record(s.desk, cardOf(0), s.e, value) == nil {
		t.Error("the card's journal holds a digest that it did not sign")
	}
	s.e.digest = digest
	if s.v.record(s.desk, cardOf(1), s.e, value) == nil {
		t.Error("the journal takes one card for another")
	}
	s.own = 1 // to whom the first card is another
	if s.look(&a, before); a.strange != 2 || a.compared != 0 {
		t.Errorf("PINs given to another card are counted as %+v", a)
	}
	s.own, s.e.value = 0, value
	if err := s.v.record(s.desk, cardOf(0), s.e, value); err != nil {
		t.Error(err)
	}
	request := s.e.request
	if err := s.v.finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.e.request = request; s.badge() == "to-sign" {
		t.Error("a request that was signed still is to be signed")
	}
}

// plantsBusy leaves an operation under way, whose page listens.
func (w *reading) plantsBusy(t *testing.T) {
	t.Helper()
	if err := w.desk.Remove(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended, waits := make(chan error, 1), make(chan struct{}, 16)
	page := w.page("")
	page.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	page.Seen = func(e api.Event) {
		if e.State == api.NoCard {
			waits <- struct{}{}
		}
	}
	go func() { _, err := page.SigningCertificate(ctx); ended <- err }()
	<-waits
	await(t, "a busy reader", time.Minute, func() bool {
		status, err := w.page("").Status(t.Context())
		return err == nil && status.Busy
	})
	if len(w.remains().check(w.rest)) == 0 {
		t.Error("an operation under way is taken for rest")
	}
	stop()
	if err := <-ended; endOf(err) != closed {
		t.Errorf("a page that was closed heard %v", err)
	}
}
