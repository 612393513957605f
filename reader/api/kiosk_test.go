package api_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"guichet.example/certs/registry"
	"guichet.example/reader/api"
)

func kioskMessage() api.KioskMessage {
	return api.KioskMessage{
		Version: 1, Kind: api.KioskBeat, Origin: "https://counter.example", Key: strings.Repeat("A", 43),
		Lease: strings.Repeat("A", 22), Nonce: "n", Counter: 1,
	}
}

func spell(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestKioskMessageRefused(t *testing.T) {
	for name, change := range map[string]func(*api.KioskMessage){
		"another version":       func(m *api.KioskMessage) { m.Version = 2 },
		"no kind":               func(m *api.KioskMessage) { m.Kind = "" },
		"another kind":          func(m *api.KioskMessage) { m.Kind = "reboot" },
		"no origin":             func(m *api.KioskMessage) { m.Origin = "" },
		"no nonce":              func(m *api.KioskMessage) { m.Nonce = "" },
		"long nonce":            func(m *api.KioskMessage) { m.Nonce = strings.Repeat("n", 201) },
		"short key":             func(m *api.KioskMessage) { m.Key = "AAAA" },
		"loose bits in a key":   func(m *api.KioskMessage) { m.Key = strings.Repeat("A", 42) + "B" },
		"no lease":              func(m *api.KioskMessage) { m.Lease = "" },
		"no counter":            func(m *api.KioskMessage) { m.Counter = 0 },
		"counter past exact":    func(m *api.KioskMessage) { m.Counter = api.MaxKioskCounter + 1 },
		"bind without browser":  func(m *api.KioskMessage) { m.Kind = api.KioskBind },
		"browser without bind":  func(m *api.KioskMessage) { m.Browser = strings.Repeat("A", 43) },
		"fault of another kind": func(m *api.KioskMessage) { m.Fault = api.NoPaper },
		"unknown fault":         func(m *api.KioskMessage) { m.Kind, m.Fault = api.KioskFault, "on fire" },
		"code without pairing":  func(m *api.KioskMessage) { m.Code = "X" },
		"files with a beat":     func(m *api.KioskMessage) { m.Files = someFiles() },
		"files of nothing":      func(m *api.KioskMessage) { m.Kind, m.Files = api.KioskCardIn, &registry.Files{} },
		"a photo alone":         func(m *api.KioskMessage) { m.Kind, m.Files = api.KioskCardIn, &registry.Files{Photo: []byte("x")} },
		"health of a card":      func(m *api.KioskMessage) { m.Kind, m.Health = api.KioskCardIn, &api.KioskHealth{} },
		"unknown trouble":       func(m *api.KioskMessage) { m.Health = &api.KioskHealth{Troubles: []api.KioskTrouble{"on fire"}} },
		"no trouble in a list":  func(m *api.KioskMessage) { m.Health = &api.KioskHealth{Troubles: []api.KioskTrouble{""}} },
		"troubles twice": func(m *api.KioskMessage) {
			m.Health = &api.KioskHealth{Troubles: []api.KioskTrouble{api.NoPaper, api.NoPaper}}
		},
		"troubles in disorder": func(m *api.KioskMessage) {
			m.Health = &api.KioskHealth{Troubles: []api.KioskTrouble{api.NoPaper, api.ReaderGone}}
		},
		"unknown printer":      func(m *api.KioskMessage) { m.Health = &api.KioskHealth{Printer: "on fire"} },
		"a hundred readers":    func(m *api.KioskMessage) { m.Health = &api.KioskHealth{Readers: 100} },
		"readers below none":   func(m *api.KioskMessage) { m.Health = &api.KioskHealth{Readers: -1} },
		"sheets past exact":    func(m *api.KioskMessage) { m.Health = &api.KioskHealth{Sheets: api.MaxKioskCounter + 1} },
		"jobs past exact":      func(m *api.KioskMessage) { m.Health = &api.KioskHealth{Jobs: api.MaxKioskCounter + 1} },
		"pairing without code": func(m *api.KioskMessage) { m.Kind, m.PublicKey = api.KioskPair, []byte{1} },
	} {
		m := kioskMessage()
		change(&m)
		if got, err := api.ParseKioskMessage(spell(t, m)); !errors.Is(err, api.ErrKiosk) || got.Kind != "" {
			t.Errorf("%s: %+v, %v, want ErrKiosk", name, got, err)
		}
	}
	right := spell(t, kioskMessage())
	if _, err := api.ParseKioskMessage(right); err != nil {
		t.Fatalf("the message itself: %v", err)
	}
	for name, text := range map[string]string{
		"empty": "", "null": "null", "a list": "[]", "cut": string(right[:len(right)-1]), "something after": string(right) + "{}",
		"a blank":     strings.Replace(string(right), ",", ", ", 1),
		"doubled key": strings.Replace(string(right), `{"version":1`, `{"version":2,"version":1`, 1),
		"other case":  strings.Replace(string(right), `"kind"`, `"Kind"`, 1),
		"unknown key": strings.Replace(string(right), `{`, `{"admin":true,`, 1),
		"a fraction":  strings.Replace(string(right), `"counter":1`, `"counter":1.0`, 1),
	} {
		if _, err := api.ParseKioskMessage([]byte(text)); !errors.Is(err, api.ErrKiosk) {
			t.Errorf("%s: %v, want ErrKiosk", name, err)
		}
	}
}

func someFiles() *registry.Files { return &registry.Files{Identity: []byte("identity")} }

// Each file of a card has its own bound, and the largest card that there is fits.
func TestKioskFiles(t *testing.T) {
	largest := func() *registry.Files {
		return &registry.Files{Identity: make([]byte, 4<<10), IdentitySignature: make([]byte, 1<<10), Address: make([]byte, 2<<10),
			AddressSignature: make([]byte, 1<<10), Photo: make([]byte, 8<<10), Registry: make([]byte, 4<<10)}
	}
	for i := range 6 {
		f := largest()
		part := []*[]byte{&f.Identity, &f.IdentitySignature, &f.Address, &f.AddressSignature, &f.Photo, &f.Registry}[i]
		*part = append(*part, 0)
		m := kioskMessage()
		m.Kind, m.Files = api.KioskCardIn, f
		if _, err := api.ParseKioskMessage(spell(t, m)); !errors.Is(err, api.ErrKiosk) {
			t.Errorf("file %d one byte too long: %v", i, err)
		}
	}
	m := kioskMessage()
	m.Kind, m.Files = api.KioskCardIn, largest()
	data := spell(t, api.KioskSigned{Message: spell(t, m), Signature: make([]byte, 72)})
	if _, got, err := api.ParseKioskSigned(data); err != nil || len(data) > api.MaxKioskMessage || len(got.Files.Photo) != 8<<10 {
		t.Errorf("the largest card, %d bytes: %v", len(data), err)
	}
	m.Files, m.Nonce = nil, strings.Repeat("n", 200)
	padded := spell(t, api.KioskSigned{Message: spell(t, m), Signature: make([]byte, api.ShortKioskMessage)})
	if _, _, err := api.ParseKioskSigned(padded); !errors.Is(err, api.ErrKiosk) {
		t.Errorf("%d bytes without a card: %v", len(padded), err)
	}
}

// What is taken has one spelling, and comes with an error or not at all.
func FuzzParseKioskSigned(f *testing.F) {
	for _, change := range []func(*api.KioskMessage){
		func(*api.KioskMessage) {},
		func(m *api.KioskMessage) { m.Kind, m.Files = api.KioskCardIn, someFiles() },
		func(m *api.KioskMessage) {
			m.Health = &api.KioskHealth{Troubles: []api.KioskTrouble{api.CardStuck}, Readers: 1, Printer: api.PrinterEmpty, Jobs: 3, Sheets: 7}
		},
	} {
		m := kioskMessage()
		change(&m)
		f.Add(spell(f, api.KioskSigned{Message: spell(f, m), Signature: []byte("signature")}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		signed, m, err := api.ParseKioskSigned(data)
		if err != nil {
			if !errors.Is(err, api.ErrKiosk) || signed.Message != nil || m.Kind != "" {
				t.Errorf("%v, and %+v", err, m)
			}
			return
		}
		if !bytes.Equal(spell(t, signed), data) || !bytes.Equal(spell(t, m), signed.Message) {
			t.Errorf("%s is taken, and spelled %s", data, spell(t, signed))
		}
	})
}

func TestKioskSignature(t *testing.T) {
	key, other := newKey(t, elliptic.P256()), newKey(t, elliptic.P256())
	text := spell(t, kioskMessage())
	value, err := ecdsa.SignASN1(rand.Reader, key, api.KioskDigest(text))
	if err != nil {
		t.Fatal(err)
	}
	signed := api.KioskSigned{Message: text, Signature: value}
	if err := signed.VerifyKiosk(&key.PublicKey); err != nil {
		t.Errorf("right signature: %v", err)
	}
	if err := signed.VerifyKiosk(&other.PublicKey); !errors.Is(err, api.ErrKiosk) {
		t.Errorf("another key: %v", err)
	}
	changed := signed
	changed.Message = bytes.Replace(text, []byte(`"counter":1`), []byte(`"counter":2`), 1)
	if err := changed.VerifyKiosk(&key.PublicKey); !errors.Is(err, api.ErrKiosk) {
		t.Errorf("changed message: %v", err)
	}
	if _, _, err := api.ParseKioskSigned(bytes.Repeat([]byte(" "), api.MaxKioskMessage+1)); !errors.Is(err, api.ErrKiosk) {
		t.Errorf("long message: %v", err)
	}
	if _, m, err := api.ParseKioskSigned(spell(t, signed)); err != nil || m.Counter != 1 {
		t.Errorf("ParseKioskSigned = %+v, %v", m, err)
	}
}

func newKey(t *testing.T, c elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKioskKeyIsOnP256(t *testing.T) {
	for curve, want := range map[elliptic.Curve]bool{elliptic.P256(): true, elliptic.P384(): false} {
		spki, err := x509.MarshalPKIXPublicKey(&newKey(t, curve).PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := api.ParseKioskKey(spki); (err == nil) != want {
			t.Errorf("%s: %v", curve.Params().Name, err)
		}
		if len(api.KioskFingerprint(api.KioskKeyID(spki))) != 19 {
			t.Errorf("fingerprint %q", api.KioskFingerprint(api.KioskKeyID(spki)))
		}
	}
}

// What parses is spelled one way: it marshals to the very same bytes.
func FuzzParseKioskMessage(f *testing.F) {
	f.Add(spell(f, kioskMessage()))
	pair := kioskMessage()
	pair.Kind, pair.Code, pair.PublicKey = api.KioskPair, "7K4PQ2MX91ZD", []byte{1, 2, 3}
	f.Add(spell(f, pair))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := api.ParseKioskMessage(data)
		if err != nil {
			if !errors.Is(err, api.ErrKiosk) {
				t.Errorf("error is not ErrKiosk: %v", err)
			}
			return
		}
		if again := spell(t, m); !bytes.Equal(again, data) {
			t.Errorf("%q marshals to %q", data, again)
		}
	})
}
