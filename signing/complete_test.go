package signing

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"

	"guichet.example/certs/certstest"
)

type rs struct{ R, S *big.Int }

// loose encodes r and s as cards and middlewares in the field do: with extra bytes in
// front, or without the zero that keeps an integer positive.
func loose(tb testing.TB, v rs, pad, strip bool) []byte {
	tb.Helper()
	integer := func(n *big.Int) []byte {
		b := n.Bytes()
		if !strip && b[0] >= 0x80 {
			b = append([]byte{0}, b...)
		}
		if pad {
			b = append([]byte{0, 0}, b...)
		}
		return append([]byte{2, byte(len(b))}, b...)
	}
	body := append(integer(v.R), integer(v.S)...)
	if len(body) > 127 {
		return append([]byte{0x30, 0x81, byte(len(body))}, body...)
	}
	return append([]byte{0x30, byte(len(body))}, body...)
}

// card signs and returns the value as numbers.
func card(tb testing.TB, w *world, a certstest.Algorithm, p *Prepared) rs {
	tb.Helper()
	der, err := w.cards[a].Signature.Key.Sign(rand.Reader, p.Digest, p.Hash)
	if err != nil {
		tb.Fatal(err)
	}
	var v rs
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestCompleteRefusesValues(t *testing.T) {
	w := theWorld(t)
	for _, a := range algorithms {
		p, err := Prepare(w.request(t, a))
		if err != nil {
			t.Fatal(err)
		}
		good := value(t, w.cards[a].Signature.Key, p)
		other, err := w.cards[a].Signature.Key.Sign(rand.Reader, make([]byte, p.Hash.Size()), p.Hash)
		if err != nil {
			t.Fatal(err)
		}
		login, err := w.cards[a].Authentication.Key.Sign(rand.Reader, p.Digest, p.Hash)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]SignatureValue{
			"none":                    nil,
			"cut short":               good[:len(good)-1],
			"a byte too many":         append(bytes.Clone(good), 0),
			"zeros":                   make([]byte, len(good)),
			"ones":                    bytes.Repeat([]byte{0xff}, len(good)),
			"flipped bit":             append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1),
			"over another digest":     other,
			"by the other key":        login,
			"DER without content":     {0x30, 0},
			"DER of indefinite form":  {0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0},
			"DER of zeros":            {0x30, 6, 2, 1, 0, 2, 1, 0},
			"a megabyte":              make([]byte, 1<<20),
			"the digest itself":       p.Digest,
			"text":                    SignatureValue("signature"),
			"value with DER after it": append(bytes.Clone(good), good...),
		} {
			if out, err := p.Complete(v); !errors.Is(err, ErrSignatureValue) || out != nil {
				t.Errorf("%v: Complete(%s) = %d bytes, %v, want %v", a, name, len(out), err, ErrSignatureValue)
			}
		}
	}
}

func TestCompleteRefusesNumbersOutOfRange(t *testing.T) {
	w := theWorld(t)
	p, err := Prepare(w.request(t, certstest.P384))
	if err != nil {
		t.Fatal(err)
	}
	public := w.cards[certstest.P384].Signature.Certificate.PublicKey.(*ecdsa.PublicKey)
	good := card(t, w, certstest.P384, p)
	n := public.Params().N
	for name, v := range map[string]rs{
		"r plus n": {new(big.Int).Add(good.R, n), good.S},
		"s plus n": {good.R, new(big.Int).Add(good.S, n)},
		"r zero":   {new(big.Int), good.S},
		"s is n":   {good.R, n},
	} {
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Complete(der); !errors.Is(err, ErrSignatureValue) {
			t.Errorf("Complete(%s) = %v, want %v", name, err, ErrSignatureValue)
		}
	}
}

// Whatever form a card gives, the file is the same.
func TestCompleteTakesEveryForm(t *testing.T) {
	w := theWorld(t)
	for _, a := range []certstest.Algorithm{certstest.P384, certstest.P256} {
		p, err := Prepare(w.request(t, a))
		if err != nil {
			t.Fatal(err)
		}
		size := (w.cards[a].Signature.Certificate.PublicKey.(*ecdsa.PublicKey).Params().BitSize + 7) / 8
		v := card(t, w, a, p)
		raw := append(v.R.FillBytes(make([]byte, size)), v.S.FillBytes(make([]byte, size))...)
		want, err := p.Complete(raw)
		if err != nil {
			t.Fatalf("%v: Complete(raw): %v", a, err)
		}
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for name, form := range map[string]SignatureValue{
			"raw again":                 raw,
			"DER":                       der,
			"DER with zeros in front":   loose(t, v, true, false),
			"DER without positive zero": loose(t, v, false, true),
		} {
			got, err := p.Complete(form)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%v: Complete(%s) = %d bytes, %v, want the file of the raw form", a, name, len(got), err)
			}
		}
	}
}

// A raw value may begin like DER; its length decides.
func TestCompleteRawThatBeginsLikeDER(t *testing.T) {
	w := theWorld(t)
	p, err := Prepare(w.request(t, certstest.P256))
	if err != nil {
		t.Fatal(err)
	}
	for range 5000 {
		v := card(t, w, certstest.P256, p)
		raw := append(v.R.FillBytes(make([]byte, 32)), v.S.FillBytes(make([]byte, 32))...)
		if raw[0] != 0x30 {
			continue
		}
		if _, err := p.Complete(raw); err != nil {
			t.Fatalf("Complete(%x...) = %v", raw[:4], err)
		}
		return
	}
	t.Fatal("no value began with 0x30 in 5000 tries")
}

func TestCompleteRefusesAlteredPreparation(t *testing.T) {
	w := theWorld(t)
	for name, change := range map[string]func(*Prepared){
		"byte of the letter":          func(p *Prepared) { p.PDF[100] ^= 1 },
		"byte of the signed revision": func(p *Prepared) { p.PDF[len(p.PDF)-100] ^= 1 },
		"byte appended":               func(p *Prepared) { p.PDF = append(p.PDF, '\n') },
		"last byte cut":               func(p *Prepared) { p.PDF = p.PDF[:len(p.PDF)-1] },
		"no file":                     func(p *Prepared) { p.PDF = nil },
		"hole filled":                 func(p *Prepared) { p.PDF[p.ByteRange[1]+9] = '1' },
		"hole opened":                 func(p *Prepared) { p.PDF[p.ByteRange[1]] = '(' },
		"byte range moved":            func(p *Prepared) { p.ByteRange[1]++; p.ByteRange[2]++; p.ByteRange[3]-- },
		"byte range negative":         func(p *Prepared) { p.ByteRange = [4]int{0, -1, -1, -1} },
		"byte range zero":             func(p *Prepared) { p.ByteRange = [4]int{} },
		"byte range huge":             func(p *Prepared) { p.ByteRange = [4]int{0, 1 << 40, 1<<40 + 2*Hole + 2, 1} },
		"attributes":                  func(p *Prepared) { p.Attributes[9] ^= 1 },
		"no attributes":               func(p *Prepared) { p.Attributes = nil },
		"digest":                      func(p *Prepared) { p.Digest[0] ^= 1 },
		"hash":                        func(p *Prepared) { p.Hash = crypto.SHA512 },
		"unknown hash":                func(p *Prepared) { p.Hash = 99 },
		"certificate":                 func(p *Prepared) { p.Certificate = w.cards[certstest.P384].Authentication.Certificate.Raw },
		"certificate of another key":  func(p *Prepared) { p.Certificate = w.cards[certstest.RSA2048].Signature.Certificate.Raw },
		"no certificate":              func(p *Prepared) { p.Certificate = nil },
		"path that does not fit":      func(p *Prepared) { p.Path = [][]byte{make([]byte, Hole)} },
	} {
		p, err := Prepare(w.request(t, certstest.P384))
		if err != nil {
			t.Fatal(err)
		}
		v := value(t, w.cards[certstest.P384].Signature.Key, p)
		change(p)
		if out, err := p.Complete(v); !errors.Is(err, ErrPrepared) || out != nil {
			t.Errorf("%s: Complete = %d bytes, %v, want %v", name, len(out), err, ErrPrepared)
		}
	}
}

// The twin of an ECDSA value, n-s for s, verifies by nature. It makes another file with
// the same content and the same verdict.
func TestCompleteTwinIsHarmless(t *testing.T) {
	w := theWorld(t)
	p, err := Prepare(w.request(t, certstest.P384))
	if err != nil {
		t.Fatal(err)
	}
	v := card(t, w, certstest.P384, p)
	n := w.cards[certstest.P384].Signature.Certificate.PublicKey.(*ecdsa.PublicKey).Params().N
	der, err := asn1.Marshal(rs{v.R, new(big.Int).Sub(n, v.S)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Complete(der)
	if err != nil {
		t.Fatal(err)
	}
	if s := w.report(t, out).Signatures[0]; !s.Integrity.Passed || s.SubIndication != TryLater {
		t.Errorf("twin: %+v", s)
	}
}

// RSA below 2048 bits never gets as far as a card.
func TestPrepareRefusesShortRSA(t *testing.T) {
	w := theWorld(t)
	r := w.request(t, certstest.RSA2048)
	leaf := *r.Path[0]
	leaf.PublicKey = &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	r.Path = append(r.Path[:0:0], &leaf)
	if _, err := Prepare(r); !errors.Is(err, ErrCertificate) {
		t.Errorf("Prepare = %v, want %v", err, ErrCertificate)
	}
}
