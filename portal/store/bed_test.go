package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/certs"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/portal/vault"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// opener opens a store; opening twice with one configuration opens the same store.
type opener func(t testing.TB, cfg store.Config) *store.DB

func openSQLite(t testing.TB, cfg store.Config) *store.DB { return openStore(t, cfg) }

func openStore(t testing.TB, cfg store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

// databases are those of the stores on PostgreSQL, by the path that the store would
// have on SQLite.
var databases sync.Map

func openPostgreSQL(t testing.TB, cfg store.Config) *store.DB {
	t.Helper()
	address, ok := databases.Load(cfg.Path)
	if !ok {
		address = storetest.Database(t)
		databases.Store(cfg.Path, address)
	}
	cfg.Database = address.(string)
	return openStore(t, cfg)
}

// bed is a store with two members, both signed in.
type bed struct {
	*store.DB
	t            testing.TB
	open         opener
	cfg          store.Config
	clock        *clock
	claire, bram auth.Login
	count        int
}

// The numbers and texts that must not be found on the disk.
const (
	claireNumber = "85073003328"
	bramNumber   = "17073003384"
	claireIBAN   = "BE68539007547034"
	bramIBAN     = "BE71096123456769"
	newIBAN      = "BE62510007547061"
	sentence     = "I ask that my benefits be paid on another account."
)

var claire = account.Member{
	Mutuality: "141", ID: "cccccccccccccccccccccccccc", Affiliation: "00-1234567", NationalNumber: number(claireNumber),
	GivenNames: "Claire", Surname: "Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC),
	Street: "Rue Neuve 1", Postcode: "4000", Municipality: "Liège", Country: "BE", Email: "claire@example.org",
	Phone: "+3243221100", Language: "fr", Since: time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC), UpdatedAt: noon,
}

const bramAffiliation = "00-7654321"

var claireAccount = bank.Account{
	Purpose: bank.Benefits, IBAN: claireIBAN, BIC: "GKCCBEBB", Bank: "Belfius", Holder: "Claire Delcourt",
	Since: time.Date(2012, 3, 1, 0, 0, 0, 0, time.UTC), Version: 1,
}

func number(s string) nrn.Number {
	n, err := nrn.Parse(s)
	if err != nil {
		panic(err)
	}
	return n
}

func newConfig(t testing.TB, c *clock) store.Config {
	t.Helper()
	dir := storetest.Dir(t)
	keys, err := vault.NewKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return store.Config{
		Path: filepath.Join(dir, "guichet.db"), Keys: keys, Anchors: filepath.Join(dir, "anchors"), Now: c.Now, Started: "test",
		RequestsPerDay: -1, Log: storetest.ScannedLog(t, personal...),
	}
}

// personal are words that no log may hold: names, streets, what is written and signed.
var personal = []string{"Claire", "Delcourt", "Bram", "Janssens", "Rue Neuve", sentence, claireIBAN[len(claireIBAN)-8:], "+3243221100"}

func newBed(t testing.TB, open opener) *bed {
	t.Helper()
	c := &clock{now: noon}
	return bedOf(t, open, newConfig(t, c), c)
}

func bedOf(t testing.TB, open opener, cfg store.Config, c *clock) *bed {
	t.Helper()
	b := &bed{DB: open(t, cfg), t: t, open: open, cfg: cfg, clock: c}
	b.claire, b.bram = b.join(claire, claireAccount), b.join(bram())
	return b
}

func bram() (account.Member, bank.Account) {
	m, a := claire, claireAccount
	m.ID, m.NationalNumber, m.GivenNames, m.Surname = "bbbbbbbbbbbbbbbbbbbbbbbbbb", number(bramNumber), "Bram", "Janssens"
	m.Affiliation = bramAffiliation
	a.IBAN = bramIBAN
	return m, a
}

// join adds a member and returns a card login of hers.
func (b *bed) join(m account.Member, a bank.Account) auth.Login {
	b.t.Helper()
	if err := b.AddMember(b.t.Context(), m, []bank.Account{a}); err != nil {
		b.t.Fatal(err)
	}
	return auth.Login{
		Mutuality: m.Mutuality, Member: m.ID, Name: m.Name(), Language: m.Language, Method: auth.Card, Assurance: auth.High,
		At: b.clock.Now(), Session: "s-" + string(m.ID),
		Holder: certs.Holder{
			Country: "BE", SerialNumber: m.NationalNumber.Digits(), GivenNames: m.GivenNames, Surname: m.Surname,
			CommonName: m.Name() + " (Authentication)",
		},
	}
}

// reopen closes the store and opens it again.
func (b *bed) reopen() {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.DB = b.open(b.t, b.cfg)
}

func (b *bed) next() int {
	b.count++
	return b.count
}

func bankChange(version int) document.BankChange {
	return document.BankChange{
		Reference: "x", Language: document.FR,
		Mutuality: document.Mutuality{Name: "Mutualité 141", Street: "Rue Haute 2", Postcode: "1000", City: "Bruxelles"},
		Member:    document.Person{Name: "Claire Delcourt", Birth: claire.Birth, Affiliation: claire.Affiliation},
		Date:      noon.Truncate(24 * time.Hour), NewIBAN: newIBAN, Bank: "KBC", Holder: "Claire Delcourt",
		From: noon.Truncate(24*time.Hour).AddDate(0, 0, 14), ReplacesLast4: "7034", AccountVersion: version,
	}
}

// request makes a bank change that is not stored yet.
func (b *bed) request() requests.Request {
	b.t.Helper()
	n := b.next()
	act := bankChange(1)
	act.Reference = fmt.Sprintf("GC-2026-TEST-%05d", n)
	pdf := []byte(fmt.Sprintf("%%PDF-1.7\n%s %s number %d\n%%%%EOF\n", sentence, newIBAN, n))
	id, err := b.NewID()
	if err != nil {
		b.t.Fatal(err)
	}
	b.clock.add(time.Millisecond) // so that ids sort as they were made
	return requests.Request{
		ID: id, Reference: act.Reference, State: requests.ToSign, Created: b.clock.Now(), Act: act, Sheet: act.Sheet(), PDF: pdf,
		SHA256: sha256.Sum256(pdf), Mark: document.Mark{Page: 1, Rect: [4]float64{10, 20, 110.5, 60}}, Pages: 1,
	}
}

// frozen stores a request of the member and returns its id.
func (b *bed) frozen(login auth.Login) string {
	b.t.Helper()
	r := b.request()
	if act := r.Act.(document.BankChange); login.Member != claire.ID {
		act.Member.Affiliation = ""
		if login == b.bram {
			act.Member.Affiliation = bramAffiliation
		}
		r.Act, r.Sheet = act, act.Sheet()
	}
	id, err := b.PutRequest(b.t.Context(), login, r, "")
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// preparation is one for the request as it is, good for ten minutes.
func (b *bed) preparation(request string) requests.Preparation {
	return requests.Preparation{
		ID: fmt.Sprintf("prep%022d", b.next()), Request: request, Revision: 1,
		Expires: b.clock.Now().Add(requests.PreparationLife),
		Prepared: &signing.Prepared{
			PDF: []byte("%PDF-1.7\n" + sentence + "\nprepared\n"), ByteRange: [4]int{0, 10, 20, 30}, Attributes: []byte{0x31, 0},
			Digest: []byte("digest"), Certificate: []byte("certificate of " + claireNumber), Path: [][]byte{{1}, {2}},
			At: b.clock.Now(), Field: "Signature1",
		},
	}
}

func (b *bed) prepared(login auth.Login, request string) string {
	b.t.Helper()
	p := b.preparation(request)
	if err := b.Prepare(b.t.Context(), login, p); err != nil {
		b.t.Fatal(err)
	}
	return p.ID
}

// completion completes the preparation with a value.
func (b *bed) completion(preparation, value string) requests.Completion {
	id, err := b.NewID()
	if err != nil {
		b.t.Fatal(err)
	}
	b.clock.add(time.Millisecond)
	return requests.Completion{
		Preparation: preparation, ValueSHA256: sha256.Sum256([]byte(value)), State: requests.Signed, At: b.clock.Now(),
		PDF: []byte("%PDF-1.7\n" + sentence + "\nsigned with " + value + "\n%%EOF\n"), Document: id,
		Signer: [][]byte{[]byte("certificate of " + claireNumber), {2}},
	}
}

// signed walks a request to its document and returns both ids.
func (b *bed) signed(login auth.Login) (request, doc string) {
	b.t.Helper()
	request = b.frozen(login)
	c := b.completion(b.prepared(login, request), "value")
	if _, err := b.Complete(b.t.Context(), login, c); err != nil {
		b.t.Fatal(err)
	}
	return request, c.Document
}

// session begins one under a hash made of the name.
func (b *bed) session(name string, login auth.Login) [32]byte {
	b.t.Helper()
	hash := sha256.Sum256([]byte(name))
	now := b.clock.Now()
	err := b.StartSession(b.t.Context(), hash, [32]byte{}, signin.Session{
		Login: login, Created: now, LastSeen: now, Idle: 15 * time.Minute, Ends: now.Add(8 * time.Hour),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return hash
}

// rows returns the audit rows, whose chain must hold.
func (b *bed) rows() []audit.Entry {
	b.t.Helper()
	var rows []audit.Entry
	collect := func(e audit.Entry) error {
		rows = append(rows, e)
		return nil
	}
	if err := b.AuditRows(b.t.Context(), collect); err != nil {
		b.t.Fatal(err)
	}
	anchors, err := audit.ReadAnchors(b.cfg.Anchors)
	if err != nil {
		b.t.Fatal(err)
	}
	report, marked, err := b.VerifyAudit(b.t.Context(), anchors)
	if err != nil || !report.Valid() || !marked {
		b.t.Fatalf("audit chain: %v, %v", report.Faults, err)
	}
	return rows
}

// audited returns the rows of the action, as "outcome object reason".
func (b *bed) audited(action audit.Action) []string {
	b.t.Helper()
	var found []string
	for _, e := range b.rows() {
		if e.Action == action {
			found = append(found, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Outcome, e.Object, e.Reason)))
		}
	}
	return found
}

func (b *bed) state(login auth.Login, request string) requests.State {
	b.t.Helper()
	r, err := b.Request(b.t.Context(), login, request)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.State
}

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

func contains(haystack []byte, needle string) bool { return bytes.Contains(haystack, []byte(needle)) }
