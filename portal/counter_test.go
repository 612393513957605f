package portal_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/portal"
	"guichet.example/portal/account"
	"guichet.example/portal/bank"
	"guichet.example/portal/page"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing/document"
)

const origin = "https://counter.example"

// counter is a whole counter with its store, one member with a P-384 card, and a
// clock that the test moves.
type counter struct {
	*portal.Portal
	store *store.DB
	pki   *certstest.Server
	card  *certstest.Card
	log   *bytes.Buffer
	cfg   portal.Config
	fault fault // planted: red_test.go

	mu     sync.Mutex
	off    time.Duration
	frozen time.Time // zero: the clock goes
}

func (c *counter) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		return c.frozen.Add(c.off)
	}
	return time.Now().Add(c.off)
}

// freeze stops the clock, for a test that takes longer than a session lives.
func (c *counter) freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = time.Now()
}

func (c *counter) later(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

var mathieu = certstest.Person{GivenNames: "Mathieu", Surname: "Delcourt", NationalNumber: "85073003328", Algorithm: certstest.P384,
	Street: "Rue Hors-Château 28", Postcode: "4000", Municipality: "Liège", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC)}

// personal are words that no log may hold, beside what storetest.Leaks knows.
var personal = []string{"Mathieu", "Delcourt", "Hors-Château", "Élise", "Marchal", "Ailleurs", "Collard", "Attestation de mon employeur", "Sarton", "kinésithérapie"}

func open(t *testing.T, with ...func(*portal.Config)) *counter {
	t.Helper()
	c := &counter{log: new(bytes.Buffer), pki: certstest.Start(t)}
	c.store = storetest.Open(t, storetest.SQLite, func(cfg *store.Config) { cfg.Now = c.now })
	return c.build(t, with...)
}

// build makes the counter on its store.
func (c *counter) build(t *testing.T, with ...func(*portal.Config)) *counter {
	t.Helper()
	var err error
	c.card, err = c.pki.Issue(mathieu)
	ok(t, err)
	number, err := nrn.Parse(mathieu.NationalNumber)
	ok(t, err)
	id, err := auth.NewMemberID(rand.Reader)
	ok(t, err)
	ok(t, c.store.AddMember(t.Context(), account.Member{Mutuality: "test", ID: id, NationalNumber: number,
		GivenNames: "Mathieu", Surname: "Delcourt", Birth: mathieu.Birth, Street: mathieu.Street, Postcode: mathieu.Postcode,
		Municipality: mathieu.Municipality, Country: "BE", Language: "fr", Affiliation: "0305 118 422"},
		[]bank.Account{{Purpose: bank.Benefits, IBAN: "BE48001123456727", Holder: "Mathieu Delcourt", Version: 1}}))
	c.configure(t, with...)
	return c
}

// configure starts the counter on its store.
func (c *counter) configure(t *testing.T, with ...func(*portal.Config)) {
	t.Helper()
	status, err := revocation.New(revocation.Config{Hosts: c.pki.Hosts(), MaxAge: -1})
	ok(t, err)
	c.cfg = portal.Config{
		Origin: origin, Agent: "http://localhost:8081",
		Mutuality: portal.Mutuality{ID: "test", Brand: page.DefaultBrand(), Letterhead: document.Mutuality{
			Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"}},
		Store: c.store, Anchors: c.pki.Anchors(), Revocation: status, Policy: auth.DefaultPolicy(),
		Now: c.now, Rand: rand.Reader, Log: slog.New(slog.NewJSONHandler(io.MultiWriter(c.log, storetest.Scan(t, personal...)), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, change := range with {
		change(&c.cfg)
	}
	c.Portal, err = portal.New(c.cfg)
	ok(t, err)
	t.Cleanup(func() { c.tellErrors(t) })
}

// tellErrors shows what the counter could not do, if the test failed: a page says no cause.
func (c *counter) tellErrors(t *testing.T) {
	if !t.Failed() {
		return
	}
	for line := range strings.Lines(c.log.String()) {
		if strings.Contains(line, `"status":5`) || strings.Contains(line, `"level":"ERROR"`) {
			t.Log(line)
		}
	}
}

// second is another server of the same counter, on its own connection to the store.
func (c *counter) second(t *testing.T, db *store.DB) *counter {
	t.Helper()
	cfg := c.cfg
	cfg.Store = db
	p, err := portal.New(cfg)
	ok(t, err)
	return &counter{Portal: p, store: db, pki: c.pki, card: c.card, log: c.log, cfg: c.cfg}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is a browser: it keeps cookies.
type visitor struct {
	t       *testing.T
	c       *counter
	cookies map[string]string
}

func (c *counter) visitor(t *testing.T) *visitor {
	return &visitor{t: t, c: c, cookies: map[string]string{}}
}

func (v *visitor) ask(r *http.Request) (*http.Response, string) {
	v.t.Helper()
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.c.answers().ServeHTTP(w, r)
	resp := w.Result()
	for _, cookie := range resp.Cookies() {
		if cookie.MaxAge < 0 {
			delete(v.cookies, cookie.Name)
		} else {
			v.cookies[cookie.Name] = cookie.Value
		}
	}
	body, err := io.ReadAll(resp.Body)
	ok(v.t, err)
	return resp, string(body)
}

func (v *visitor) get(path string) (*http.Response, string) {
	v.t.Helper()
	return v.ask(httptest.NewRequest(http.MethodGet, origin+path, nil))
}

func (v *visitor) post(path, contentType, body string) (*http.Response, string) {
	v.t.Helper()
	r := httptest.NewRequest(http.MethodPost, origin+path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.ask(r)
}

// challenge asks for a nonce.
func (v *visitor) challenge() string {
	v.t.Helper()
	resp, body := v.post("/fr/sign-in/card/challenge", "application/json", "{}")
	var answer struct{ Nonce string }
	if resp.StatusCode != http.StatusOK || json.Unmarshal([]byte(body), &answer) != nil || len(answer.Nonce) != 44 {
		v.t.Fatalf("challenge: %s %s", resp.Status, body)
	}
	return answer.Nonce
}

// token is what the card would answer to the nonce, for an origin.
func token(t *testing.T, card *certstest.Card, origin, nonce string) string {
	t.Helper()
	o, n := sha512.Sum384([]byte(origin)), sha512.Sum384([]byte(nonce))
	digest := sha512.Sum384(append(o[:], n[:]...))
	der, err := card.Authentication.Key.Sign(rand.Reader, digest[:], crypto.SHA384)
	ok(t, err)
	var rs struct{ R, S *big.Int }
	_, err = asn1.Unmarshal(der, &rs)
	ok(t, err)
	raw := append(rs.R.FillBytes(make([]byte, 48)), rs.S.FillBytes(make([]byte, 48))...)
	text, err := json.Marshal(map[string]string{
		"unverifiedCertificate": base64.StdEncoding.EncodeToString(card.Authentication.Certificate.Raw),
		"algorithm":             "ES384", "signature": base64.StdEncoding.EncodeToString(raw), "format": "web-eid:1.0",
		"appVersion": "https://web-eid.eu/web-eid-app/releases/v2.8.0"})
	ok(t, err)
	return string(text)
}

// signIn enters with the card and returns the answer.
func (v *visitor) signIn(card *certstest.Card) (*http.Response, string) {
	v.t.Helper()
	return v.post("/fr/sign-in/card", "application/json", token(v.t, card, origin, v.challenge()))
}

func (v *visitor) in() *visitor {
	v.t.Helper()
	if resp, body := v.signIn(v.c.card); resp.StatusCode != http.StatusOK {
		v.t.Fatalf("sign-in: %s %s", resp.Status, body)
	}
	return v
}
