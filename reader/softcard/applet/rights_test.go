package applet

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"slices"
	"testing"
)

const (
	useAuthentication = "002241B6 05 04 8001 8482"
	useSignature      = "002241B6 05 04 8001 8483"
	signZeros         = "002A9E9A 20 0000000000000000000000000000000000000000000000000000000000000000"
)

func TestNewBlock(t *testing.T) {
	for pin, want := range map[string]string{
		"1234": "241234FFFFFFFFFF", "12345": "2512345FFFFFFFFF", "123456789012": "2C123456789012FF",
	} {
		b, err := newBlock(pin)
		if err != nil || !b.wellFormed() {
			t.Fatal(pin, err)
		}
		wantBytes(t, "block of "+pin, b[:], unhex(want))
	}
	for _, wrong := range []string{
		"231234FFFFFFFFFF", "2D12345678901234", "141234FFFFFFFFFF", "2412345FFFFFFFFF", "24123FFFFFFFFFFF", "24123AFFFFFFFFFF", "2412340000000000",
	} {
		if block(unhex(wrong)).wellFormed() {
			t.Errorf("%s is taken for a PIN block", wrong)
		}
	}
}

func TestWrongPINs(t *testing.T) {
	verify, wrong, state := "00200001 08"+pinBlock, "00200001 08 24 4321 FFFFFFFFFF", "00200001"
	c := newCard(t, "rsa")
	expect(t, c, state, 0x63c3)
	expect(t, c, wrong, 0x63c2)
	expect(t, c, state+"00", 0x63c2)
	expect(t, c, verify, 0x9000)
	expect(t, c, state, 0x9000)
	expect(t, c, wrong, 0x63c2) // the right one gave back all three
	expect(t, c, state, 0x63c2) // and the wrong one took the right
	expect(t, c, wrong, 0x63c1)
	expect(t, c, wrong, 0x6983)
	expect(t, c, verify, 0x6983)
	expect(t, c, state, 0x6983)
	c.Reset()
	expect(t, c, verify, 0x6983)
	if err := c.SetTries(1); err != nil {
		t.Fatal(err)
	}
	expect(t, c, verify, 0x9000)
}

// Each row is a way to the signature that must be closed, by key and applet.
func TestNoRight(t *testing.T) {
	verify, wrong := "00200001 08"+pinBlock, "00200001 08 24 4321 FFFFFFFFFF"
	for _, row := range []struct {
		name  string
		kinds []string
		steps []string
	}{
		{"no PIN", []string{"rsa", "ec"}, []string{useAuthentication}},
		{"no PIN for the signature key", []string{"rsa", "ec"}, []string{useSignature}},
		{"wrong PIN after the right one", []string{"rsa", "ec"}, []string{useAuthentication, verify, wrong}},
		{"wrong PIN drops the signature key's", []string{"rsa", "ec"}, []string{useSignature, verify, wrong}},
		{"change of PIN with a wrong one", []string{"ec"}, []string{useAuthentication, verify, "00240001 10 244321FFFFFFFFFF 245678FFFFFFFFFF"}},
		{"change of PIN buys nothing", []string{"rsa", "ec"}, []string{useAuthentication, "00240001 10" + pinBlock + pinBlock}},
		{"logged off", []string{"rsa", "ec"}, []string{useAuthentication, verify, "80E60000"}},
		{"the authentication key's PIN", []string{"rsa", "ec"}, []string{useAuthentication, verify, useSignature}},
		{"PIN before the environment", []string{"rsa", "ec"}, []string{verify, useSignature}},
		{"the signature key's PIN", []string{"rsa", "ec"}, []string{useSignature, verify, useAuthentication}},
		{"a second signature", []string{"rsa", "ec"}, []string{useSignature, verify, signZeros}},
		{"a signature that failed", []string{"ec"}, []string{useSignature, verify, "002A9E9A 01 00"}},
		{"something between", []string{"rsa"}, []string{useSignature, verify, "80E40000 1C"}},
		{"two between", []string{"ec"}, []string{useSignature, verify, "80E40000 1C", "80E40000 1C"}},
		{"a command that is none between", []string{"rsa", "ec"}, []string{useSignature, verify, "00"}},
		{"the environment again", []string{"rsa", "ec"}, []string{useSignature, verify, useSignature}},
	} {
		for _, kind := range row.kinds {
			t.Run(row.name+" "+kind, func(t *testing.T) {
				c := newCard(t, kind)
				for _, step := range row.steps {
					send(t, c, step)
				}
				signed := len(c.Journal())
				expect(t, c, signZeros, 0x6982)
				if len(c.Journal()) != signed {
					t.Error("the card signed")
				}
			})
		}
	}
}

func TestResetDropsRights(t *testing.T) {
	c := newCard(t, "ec")
	expect(t, c, "00200001 08"+pinBlock, 0x9000)
	c.Reset()
	expect(t, c, useAuthentication, 0x9000)
	expect(t, c, signZeros, 0x6982)
}

func TestRights(t *testing.T) {
	for _, kind := range []string{"rsa", "ec"} {
		t.Run(kind, func(t *testing.T) {
			c := newCard(t, kind)
			expect(t, c, useAuthentication, 0x9000)
			expect(t, c, "00200001 08"+pinBlock, 0x9000)
			exchange(t, c, signZeros)
			expect(t, c, "80E40000 1C", 0x9000)
			exchange(t, c, signZeros)
			expect(t, c, useSignature, 0x9000)
			expect(t, c, "00200001 08"+pinBlock, 0x9000)
			if kind == "ec" {
				expect(t, c, "80E40000 1C", 0x9000)
			}
			exchange(t, c, signZeros)
			expect(t, c, useAuthentication, 0x9000) // its PIN still holds
			exchange(t, c, signZeros)
			var keys []byte
			for _, s := range c.Journal() {
				keys = append(keys, s.Key)
			}
			if !slices.Equal(keys, []byte{0x82, 0x82, 0x83, 0x82}) {
				t.Errorf("the journal has keys %X", keys)
			}
		})
	}
}

func TestChangePIN(t *testing.T) {
	fresh := "25 12345 FFFFFFFFF"
	c := newCard(t, "ec")
	expect(t, c, "00240001 08"+pinBlock, 0x6700)
	expect(t, c, "00240001 10"+pinBlock+"23 123 FFFFFFFFFFF", 0x6a80)
	expect(t, c, "00240001 10 244321FFFFFFFFFF"+fresh, 0x63c2)
	expect(t, c, "00240001 10"+pinBlock+fresh, 0x9000)
	expect(t, c, "00200001 08"+pinBlock, 0x63c2)
	expect(t, c, "00200001 08"+fresh, 0x9000)
}

// sign signs input with that algorithm of the authentication key.
func sign(t *testing.T, c *Card, algorithm byte, input []byte) []byte {
	t.Helper()
	expect(t, c, "002241B6 05 04 80"+hex.EncodeToString([]byte{algorithm})+"8482", 0x9000)
	expect(t, c, "00200001 08"+pinBlock, 0x9000)
	return exchange(t, c, "002A9E9A"+hex.EncodeToString(append([]byte{byte(len(input))}, input...)))
}

func TestAlgorithmsRSA(t *testing.T) {
	c := newCard(t, "rsa")
	public := theCard(t, "rsa").Authentication.Certificate.PublicKey.(*rsa.PublicKey)
	digest := sha256.Sum256([]byte("text"))
	info := append(unhex("3031300D060960864801650304020105000420"), digest[:]...)
	for algorithm, input := range map[byte][]byte{0x01: info, 0x08: digest[:]} {
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], sign(t, c, algorithm, input)); err != nil {
			t.Errorf("algorithm %02X: %v", algorithm, err)
		}
	}
	options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	if err := rsa.VerifyPSS(public, crypto.SHA256, digest[:], sign(t, c, 0x20, digest[:]), options); err != nil {
		t.Errorf("algorithm 20: %v", err)
	}
	if err := rsa.VerifyPSS(public, crypto.SHA1, digest[:20], sign(t, c, 0x10, digest[:20]), options); err != nil {
		t.Errorf("algorithm 10: %v", err)
	}
	for algorithm, hash := range map[byte]crypto.Hash{0x02: crypto.SHA1, 0x04: crypto.MD5} {
		if err := rsa.VerifyPKCS1v15(public, hash, digest[:hash.Size()], sign(t, c, algorithm, digest[:hash.Size()])); err != nil {
			t.Errorf("algorithm %02X: %v", algorithm, err)
		}
	}
	wrongLength(t, c, "01", 0x00, 246)
	wrongLength(t, c, "08", 31, 33, 51)
}

func TestAlgorithmsEC(t *testing.T) {
	c := newCard(t, "ec")
	public := theCard(t, "ec").Authentication.Certificate.PublicKey.(*ecdsa.PublicKey)
	digest := sha512.Sum512([]byte("text"))
	for algorithm, lengths := range ecLengths {
		for _, n := range lengths {
			if !verifyRaw(public, digest[:n], sign(t, c, algorithm, digest[:n])) {
				t.Errorf("algorithm %02X with %d bytes does not verify", algorithm, n)
			}
		}
	}
	wrongLength(t, c, "02", 47, 49, 64)
	wrongLength(t, c, "40", 0, 16, 47)
}

func wrongLength(t *testing.T, c *Card, algorithm string, lengths ...int) {
	t.Helper()
	expect(t, c, "002241B6 05 04 80"+algorithm+"8482", 0x9000)
	expect(t, c, "00200001 08"+pinBlock, 0x9000)
	for _, n := range lengths {
		if n == 0 {
			expect(t, c, "002A9E9A", 0x6700)
			continue
		}
		expect(t, c, "002A9E9A"+hex.EncodeToString(append([]byte{byte(n)}, make([]byte, n)...)), 0x6700)
	}
}
