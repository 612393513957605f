package kiosk

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/registry"
	"guichet.example/reader/api"
)

// hearing notes what got past the checks of Receive.
type hearing struct {
	Store
	known  Kiosk
	heard  []Heard
	paired []Heard
}

func (h *hearing) KioskOfKey(_ context.Context, _, key string) (Kiosk, error) {
	if key != h.known.KeyID {
		return Kiosk{}, ErrUnknown
	}
	return h.known, nil
}

func (h *hearing) Hear(_ context.Context, _ string, m Heard) (Kiosk, error) {
	h.heard = append(h.heard, m)
	return h.known, nil
}

func (h *hearing) PairKiosk(_ context.Context, _ string, m Heard) (Kiosk, error) {
	h.paired = append(h.paired, m)
	return h.known, nil
}

type agent struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	spki []byte
}

func newAgent(t *testing.T) *agent {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return &agent{t, key, spki}
}

// sign is what the agent sends.
func (a *agent) sign(m api.KioskMessage) []byte {
	a.t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		a.t.Fatal(err)
	}
	value, err := ecdsa.SignASN1(rand.Reader, a.key, api.KioskDigest(text))
	if err != nil {
		a.t.Fatal(err)
	}
	data, err := json.Marshal(api.KioskSigned{Message: text, Signature: value})
	if err != nil {
		a.t.Fatal(err)
	}
	return data
}

// Nothing reaches the store before the signature of the key that the message names holds,
// for this counter, over a nonce of its own.
func TestReceive(t *testing.T) {
	now := noon
	times, err := Times{}.Defaults()
	if err != nil {
		t.Fatal(err)
	}
	mine, other := newAgent(t), newAgent(t)
	store := &hearing{known: Kiosk{ID: "k1", KeyID: api.KioskKeyID(mine.spki), PublicKey: mine.spki, State: Active}}
	p := &Protocol{Store: store, Mutuality: "141", Origin: "https://counter.example", Key: make([]byte, 32), Times: times,
		Now: func() time.Time { return now }, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}
	nonce, err := p.Nonce()
	if err != nil {
		t.Fatal(err)
	}
	beat := api.KioskMessage{Version: api.KioskVersion, Kind: api.KioskBeat, Origin: p.Origin, Key: store.known.KeyID,
		Lease: base64.RawURLEncoding.EncodeToString(make([]byte, 16)), Nonce: nonce, Counter: 7}
	pair := beat
	pair.Kind, pair.Code, pair.PublicKey = api.KioskPair, "0123-4567-89AB", mine.spki
	cardIn := beat
	cardIn.Kind, cardIn.Files = api.KioskCardIn, &registry.Files{Identity: []byte{1}, IdentitySignature: []byte{2}, Registry: []byte{3}}
	with := func(m api.KioskMessage, change func(*api.KioskMessage)) api.KioskMessage { change(&m); return m }
	changed := mine.sign(beat)
	var whole api.KioskSigned
	if err := json.Unmarshal(changed, &whole); err != nil {
		t.Fatal(err)
	}
	whole.Message = []byte(strings.Replace(string(whole.Message), `"counter":7`, `"counter":8`, 1))
	changed, err = json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		data []byte
		want error
	}{
		{"no message", []byte("{}"), ErrUnknown},
		{"signed by another key", other.sign(beat), ErrUnknown},
		{"changed after it was signed", changed, ErrUnknown},
		{"a key nobody paired", other.sign(with(beat, func(m *api.KioskMessage) { m.Key = api.KioskKeyID(other.spki) })), ErrUnknown},
		{"for another counter", mine.sign(with(beat, func(m *api.KioskMessage) { m.Origin = "https://other.example" })), ErrUnknown},
		{"nonce of nobody", mine.sign(with(beat, func(m *api.KioskMessage) { m.Nonce = strings.Repeat("A", len(nonce)) })), ErrStale},
		{"pairing under the name of another key", mine.sign(with(pair, func(m *api.KioskMessage) { m.Key = api.KioskKeyID(other.spki) })), ErrUnknown},
		{"pairing a key that did not sign", mine.sign(with(pair, func(m *api.KioskMessage) { m.PublicKey, m.Key = other.spki, api.KioskKeyID(other.spki) })), ErrUnknown},
		{"pairing with half a code", mine.sign(with(pair, func(m *api.KioskMessage) { m.Code = "0123" })), ErrUnknown},
		{"pairing for another counter", mine.sign(with(pair, func(m *api.KioskMessage) { m.Origin = "https://other.example" })), ErrUnknown},
	} {
		if k, err := p.Receive(t.Context(), tt.data); !errors.Is(err, tt.want) || k.ID != "" {
			t.Errorf("%s: Receive = %s, %v, want %v", tt.name, k.ID, err, tt.want)
		}
	}
	now = noon.Add(times.Nonce + time.Second)
	if _, err := p.Receive(t.Context(), mine.sign(beat)); !errors.Is(err, ErrStale) {
		t.Errorf("late: %v", err)
	}
	now = noon
	if len(store.heard)+len(store.paired) != 0 {
		t.Fatalf("the store heard %+v, %+v", store.heard, store.paired)
	}
	for name, m := range map[string]api.KioskMessage{"beat": beat, "pairing": pair, "card in": cardIn, "card in, no files": with(cardIn, func(m *api.KioskMessage) { m.Files = nil })} {
		if _, err := p.Receive(t.Context(), mine.sign(m)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(store.paired) != 1 || store.paired[0].Message.Code != "0123456789AB" || !store.paired[0].NonceAt.Equal(noon) || len(store.heard) != 3 {
		t.Fatalf("the store heard %d messages, %+v", len(store.heard), store.paired)
	}
	for _, h := range store.heard {
		want := Fault("")
		if h.Message.Kind == api.KioskCardIn && h.Card.Fault != FaultMissing {
			want = FaultForged // no anchor, and no signature
		} else if h.Message.Kind == api.KioskCardIn {
			want = FaultMissing
		}
		if h.Card.Fault != want || h.Message.Files != nil || !h.At.Equal(noon) || h.Silence != times.Silence {
			t.Errorf("the store heard %+v of %s", h.Card, h.Message.Kind)
		}
	}
}

// What a message ends, it ends: a card that leaves, or comes, and an agent that begins.
func TestEnds(t *testing.T) {
	for kind, want := range map[api.KioskKind]bool{api.KioskCardOut: true, api.KioskCardIn: true, api.KioskStart: true, api.KioskStop: true,
		api.KioskBeat: false, api.KioskBind: false, api.KioskFault: false} {
		if got := Ends(api.KioskMessage{Kind: kind}) != ""; got != want {
			t.Errorf("%s ends sessions: %v", kind, got)
		}
	}
	if why := Ends(api.KioskMessage{Kind: api.KioskCardIn, Again: true}); why != "" {
		t.Errorf("the same card, told of again, ends: %q", why)
	}
}

// Only an active kiosk is alive, whatever lease a row still holds.
func TestAliveIsActive(t *testing.T) {
	for state, want := range map[State]bool{Active: true, Suspended: false, Revoked: false, Invited: false} {
		if got := (Kiosk{State: state, Lease: "a", Beat: noon}).Alive(noon, time.Minute); got != want {
			t.Errorf("%s: Alive = %v", state, got)
		}
	}
}
