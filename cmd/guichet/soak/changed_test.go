package soak

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"guichet.example/portal/bank"
)

// TestChanged changes something under a member between two steps. She is refused and
// told so, nothing is signed, and starting again works.
func TestChanged(t *testing.T) {
	t.Parallel()
	in := openInside(t, 2, time.Hour)
	in.serve(t)
	v := in.visitor(0)
	for _, c := range []struct {
		name, kind string
		by         func(t *testing.T, v *visitor)
		state      string // of the refusal
		after      string // state of the request; empty: it is signed all the same
	}{
		{"account changed by the insurance system", "bank", in.changeAccount, "changed", "to-sign"},
		{"account changed, order under way", "orders", in.changeAccount, "", ""},
		{"refused in another tab", "bank", in.refuseElsewhere, "not_open", "declined"},
		{"ten minutes passed", "orders", func(*testing.T, *visitor) { in.clock.advance(10*time.Minute + time.Second) }, "timeout", "to-sign"},
		{"somebody else's card signed", "bank", in.otherCard, "technical", "to-sign"},
		{"a bit of the value flipped", "orders", flipValue, "technical", "to-sign"},
		{"value cut short", "orders", func(_ *testing.T, v *visitor) { v.errand.value = v.errand.value[:40] }, "technical", "to-sign"},
		{"no value", "orders", func(_ *testing.T, v *visitor) { v.errand.value = []byte{} }, "technical", "to-sign"},
		{"value too long", "orders", func(_ *testing.T, v *visitor) { v.errand.value = make([]byte, 5000) }, "technical", "to-sign"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := v.begin(c.kind)
			if err := v.until(t.Context(), prepare); err != nil {
				t.Fatal(err)
			}
			c.by(t, v)
			if c.state == "" {
				if err := v.finish(t.Context()); err != nil {
					t.Error(err)
				}
				return
			}
			status := map[string]int{"changed": http.StatusConflict, "not_open": http.StatusConflict, "timeout": http.StatusConflict,
				"technical": http.StatusUnprocessableEntity}[c.state]
			refusedAs(v.complete(t.Context(), e), status, c.state).report(t)
			if s := v.page(t, "/fr/requests/"+e.request).badge(); s != c.after {
				t.Errorf("request is %s, want %s", s, c.after)
			}
			v.begin(c.kind)
			if err := v.finish(t.Context()); err != nil {
				t.Errorf("starting again: %v", err)
			}
		})
	}
	in.gather(t, []*visitor{v}).check(false).report(t)
	in.logHoldsNoSecrets(t)
}

// changeAccount delivers another account, as an import does.
func (in *inside) changeAccount(t *testing.T, v *visitor) {
	var b [2]byte
	rand.Read(b[:])
	v.iban = belgianIBAN(834_000_000 + int(b[0])<<8 + int(b[1]))
	account := bank.Account{Purpose: bank.Benefits, IBAN: bank.IBAN(v.iban), Holder: v.counterNames}
	if err := in.db.AddMember(t.Context(), v.member(), []bank.Account{account}); err != nil {
		t.Fatal(err)
	}
	in.imports++
}

func (in *inside) refuseElsewhere(t *testing.T, v *visitor) {
	request := v.errand.request
	r := record{Do: decline, Request: request}
	if err := v.asked(r); err != nil {
		t.Fatal(err)
	}
	a, err := v.tab().postForm(t.Context(), "/fr/requests/"+request+"/decline", url.Values{"reason": {"J'ai changé d'avis."}})
	if err := expect("decline", http.StatusSeeOther, a, err); err != nil {
		t.Fatal(err)
	}
	if err := v.told(r); err != nil {
		t.Fatal(err)
	}
}

// otherCard lets a card sign that is not the one whose certificate was shown.
func (in *inside) otherCard(t *testing.T, v *visitor) {
	other := in.people[1]
	hash := hashes[v.errand.function]
	if other.card.Person.Algorithm == v.card.Person.Algorithm {
		t.Log("both cards have keys of one kind")
	}
	var err error
	v.errand.value, err = value(other.card.Signature.Key, hash, v.errand.digest)
	if err != nil {
		t.Fatal(err)
	}
}

func flipValue(_ *testing.T, v *visitor) { v.errand.value[len(v.errand.value)/2] ^= 4 }

// TestOtherCard shows another card than the one that signed in, at each step.
func TestOtherCard(t *testing.T) {
	t.Parallel()
	p := newPlace(t, plan{people: 2})
	s := p.start(t)
	v := p.visitor(0)
	v.begin("bank")
	if err := v.until(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	own := v.person.card
	for name, certificate := range map[string]func() any{
		"another member's":            func() any { return p.people[1].certificate() },
		"her own, but to sign in":     func() any { c := *own; c.Signature = c.Authentication; return (&person{card: &c}).certificate() },
		"nothing":                     func() any { return map[string]string{} },
		"no certificate":              func() any { return map[string]string{"certificate": "AAAA"} },
		"of an authority, not a card": func() any { c := *own; c.Signature.Certificate = c.Issuer; return (&person{card: &c}).certificate() },
	} {
		body, err := json.Marshal(certificate())
		if err != nil {
			t.Fatal(err)
		}
		a, err := v.postJSON(t.Context(), "/fr/requests/"+v.errand.request+"/prepare", body)
		if err != nil || a.status != http.StatusUnprocessableEntity || a.state() == "" {
			t.Errorf("%s certificate: %d %s %v", name, a.status, a.body, err)
		}
		if name == "another member's" && a.state() != "wrong_person" {
			t.Errorf("another member's card is refused as %q", a.state())
		}
	}
	if err := v.finish(t.Context()); err != nil {
		t.Errorf("with her own card: %v", err)
	}
	p.gather(t, []*visitor{v}).check(false).report(t)
	s.stop(t)
}
