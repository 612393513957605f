package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/api"
	"guichet.example/reader/softcard/applet"
	"guichet.example/reader/softcard/pcsc"
)

// openSC is OpenSC over PC/SC, with a card in the first reader.
type openSC struct {
	rig    *pcsc.Rig
	card   *applet.Card
	module string
}

func newOpenSC(t *testing.T, kind string) openSC {
	t.Helper()
	w, err := made()
	if err != nil {
		t.Fatal(err)
	}
	found, _ := filepath.Glob("/usr/lib/*/opensc-pkcs11.so")
	if len(found) == 0 {
		t.Fatal("opensc-pkcs11.so is not installed")
	}
	rig, err := pcsc.Start(pcsc.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rig.Close(); err != nil {
			t.Error(err)
		}
	})
	card, err := applet.New(w.cards[kind], pin)
	if err != nil {
		t.Fatal(err)
	}
	if err := rig.Insert(0, card); err != nil {
		t.Fatal(err)
	}
	return openSC{rig, card, found[0]}
}

// run runs a program as a client of the rig; typed, unless empty, waits on descriptor 3.
func (o openSC) run(t *testing.T, path, typed, name string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Args[0] = name
	cmd.Env = append(os.Environ(), o.rig.Env()...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if typed != "" {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		w.WriteString(typed + "\n")
		w.Close()
		cmd.ExtraFiles = []*os.File{r}
	}
	err = cmd.Run()
	return out.String(), said.String(), err
}

// tool is pkcs11-tool, which has to succeed.
func (o openSC) tool(t *testing.T, args ...string) string {
	t.Helper()
	out, said, err := o.run(t, "pkcs11-tool", "", "pkcs11-tool", args...)
	if err != nil {
		t.Fatalf("pkcs11-tool %v: %v: %s", args, err, said)
	}
	return out
}

// guichet is this program.
func (o openSC) guichet(t *testing.T, typed, command string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{command, "-module", o.module}, args...)
	if typed != "" {
		args = append(args, "-pin-fd", "3")
	}
	return o.run(t, self, typed, "guichet-reader", args...)
}

func (o openSC) authenticate(t *testing.T, typed string) (stdout, stderr string, err error) {
	t.Helper()
	return o.guichet(t, typed, "authenticate", "-origin", "https://portal.test", "-nonce", strings.Repeat("MDEy", 11))
}

func wantText(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s does not say %q:\n%s", what, part, text)
		}
	}
}

// agree compares what guichet-reader tells with what OpenSC's own program tells: readers,
// label and serial number of the card, and who the holder is.
func (o openSC) agree(t *testing.T) {
	t.Helper()
	list, said, err := o.guichet(t, "", "list")
	if err != nil {
		t.Fatalf("guichet-reader list: %v: %s", err, said)
	}
	compared := 0
	for _, line := range strings.Split(o.tool(t, "-L"), "\n") {
		what, value, _ := strings.Cut(line, ": ")
		switch {
		case strings.HasPrefix(what, "Slot "):
			value = "reader          " + value
		case !strings.Contains(what, "token label") && !strings.Contains(what, "serial num"):
			continue
		}
		wantText(t, "guichet-reader list", list, strings.TrimSpace(value))
		compared++
	}
	if compared != 4 {
		t.Errorf("%d lines of pkcs11-tool -L compared, want two readers, a label and a serial number", compared)
	}
	identity, said, err := o.guichet(t, "", "identity", "-json")
	if err != nil {
		t.Fatalf("guichet-reader identity: %v: %s", err, said)
	}
	wantText(t, "guichet-reader identity", identity, `"surname": "Specimen"`, `"nationalNumber": "01050399864"`, `"source": "certificate-unanchored"`)
}

func TestOpenSC(t *testing.T) {
	o := newOpenSC(t, "rsa")
	o.agree(t)
	out, said, err := o.authenticate(t, pin)
	if err != nil {
		t.Fatalf("guichet-reader authenticate: %v: %s", err, said)
	}
	var token api.Token
	if err := json.Unmarshal([]byte(out), &token); err != nil {
		t.Fatal(err)
	}
	der, err := base64.StdEncoding.DecodeString(token.UnverifiedCertificate)
	if err != nil || o.tool(t, "--read-object", "--type", "cert", "--id", "02") != string(der) {
		t.Errorf("the token has another certificate than pkcs11-tool reads: %v", err)
	}
	if token.Algorithm != "RS256" || len(o.card.Journal()) != 1 {
		t.Errorf("the token is of %s, the card signed %d times", token.Algorithm, len(o.card.Journal()))
	}
	_, said, err = o.authenticate(t, "4321")
	if err == nil || o.card.Tries() != 2 {
		t.Errorf("a wrong PIN: %v, %d tries left", err, o.card.Tries())
	}
	wantText(t, "guichet-reader with a wrong PIN", said, "PIN is wrong")
}

// OpenSC before 0.27 does not sign with keys on curves: said before the PIN is read.
func TestOpenSCAndCurves(t *testing.T) {
	o := newOpenSC(t, "ec")
	o.agree(t)
	out, said, err := o.authenticate(t, pin)
	if right, wrong := o.card.Compared(); err == nil || out != "" || right+wrong > 0 {
		t.Errorf("guichet-reader authenticate: %v: %s; %d PINs compared", err, out, right+wrong)
	}
	wantText(t, "guichet-reader authenticate", said, "not supported by the card or its module", "OpenSC does not")
}
