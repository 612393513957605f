package agent_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/certs/certstest"
	"guichet.example/reader/agent"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// TestMain builds the proxy module once for all tests, and is the program that holds it.
func TestMain(m *testing.M) {
	remote.Main()
	dir, err := os.MkdirTemp("", "agent-")
	if err != nil {
		panic(err)
	}
	module, err := softcard.Build(dir)
	if err != nil {
		panic(err)
	}
	os.Setenv("GUICHET_SOFTCARD", module)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// softDesk is a desk of SoftHSM2 cards behind an agent, through the real PKCS#11 path: a
// module in a process of its own.
func softDesk(t *testing.T, change ...func(*agent.Config)) (*softcard.Desk, *started) {
	t.Helper()
	d, err := softcard.NewDesk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, card := range issued() {
		if err := d.AddCard(name, card, rightPIN); err != nil {
			t.Fatal(err)
		}
	}
	set, err := remote.Open(remote.Config{Modules: []string{d.Module()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	return d, start(t, nil, append(change, func(c *agent.Config) { c.Cards = agent.FromSet(set) })...)
}

func TestSoftCards(t *testing.T) {
	d, a := softDesk(t)
	for name, card := range map[string]*certstest.Card{"rsa": issued()["rsa"], "ec": issued()["ec"]} {
		if err := d.Insert(name); err != nil {
			t.Fatal(err)
		}
		p := a.page(rightPIN)
		raw, err := p.Authenticate(t.Context(), nonce)
		if err != nil {
			t.Fatalf("%s: Authenticate = %v", name, err)
		}
		token, err := webeid.ParseToken(raw)
		if err != nil {
			t.Fatal(err)
		}
		challenge := webeid.Challenge{Nonce: nonce, Expires: time.Now().Add(time.Minute)}
		verified, err := verifier(t, counter).Verify(t.Context(), token, challenge)
		if err != nil || !verified.Certificate.Equal(card.Authentication.Certificate) {
			t.Errorf("%s: Verify = %v", name, err)
		}
		certificate, err := p.SigningCertificate(t.Context())
		if err != nil {
			t.Fatalf("%s: SigningCertificate = %v", name, err)
		}
		request := api.SignRequest{Certificate: certificate.Certificate, Hash: base64Of(make([]byte, 48)), HashFunction: "SHA-384"}
		if _, err := p.Sign(t.Context(), request); err != nil {
			t.Errorf("%s: Sign = %v", name, err)
		}
	}
	journal, err := d.Journal()
	if err != nil || len(journal) != 4 {
		t.Errorf("the cards signed %d times, %v; want 4", len(journal), err)
	}
}

func TestSoftCardPulledAtThePIN(t *testing.T) {
	d, a := softDesk(t)
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	p := a.page("")
	end := p.waiting(t)
	if err := d.Remove(); err != nil {
		t.Fatal(err)
	}
	wantEnd(t, end, api.Fatal, api.CardRemoved)
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.page(rightPIN).Authenticate(t.Context(), nonce); err != nil {
		t.Errorf("with the card back: Authenticate = %v", err)
	}
}

func TestSoftCardWrongPIN(t *testing.T) {
	d, a := softDesk(t)
	p := a.page("0000")
	end := make(chan error, 1)
	go func() { // asked before the card is there
		_, err := p.Authenticate(t.Context(), nonce)
		end <- err
	}()
	if !p.saw(api.NoCard) {
		t.Errorf("events were %v, want %s", p.states(), api.NoCard)
	}
	if err := d.Insert("rsa"); err != nil {
		t.Fatal(err)
	}
	var failure api.Error
	if err := <-end; !errors.As(err, &failure) || failure.State != api.Cancelled { // FixedPIN gives up after one
		t.Errorf("Authenticate = %v", err)
	}
	if tries, err := d.Tries("rsa"); err != nil || tries != 2 {
		t.Errorf("%d tries left, %v; want 2", tries, err)
	}
	p = a.page("")
	p.PIN = func(context.Context, *agenttest.PINPage) (string, error) { return "0000", nil }
	ends(t, p, api.Fatal, api.PINBlocked, 0)
	if tries, err := d.Tries("rsa"); err != nil || tries != 0 {
		t.Errorf("%d tries left, %v; want 0", tries, err)
	}
}

func TestSoftCardWithoutSignature(t *testing.T) {
	d, a := softDesk(t)
	if err := d.Insert("nosign"); err != nil {
		t.Fatal(err)
	}
	_, err := a.page("").SigningCertificate(t.Context())
	var failure api.Error
	if !errors.As(err, &failure) || failure.State != api.NoSignCert {
		t.Errorf("SigningCertificate = %v", err)
	}
}
