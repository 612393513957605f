package reader

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

const hash256 = crypto.SHA256

func sum(text string) []byte {
	digest := sha256.Sum256([]byte(text))
	return digest[:]
}

func TestNoSignatureCertificate(t *testing.T) {
	_, _, c := inserted(t, "kid")
	_, err := c.Certificate(certs.Signature)
	wantError(t, "Certificate", err, ErrNoSignatureCertificate)
	_, err = c.Key(certs.Signature, noPIN(t))
	wantError(t, "Key", err, ErrNoSignatureCertificate)
	if _, err := key(t, c, certs.Authentication, FixedPIN([]byte(goodPIN))).Sign(nil, sum("x"), hash256); err != nil {
		t.Errorf("the authentication key of such a card: %v", err)
	}
}

func TestOtherPurposes(t *testing.T) {
	_, _, c := inserted(t, "rsa")
	for _, p := range []certs.Purpose{certs.Seal, certs.Timestamping, certs.Registry, 0} {
		_, err := c.Key(p, noPIN(t))
		wantError(t, fmt.Sprintf("Key(%v)", p), err, ErrNotSupported)
	}
}

// A label is a hint: certificates under each other's label are told apart by what they
// are for, and with one of them missing the other does not stand in.
func TestLabelsDoNotConvince(t *testing.T) {
	swapped := theWorld(t).card("p384")
	swapped.Authentication, swapped.Signature = swapped.Signature, swapped.Authentication
	_, _, c := insertedCard(t, "swapped", swapped)
	for _, p := range []certs.Purpose{certs.Authentication, certs.Signature} {
		cert, err := c.Certificate(p)
		if err != nil || p.Check(cert) != nil {
			t.Errorf("Certificate(%v) = %v, %v", p, cert.Subject, err)
		}
		value, err := key(t, c, p, FixedPIN([]byte(goodPIN))).Sign(nil, sum("x"), hash256)
		if err != nil || !ecdsa.VerifyASN1(cert.PublicKey.(*ecdsa.PublicKey), sum("x"), value) {
			t.Errorf("Sign with the key for %v: %v", p, err)
		}
	}
	lying := theWorld(t).card("p384")
	lying.Authentication, lying.Signature = lying.Signature, certstest.KeyPair{}
	lying.Identity = nil
	d, m := desk(t, map[string]*certstest.Card{"lying": lying})
	insert(t, d, "lying")
	_, err := m.Card(context.Background())
	wantError(t, "a card with a signature certificate alone, labelled Authentication", err, ErrUnknownCard)
}

func TestKeyMismatch(t *testing.T) {
	w := theWorld(t)
	for name, spoil := range map[string]func(*certstest.Card){
		"another EC key":          func(c *certstest.Card) { c.Signature.Key = w.cards["other"].Signature.Key },
		"RSA certificate, EC key": func(c *certstest.Card) { c.Signature.Certificate = w.cards["rsa"].Signature.Certificate },
	} {
		t.Run(name, func(t *testing.T) {
			card := w.card("p384")
			spoil(card)
			d, _, c := insertedCard(t, "mixed", card)
			_, err := key(t, c, certs.Signature, noPIN(t)).Sign(nil, sum("x"), hash256)
			wantError(t, "Sign", err, ErrKeyMismatch)
			if journal, err := d.Journal(); err != nil || len(journal) != 0 {
				t.Errorf("Journal() = %v, %v, want nothing signed", journal, err)
			}
			if _, err := key(t, c, certs.Authentication, FixedPIN([]byte(goodPIN))).Sign(nil, sum("x"), hash256); err != nil {
				t.Errorf("the other key: %v", err)
			}
		})
	}
	t.Run("RSA keys", func(t *testing.T) {
		card := w.card("rsa")
		card.Authentication.Key = w.cards["old"].Authentication.Key
		_, _, c := insertedCard(t, "mixed", card)
		_, err := key(t, c, certs.Authentication, noPIN(t)).Sign(nil, sum("x"), hash256)
		wantError(t, "Sign", err, ErrKeyMismatch)
	})
}

// A module that shows no public keys hides the mismatch; the signature betrays it.
func TestKeyMismatchHidden(t *testing.T) {
	w := theWorld(t)
	card := w.card("p384")
	card.Signature.Key = w.cards["other"].Signature.Key
	d, m, c := insertedCard(t, "mixed", card)
	meddle(m).attribute = func(kind uint, value []byte) ([]byte, error) {
		if kind == pkcs11.CKA_EC_POINT {
			return nil, pkcs11.Error(pkcs11.CKR_ATTRIBUTE_TYPE_INVALID)
		}
		return value, nil
	}
	value, err := key(t, c, certs.Signature, FixedPIN([]byte(goodPIN))).Sign(nil, sum("x"), hash256)
	wantError(t, "Sign", err, ErrWrongSignature)
	if value != nil {
		t.Error("a value comes with the error")
	}
	if journal, _ := d.Journal(); len(journal) != 1 {
		t.Errorf("the card signed %d times, want once", len(journal))
	}
}

func TestNoPrivateKey(t *testing.T) {
	_, _, c := inserted(t, "p384")
	k := key(t, c, certs.Signature, FixedPIN([]byte(goodPIN)))
	k.held = &cardCertificate{label: k.held.label, id: []byte{9}, cert: k.held.cert}
	_, err := k.Sign(nil, sum("x"), hash256)
	wantError(t, "Sign with a certificate whose id no key has", err, ErrKeyMismatch)
}

func TestWrongSignature(t *testing.T) {
	for _, card := range []string{"rsa", "p384"} {
		_, m, c := inserted(t, card)
		x := meddle(m)
		for name, spoil := range map[string]func([]byte) []byte{
			"a bit":     func(v []byte) []byte { v[len(v)/2] ^= 1; return v },
			"cut":       func(v []byte) []byte { return v[:len(v)-1] },
			"nothing":   func([]byte) []byte { return nil },
			"zeros":     func(v []byte) []byte { return make([]byte, len(v)) },
			"too long":  func(v []byte) []byte { return append(v, 0) },
			"very long": func([]byte) []byte { return make([]byte, 1<<20) },
		} {
			x.sign = func(v []byte, err error) ([]byte, error) { return spoil(v), err }
			value, err := key(t, c, certs.Signature, FixedPIN([]byte(goodPIN))).Sign(nil, sum("x"), hash256)
			wantError(t, card+", "+name, err, ErrWrongSignature)
			if value != nil {
				t.Errorf("%s, %s: a value comes with the error", card, name)
			}
		}
	}
}

func TestSignRefusesInput(t *testing.T) {
	_, _, c := inserted(t, "rsa")
	k := key(t, c, certs.Signature, noPIN(t))
	for name, do := range map[string]struct {
		digest []byte
		opts   crypto.SignerOpts
	}{
		"no hash named": {sum("x"), nil},
		"bare message":  {sum("x"), crypto.Hash(0)},
		"SHA-1":         {make([]byte, 20), crypto.SHA1},
		"SHA-224":       {make([]byte, 28), crypto.SHA224},
		"PSS":           {sum("x"), &rsa.PSSOptions{Hash: crypto.SHA256}},
		"short digest":  {sum("x")[:31], crypto.SHA256},
		"long digest":   {sum("x"), crypto.SHA512},
	} {
		_, err := k.Sign(nil, do.digest, do.opts)
		wantError(t, name, err, ErrNotSupported)
	}
}

func TestSign(t *testing.T) {
	w := theWorld(t)
	for _, name := range []string{"rsa", "old", "p256", "p384"} {
		d, _, c := inserted(t, name)
		for _, p := range []certs.Purpose{certs.Authentication, certs.Signature} {
			for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
				t.Run(fmt.Sprintf("%s/%v/%v", name, p, hash), func(t *testing.T) {
					pin := &typing{pins: []string{goodPIN}}
					digest := digestOf(hash, []byte("document"))
					k := key(t, c, p, pin)
					value, err := k.Sign(nil, digest, hash)
					if err != nil {
						t.Fatal(err)
					}
					if !verifies(k.Public(), hash, digest, value) {
						t.Error("the signature does not verify")
					}
					want := PINRequest{Purpose: p, Reader: d.Reader(), TriesLeft: -1, MinLen: 4, MaxLen: 12}
					if len(pin.asked) != 1 || pin.asked[0] != want {
						t.Errorf("asked %+v, want once %+v", pin.asked, want)
					}
				})
			}
		}
		if journal, err := d.Journal(); err != nil || len(journal) != 6 {
			t.Errorf("%s: the card signed %d times, %v, want 6", name, len(journal), err)
		}
		for _, issuer := range []string{"CA", "Root"} {
			if len(c.Issuers()) != 2 {
				t.Errorf("%s: %d issuers, want %s among two", name, len(c.Issuers()), issuer)
			}
		}
		cert, err := c.Certificate(certs.Signature)
		if err != nil || !cert.Equal(w.cards[name].Signature.Certificate) {
			t.Errorf("%s: another signature certificate than the one issued: %v", name, err)
		}
	}
}

func verifies(public crypto.PublicKey, hash crypto.Hash, digest, value []byte) bool {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, digest, value) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, value)
	}
	return false
}

// A module that shows keys before login, with one that wants its PIN each time, is
// logged in to once, for that key alone; and one wrong PIN there leaves an operation
// behind that the next attempt gets past.
func TestKeysShownBeforeLogin(t *testing.T) {
	_, m, c := inserted(t, "p384")
	x := meddle(m)
	var users []uint
	x.login = func(s pkcs11.SessionHandle, user uint, pin string) error {
		users = append(users, user)
		return x.library.Login(s, user, pin)
	}
	// SoftHSM2 hides private keys; a login nobody asked for makes them visible.
	x.signInit = func() error { return nil }
	visible := &loggedIn{meddler: x, pin: goodPIN}
	m.lib = visible
	if err := visible.Logout(c.session); err != nil {
		t.Fatal(err)
	}
	pin := &typing{pins: []string{"0000", goodPIN}}
	value, err := key(t, c, certs.Signature, pin).Sign(nil, sum("x"), hash256)
	if err != nil || len(value) == 0 {
		t.Fatalf("Sign = %v", err)
	}
	for _, user := range users {
		if user != pkcs11.CKU_CONTEXT_SPECIFIC {
			t.Errorf("logged in as %d, want context-specific logins alone", user)
		}
	}
	if len(users) != 2 || len(pin.asked) != 2 {
		t.Errorf("%d logins, %d questions, want two of each", len(users), len(pin.asked))
	}
}

// loggedIn logs in behind our back whenever we log out.
type loggedIn struct {
	*meddler
	pin string
}

func (l *loggedIn) Logout(s pkcs11.SessionHandle) error {
	l.meddler.Logout(s)
	return l.meddler.library.Login(s, pkcs11.CKU_USER, l.pin)
}

// OpenSC remembers the login of a card that left until its slots are polled.
func TestStaleLogin(t *testing.T) {
	_, m, c := inserted(t, "p384")
	k := key(t, c, certs.Authentication, FixedPIN([]byte(goodPIN)))
	x := meddle(m)
	polled := false
	x.readers = func() error { polled = true; return nil }
	x.login = func(s pkcs11.SessionHandle, user uint, pin string) error {
		if !polled {
			return pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN)
		}
		return x.library.Login(s, user, pin)
	}
	if _, err := k.Sign(nil, sum("x"), hash256); err != nil {
		t.Errorf("Sign = %v", err)
	}
}

func TestRemovedAtEachStep(t *testing.T) {
	type scene struct {
		remove func()
		x      *meddler
		c      *Card
		key    func(PIN) (*Key, error)
	}
	sign := func(k *Key, err error) error {
		if err != nil {
			return err
		}
		_, err = k.Sign(nil, sum("x"), hash256)
		return err
	}
	typed := FixedPIN([]byte(goodPIN))
	for name, play := range map[string]func(*scene) error{
		"before the identity": func(s *scene) error {
			s.remove()
			_, err := s.c.Identity(nil)
			return err
		},
		"before the PIN": func(s *scene) error {
			k, err := s.key(typed)
			s.remove()
			return sign(k, err)
		},
		"while the PIN is typed": func(s *scene) error {
			return sign(s.key(pinFunc(func(ctx context.Context, _ PINRequest) ([]byte, error) {
				s.remove()
				<-ctx.Done() // nobody types any more: the card is gone
				return nil, ctx.Err()
			})))
		},
		"after the PIN": func(s *scene) error {
			return sign(s.key(pinFunc(func(context.Context, PINRequest) ([]byte, error) {
				s.remove()
				return []byte(goodPIN), nil
			})))
		},
		"after the login": func(s *scene) error {
			s.x.signInit = func() error { s.remove(); return nil }
			return sign(s.key(typed))
		},
		"after the signature began": func(s *scene) error {
			s.x.login = func(h pkcs11.SessionHandle, user uint, pin string) error {
				err := s.x.library.Login(h, user, pin)
				if user == pkcs11.CKU_CONTEXT_SPECIFIC {
					s.remove()
				}
				return err
			}
			return sign(s.key(typed))
		},
		"with a vague code": func(s *scene) error { // right after, with the key handle in hand
			s.x.sign = func([]byte, error) ([]byte, error) {
				s.remove()
				return nil, pkcs11.Error(pkcs11.CKR_GENERAL_ERROR)
			}
			return sign(s.key(typed))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, m, c := inserted(t, "p384")
			s := &scene{remove: func() { remove(t, d) }, x: meddle(m), c: c, key: func(p PIN) (*Key, error) { return c.Key(certs.Signature, p) }}
			wantError(t, "without card", play(s), ErrCardRemoved)
			insert(t, d, "p384")
			wantError(t, "Present, with the card back", c.Present(context.Background()), ErrCardRemoved)
			wantError(t, "Sign, with the card back", sign(c.Key(certs.Signature, noPIN(t))), ErrCardRemoved)
			*s.x = meddler{library: s.x.library}
			fresh := open(t, m)
			if err := sign(fresh.Key(certs.Signature, typed)); err != nil {
				t.Errorf("the card opened again: %v", err)
			}
			if tries, err := d.Tries("p384"); err != nil || tries != 3 {
				t.Errorf("Tries = %d, %v, want 3", tries, err)
			}
		})
	}
}

// GENERAL_ERROR with the card still there is a failure of the module, and no more.
func TestVagueCodeWithCard(t *testing.T) {
	_, m, c := inserted(t, "p384")
	x := meddle(m)
	x.sign = func([]byte, error) ([]byte, error) { return nil, pkcs11.Error(pkcs11.CKR_GENERAL_ERROR) }
	k := key(t, c, certs.Signature, FixedPIN([]byte(goodPIN)))
	_, err := k.Sign(nil, sum("x"), hash256)
	wantError(t, "Sign", err, ErrModuleFailed)
	x.sign = nil
	if _, err := k.Sign(nil, sum("x"), hash256); err != nil {
		t.Errorf("the next try: %v", err)
	}
}

func TestCodes(t *testing.T) {
	_, m, c := inserted(t, "p384")
	x := meddle(m)
	k := key(t, c, certs.Authentication, FixedPIN([]byte(goodPIN)))
	for code, want := range map[uint]error{
		pkcs11.CKR_FUNCTION_NOT_SUPPORTED: ErrNotSupported, // OpenSC, Belgian signature key
		pkcs11.CKR_MECHANISM_INVALID:      ErrNotSupported,
		pkcs11.CKR_FUNCTION_CANCELED:      ErrCancelled,
		pkcs11.CKR_CANCEL:                 ErrCancelled,
		pkcs11.CKR_USER_NOT_LOGGED_IN:     ErrCardBusy, // another program took the right
		pkcs11.CKR_PIN_LOCKED:             ErrPINBlocked,
		pkcs11.CKR_FUNCTION_FAILED:        ErrModuleFailed,
		pkcs11.CKR_DEVICE_ERROR:           ErrModuleFailed,
		pkcs11.CKR_HOST_MEMORY:            ErrModuleFailed,
		0x80000001:                        ErrModuleFailed, // a vendor's own
	} {
		x.sign = func([]byte, error) ([]byte, error) { return nil, pkcs11.Error(code) }
		_, err := k.Sign(nil, sum("x"), hash256)
		wantError(t, pkcs11.Error(code).Error(), err, want)
		if !strings.HasPrefix(err.Error(), "signing: ") || !strings.Contains(err.Error(), "pkcs11: 0x") {
			t.Errorf("error %q does not say what was done and the code", err)
		}
	}
	x.sign = func([]byte, error) ([]byte, error) { return nil, pkcs11.Error(pkcs11.CKR_SESSION_HANDLE_INVALID) }
	_, err := k.Sign(nil, sum("x"), hash256) // OpenSC after a removal; last, since it is for good
	wantError(t, "CKR_SESSION_HANDLE_INVALID", err, ErrCardRemoved)
}

func TestDeadlineInsideSignature(t *testing.T) {
	_, m, c := inserted(t, "p384")
	letGo := make(chan struct{})
	var kept []byte
	x := meddle(m)
	ctx, timeout := context.WithCancelCause(context.Background())
	x.sign = func(v []byte, err error) ([]byte, error) {
		timeout(ErrTimedOut)
		<-letGo
		return v, err
	}
	k := key(t, c, certs.Signature, pinFunc(func(context.Context, PINRequest) ([]byte, error) {
		kept = []byte(goodPIN)
		return kept, nil
	}))
	value, err := k.SignContext(ctx, sum("x"), hash256)
	wantError(t, "SignContext", err, ErrTimedOut)
	if value != nil {
		t.Error("a value comes with the error")
	}
	close(letGo)
	m.turn <- struct{}{} // the library is done
	<-m.turn
	for range 1000 { // the wiping has been left to whoever is last
		if bytes.Equal(kept, make([]byte, 4)) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the PIN outlives the call that used it")
}

func TestErrorsNameTheirCondition(t *testing.T) {
	err := fmt.Errorf("signing: %w", PINError{Tries: 2})
	var wrong PINError
	if !errors.As(err, &wrong) || wrong.Tries != 2 {
		t.Errorf("errors.As lost the tries of %v", err)
	}
	for tries, want := range map[int]string{-1: "PIN is wrong", 1: "PIN is wrong, one try left", 2: "PIN is wrong, 2 tries left"} {
		if got := (PINError{tries}).Error(); got != want {
			t.Errorf("PINError{%d} = %q, want %q", tries, got, want)
		}
	}
}
