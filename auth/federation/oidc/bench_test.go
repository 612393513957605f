package oidc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
)

// canned is a provider whose token endpoint and userinfo answer one login over and over,
// so that its own signing is not what is measured.
func canned(b *testing.B) (w world, f federation.Flow, answer url.Values) {
	w = newWorld(b, shape{})
	f, answer = w.walk(b, 200, false)
	taken := map[string][]byte{}
	w.provider.Lie(federationtest.Lies{
		Answer:   func(tokens map[string]any) { taken[federationtest.Token], _ = json.Marshal(tokens) },
		UserInfo: federationtest.Forgery{Token: func(token string) string { taken[federationtest.UserInfo] = []byte(token); return token }},
	})
	if _, err := w.party.Finish(b.Context(), f, answer); err != nil {
		b.Fatal(err)
	}
	serve := func(endpoint, kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", kind)
			w.Write(taken[endpoint])
		}
	}
	w.provider.Lie(federationtest.Lies{Instead: map[string]http.HandlerFunc{
		federationtest.Token:    serve(federationtest.Token, "application/json"),
		federationtest.UserInfo: serve(federationtest.UserInfo, "application/jwt"),
	}})
	return w, f, answer
}

// BenchmarkFinish is everything between the browser's coming back and an identity, over
// HTTP on loopback, at a provider that needs no time itself.
func BenchmarkFinish(b *testing.B) {
	w, f, answer := canned(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.party.Finish(b.Context(), f, answer); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFinishBare is what cannot be left out of it: two exchanges over HTTP and two RSA
// signatures verified.
func BenchmarkFinishBare(b *testing.B) {
	w, f, answer := canned(b)
	key, _ := w.provider.Key()
	public := key.Public().(*rsa.PublicKey)
	form := url.Values{"grant_type": {"authorization_code"}, "code": answer["code"], "redirect_uri": {callback}, "code_verifier": {f.Verifier}}
	b.ReportAllocs()
	for b.Loop() {
		r, _ := http.NewRequest(http.MethodPost, w.provider.Issuer()+federationtest.Token, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(clientID, secret)
		var tokens oauth2.Token
		var more struct {
			ID string `json:"id_token"`
		}
		body := exchange(b, r)
		if json.Unmarshal(body, &tokens) != nil || json.Unmarshal(body, &more) != nil {
			b.Fatal("no tokens")
		}
		verifyBare(b, more.ID, public)
		r, _ = http.NewRequest(http.MethodGet, w.provider.Issuer()+federationtest.UserInfo, nil)
		r.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
		verifyBare(b, string(exchange(b, r)), public)
	}
}

func exchange(b *testing.B, r *http.Request) []byte {
	answer, err := browser.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.Fatal(answer.Status, err)
	}
	return body
}

func verifyBare(b *testing.B, token string, key *rsa.PublicKey) {
	end := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[end+1:])
	sum := sha256.Sum256([]byte(token[:end]))
	if err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		b.Fatal("signature")
	}
}

// BenchmarkBegin is making the address for the browser.
func BenchmarkBegin(b *testing.B) {
	w := newWorld(b, shape{})
	w.begin(b, 200, false)
	for b.Loop() {
		f, err := federation.NewFlow(rand.Reader, time.Now(), "fas", federation.SignIn)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.party.Begin(b.Context(), &f); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefuse is what a stranger's made-up token costs.
func BenchmarkRefuse(b *testing.B) {
	w := newWorld(b, shape{})
	token, err := w.provider.LogoutToken(federationtest.Client{ID: clientID}, "alice", "")
	if err != nil {
		b.Fatal(err)
	}
	junk := token[:len(token)-8] + "AAAAAAAA"
	for b.Loop() {
		if _, err := w.party.VerifyLogout(b.Context(), junk); err == nil {
			b.Fatal("accepted")
		}
	}
}
