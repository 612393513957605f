package main

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
// connect starts guichet-reader as a browser would and reads its greeting.
// connectIn does so with more in the environment.
// ended holds the host to saying nothing more and ending well.
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
// keepsSecrets holds log and windows to what may be in them.
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

// holding lists the processes, but for this one, that have a file in their memory.
// soon waits for what happens in a moment.
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
