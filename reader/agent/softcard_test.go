package agent_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
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

// softCards is a desk of SoftHSM2 cards, had through the real PKCS#11 path: a module in
// a process of its own.
func softCards(t *testing.T, config remote.Config) (*softcard.Desk, agent.Cards) {
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
	config.Modules = []string{d.Module()}
	set, err := remote.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	return d, agent.FromSet(set)
}

// softDesk is softCards behind an agent.
func softDesk(t *testing.T) (*softcard.Desk, *started) {
	t.Helper()
	d, cards := softCards(t, remote.Config{})
	return d, start(t, nil, func(c *agent.Config) { c.Cards = cards })
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

// A card swapped right before an operation begins is not taken for one that is pulled
// out of it, however late that is noticed.
func TestSoftCardSwappedBefore(t *testing.T) {
	d, a := softDesk(t)
	for i := range 6 {
		if err := d.Insert([]string{"rsa", "ec"}[i%2]); err != nil {
			t.Fatal(err)
		}
		if _, err := a.page(rightPIN).Authenticate(t.Context(), nonce); err != nil {
			t.Fatalf("operation %d: Authenticate = %v", i, err)
		}
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

// The module crashes with the PIN in its hands.
func TestSoftCardCrashes(t *testing.T) {
	d, a := softDesk(t)
	if err := d.Insert("rsa"); err != nil {
		t.Fatal(err)
	}
	if err := d.Fail(softcard.Fault{Function: "C_Sign", Once: true, Do: softcard.Crash}); err != nil {
		t.Fatal(err)
	}
	p := a.page("")
	end := p.waiting(t)
	page, err := p.OpenPIN(t.Context(), p.pinURL())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = page.Submit(t.Context(), rightPIN) // this connection goes with the process
	wantEnd(t, end, api.Fatal, api.Technical)
	if page, err = p.OpenPIN(t.Context(), p.pinURL()); err != nil || page.Asks || !strings.Contains(page.HTML, "Something went wrong. Nothing was sent.") {
		t.Errorf("after the crash: %+v, %v", page, err)
	}
	if _, err := a.page(rightPIN).Authenticate(t.Context(), nonce); err != nil {
		t.Errorf("afterwards: Authenticate = %v", err)
	}
}

// The page loaded again after the process of its operation has gone says how it ended.
func TestSoftCardTellsTheEndAfterwards(t *testing.T) {
	t.Parallel()
	d, a := softDesk(t)
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	p := a.page("")
	end := p.waiting(t)
	page, err := p.OpenPIN(t.Context(), p.pinURL())
	if err != nil {
		t.Fatal(err)
	}
	if page, err = page.Submit(t.Context(), rightPIN); err != nil || page.Title != "Done - Card reader" {
		t.Errorf("%+v, %v", page, err)
	}
	<-end
	for range 25 { // beyond the two seconds that a process lingers
		if again, err := p.OpenPIN(t.Context(), p.pinURL()); err != nil || again.Title != "Done - Card reader" {
			t.Fatalf("loaded again: %+v, %v", again, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Fifty connections at once reach the process of the module, each with its own answer.
func TestSoftCardParallelConnections(t *testing.T) {
	d, a := softDesk(t)
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	p := a.page("")
	end := p.waiting(t)
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			url, want := p.pinURL(), "<form"
			switch i % 3 {
			case 1:
				url, want = a.URL()+"/pin.css", "color-scheme"
			case 2:
				url, want = a.URL()+"/pin/"+strings.Repeat("A", 43), "no longer in use"
			}
			if _, body := ask(t, "GET", url, "", nil); !strings.Contains(body, want) {
				t.Errorf("%s: %.80s", url, body)
			}
		})
	}
	wait.Wait()
	page, err := p.OpenPIN(t.Context(), p.pinURL())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Submit(t.Context(), rightPIN); err != nil {
		t.Error(err)
	}
	if err := <-end; err != nil {
		t.Errorf("Authenticate = %v", err)
	}
}
