package pcsc_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"guichet.example/certs"
	"guichet.example/certs/registry"
	"guichet.example/reader"
	"guichet.example/reader/softcard/applet"
)

var digest = sha256.Sum256([]byte("letter"))

// holds verifies r‖s.
func holds(key *ecdsa.PublicKey, hash, raw []byte) bool {
	n := len(raw) / 2
	return ecdsa.Verify(key, hash, new(big.Int).SetBytes(raw[:n]), new(big.Int).SetBytes(raw[n:]))
}

// sign signs a SHA-256 digest, the PINs typed one after another.
func sign(t testing.TB, c *reader.Card, p certs.Purpose, pins ...string) (*typing, []byte, error) {
	t.Helper()
	pin := &typing{pins: pins}
	value, err := key(t, c, p, pin).SignContext(within(t), digest[:], crypto.SHA256)
	return pin, value, err
}

func TestListed(t *testing.T) {
	for _, kind := range []string{"rsa", "ec"} {
		t.Run(kind, func(t *testing.T) {
			uncached(t)
			_, m, c := inserted(t, kind)
			issued := theWorld(t).cards[kind]
			list, err := m.Readers(within(t))
			if err != nil || len(list) != 2 || list[0].Name != rig.Reader(0) || !list[0].Present || list[1].Present {
				t.Errorf("Readers = %v, %v", list, err)
			}
			if list[0].Label != "BELPIC (Basic PIN)" || list[0].Serial != hex.EncodeToString(issued.ChipNumber[8:]) {
				t.Errorf("the token is %q, %q", list[0].Label, list[0].Serial)
			}
			for p, want := range map[certs.Purpose][]byte{
				certs.Authentication: issued.Authentication.Certificate.Raw, certs.Signature: issued.Signature.Certificate.Raw,
			} {
				if got, err := c.Certificate(p); err != nil || !bytes.Equal(got.Raw, want) {
					t.Errorf("the %v certificate is not the card's: %v", p, err)
				}
			}
			if all := c.Certificates(); len(all) != 4 {
				t.Errorf("%d certificates on the card, want 4", len(all))
			}
		})
	}
}

// OpenSC gives out no identity files: name and number come from the certificate.
func TestIdentity(t *testing.T) {
	_, _, c := inserted(t, "ec")
	if f, err := c.Files(within(t)); f != nil || err != nil {
		t.Errorf("Files = %v, %v, want none", f, err)
	}
	id, err := c.IdentityContext(within(t), theWorld(t).pki.Anchors())
	if err != nil {
		t.Fatal(err)
	}
	if id.Source != registry.FromCertificate || id.NationalNumber != "01050399864" || id.Surname != "Specimen" || id.Photo != nil {
		t.Errorf("identity from %s, or not Nora's", id.Source)
	}
}

func TestAuthenticationKeySigns(t *testing.T) {
	a, _, c := inserted(t, "rsa")
	long := sha512.Sum512([]byte("letter"))
	k := key(t, c, certs.Authentication, reader.FixedPIN([]byte(goodPIN)))
	for hash, sum := range map[crypto.Hash][]byte{crypto.SHA256: digest[:], crypto.SHA384: long[:48], crypto.SHA512: long[:]} {
		value, err := k.SignContext(within(t), sum, hash)
		if err != nil || rsa.VerifyPKCS1v15(k.Public().(*rsa.PublicKey), hash, sum, value) != nil {
			t.Errorf("signing with %v: %v", hash, err)
		}
		journal := a.Journal()
		if last := journal[len(journal)-1]; last.Key != 0x82 || !bytes.HasSuffix(last.Input, sum) {
			t.Errorf("the card signed %X", last)
		}
	}
	if right, wrong := a.Compared(); right != 3 || wrong != 0 {
		t.Errorf("%d right PINs and %d wrong ones for three signatures", right, wrong)
	}
	// OpenSC's C_Logout does not reach this card: the right to use the authentication key
	// stays until the card is reset or out. LOG OFF would have taken it.
	if answer := a.Transmit([]byte{0x00, 0x20, 0x00, 0x01}); !bytes.Equal(answer, []byte{0x90, 0x00}) {
		t.Errorf("the state of the PIN afterwards is %X; has OpenSC learnt to log off?", answer)
	}
}

func TestSignatureKeyIsRefused(t *testing.T) {
	a, _, c := inserted(t, "rsa")
	_, value, err := sign(t, c, certs.Signature, goodPIN)
	wantError(t, "signing with the signature key", err, reader.ErrNotSupported)
	if value != nil || len(a.Journal()) > 0 || a.Tries() != 3 {
		t.Errorf("%d signatures, %d tries left", len(a.Journal()), a.Tries())
	}
	if _, _, err := sign(t, c, certs.Authentication, goodPIN); err != nil {
		t.Errorf("the authentication key afterwards: %v", err)
	}
}

// Before 0.27 OpenSC lists no mechanism for curves: refused before anybody types a PIN.
func TestCurvesAreRefused(t *testing.T) {
	a, _, c := inserted(t, "ec")
	for _, p := range []certs.Purpose{certs.Authentication, certs.Signature} {
		pin, _, err := sign(t, c, p, goodPIN)
		wantError(t, "signing with a key on P-384", err, reader.ErrNotSupported)
		if right, wrong := a.Compared(); len(pin.asked) > 0 || right+wrong > 0 {
			t.Errorf("%d PINs asked, %d compared", len(pin.asked), right+wrong)
		}
	}
}

func TestWrongPINs(t *testing.T) {
	a, _, c := inserted(t, "rsa")
	pin, _, err := sign(t, c, certs.Authentication, "4321", "4321")
	wantError(t, "giving up after two wrong PINs", err, reader.ErrCancelled)
	if len(pin.asked) != 3 || pin.asked[0].TriesLeft != -1 || pin.asked[2].TriesLeft != 1 || !pin.asked[2].Retry {
		t.Errorf("asked %+v", pin.asked)
	}
	if _, _, err := sign(t, c, certs.Authentication, goodPIN); err != nil || a.Tries() != 3 {
		t.Errorf("the right PIN in time: %v, %d tries", err, a.Tries())
	}
	_, _, err = sign(t, c, certs.Authentication, "4321", "4321", "4321")
	wantError(t, "three wrong PINs", err, reader.ErrPINBlocked)
	pin, _, err = sign(t, c, certs.Authentication, goodPIN)
	wantError(t, "a blocked card", err, reader.ErrPINBlocked)
	if len(pin.asked) > 0 || a.Tries() != 0 {
		t.Errorf("a PIN is asked for a blocked card")
	}
}

// Each row goes wrong while the PIN is typed. What comes of it is one of want; a card
// that stayed signs at the next try, one that left never again until it is opened anew.
func TestTrouble(t *testing.T) {
	const stays, left = true, false
	for _, row := range []struct {
		name   string
		happen func(t *testing.T, a *applet.Card)
		want   []error
		stays  bool
	}{
		{"answers 6400 to the signature", func(_ *testing.T, a *applet.Card) { a.Fail(applet.Sign, 0x6400) },
			[]error{reader.ErrModuleFailed}, stays},
		{"answers 6400 to the PIN", func(_ *testing.T, a *applet.Card) { a.Fail(applet.Verify, 0x6400) },
			[]error{reader.ErrModuleFailed}, stays},
		{"right lost", func(_ *testing.T, a *applet.Card) { a.Fail(applet.Sign, 0x6982) },
			[]error{reader.ErrCardBusy}, stays},
		// The daemon may need its next look to know that the card is out.
		{"line cut at the signature", func(_ *testing.T, a *applet.Card) { a.Cut(applet.Sign) },
			[]error{reader.ErrCardRemoved, reader.ErrModuleFailed}, left},
		{"line cut at the PIN", func(_ *testing.T, a *applet.Card) { a.Cut(applet.Verify) },
			[]error{reader.ErrCardRemoved, reader.ErrModuleFailed}, left},
		{"card out", func(t *testing.T, _ *applet.Card) { remove(t, 0) },
			[]error{reader.ErrCardRemoved}, left},
		{"out and in", func(t *testing.T, a *applet.Card) { swap(t, a) },
			[]error{reader.ErrCardRemoved}, left},
		{"daemon restarted", func(t *testing.T, _ *applet.Card) { restart(t) },
			[]error{reader.ErrCardRemoved, nil}, left}, // nil: OpenSC connected again
	} {
		t.Run(row.name, func(t *testing.T) {
			a, m, c := inserted(t, "rsa")
			pin := &typing{pins: []string{goodPIN}, before: func() { row.happen(t, a) }}
			_, err := key(t, c, certs.Authentication, pin).SignContext(within(t), digest[:], crypto.SHA256)
			if !isOne(err, row.want) {
				t.Errorf("signing = %v, want one of %v", err, row.want)
			}
			if row.stays {
				_, _, err = sign(t, c, certs.Authentication, goodPIN)
				wantError(t, "the open card afterwards", err, nil)
			}
			remove(t, 0)
			_, _, err = sign(t, c, certs.Authentication, goodPIN)
			wantError(t, "the open card when it is out", err, reader.ErrCardRemoved)
			put(t, 0, a)
			if _, _, err := sign(t, open(t, m), certs.Authentication, goodPIN); err != nil || a.Tries() != 3 {
				t.Errorf("the card opened anew: %v, %d tries", err, a.Tries())
			}
		})
	}
}

func isOne(err error, list []error) bool {
	for _, want := range list {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

func swap(t testing.TB, a *applet.Card) {
	t.Helper()
	if err := rig.Swap(0, a); err != nil {
		t.Error(err)
	}
}

func restart(t testing.TB) {
	t.Helper()
	if err := rig.Restart(); err != nil {
		t.Error(err)
	}
}

// A PIN typed for one card never goes to another.
func TestOtherCard(t *testing.T) {
	_, _, c := inserted(t, "rsa")
	other := card(t, "other")
	pin := &typing{pins: []string{goodPIN}, before: func() { swap(t, other) }}
	_, err := key(t, c, certs.Authentication, pin).SignContext(within(t), digest[:], crypto.SHA256)
	wantError(t, "signing with another card in the reader", err, reader.ErrCardRemoved)
	if right, wrong := other.Compared(); right+wrong > 0 || len(other.Journal()) > 0 {
		t.Error("the other card was given the PIN")
	}
}

// Whoever looks at the card alone, and never at the readers, learns that it is out.
func TestPresent(t *testing.T) {
	_, _, c := inserted(t, "rsa")
	if err := c.Present(within(t)); err != nil {
		t.Errorf("Present = %v", err)
	}
	remove(t, 0)
	wantError(t, "Present of a card that is out", c.Present(within(t)), reader.ErrCardRemoved)
}

func TestWatch(t *testing.T) {
	m := module(t)
	events := m.Watch(within(t))
	want := func(kind reader.EventKind) {
		t.Helper()
		for e := range events {
			if e.Reader.Name != rig.Reader(0) {
				continue
			}
			if e.Kind != kind {
				t.Errorf("%v, want %v", e.Kind, kind)
			}
			return
		}
		t.Errorf("no more events, want %v", kind)
	}
	want(reader.Connected)
	a := insert(t, "rsa")
	want(reader.Inserted)
	remove(t, 0)
	want(reader.Removed)
	put(t, 0, a)
	want(reader.Inserted)
}

// The daemon goes away and comes back while a module stays open.
func TestDaemonAway(t *testing.T) {
	_, m, c := inserted(t, "rsa")
	if err := rig.Stop(); err != nil {
		t.Fatal(err)
	}
	wantError(t, "Present without a daemon", c.Present(within(t)), reader.ErrCardRemoved)
	_, err := m.Card(within(t))
	if !isOne(err, []error{reader.ErrNoCard, reader.ErrNoReader}) {
		t.Errorf("Card without a daemon = %v", err)
	}
	restart(t)
	if _, _, err := sign(t, open(t, m), certs.Authentication, goodPIN); err != nil {
		t.Errorf("signing when it is back: %v", err)
	}
}

func TestTwoReaders(t *testing.T) {
	a, m, _ := inserted(t, "rsa")
	other := card(t, "other")
	put(t, 1, other)
	_, err := m.Card(within(t))
	wantError(t, "two cards", err, reader.ErrSeveralCards)
	second, err := m.CardIn(within(t), rig.Reader(1))
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, _, err := sign(t, second, certs.Authentication, goodPIN); err != nil {
		t.Errorf("signing with the second card: %v", err)
	}
	if len(other.Journal()) != 1 || len(a.Journal()) != 0 {
		t.Errorf("the first card signed %d times, the second %d times", len(a.Journal()), len(other.Journal()))
	}
}

// A card that it does not know OpenSC shows up to a second late: until then the reader is
// empty for it. A card of the holder's beside it is opened all the time.
func TestStranger(t *testing.T) {
	_, m, _ := inserted(t, "rsa")
	put(t, 1, stranger{})
	ctx := within(t)
	for {
		if c := open(t, m); c.Reader().Name != rig.Reader(0) {
			t.Errorf("the card is in %s", c.Reader().Name)
		}
		_, err := m.CardIn(ctx, rig.Reader(1))
		if errors.Is(err, reader.ErrUnknownCard) {
			break
		}
		wantError(t, "a card of another kind", err, reader.ErrNoCard)
		if ctx.Err() != nil {
			t.Fatal("OpenSC does not see the card")
		}
	}
	c := open(t, m)
	if err := rig.Swap(0, stranger{}); err != nil {
		t.Fatal(err)
	}
	wantError(t, "Present with a stranger in its place", c.Present(within(t)), reader.ErrCardRemoved)
}

func TestCardsWithout(t *testing.T) {
	_, m, c := inserted(t, "kid")
	_, err := c.Certificate(certs.Signature)
	wantError(t, "Certificate", err, reader.ErrNoSignatureCertificate)
	if _, _, err := sign(t, c, certs.Authentication, goodPIN); err != nil {
		t.Errorf("a child signs in: %v", err)
	}
	if err := rig.Swap(0, card(t, "bare")); err != nil {
		t.Fatal(err)
	}
	_, err = m.Card(within(t))
	wantError(t, "a card without certificates or files", err, reader.ErrUnknownCard)
	remove(t, 0)
	_, err = m.Card(within(t))
	wantError(t, "an empty reader", err, reader.ErrNoCard)
}
