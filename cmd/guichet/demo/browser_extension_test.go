package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
	"guichet.example/reader/native"
	"guichet.example/reader/pinentry/pinentrytest"
)

// At home: a counter on https that knows no agent, a browser with the extension's stand-in,
// and guichet-reader as the host that the browser starts.
type home struct {
	*stage
	pinentry string // folder of the program that hosts ask with
	hostLog  string
}

// atHome builds a world of its own.
func atHome(t *testing.T) *home {
	t.Helper()
	dir := t.TempDir()
	h := &home{stage: &stage{log: &logged{}}, pinentry: filepath.Join(dir, "pinentry"), hostLog: filepath.Join(dir, "host.log")}
	certificate, err := SelfSigned("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Listen: "localhost:0", Agent: NoAgent, Services: "127.0.0.1:0", Data: filepath.Join(dir, "world"),
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}}
	h.world, err = build(t.Context(), cfg, slog.New(slog.NewTextHandler(h.log, nil)))
	t.Cleanup(h.world.close)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := os.ReadFile(h.hostLog)
			t.Logf("the world's log:\n%s\nthe hosts':\n%s", h.log.since(0), log)
		}
	})
	h.chromium = h.browser(t, dir, certificate)
	return h
}

// browser starts Chromium with the extension, and with the manifest that install writes.
func (h *home) browser(t *testing.T, dir string, certificate tls.Certificate) context.Context {
	t.Helper()
	extension, err := filepath.Abs("testdata/extension")
	if err != nil {
		t.Fatal(err)
	}
	o := native.Options{Home: dir, Browsers: []string{"chromium"}, Program: h.program(t, dir), Extensions: []string{unpackedID(extension)}}
	if _, err := native.Install(o); err != nil {
		t.Fatal(err)
	}
	path, err := findChromium()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, ".config/chromium")), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900), chromedp.Flag("headless", "new"), chromedp.Flag("lang", "fr"),
		chromedp.Flag("allow-pre-commit-input", true), // or a click before the first frame is dropped
		chromedp.Flag("disable-extensions", false), chromedp.Flag("load-extension", extension),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(sum[:])))
	allocated, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, cancel := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return ctx
}

// program builds guichet-reader and returns a host with the flags of this test.
func (h *home) program(t *testing.T, dir string) string {
	t.Helper()
	reader, script := filepath.Join(dir, "guichet-reader"), filepath.Join(dir, "host")
	if out, err := exec.Command("go", "build", "-o", reader, "guichet.example/cmd/guichet-reader").CombinedOutput(); err != nil {
		t.Fatalf("building guichet-reader: %v\n%s", err, out)
	}
	text := fmt.Sprintf("#!/bin/sh\nexport XDG_RUNTIME_DIR=%[1]q\nexec %[2]q native-host -module %[3]q -pinentry %[4]q -log %[5]q \"$@\"\n",
		dir, reader, h.desk.Module(), filepath.Join(h.pinentry, "pinentry"), h.hostLog)
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return script
}

// unpackedID is how Chromium names an extension that was loaded from a folder.
func unpackedID(path string) string {
	sum := sha256.Sum256([]byte(path))
	id := make([]byte, 0, 32)
	for _, b := range sum[:16] {
		id = append(id, 'a'+b>>4, 'a'+b&15)
	}
	return string(id)
}

// asks has the hosts ask so from now on.
func (h *home) asks(t *testing.T, s pinentrytest.Script) *pinentrytest.Program {
	t.Helper()
	if err := os.RemoveAll(h.pinentry); err != nil {
		t.Fatal(err)
	}
	p, err := pinentrytest.Write(h.pinentry, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// window opens one where the extension is, signed out: in a browser context of its own,
// as the other tests have, there is no extension.
func (h *home) window(t *testing.T) *window {
	t.Helper()
	w := h.open(t, h.chromium)
	w.forgetCookies()
	return w
}

func soon(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come", what)
		}
	}
}

// The whole way without a loopback agent: page, extension, native host, card, portal. A
// member signs in and signs a change of her account; what she is asked, she is asked by
// the host, which names the site.
func TestBrowserExtension(t *testing.T) {
	h := atHome(t)
	h.invites(t)
	t.Run("signs in and signs", h.journey)
	t.Run("card put in later", h.cardLater)
	t.Run("given up", h.givenUp)
	t.Run("page closed", h.pageClosed)
}

// The demo says how a browser of one's own comes to these cards, by a program that is there.
func (h *home) invites(t *testing.T) {
	var said bytes.Buffer
	h.inviteExtension(&said)
	_, path, found := strings.Cut(said.String(), "guichet-reader install -program ")
	path, _, _ = strings.Cut(path, "\n")
	if info, err := os.Stat(path); !found || err != nil || info.Mode()&0o100 == 0 || !strings.Contains(said.String(), h.origin) {
		t.Errorf("the demo says %s (%v)", &said, err)
	}
	if err := Run(t.Context(), Config{Agent: NoAgent, Once: true}); err == nil {
		t.Error("a journey without agent is walked")
	}
}

func (h *home) journey(t *testing.T) {
	p := h.asks(t, pinentrytest.Script{GetPIN: []string{pinentrytest.PIN(PIN)}})
	h.put(t, "mathieu")
	w := h.window(t)
	w.visit("/fr/sign-in/card")
	w.click(startCard)
	w.at("home")
	w.sees("main", "Mathieu")
	says(t, p, "SETDESC "+h.origin+"%0Avous demande de prouver qui vous êtes.")

	w.visit("/fr/bank/change")
	w.write("#iban", "BE68 5390 0754 7034")
	w.write("#holder", "Mathieu Delcourt")
	w.click("label[for=from-1]")
	w.click("main form button.button")
	w.at("bank/change/check")
	w.click("main form button.button")
	w.at("requests/[a-z0-9]+/read")
	w.click("#read")
	w.click("main form button.button")
	w.at("requests/[a-z0-9]+/sign")
	w.click(startCard)
	w.at("requests/[a-z0-9]+/done")
	w.sees("main", locale.T(locale.FR, "requests.done.keep"))
	if made := h.signatures(t, "mathieu"); made != 1 {
		t.Errorf("the card signed %d times, want once", made)
	}
	says(t, p, "SETDESC "+h.origin+"%0Ademande votre certificat de signature. Ce site connaîtra votre nom et votre numéro national.%0A%0ACarte de Mathieu Delcourt.")
	if p.Asked("GETPIN") != 2 || p.Asked("CONFIRM") != 1 || p.Asked("MESSAGE") != 0 {
		t.Errorf("windows: %q", p.Said())
	}
	w.visit("/fr/documents")
	w.click(`tbody th a`)
	w.at("documents/[a-z0-9]+")
	h.verify(t, w.download(`main a.button[href$="/file.pdf"]`), "Mathieu Delcourt")
	h.pullOut(t)
}

func says(t *testing.T, p *pinentrytest.Program, line string) {
	t.Helper()
	if !slices.ContainsFunc(p.Said(), func(said string) bool { return strings.HasPrefix(said, line) }) {
		t.Errorf("no window says %q; they say %q", line, p.Said())
	}
}

// The host's window says what is missing; the page says that there is a window.
func (h *home) cardLater(t *testing.T) {
	p := h.asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.Hang}, GetPIN: []string{pinentrytest.PIN(PIN)}})
	w := h.window(t)
	w.visit("/nl/sign-in/card")
	w.click(startCard)
	w.panelSays(locale.NL, "pin_window", "status")
	soon(t, "the window", func() bool { return p.Asked("CONFIRM") == 1 })
	says(t, p, "SETDESC "+h.origin+"%0Awacht op uw kaart.%0A%0ASteek uw identiteitskaart in de lezer")
	h.put(t, "lotte")
	w.at("home")
	h.pullOut(t)
}

// Who stops in the host's window is asked on the page what happened.
func (h *home) givenUp(t *testing.T) {
	h.asks(t, pinentrytest.Script{GetPIN: []string{pinentrytest.Cancel}})
	h.put(t, "grace")
	w := h.window(t)
	w.visit("/en/sign-in/card")
	w.click(startCard)
	w.panelSays(locale.EN, "cancelled", "alert")
	w.until("the question what happened", `document.querySelector("#card [data-extra=after]").checkVisibility()`)
	h.pullOut(t)
}

// A page that is closed takes the host's window with it.
func (h *home) pageClosed(t *testing.T) {
	p := h.asks(t, pinentrytest.Script{GetPIN: []string{pinentrytest.Hang}})
	h.put(t, "grace")
	w := h.window(t)
	w.visit("/en/sign-in/card")
	w.click(startCard)
	soon(t, "the window", func() bool { return p.Asked("GETPIN") == 1 })
	w.close()
	soon(t, "the end of the window", func() bool {
		return !slices.ContainsFunc(p.PIDs(), func(pid string) bool {
			_, err := os.Stat(filepath.Join("/proc", pid))
			return err == nil
		})
	})
	if tries, err := h.desk.Tries("grace"); tries != 3 || err != nil {
		t.Errorf("%d tries left, %v", tries, err)
	}
}
