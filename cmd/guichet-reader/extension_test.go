package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/reader/native"
	"guichet.example/reader/pinentry/pinentrytest"
	"guichet.example/reader/softcard"
)

type extension struct {
	t    *testing.T
	cmd  *exec.Cmd
	to   io.WriteCloser
	from io.ReadCloser
	log  bytes.Buffer
}

func connect(t *testing.T, args ...string) *extension {
	t.Helper()
	return connectIn(t, nil, args...)
}

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

const (
	hostSite  = "https://counter.example.be"
	hostNonce = "NdhUVQQN6ftOGcTqEWMv4T8yjNBYHn1vX1CdYkS0Jxk="
)

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

func alive(pid string) bool {
	status, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return err == nil && !bytes.Contains(status, []byte(") Z "))
}

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

func soon(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come", what)
		}
	}
}
