package requests

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// noon is the time of every test: 20 November 2026, 14 h 08 in Belgium.
var noon = time.Date(2026, 11, 20, 13, 8, 0, 0, time.UTC)

// cards are made once: keys are slow.
var cards = sync.OnceValues(func() (deck, error) {
	pki, err := certstest.New(certstest.Config{Now: func() time.Time { return noon }})
	if err != nil {
		return deck{}, err
	}
	other, err := certstest.New(certstest.Config{Now: func() time.Time { return noon }})
	if err != nil {
		return deck{}, err
	}
	d := deck{pki: pki}
	mathieu := certstest.Person{GivenNames: "Mathieu", Surname: "Delcourt", NationalNumber: "85073003328", Algorithm: certstest.P384}
	nora := certstest.Person{GivenNames: "Nora", Surname: "Claes", NationalNumber: "90020100297", Algorithm: certstest.P384}
	old, rsaCard := mathieu, mathieu
	old.NotBefore, old.NotAfter = noon.AddDate(-10, 0, 0), noon.AddDate(0, 0, -1)
	rsaCard.Algorithm = certstest.RSA2048
	for _, c := range []struct {
		card *certstest.Card
		from *certstest.PKI
		to   certstest.Person
	}{{&d.mathieu, pki, mathieu}, {&d.nora, pki, nora}, {&d.expired, pki, old}, {&d.rsa, pki, rsaCard}, {&d.forged, other, mathieu}} {
		made, err := c.from.Issue(c.to)
		if err != nil {
			return deck{}, err
		}
		*c.card = *made
	}
	return d, nil
})

type deck struct {
	pki                                 *certstest.PKI
	mathieu, nora, expired, rsa, forged certstest.Card
}

// status is a Revocation whose answers a test chooses; nil means good.
type status struct {
	mu           sync.Mutex
	check, fresh error
	asked        int
}

func (s *status) Check(context.Context, certs.Path) (revocation.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return revocation.Answer{Status: revocation.Good}, s.check
}

func (s *status) Fresh(context.Context, certs.Path) (revocation.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return revocation.Answer{Status: revocation.Good}, s.fresh
}

// extender is an Extender that reaches a level or stops with an error.
type extender struct {
	level signing.Level
	err   error
}

func (e extender) Extend(ctx context.Context, pdf []byte, _ signing.Level) ([]byte, signing.Level, error) {
	if e.level <= signing.LevelB {
		return pdf, signing.LevelB, e.err
	}
	raised := append([]byte(nil), pdf...)
	if e.level == signing.LevelT {
		// A timestamp stands in the hole of the signature: the length stays.
		raised[len(raised)-1] ^= 1
		return raised, e.level, e.err
	}
	return append(raised, "%% raised\n"...), e.level, e.err
}

// desk is a Signing over a memory store with everything in reach of the test.
type desk struct {
	*Signing
	deck
	store  *memory
	status *status
	ext    *extender
	now    time.Time
	login  auth.Login
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{store: newMemory(), status: &status{}, ext: &extender{level: signing.LevelLT}, now: noon}
	var err error
	if d.deck, err = cards(); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	now := func() time.Time { return d.now }
	d.Signing = &Signing{Store: d.store, Anchors: d.pki.Anchors(), Revocation: d.status, Now: now, Rand: rand.Reader, Log: log}
	d.Raiser = &Raiser{Store: d.store, Anchors: d.pki.Anchors(), Revocation: d.status, Extender: extenderOf{d}, Now: now, Log: log,
		Jitter: func() float64 { return 0 }}
	d.login = loginOf(t, d.mathieu)
	return d
}

// extenderOf lets a test change the extender after the desk was made.
type extenderOf struct{ d *desk }

func (e extenderOf) Extend(ctx context.Context, pdf []byte, want signing.Level) ([]byte, signing.Level, error) {
	return e.d.ext.Extend(ctx, pdf, want)
}

func loginOf(t *testing.T, card certstest.Card) auth.Login {
	t.Helper()
	holder, err := certs.HolderOf(card.Authentication.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Login{Mutuality: "tilleuls", Member: auth.MemberID("member-" + holder.Surname), Name: holder.Name(),
		Language: "fr", Holder: holder, Method: auth.Card, Assurance: auth.High, At: noon}
}

func bankChange() document.BankChange {
	return document.BankChange{
		Language:  document.FR,
		Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
		Member:    document.Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC), Affiliation: "0412-77-318"},
		Date:      time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		NewIBAN:   "BE68539007547034", Holder: "Mathieu Delcourt", From: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		ReplacesLast4: "6769", AccountVersion: 1,
	}
}

// frozen puts a bank change before the member.
func (d *desk) frozen(t *testing.T) string {
	t.Helper()
	id, err := d.Freeze(t.Context(), d.login, bankChange(), "key-"+t.Name())
	if err != nil {
		t.Fatalf("Freeze: %v", err)
	}
	return id
}

// prepared goes on to what the card signs, and signs it.
func (d *desk) prepared(t *testing.T, id string, card certstest.Card) (ToCard, signing.SignatureValue) {
	t.Helper()
	c, err := d.Prepare(t.Context(), d.login, id, card.Signature.Certificate.Raw, nil)
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	return c, sign(t, card, c)
}

// sign is the card.
func sign(t *testing.T, card certstest.Card, c ToCard) signing.SignatureValue {
	t.Helper()
	hash := map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}[c.HashFunction]
	switch key := card.Signature.Key.(type) {
	case *rsa.PrivateKey:
		v, err := rsa.SignPKCS1v15(nil, key, hash, c.Digest)
		if err != nil {
			t.Fatal(err)
		}
		return v
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, c.Digest)
		if err != nil {
			t.Fatal(err)
		}
		v := make([]byte, 96)
		r.FillBytes(v[:48])
		s.FillBytes(v[48:])
		return v
	}
	t.Fatalf("card has a %T", card.Signature.Key)
	return nil
}
