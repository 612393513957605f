package native

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/pinentry/pinentrytest"
	"guichet.example/reader/remote"
)

// semver is the pattern by which the extension reads versions (semver.org, 2.0.0).
var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$`)

func TestVersion(t *testing.T) {
	if parts := semver.FindStringSubmatch(Version); parts == nil || parts[1] != "2" {
		t.Errorf("Version %q is not semver of major 2", Version)
	}
}

func TestQuit(t *testing.T) {
	for _, text := range []string{`{"command":"quit","arguments":{}}`, `{"command":"quit","arguments":{"lang":"fr"}}`, `{"command":"quit","arguments":{},"lang":"it"}`} {
		b := start(t, newDesk(), func(c *Config) { c.Lock = "/nowhere/lock" })
		b.send(text)
		var empty map[string]any
		if b.only(&empty); len(empty) != 0 {
			t.Errorf("%s answers %v", text, empty)
		}
	}
}

// The PIN is typed in pinentry, by the child: no other window, and the site is named in
// that one.
func TestAuthenticate(t *testing.T) {
	p, use := asks(t, pinentrytest.Script{})
	card := cardOf(t, "nora")
	b := start(t, newDesk(card), use)
	b.send(authentication(func(m map[string]any) { m["lang"] = "nl" }))
	var token map[string]string
	b.only(&token)
	for _, field := range []string{"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"} {
		if token[field] == "" {
			t.Errorf("%s is missing", field)
		}
	}
	if len(token) != 5 || token["algorithm"] != "ES384" || token["format"] != "web-eid:1.0" {
		t.Errorf("token %v", token)
	}
	r := <-card.signs
	want := remote.Entry{Kind: remote.Pinentry, Program: p.Path, Site: site, Lang: "nl"}
	if r.Entry != want || r.Purpose != certs.Authentication || string(r.Digest) != string(reader.WebEIDDigest(crypto.SHA384, site, nonce)) {
		t.Errorf("the card was asked %+v", r)
	}
	if signature, _ := base64.StdEncoding.DecodeString(token["signature"]); len(signature) != 96 {
		t.Errorf("signature of %d bytes", len(signature))
	}
	if p.Asked("CONFIRM")+p.Asked("MESSAGE")+p.Asked("GETPIN") > 0 {
		t.Errorf("windows beside that of the PIN: %q", p.Said())
	}
}

func TestSign(t *testing.T) {
	for name, kind := range map[string]api.SignatureAlgorithm{
		"nora": {CryptoAlgorithm: "ECC", HashFunction: "SHA-384", PaddingScheme: "NONE"},
		"jan":  {CryptoAlgorithm: "RSA", HashFunction: "SHA-384", PaddingScheme: "PKCS1.5"},
	} {
		_, use := asks(t, pinentrytest.Script{})
		card := cardOf(t, name)
		b := start(t, newDesk(card), use)
		b.send(signing(t, name, nil))
		var s api.Signature
		b.only(&s)
		if s.SignatureAlgorithm != kind || s.Signature == "" {
			t.Errorf("%s: %+v", name, s)
		}
		if r := <-card.signs; r.Purpose != certs.Signature || r.Hash != crypto.SHA384 || r.Entry.Digest != "0000 0000 0000 0000" {
			t.Errorf("%s: the card was asked %+v", name, r)
		}
	}
}

// The certificate tells a name and a number: nobody gets it unasked.
func TestCertificateNeedsConsent(t *testing.T) {
	text := command(getCertificate, map[string]any{"origin": site, "lang": "en"})
	for name, reply := range map[string]string{"no": pinentrytest.No, "closed": pinentrytest.Cancel, "late": pinentrytest.Late} {
		p, use := asks(t, pinentrytest.Script{Confirm: []string{reply}})
		b := start(t, newDesk(cardOf(t, "nora")), use)
		b.send(text)
		b.refused(cancelled)
		if p.Asked("CONFIRM") != 1 {
			t.Errorf("%s: asked %d times", name, p.Asked("CONFIRM"))
		}
	}
	p, use := asks(t, pinentrytest.Script{})
	b := start(t, newDesk(cardOf(t, "nora")), use)
	b.send(text)
	var c api.SigningCertificate
	b.only(&c)
	if c.Certificate != base64.StdEncoding.EncodeToString(issue(t, "nora").Signature.Certificate.Raw) {
		t.Error("another certificate")
	}
	if list, _ := json.Marshal(c.SupportedSignatureAlgorithms); string(list) != `[{"cryptoAlgorithm":"ECC","hashFunction":"SHA-256","paddingScheme":"NONE"},`+
		`{"cryptoAlgorithm":"ECC","hashFunction":"SHA-384","paddingScheme":"NONE"},{"cryptoAlgorithm":"ECC","hashFunction":"SHA-512","paddingScheme":"NONE"}]` {
		t.Errorf("algorithms %s", list)
	}
	if !said(p, "SETDESC "+site+"%0Aasks for your signature certificate. That site will then know your name and your national number.%0A%0ACard of Nora Specimen.") ||
		p.Asked("CONFIRM") != 1 {
		t.Errorf("said %q", p.Said())
	}
	if strings.Contains(strings.Join(p.Said(), " "), "01050399864") {
		t.Error("the window shows the national number")
	}
}

// Where the PIN is typed on a keypad or in a window that names no site, that is asked
// before, once; refusing there costs nothing.
func TestConfirmBeforeKeypadAndWindow(t *testing.T) {
	for name, place := range map[string]reader.PINPlace{"on the reader": reader.Keypad, "another window": reader.Window} {
		for _, text := range []string{authentication(nil), signing(t, "nora", nil)} {
			card := cardOf(t, "nora")
			card.place = place
			p, use := asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.No, pinentrytest.OK}})
			b := start(t, newDesk(card), use)
			b.send(text)
			b.refused(cancelled)
			if len(card.signs) > 0 {
				t.Fatal("the card signs all the same")
			}
			b = start(t, newDesk(card), use)
			b.send(text)
			var answer map[string]any
			if b.only(&answer); answer["signature"] == nil {
				t.Errorf("answer %v", answer)
			}
			told := strings.Join(p.Said(), "\n")
			if p.Asked("CONFIRM") != 2 || p.Asked("GETPIN") > 0 || !strings.Contains(told, "SETDESC "+site) || !strings.Contains(told, name) {
				t.Errorf("%s: %s", name, told)
			}
		}
	}
}

// Of two cards the wanted one signs.
// A card pulled out while the PIN is typed is waited for, and what was agreed to stays so.
// pulled has the card leave once it was asked to sign.
// What only the person can do something about is told in a window; the page hears that
// it was given up. What is ours is fatal.
func TestEndings(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		says string
		code string
	}{
		"given up":         {reader.ErrCancelled, "", cancelled},
		"too late":         {reader.ErrTimedOut, "", cancelled},
		"blocked":          {reader.ErrPINBlocked, "PIN blocked after 3 mistakes", cancelled},
		"wrong to the end": {reader.PINError{Tries: 1}, "Wrong PIN. Nothing was sent.", cancelled},
		"not supported":    {reader.ErrNotSupported, "Install the official software", fatal},
		"rubbish":          {reader.ErrWrongSignature, "Something went wrong", fatal},
		"module dead":      {reader.ErrModuleFailed, "Something went wrong", fatal},
	} {
		p, use := asks(t, pinentrytest.Script{})
		card := cardOf(t, "nora")
		card.fails = []error{tt.err}
		b := start(t, newDesk(card), use)
		b.send(authentication(nil))
		b.refused(tt.code)
		messages := 1
		if tt.says == "" {
			messages = 0
		}
		if told := strings.Join(p.Said(), "\n"); p.Asked("MESSAGE") != messages || !strings.Contains(told, tt.says) {
			t.Errorf("%s: %s", name, told)
		}
	}
	p, use := asks(t, pinentrytest.Script{})
	card := cardOf(t, "nora")
	card.tries = 0
	b := start(t, newDesk(card), use)
	b.send(authentication(nil))
	b.refused(cancelled)
	if len(card.signs) > 0 || p.Asked("MESSAGE") != 1 {
		t.Error("a blocked card is asked for a PIN")
	}
}

func TestNoModule(t *testing.T) {
	p, use := asks(t, pinentrytest.Script{})
	b := start(t, newDesk(), use, func(c *Config) { c.Open = func() (Cards, error) { return nil, reader.ErrModuleMissing } })
	b.send(authentication(nil))
	b.refused(fatal)
	if told := strings.Join(p.Said(), "\n"); !strings.Contains(told, "eid.belgium.be") {
		t.Errorf("it says %s", told)
	}
}

func TestNobodyToAsk(t *testing.T) {
	d := newDesk(cardOf(t, "nora"))
	b := start(t, d)
	b.send(authentication(nil))
	b.refused(fatal)
	if !strings.Contains(b.log.String(), "there is no pinentry with windows") || d.looked > 0 {
		t.Errorf("log %s", b.log)
	}
}

// The page closed: every window goes at once, and nothing is written.
func TestBrowserGone(t *testing.T) {
	t.Run("waiting for a card", func(t *testing.T) {
		p, use := asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.Hang}})
		b := start(t, newDesk(), use)
		b.send(authentication(nil))
		await(t, "the window", func() bool { return p.Asked("CONFIRM") == 1 })
		b.to.Close()
		b.silent()
		gone(t, p)
	})
	t.Run("asking", func(t *testing.T) {
		p, use := asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.Hang}})
		b := start(t, newDesk(cardOf(t, "nora")), use)
		b.send(command(getCertificate, map[string]any{"origin": site}))
		await(t, "the window", func() bool { return p.Asked("CONFIRM") == 1 })
		b.to.Close()
		b.silent()
		gone(t, p)
	})
	t.Run("signing", func(t *testing.T) {
		_, use := asks(t, pinentrytest.Script{})
		card := cardOf(t, "nora")
		card.hangs = make(chan struct{})
		b := start(t, newDesk(card), use)
		b.send(authentication(nil))
		<-card.hangs
		b.to.Close()
		b.silent()
	})
}

// A second host waits until the first has gone; giving up while it waits is possible.
func TestOneAtATime(t *testing.T) {
	p, use := asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.Hang, pinentrytest.OK}})
	same := func(c *Config) { c.Lock = p.Path + ".lock" }
	first := start(t, newDesk(), use, same)
	first.send(authentication(nil))
	await(t, "the window", func() bool { return p.Asked("CONFIRM") == 1 })
	d := newDesk(cardOf(t, "nora"))
	second, third := start(t, d, use, same), start(t, newDesk(), use, same)
	second.send(command(getCertificate, map[string]any{"origin": site}))
	third.send(authentication(nil))
	third.to.Close()
	third.silent()
	d.mu.Lock()
	looked := d.looked
	d.mu.Unlock()
	if looked > 0 || p.Asked("CONFIRM") > 1 {
		t.Error("two ask at once")
	}
	first.to.Close()
	first.silent()
	var c api.SigningCertificate
	second.only(&c)
}

func TestDeadline(t *testing.T) {
	p, use := asks(t, pinentrytest.Script{Confirm: []string{pinentrytest.Hang}})
	b := start(t, newDesk(), use, func(c *Config) { c.Deadline = 1e9 })
	b.send(authentication(nil))
	b.refused(cancelled)
	gone(t, p)
}

// A host that is told to end before its command ends without a word.
func TestEndedBeforeTheCommand(t *testing.T) {
	in, to := io.Pipe()
	defer to.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := Run(ctx, Config{In: in, Out: &out}); err != nil || bytes.Count(out.Bytes(), []byte("{")) != 1 {
		t.Errorf("Run() = %v, %q", err, out.String())
	}
}

// A browser that has gone before the greeting is an error for whoever started us.
func TestNobodyToGreet(t *testing.T) {
	from, out := io.Pipe()
	from.Close()
	if err := Run(t.Context(), Config{In: strings.NewReader(""), Out: out}); err == nil {
		t.Error("Run() = nil")
	}
}

// One command: what comes after it changes nothing.
func TestSecondCommandIsNotRead(t *testing.T) {
	_, use := asks(t, pinentrytest.Script{})
	b := start(t, newDesk(cardOf(t, "nora")), use)
	b.send(authentication(nil))
	go func() { _, _ = b.to.Write([]byte("\x10\x00\x00\x00garbage")) }()
	var token map[string]string
	if b.only(&token); token["signature"] == "" {
		t.Errorf("token %v", token)
	}
}
