package soak

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
	"guichet.example/portal/vault"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// shelf is a store of signed documents at B-LTA, some of them years old.
type shelf struct {
	dir, settings, trust string
	cfg                  store.Config
	old, young           *certstest.Server
	clock                atomic.Int64 // of the old authorities, against the real one
	due, fresh           []kept
	asked                int // timestamps, while it was filled
}

// kept is a document on a shelf.
type kept struct {
	login auth.Login
	id    string
	file  []byte
}

// aged is how long ago the old documents were signed: timestamps of certstest hold five
// years, less a month, and are due half a year before that.
const aged = 1750 * 24 * time.Hour

const shelfMembers = 8

// newShelf makes a store where each of eight members has so many documents that are due,
// and so many that are not.
func newShelf(t *testing.T, e storetest.Engine, due, fresh int) *shelf {
	t.Helper()
	dir := t.TempDir()
	s := &shelf{dir: dir, settings: filepath.Join(dir, "guichet.json"), trust: filepath.Join(dir, "trust")}
	s.clock.Store(-int64(aged))
	s.old = certstest.Start(t, certstest.Config{Now: s.now})
	s.young = certstest.Start(t)
	s.cfg = store.Config{Path: filepath.Join(dir, "data", "guichet.db"), Anchors: filepath.Join(dir, "heads"), RequestsPerDay: -1}
	if err := os.Mkdir(filepath.Dir(s.cfg.Path), 0o700); err != nil {
		t.Fatal(err)
	}
	if e == storetest.PostgreSQL {
		s.cfg.Database = storetest.Database(t)
	}
	s.writeTrust(t)
	s.writeSettings(t)
	var err error
	if s.cfg.Keys, err = vault.NewKeys(filepath.Join(dir, "keys")); err != nil {
		t.Fatal(err)
	}
	s.fill(t, due, fresh)
	s.clock.Store(0)
	s.asked = s.young.Control().Requests(certstest.TSA)
	return s
}

func (s *shelf) now() time.Time { return time.Now().Add(time.Duration(s.clock.Load())) }

// writeTrust puts the anchors of both into one folder.
func (s *shelf) writeTrust(t *testing.T) {
	t.Helper()
	other := filepath.Join(s.dir, "young")
	for folder, pki := range map[string]*certstest.Server{s.trust: s.old, other: s.young} {
		if err := pki.WriteAnchors(folder); err != nil {
			t.Fatal(err)
		}
	}
	list, err := filepath.Glob(filepath.Join(other, "*.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range list {
		if err := os.Rename(file, filepath.Join(s.trust, "young-"+filepath.Base(file))); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *shelf) anchors(t *testing.T) *certs.TrustAnchors {
	t.Helper()
	anchors, err := certs.LoadTrustAnchors(s.trust)
	if err != nil {
		t.Fatal(err)
	}
	return anchors
}

// writeSettings writes them, with more keys and their values.
func (s *shelf) writeSettings(t *testing.T, more ...string) {
	t.Helper()
	all := map[string]any{
		"listen": "127.0.0.1:0", "origin": origin, "data": filepath.Dir(s.cfg.Path), "keys": filepath.Join(s.dir, "keys"),
		"trust": s.trust, "audit_heads": s.cfg.Anchors, "revocation_hosts": append(s.old.Hosts(), s.young.Hosts()...),
		"timestamps": []string{s.young.TSAURL()}, "archive": map[string]any{"per_minute": 1_000_000}, "mutuality": whose(),
	}
	if s.cfg.Database != "" {
		all["database"] = s.cfg.Database
	}
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	text, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(s.settings, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *shelf) open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// fill signs two documents for each member, then and now, and puts each in the store as
// often as is wanted.
func (s *shelf) fill(t *testing.T, due, fresh int) {
	t.Helper()
	db := s.open(t)
	defer db.Close()
	then, now := (&place{services: s.old}), (&place{services: s.young})
	var all sync.WaitGroup
	var mu sync.Mutex
	failures := make(chan error, shelfMembers)
	for i := range shelfMembers {
		one, err := then.newPerson(i)
		if err == nil {
			err = db.AddMember(t.Context(), one.member(), one.accounts(1))
		}
		today, err2 := now.newPerson(i)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		login := auth.Login{Mutuality: mutuality, Member: one.id, Method: auth.Card, Assurance: auth.High, Session: "s"}
		aged := s.sign(t, s.old, one.card, s.now)
		new := s.sign(t, s.young, today.card, time.Now)
		all.Go(func() {
			for n := range due + fresh {
				k, at := kept{login: login, file: aged}, s.now()
				if n >= due {
					k, at = kept{login: login, file: new}, time.Now()
				}
				if err := s.put(db, &k, fmt.Sprintf("%d-%d", i, n), at); err != nil {
					failures <- err
					return
				}
				mu.Lock()
				if n >= due {
					s.fresh = append(s.fresh, k)
				} else {
					s.due = append(s.due, k)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	close(failures)
	for err := range failures {
		t.Fatal(err)
	}
}

// letter is what is signed.
func letter(at time.Time, name string) document.EHICOrder {
	return document.EHICOrder{
		Reference: "GC-" + name, Language: document.FR, Date: at.Truncate(24 * time.Hour),
		Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
		Member:    document.Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC)}, ForPersons: []string{"Mathieu Delcourt"},
		DeliverTo: []string{"Rue Hors-Château 28", "4000 Liège"},
	}
}

// sign signs a letter with the card and raises it to B-LTA, by the clock given.
func (s *shelf) sign(t *testing.T, pki *certstest.Server, card *certstest.Card, now func() time.Time) []byte {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	drawn, err := document.Draw(letter(now(), "2026"), now())
	must(err)
	path, err := pki.Anchors().Path(card.Signature.Certificate, certs.Signature, now())
	must(err)
	p, err := signing.Prepare(signing.Request{PDF: drawn.PDF, Path: path, At: now()})
	must(err)
	value, err := card.Signature.Key.Sign(rand.Reader, p.Digest, p.Hash)
	must(err)
	file, err := p.Complete(value)
	must(err)
	status, err := revocation.New(revocation.Config{Hosts: pki.Hosts(), Now: now})
	must(err)
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{pki.TSAURL()}, Anchors: pki.Anchors(), Now: now})
	must(err)
	e := &signing.Extender{TSA: tsa, Revocation: status, Anchors: pki.Anchors(), Now: now}
	file, _, err = e.Extend(t.Context(), file, signing.LevelLTA)
	must(err)
	return file
}

// put stores a document: version 1 is at B-B, which is not looked at any more, version 2
// the file at B-LTA.
func (s *shelf) put(db *store.DB, k *kept, name string, at time.Time) error {
	raise, err := storetest.Signed(context.Background(), db, k.login, name, k.file[:1000], at)
	if err != nil {
		return err
	}
	k.id = raise.Document
	return db.Raised(context.Background(), requests.Raised{Raise: raise, PDF: k.file, Level: signing.LevelLTA, Stamped: at,
		Holds: at.Add(5 * 365 * 24 * time.Hour)})
}
