package soak

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/certs/certstest"
	"guichet.example/portal"
	"guichet.example/portal/account"
	"guichet.example/portal/bank"
	"guichet.example/portal/page"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
	"guichet.example/signing/document"
)

const (
	origin    = "https://counter.example"
	host      = "counter.example"
	mutuality = "141"
)

// place is a counter as a mutuality installs it: folders, settings, members with
// their cards, and what members and cards remember.
type place struct {
	life                         *testing.T // the test it is made for: processes end with it
	dir, data, keys, trust, temp string
	heads                        string // file of chain heads, out of reach of who writes data
	settings                     string
	log                          string // what serve printed, over all its lives
	address                      string // where serve listens: host:port
	remote                       string // address of the database; empty: a file in data
	services                     *certstest.Server
	people                       []*person
	imports                      int // deliveries of members after the first
	files                        int // how many files serve may have open; 0: as many as we
	unknown                      int // of people, how many are no members
	journal                      *journal[record]
	cards                        *journal[signed]
	seen                         seen
}

// person is a member and her card.
type person struct {
	id           auth.MemberID
	given, sur   string
	number       string // national, eleven digits
	iban         string
	card         *certstest.Card
	counterNames string // as the mutuality writes it
}

// plan is what differs between places.
type plan struct {
	people   int
	data     string            // folder of the database; empty: one of its own
	services *certstest.Server // nil: the healthy ones
	store    store.Config      // clock of the store, while it is filled
	remote   string            // address of a database; empty: a file in data
}

func newPlace(t *testing.T, plan plan) *place {
	t.Helper()
	dir := t.TempDir()
	p := &place{
		life: t, dir: dir, data: plan.data, keys: filepath.Join(dir, "keys"), trust: filepath.Join(dir, "trust"),
		temp: filepath.Join(dir, "temp"), settings: filepath.Join(dir, "guichet.json"), log: filepath.Join(dir, "serve.log"),
		heads: filepath.Join(dir, "heads", "audit-heads"), services: plan.services, remote: plan.remote,
	}
	if p.data == "" {
		p.data = filepath.Join(dir, "data")
	}
	for _, folder := range []string{p.data, p.temp, filepath.Dir(p.heads)} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if p.services == nil {
		if p.services, err = healthy(); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.services.WriteAnchors(p.trust); err != nil {
		t.Fatal(err)
	}
	p.journal = newJournal[record](t, filepath.Join(dir, "journal.jsonl"))
	p.cards = newJournal[signed](t, filepath.Join(dir, "cards.jsonl"))
	p.address = freeAddress(t)
	t.Cleanup(func() {
		if log, err := os.ReadFile(p.log); err == nil { // none: the counter ran inside
			noPanic(log).report(t)
			tellErrors(t, log)
		}
	})
	p.writeSettings(t)
	p.addPeople(t, max(plan.people, 1), plan.store)
	return p
}

// tellErrors shows of a test that failed what went wrong in the counter: the causes of what
// members read as one sentence with a reference.
func tellErrors(t *testing.T, log []byte) {
	if !t.Failed() {
		return
	}
	const most = 20
	told := 0
	for line := range bytes.Lines(log) {
		if !bytes.Contains(line, []byte(`"level":"ERROR"`)) {
			continue
		}
		if told++; told <= most {
			t.Logf("log: %s", bytes.TrimSpace(line))
		}
	}
	if told > most {
		t.Logf("log: and %d errors more", told-most)
	}
}

// noPanic wants a log to tell of no mistake of the program itself.
func noPanic(log []byte) (f findings) {
	for _, word := range []string{`"msg":"panic"`, "panic: ", "DATA RACE", "fatal error: "} {
		if _, after, found := bytes.Cut(log, []byte(word)); found {
			f.add("the log tells of a %s%s", word, after[:min(len(after), 2000)])
		}
	}
	return f
}

// freeAddress finds a port that no connection of this machine is given by chance, or
// the counter could not come back to it after a kill.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+mathrand.IntN(12_000)) // ephemeral ones begin at 32768
		if listener, err := net.Listen("tcp", address); err == nil {
			listener.Close()
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}

// whose is the mutuality of every place.
func whose() portal.Mutuality {
	return portal.Mutuality{ID: mutuality, Brand: page.DefaultBrand(), Letterhead: document.Mutuality{
		Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"}}
}

// database is its file or its address.
func (p *place) database() string {
	if p.remote != "" {
		return p.remote
	}
	return filepath.Join(p.data, "guichet.db")
}

func (p *place) writeSettings(t *testing.T) {
	t.Helper()
	all := map[string]any{
		"listen": p.address, "origin": origin, "data": p.data, "keys": p.keys, "trust": p.trust, "audit_heads": p.heads,
		"revocation_hosts": p.services.Hosts(), "timestamps": []string{p.services.TSAURL()},
		"trusted_proxies": []string{"127.0.0.1"}, "requests_per_day": 1_000_000, "mutuality": whose(),
	}
	if p.remote != "" {
		all["database"] = p.remote
	}
	settings, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.settings, settings, 0o600); err != nil {
		t.Fatal(err)
	}
}

// names of people who do not exist. The surnames stand in the database in clear, which
// shows that the search for what must not does find things.
var names = [][2]string{{"Mathieu", "Delcourt"}, {"Lotte", "Vermeulen"}, {"Anneke", "Dewandeler"}, {"Yvon", "Kesteloot"}}

func (p *place) addPeople(t *testing.T, count int, cfg store.Config) {
	t.Helper()
	keys, err := vault.NewKeys(p.keys)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Path, cfg.Keys, cfg.Anchors = p.database(), keys, p.heads
	db, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range count {
		one, err := p.newPerson(i)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.AddMember(t.Context(), one.member(), one.accounts(1)); err != nil {
			t.Fatal(err)
		}
		p.people = append(p.people, one)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// newPerson issues a card: P-384, RSA and P-256 in turns.
func (p *place) newPerson(i int) (*person, error) {
	name := names[i%len(names)]
	birth := time.Date(1960+i%40, time.Month(1+i%12), 1+i%28, 0, 0, 0, 0, time.UTC)
	// 840 is how many births there are before the first comes again.
	one := &person{given: name[0], sur: name[1], number: nationalNumber(birth, 101+2*(i/840)), iban: belgianIBAN(733_000_000 + i)}
	one.counterNames = one.given + " " + one.sur
	id, err := auth.NewMemberID(rand.Reader)
	if err != nil {
		return nil, err
	}
	one.id = id
	one.card, err = p.services.Issue(certstest.Person{
		GivenNames: one.given, Surname: one.sur, NationalNumber: one.number, Birth: birth, BirthPlace: "Verviers",
		Algorithm: []certstest.Algorithm{certstest.P384, certstest.RSA2048, certstest.P256}[i%3],
		Street:    "Rue Hors-Château 28", Postcode: "4000", Municipality: "Liège",
	})
	return one, err
}

func (o *person) member() account.Member {
	number, err := nrn.Parse(o.number)
	if err != nil {
		panic(err) // made by nationalNumber
	}
	return account.Member{
		Mutuality: mutuality, ID: o.id, NationalNumber: number, GivenNames: o.given, Surname: o.sur, Birth: o.card.Person.Birth,
		Street: "Rue Hors-Château 28", Postcode: "4000", Municipality: "Liège", Country: "BE", Language: "fr",
		Affiliation: "0305 118 422",
	}
}

// accounts is the account her benefits go to, of that version.
func (o *person) accounts(version int) []bank.Account {
	return []bank.Account{{Purpose: bank.Benefits, IBAN: bank.IBAN(o.iban), Holder: o.counterNames, Version: version}}
}

// nationalNumber makes a number with right check digits for somebody born before 2000.
func nationalNumber(birth time.Time, serial int) string {
	head := fmt.Sprintf("%s%03d", birth.Format("060102"), serial)
	return fmt.Sprintf("%s%02d", head, 97-remainder(head))
}

// belgianIBAN makes an IBAN with right check digits (ISO 13616; national ones modulo 97).
func belgianIBAN(account int) string {
	head := fmt.Sprintf("%010d", account)
	check := remainder(head)
	if check == 0 {
		check = 97
	}
	bban := fmt.Sprintf("%s%02d", head, check)
	return fmt.Sprintf("BE%02d%s", 98-remainder(bban+"111400"), bban)
}

// remainder of a number written in digits, modulo 97.
func remainder(digits string) int {
	r := 0
	for _, d := range digits {
		r = (10*r + int(d-'0')) % 97
	}
	return r
}
