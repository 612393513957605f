package main

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/native"
	"guichet.example/reader/pinentry/pinentrytest"
	"guichet.example/reader/softcard"
)

// The command line of every way in which a browser starts a host.
func TestAsHost(t *testing.T) {
	yes, no := func() bool { return true }, func() bool { return false }
	for _, tt := range []struct {
		args  string
		pipes func() bool
		want  string
	}{
		{"p", no, "p"},
		{"p", yes, "p native-host"},
		{"p list", yes, "p list"},
		{"p chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/", no, "p native-host chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/"},
		{"p chrome-extension://x/ --parent-window=7", yes, "p native-host chrome-extension://x/ --parent-window=7"},
		{"p /usr/lib/mozilla/native-messaging-hosts/eu.webeid.json {e68418bc-f2b0-4459-a9ea-3e72b6751b07}", yes,
			"p native-host /usr/lib/mozilla/native-messaging-hosts/eu.webeid.json {e68418bc-f2b0-4459-a9ea-3e72b6751b07}"},
		{"p eu.webeid.json x", yes, "p eu.webeid.json x"},
	} {
		if got := strings.Join(asHost(strings.Fields(tt.args), tt.pipes), " "); got != tt.want {
			t.Errorf("asHost(%s) = %s, want %s", tt.args, got, tt.want)
		}
	}
}

// extension is the extension's end of the pipes to a host.
type extension struct {
	t    *testing.T
	cmd  *exec.Cmd
	to   io.WriteCloser
	from io.ReadCloser
	log  bytes.Buffer
}

// connect starts guichet-reader as a browser would and reads its greeting.
func connect(t *testing.T, args ...string) *extension {
	t.Helper()
	return connectIn(t, nil, args...)
}

// connectIn does so with more in the environment.
func connectIn(t *testing.T, environment []string, args ...string) *extension {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	e := &extension{t: t}
	e.cmd = exec.CommandContext(t.Context(), self)
	e.cmd.Args = append([]string{"guichet-reader"}, args...)
	home := t.TempDir()
	e.cmd.Env = append(os.Environ(), "HOME="+home, "XDG_RUNTIME_DIR="+home, "XDG_STATE_HOME="+home, "LANG=en_US.UTF-8", "LC_ALL=",
		"DISPLAY=", "WAYLAND_DISPLAY=")
	e.cmd.Env = append(e.cmd.Env, environment...)
	e.cmd.Stderr = &e.log
	if e.to, err = e.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if e.from, err = e.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.cmd.Process.Kill() })
	var hello struct{ Version string }
	e.reply(&hello)
	if hello.Version != native.Version {
		t.Fatalf("greeting %+v", hello)
	}
	return e
}

func (e *extension) send(command string, arguments any) {
	e.t.Helper()
	text, err := json.Marshal(map[string]any{"command": command, "arguments": arguments})
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := e.to.Write(append(binary.NativeEndian.AppendUint32(nil, uint32(len(text))), text...)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *extension) reply(into any) {
	e.t.Helper()
	var header [4]byte
	if _, err := io.ReadFull(e.from, header[:]); err != nil {
		e.t.Fatalf("no reply: %v; %s", err, &e.log)
	}
	text := make([]byte, binary.NativeEndian.Uint32(header[:]))
	if _, err := io.ReadFull(e.from, text); err != nil {
		e.t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		e.t.Fatalf("reply %s: %v", text, err)
	}
}

// ended holds the host to saying nothing more and ending well.
func (e *extension) ended() {
	e.t.Helper()
	rest, err := io.ReadAll(e.from)
	if len(rest) > 0 || err != nil {
		e.t.Errorf("and then it says %q, %v", rest, err)
	}
	if err := e.cmd.Wait(); err != nil {
		e.t.Errorf("it ends with %v; %s", err, &e.log)
	}
}

// status, as the extension does it, however a browser starts the host.
func TestNativeHostStatus(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"native-host"},
		{"chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/"},
		{"chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/", "--parent-window=0"},
		{"/usr/lib/mozilla/native-messaging-hosts/eu.webeid.json", "{e68418bc-f2b0-4459-a9ea-3e72b6751b07}"},
	} {
		e := connect(t, args...)
		e.send("quit", struct{}{})
		empty := map[string]any{}
		e.reply(&empty)
		if len(empty) > 0 {
			t.Errorf("quit answers %v", empty)
		}
		e.ended()
	}
}

// counterparts of the extension in these tests.
const (
	hostSite  = "https://counter.example.be"
	hostNonce = "NdhUVQQN6ftOGcTqEWMv4T8yjNBYHn1vX1CdYkS0Jxk="
)

// The extension's side played over real pipes with the real program, a desk of cards and a
// pinentry that follows a script.
func TestNativeHost(t *testing.T) {
	d, _, err := desk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]func(*testing.T, *softcard.Desk){
		"journey": hostJourney, "given up": hostGivenUp, "waits for the card": hostWaitsForTheCard,
		"card pulled out": hostCardPulledOut, "ends with the page": hostEndsWithThePage, "writes frames": hostWritesFrames,
		"PIN typed elsewhere": hostPINElsewhere, "PIN typed on a page": hostPINOnAPage,
	} {
		t.Run(name, func(t *testing.T) { test(t, d) })
	}
}

// host is a desk and a pinentry, and how to start a host that has them.
type host struct {
	*softcard.Desk
	*world
	pinentry *pinentrytest.Program
	log      string
	args     []string
}

func newHost(t *testing.T, d *softcard.Desk, card string, s pinentrytest.Script) *host {
	t.Helper()
	w, err := made()
	if err == nil {
		err = errors.Join(d.Remove(), d.ResetTries("ec"), d.ResetTries("rsa"))
	}
	if err == nil && card != "" {
		err = d.Insert(card)
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := pinentrytest.Write(filepath.Join(t.TempDir(), "pinentry"), s)
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	return &host{d, w, p, log, []string{"native-host", "-module", d.Module(), "-pinentry", p.Path, "-log", log, "chrome-extension://x/"}}
}

// keepsSecrets holds log and windows to what may be in them.
func (h *host) keepsSecrets(t *testing.T) {
	t.Helper()
	log, err := os.ReadFile(h.log)
	if err != nil {
		t.Fatal(err)
	}
	text := string(log) + strings.Join(h.pinentry.Said(), "\n")
	for _, secret := range []string{pin, hostNonce, "01050399864", "Specimen\""} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the log or in a window: %s", secret, text)
		}
	}
}

// Log in, have the certificate, sign: three processes, a PIN for the first and the last,
// a wrong one among them.
func hostJourney(t *testing.T, d *softcard.Desk) {
	for _, name := range []string{"rsa", "ec"} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, d, name, pinentrytest.Script{GetPIN: []string{pinentrytest.PIN("9876"), pinentrytest.PIN(pin)}})
			e := connect(t, h.args...)
			e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite, "lang": "en"})
			var token json.RawMessage
			e.reply(&token)
			e.ended()
			h.accepts(t, token)
			if h.pinentry.Asked("GETPIN") != 2 || h.pinentry.Asked("CONFIRM") > 0 {
				t.Errorf("windows: %q", h.pinentry.Said())
			}

			e = connect(t, h.args...)
			e.send("get-signing-certificate", map[string]string{"origin": hostSite, "lang": "en"})
			var c api.SigningCertificate
			e.reply(&c)
			e.ended()
			if c.Certificate != base64.StdEncoding.EncodeToString(h.cards[name].Signature.Certificate.Raw) || h.pinentry.Asked("CONFIRM") != 1 {
				t.Errorf("certificate %.20s after %d questions", c.Certificate, h.pinentry.Asked("CONFIRM"))
			}

			for _, used := range c.SupportedSignatureAlgorithms {
				hash := map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}[used.HashFunction]
				digest := bytes.Repeat([]byte{7}, hash.Size())
				e = connect(t, h.args...)
				e.send("sign", map[string]string{"certificate": c.Certificate, "hash": base64.StdEncoding.EncodeToString(digest),
					"hashFunction": used.HashFunction, "origin": hostSite, "lang": "en"})
				var s api.Signature
				e.reply(&s)
				e.ended()
				value, err := base64.StdEncoding.DecodeString(s.Signature)
				if err != nil || s.SignatureAlgorithm != used || !holds(h.cards[name].Signature.Certificate.PublicKey, hash, digest, value) {
					t.Errorf("%s: %+v, %v", used.HashFunction, s, err)
				}
			}
			if !slices.Contains(h.pinentry.Said(), "SETDESC "+hostSite+"%0Aasks for your signature.%0ACompare with the page of the site: 0707 0707 0707 0707") {
				t.Errorf("windows: %q", h.pinentry.Said())
			}
			h.keepsSecrets(t)
		})
	}
}

// accepts holds the portal's own verifier to taking the token, for this site and nonce.
func (h *host) accepts(t *testing.T, text []byte) {
	t.Helper()
	v, err := webeid.New(webeid.Config{Origin: hostSite, Anchors: h.pki.Anchors(), Revocation: good{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	token, err := webeid.ParseToken(text)
	if err == nil {
		_, err = v.Verify(context.Background(), token, webeid.Challenge{Nonce: hostNonce, Expires: time.Now().Add(time.Minute)})
	}
	if err != nil {
		t.Errorf("the portal refuses %s: %v", text, err)
	}
}

// What the person does not want, or has no time for, is one code to the site.
func hostGivenUp(t *testing.T, d *softcard.Desk) {
	for name, reply := range map[string]string{"cancelled": pinentrytest.Cancel, "too late": pinentrytest.Late} {
		h := newHost(t, d, "ec", pinentrytest.Script{GetPIN: []string{reply}})
		e := connect(t, h.args...)
		e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite})
		var f api.Failure
		e.reply(&f)
		e.ended()
		if f.Error.Code != api.UserCancelled {
			t.Errorf("%s: %+v", name, f)
		}
		if tries, err := h.Tries("ec"); tries != 3 || err != nil {
			t.Errorf("%s: %d tries left, %v", name, tries, err)
		}
		h.keepsSecrets(t)
	}
}

// The card comes while a window says that it is missing.
func hostWaitsForTheCard(t *testing.T, d *softcard.Desk) {
	h := newHost(t, d, "", pinentrytest.Script{Confirm: []string{pinentrytest.Hang}, GetPIN: []string{pinentrytest.PIN(pin)}})
	e := connect(t, h.args...)
	e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite})
	soon(t, "the window", func() bool { return h.pinentry.Asked("CONFIRM") == 1 })
	if err := h.Insert("rsa"); err != nil {
		t.Fatal(err)
	}
	var token json.RawMessage
	e.reply(&token)
	e.ended()
	h.accepts(t, token)
}

// The card goes while the PIN is typed, and comes back.
func hostCardPulledOut(t *testing.T, d *softcard.Desk) {
	h := newHost(t, d, "ec", pinentrytest.Script{GetPIN: []string{pinentrytest.Hang, pinentrytest.PIN(pin)}, Confirm: []string{pinentrytest.Hang}})
	e := connect(t, h.args...)
	e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite, "lang": "en"})
	soon(t, "the window for the PIN", func() bool { return h.pinentry.Asked("GETPIN") == 1 })
	if err := h.Remove(); err != nil {
		t.Fatal(err)
	}
	soon(t, "the window for the card", func() bool { return h.pinentry.Asked("CONFIRM") == 1 })
	if !slices.ContainsFunc(h.pinentry.Said(), func(line string) bool { return strings.HasSuffix(line, "Put it back to go on.") }) {
		t.Errorf("windows: %q", h.pinentry.Said())
	}
	if err := h.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	var token json.RawMessage
	e.reply(&token)
	e.ended()
	h.accepts(t, token)
}

// The page is closed, or the host is killed, while the PIN is asked for: nothing of it
// stays on the screen or in the machine, and no try is spent.
func hostEndsWithThePage(t *testing.T, d *softcard.Desk) {
	for name, end := range map[string]func(*extension){
		"page closed": func(e *extension) { e.to.Close(); e.ended() },
		"killed":      func(e *extension) { e.cmd.Process.Kill(); _ = e.cmd.Wait() },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, d, "ec", pinentrytest.Script{GetPIN: []string{pinentrytest.Hang}})
			e := connect(t, h.args...)
			e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite})
			soon(t, "the window", func() bool { return h.pinentry.Asked("GETPIN") == 1 })
			end(e)
			soon(t, "the end of the window", func() bool {
				return !slices.ContainsFunc(h.pinentry.PIDs(), func(pid string) bool { return alive(pid) })
			})
			soon(t, "the end of the children", func() bool { return len(holding(t, h.Module())) == 0 })
			if tries, err := h.Tries("ec"); tries != 3 || err != nil {
				t.Errorf("%d tries left, %v", tries, err)
			}
		})
	}
}

// On a keypad, and in the middleware's own window, the PIN is typed there and only there;
// the site is named before, since those cannot.
func hostPINElsewhere(t *testing.T, d *softcard.Desk) {
	t.Cleanup(func() {
		if err := d.Speak(softcard.SoftHSM2); err != nil {
			t.Error(err)
		}
	})
	for name, dialect := range map[string]softcard.Dialect{"keypad": softcard.OpenSC.WithKeypad(), "window": softcard.Belgium} {
		h := newHost(t, d, "rsa", pinentrytest.Script{Message: []string{pinentrytest.Hang}})
		if err := errors.Join(d.Speak(dialect), d.Type(pin)); err != nil {
			t.Fatal(err)
		}
		e := connect(t, h.args...)
		e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite, "lang": "en"})
		var token json.RawMessage
		e.reply(&token)
		e.ended()
		h.accepts(t, token)
		left, err := d.Untyped()
		if h.pinentry.Asked("CONFIRM") != 1 || h.pinentry.Asked("GETPIN") != 0 || left != 0 || err != nil {
			t.Errorf("%s: windows %q, %d answers left, %v", name, h.pinentry.Said(), left, err)
		}
		if messages := h.pinentry.Asked("MESSAGE"); name == "window" && messages > 0 {
			t.Errorf("the middleware's window is covered %d times", messages)
		}
	}
}

// Without pinentry the PIN is typed on a page of the child's, opened in the person's
// browser; without a browser either nobody can be asked, which the log says.
func hostPINOnAPage(t *testing.T, d *softcard.Desk) {
	h := newHost(t, d, "ec", pinentrytest.Script{})
	args := []string{"native-host", "-module", d.Module(), "-pinentry", native.NoPinentry, "-log", h.log}
	e := connect(t, args...)
	e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite})
	var f api.Failure
	e.reply(&f)
	e.ended()
	if log, _ := os.ReadFile(h.log); f.Error.Code != api.Fatal || !bytes.Contains(log, []byte("nobody can be asked: there is no pinentry")) {
		t.Errorf("without a browser: %+v; %s", f, log)
	}

	bin := t.TempDir()
	opener := "#!/bin/sh\nprintf '%s' \"$1\" >" + bin + "/new && mv " + bin + "/new " + bin + "/address\n"
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(opener), 0o755); err != nil {
		t.Fatal(err)
	}
	e = connectIn(t, []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "DISPLAY=:9"}, args...)
	e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite, "lang": "en"})
	var address []byte
	soon(t, "the page", func() bool {
		address, _ = os.ReadFile(filepath.Join(bin, "address"))
		return len(address) > 0
	})
	visitor := &agenttest.Client{Agent: strings.TrimSuffix(string(address[:bytes.Index(address, []byte("/pin/"))]), "/")}
	page, err := visitor.OpenPIN(t.Context(), string(address))
	if err != nil {
		t.Fatal(err)
	}
	if page.Site != hostSite {
		t.Errorf("the page names %q", page.Site)
	}
	if _, err := page.Submit(t.Context(), pin); err != nil {
		t.Error(err)
	}
	var token json.RawMessage
	e.reply(&token)
	e.ended()
	h.accepts(t, token)
}

func alive(pid string) bool {
	status, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return err == nil && !bytes.Contains(status, []byte(") Z "))
}

// holding lists the processes, but for this one, that have a file in their memory.
func holding(t *testing.T, file string) []string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/maps")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range all {
		maps, err := os.ReadFile(path)
		if err == nil && bytes.Contains(maps, []byte(file)) && filepath.Base(filepath.Dir(path)) != strconv.Itoa(os.Getpid()) {
			found = append(found, path)
		}
	}
	return found
}

// soon waits for what happens in a moment.
func soon(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come", what)
		}
	}
}

// A line that anything else writes to standard output is not seen by the browser.
func hostWritesFrames(t *testing.T, d *softcard.Desk) {
	var f failingWriter
	if _, err := claimStdout(f); err != nil {
		t.Errorf("claimStdout of what is no file: %v", err)
	}
	h := newHost(t, d, "ec", pinentrytest.Script{GetPIN: []string{pinentrytest.PIN(pin)}, Greeting: `echo noise >&2; echo 'OK'`})
	e := connect(t, h.args...)
	e.send("authenticate", map[string]string{"challengeNonce": hostNonce, "origin": hostSite})
	var token json.RawMessage
	e.reply(&token)
	e.ended()
	h.accepts(t, token)
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("closed") }
