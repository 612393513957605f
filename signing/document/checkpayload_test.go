package document

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

var checkKeyOfTests = sync.OnceValue(func() *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
})

const checkAt = "https://guichet.mutualite-tilleuls.example/check"

// checkOf is a signed check of the act.
func checkOf(t testing.TB, a Act) Check {
	t.Helper()
	c, err := NewCheck(a, checkAt, "tilleuls", aCode(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.Payload, err = c.Payload.Sign(checkKeyOfTests()); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheckPayloadsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*CheckPayload){
		"no issuer":            func(p *CheckPayload) { p.Issuer = "" },
		"issuer in capitals":   func(p *CheckPayload) { p.Issuer = "Tilleuls" },
		"issuer of 65":         func(p *CheckPayload) { p.Issuer = strings.Repeat("a", 65) },
		"no date":              func(p *CheckPayload) { p.Date = time.Time{} },
		"date before 1970":     func(p *CheckPayload) { p.Date = on(1969, 12, 31) },
		"date after 2149":      func(p *CheckPayload) { p.Date = on(2149, 6, 7) },
		"no reference":         func(p *CheckPayload) { p.Reference = "" },
		"reference of 41":      func(p *CheckPayload) { p.Reference = strings.Repeat("A", 41) },
		"reference with quote": func(p *CheckPayload) { p.Reference = "A\"" },
		"no code":              func(p *CheckPayload) { p.Code = 0 },
		"code of 56 bits":      func(p *CheckPayload) { p.Code = 1 << 55 },
	} {
		p := checkOf(t, bankChange(FR)).Payload
		change(&p)
		var field *FieldError
		if _, err := p.Sign(checkKeyOfTests()); !errors.As(err, &field) || p.Validate() == nil {
			t.Errorf("%s: Sign = %v", name, err)
		}
		if err := p.Verify(checkKeyOfTests().Public()); !errors.Is(err, ErrCheckSignature) {
			t.Errorf("%s: Verify = %v", name, err)
		}
		if len(p.Issuer) < 200 && len(p.Reference) < 200 {
			if got, err := ParseCheckPayload(p.String()); err == nil && got == p {
				t.Errorf("%s: ParseCheckPayload takes it", name)
			}
		}
	}
}

func TestCheckPayloadNeedsAKeyOnP256(t *testing.T) {
	p := checkOf(t, bankChange(FR)).Payload
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"none": nil, "P-384": other} {
		if _, err := p.Sign(key); !errors.Is(err, ErrCheckKey) {
			t.Errorf("%s: Sign = %v", name, err)
		}
	}
	for name, public := range map[string]crypto.PublicKey{
		"none": nil, "nil": (*ecdsa.PublicKey)(nil), "RSA": &rsa.PublicKey{}, "P-384": other.Public(), "by value": checkKeyOfTests().PublicKey,
	} {
		if err := p.Verify(public); !errors.Is(err, ErrCheckKey) {
			t.Errorf("%s: Verify = %v", name, err)
		}
	}
}

// Any other field and any other key breaks the signature.
func TestCheckPayloadIsBoundByItsSignature(t *testing.T) {
	public := checkKeyOfTests().Public()
	for name, change := range map[string]func(*CheckPayload){
		"issuer":      func(p *CheckPayload) { p.Issuer = "autre" },
		"date":        func(p *CheckPayload) { p.Date = p.Date.AddDate(0, 0, 1) },
		"reference":   func(p *CheckPayload) { p.Reference += "1" },
		"digest":      func(p *CheckPayload) { p.Digest[31]++ },
		"code":        func(p *CheckPayload) { p.Code ^= 1 },
		"r":           func(p *CheckPayload) { p.Signature[0]++ },
		"s":           func(p *CheckPayload) { p.Signature[63]++ },
		"none at all": func(p *CheckPayload) { p.Signature = [64]byte{} },
	} {
		p := checkOf(t, bankChange(FR)).Payload
		if err := p.Verify(public); err != nil {
			t.Fatal(err)
		}
		change(&p)
		if err := p.Verify(public); !errors.Is(err, ErrCheckSignature) {
			t.Errorf("other %s: Verify = %v", name, err)
		}
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkOf(t, bankChange(FR)).Payload.Verify(other.Public()); !errors.Is(err, ErrCheckSignature) {
		t.Errorf("other key: Verify = %v", err)
	}
}

func TestCheckPayloadIsReadBackAsWritten(t *testing.T) {
	for _, a := range specimens() {
		p := checkOf(t, a).Payload
		got, err := ParseCheckPayload(p.String())
		if err != nil || got != p {
			t.Fatalf("ParseCheckPayload = %+v, %v; want %+v", got, err, p)
		}
		if err := got.Verify(checkKeyOfTests().Public()); err != nil {
			t.Errorf("Verify = %v", err)
		}
	}
	p := checkOf(t, bankChange(FR)).Payload
	p.Issuer, p.Reference = strings.Repeat("i", maxIssuer), strings.Repeat("R", maxReference)
	if n := len(p.String()); n != MaxCheckPayload {
		t.Errorf("the longest payload has %d characters, want %d", n, MaxCheckPayload)
	}
}

func TestOnlyOneFormOfACheckPayloadIsRead(t *testing.T) {
	good := checkOf(t, bankChange(FR)).Payload.String()
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(b []byte) []byte) string {
		return base64.RawURLEncoding.EncodeToString(change(append([]byte{}, raw...)))
	}
	for name, s := range map[string]string{
		"empty":          "",
		"padding":        good + "=",
		"line feed":      good[:20] + "\n" + good[20:],
		"other alphabet": good[:20] + "+" + good[21:],
		"too long":       strings.Repeat("A", MaxCheckPayload+1),
		"version 2":      with(func(b []byte) []byte { b[0] = 2; return b }),
		"a byte more":    with(func(b []byte) []byte { return append(b, 0) }),
		"a byte less":    with(func(b []byte) []byte { return b[:len(b)-1] }),
		"long issuer":    with(func(b []byte) []byte { b[1] = 255; return b }),
		"one byte":       "AQ",
	} {
		if p, err := ParseCheckPayload(s); !errors.Is(err, ErrCheckPayload) || p != (CheckPayload{}) {
			t.Errorf("%s: ParseCheckPayload = %+v, %v", name, p, err)
		}
	}
}

func TestSheetDigestIsOfEveryWord(t *testing.T) {
	want := SheetDigest(bankChange(FR).Sheet())
	seen := map[[32]byte]string{want: "the document"}
	for name, change := range map[string]func(*BankChange){
		"account":   func(a *BankChange) { a.NewIBAN = "NL91ABNA0417164300" },
		"dependant": func(a *BankChange) { a.AlsoFor = a.AlsoFor[:1] },
		"language":  func(a *BankChange) { a.Language = NL },
		"reference": func(a *BankChange) { a.Reference = "GC-2" },
		"day":       func(a *BankChange) { a.From = a.From.AddDate(0, 0, 1) },
	} {
		a := bankChange(FR)
		change(&a)
		d := SheetDigest(a.Sheet())
		if was, twice := seen[d]; twice {
			t.Errorf("another %s has the digest of %s", name, was)
		}
		seen[d] = name
	}
	s := bankChange(FR).Sheet()
	s.Check = &CheckMark{Title: "x"}
	s.Blocks[2].Rows[0].Value = strings.ReplaceAll(s.Blocks[2].Rows[0].Value, " ", "\u00a0")
	if SheetDigest(s) != want || s.Check == nil {
		t.Error("blanks or the printed check itself change the digest")
	}
}

// What a QR code brings is read, or refused, and never read as two things.
func FuzzCheckPayload(f *testing.F) {
	f.Add(checkOf(f, bankChange(FR)).Payload.String())
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseCheckPayload(s)
		if err != nil {
			if p != (CheckPayload{}) || !errors.Is(err, ErrCheckPayload) {
				t.Fatalf("ParseCheckPayload(%q) = %+v, %v", s, p, err)
			}
			return
		}
		if p.String() != s || p.Validate() != nil {
			t.Fatalf("ParseCheckPayload(%q) = %+v, which writes %q", s, p, p.String())
		}
	})
}
