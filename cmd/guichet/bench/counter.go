package bench

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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
	"guichet.example/portal/store/bare"
	"guichet.example/portal/vault"
	"guichet.example/signing/document"
)

// counter is a whole counter in this process, with its store on disk, one member and
// her card, and beside it the bare store.
type counter struct {
	dir      string
	database string // of PostgreSQL; empty: a file
	listen   string // address of a server of its own (writeSettings)
	services *certstest.Server
	checker  *revocation.Checker
	card     *certstest.Card
	store    *store.DB
	portal   *portal.Portal
	bare     *bare.DB
}

const benchMutuality = "bench"

// openCounter starts a counter that draws its randomness from random.
func openCounter(ctx context.Context, random io.Reader, with ...func(*portal.Config)) (*counter, error) {
	return openCounterOn(ctx, "", random, with...)
}

// openCounterOn is openCounter on a PostgreSQL database; empty: a file.
func openCounterOn(ctx context.Context, database string, random io.Reader, with ...func(*portal.Config)) (*counter, error) {
	dir, err := os.MkdirTemp("", "guichet-bench-")
	if err != nil {
		return nil, err
	}
	c := &counter{dir: dir, database: database}
	if err := c.open(ctx, random, with...); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *counter) open(ctx context.Context, random io.Reader, with ...func(*portal.Config)) (err error) {
	if c.services, err = certstest.Listen(certstest.Config{Now: time.Now}, ""); err != nil {
		return err
	}
	if c.card, err = c.services.Issue(benchPerson(certstest.P384)); err != nil {
		return err
	}
	if err := os.Mkdir(c.data(), 0o700); err != nil {
		return err
	}
	keys, err := vault.NewKeys(filepath.Join(c.dir, "keys"))
	if err != nil {
		return err
	}
	if c.store, err = store.Open(ctx, store.Config{Database: c.database, Path: filepath.Join(c.data(), "guichet.db"), Keys: keys, RequestsPerDay: -1}); err != nil {
		return err
	}
	if err := c.addMember(ctx); err != nil {
		return err
	}
	c.checker, err = revocation.New(revocation.Config{Hosts: c.services.Hosts(), Rand: rand.Reader, MaxAge: time.Hour})
	if err != nil {
		return err
	}
	cfg := portal.Config{
		Origin: benchOrigin, Mutuality: benchMutualitySettings(), Store: c.store, Anchors: c.services.Anchors(),
		Revocation: c.checker, Policy: auth.DefaultPolicy(), Rand: random, Log: slog.New(slog.DiscardHandler),
		PostsPerMinute: 1_000_000_000, ReadsPerMinute: 1_000_000_000,
	}
	for _, change := range with {
		change(&cfg)
	}
	if c.portal, err = portal.New(cfg); err != nil {
		return err
	}
	c.bare, err = bare.Open(ctx, c.dir)
	return err
}

// data is the folder of the database; the keys lie beside it, as serve wants them.
func (c *counter) data() string { return filepath.Join(c.dir, "data") }

func (c *counter) databaseFile() string { return filepath.Join(c.data(), "guichet.db") }

func benchMutualitySettings() portal.Mutuality {
	return portal.Mutuality{ID: benchMutuality, Brand: page.DefaultBrand(), Letterhead: document.Mutuality{
		Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"}}
}

func (c *counter) addMember(ctx context.Context) error {
	person := c.card.Person
	number, err := nrn.Parse(person.NationalNumber)
	if err != nil {
		return err
	}
	id, err := auth.NewMemberID(rand.Reader)
	if err != nil {
		return err
	}
	return c.store.AddMember(ctx, account.Member{
		Mutuality: benchMutuality, ID: id, NationalNumber: number, GivenNames: "Mathieu", Surname: person.Surname,
		Birth: person.Birth, Street: person.Street, Postcode: person.Postcode, Municipality: person.Municipality,
		Country: "BE", Language: "fr", Affiliation: "0305 118 422",
	}, []bank.Account{{Purpose: bank.Benefits, IBAN: "BE48001123456727", Holder: "Mathieu Delcourt", Version: 1}})
}

func (c *counter) close() {
	if c.bare != nil {
		c.bare.Close()
	}
	if c.store != nil {
		c.store.Close()
	}
	if c.services != nil {
		c.services.Close()
	}
	os.RemoveAll(c.dir)
}

// ask sends a request through the whole of the counter's middleware, without a network.
func (c *counter) ask(ctx context.Context, method, path, contentType, body string, cookies []*http.Cookie) *http.Response {
	r := httptest.NewRequestWithContext(ctx, method, benchOrigin+path, strings.NewReader(body))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	c.portal.Handler().ServeHTTP(w, r)
	return w.Result()
}

// askWith asks for a page with a cookie, through the whole of the counter's middleware.
func (c *counter) askWith(ctx context.Context, path, cookie string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, benchOrigin+path, nil)
	r.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	c.portal.Handler().ServeHTTP(w, r)
	return w
}
