package agent_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/reader/agent"
	"guichet.example/reader/api"
)

// good says that everything is, for tests of the two halves together.
type good struct{}

func (good) Check(context.Context, certs.Path) (revocation.Answer, error) {
	return revocation.Answer{Status: revocation.Good}, nil
}

func verifier(t *testing.T, origin string) *webeid.Verifier {
	t.Helper()
	v, err := webeid.New(webeid.Config{Origin: origin, Anchors: pki().Anchors(), Revocation: good{}, AllowLoopbackHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The token of the agent is one that auth/webeid accepts, for the origin of the page
// that asked and for no other.
func TestAuthenticate(t *testing.T) {
	for _, name := range []string{"rsa", "ec"} {
		t.Run(name, func(t *testing.T) {
			a := start(t, newDesk(newCard(name)))
			p := a.page(rightPIN)
			raw, err := p.Authenticate(t.Context(), nonce)
			if err != nil {
				t.Fatalf("Authenticate = %v", err)
			}
			token, err := webeid.ParseToken(raw)
			if err != nil {
				t.Fatalf("ParseToken = %v", err)
			}
			challenge := webeid.Challenge{Nonce: nonce, Expires: time.Now().Add(time.Minute)}
			if _, err := verifier(t, counter).Verify(t.Context(), token, challenge); err != nil {
				t.Errorf("Verify = %v", err)
			}
			if _, err := verifier(t, "http://localhost:9090").Verify(t.Context(), token, challenge); !errors.Is(err, webeid.ErrSignature) {
				t.Errorf("Verify for another origin = %v, want %v", err, webeid.ErrSignature)
			}
			want := []api.State{api.CardReady, api.PINPage, api.Checking, api.Idle}
			if p.saw(api.Idle); !inOrder(p.states(), want) {
				t.Errorf("events were %v, want %v in this order", p.states(), want)
			}
		})
	}
}

// inOrder reports whether all of want appear in have, in order.
func inOrder(have, want []api.State) bool {
	for _, state := range have {
		if len(want) > 0 && state == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func TestNewRefuses(t *testing.T) {
	ok := agent.Config{Listen: "localhost:0", Origins: []string{counter}, Cards: newDesk(nil)}
	if _, err := agent.New(ok); err != nil {
		t.Fatalf("New = %v", err)
	}
	tests := []struct {
		name   string
		change func(*agent.Config)
	}{
		{"no cards", func(c *agent.Config) { c.Cards = nil }},
		{"no origin", func(c *agent.Config) { c.Origins = nil }},
		{"unknown language", func(c *agent.Config) { c.Lang = "it" }},
		{"http origin", func(c *agent.Config) { c.Origins = []string{"http://counter.example"} }},
		{"wildcard", func(c *agent.Config) { c.Origins = []string{"*"} }},
		{"null", func(c *agent.Config) { c.Origins = []string{"null"} }},
		{"slash", func(c *agent.Config) { c.Origins = []string{"https://counter.example/"} }},
		{"path", func(c *agent.Config) { c.Origins = []string{"https://counter.example/fr"} }},
		{"user", func(c *agent.Config) { c.Origins = []string{"https://me@counter.example"} }},
		{"upper case", func(c *agent.Config) { c.Origins = []string{"https://Counter.example"} }},
		{"looks like loopback", func(c *agent.Config) { c.Origins = []string{"http://localhost.example"} }},
		{"one good, one bad", func(c *agent.Config) { c.Origins = []string{counter, "ftp://counter.example"} }},
	}
	for _, test := range tests {
		c := ok
		test.change(&c)
		if _, err := agent.New(c); err == nil {
			t.Errorf("%s: New accepted it", test.name)
		}
	}
}

func TestListenRefuses(t *testing.T) {
	for _, listen := range []string{"", "localhost", ":8081", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "localhost:http", "localhost:+1", "localhost:70000"} {
		if err := agent.CheckListen(listen); err == nil {
			t.Errorf("CheckListen(%q) accepted it", listen)
		}
		a, err := agent.New(agent.Config{Listen: listen, Origins: []string{counter}, Cards: newDesk(nil)})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Listen(); err == nil {
			t.Errorf("Listen on %q succeeded", listen)
		}
	}
}

// Two agents cannot share a port, not even one on each loopback address.
func TestCheckListen(t *testing.T) {
	for _, listen := range []string{agent.DefaultListen, "localhost:0", "127.0.0.1:8081", "127.1.2.3:1", "[::1]:65535"} {
		if err := agent.CheckListen(listen); err != nil {
			t.Errorf("CheckListen(%q) = %v", listen, err)
		}
	}
}

func TestListenTaken(t *testing.T) {
	first := start(t, newDesk(nil))
	port := first.URL()[strings.LastIndex(first.URL(), ":"):]
	second, err := agent.New(agent.Config{Listen: "localhost" + port, Origins: []string{counter}, Cards: newDesk(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Listen(); err == nil {
		t.Error("Listen on a taken port succeeded")
	}
}

func TestStatus(t *testing.T) {
	a := start(t, newDesk(newCard("rsa")))
	status, err := a.page("").Status(t.Context())
	if err != nil || status != (api.Status{Agent: "guichet-reader", Version: api.Version}) {
		t.Errorf("Status = %+v, %v", status, err)
	}
	if !strings.HasPrefix(a.URL(), "http://localhost:") {
		t.Errorf("URL = %s, want http://localhost:PORT", a.URL())
	}
}
