package applet

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"math/big"
	"reflect"
	"strings"
	"testing"
)

func TestNewRefuses(t *testing.T) {
	if _, err := New(theCard(t, "p256"), pin); err == nil {
		t.Error("New took a card with keys on P-256")
	}
	for _, wrong := range []string{"", "123", "1234567890123", "12a4"} {
		if _, err := New(theCard(t, "ec"), wrong); err == nil {
			t.Errorf("New took the PIN %q", wrong)
		}
	}
	short := *theCard(t, "ec")
	short.ChipNumber = short.ChipNumber[:8]
	if _, err := New(&short, pin); err == nil {
		t.Error("New took a chip number of 8 bytes")
	}
}

func TestRefusedCommands(t *testing.T) {
	for _, row := range []struct {
		name, apdu string
		want       uint16
	}{
		{"no header", "00A404", 0x6700},
		{"Lc beyond the end", "00A4020C 03 3F00", 0x6700},
		{"more than an Le after the data", "00A4020C 02 2F00 0000", 0x6700},
		{"extended Lc of zero with data", "00A4020C 00 0000 2F00", 0x6700},
		{"class", "90A4020C 02 2F00", 0x6e00},
		{"instruction", "00CA0000 00", 0x6d00},
		{"card command in the ISO class", "00E40000 1C", 0x6d00},
		{"unblocking is the town hall's", "002C0001 08 24 1234 FFFFFFFFFF", 0x6d00},
		{"select with a description", "00A40200 02 2F00", 0x6a86},
		{"select by P1 00", "00A4000C 02 3F00", 0x6a86},
		{"select no file", "00A4020C 02 5038", 0x6a82},
		{"select half an identifier", "00A4080C 03 3F00DF", 0x6700},
		{"select a path that is none", "00A4080C 04 DF005999", 0x6a82},
		{"select a name that is none", "00A4040C 05 A000000003", 0x6a82},
		{"read without a file", "00B00000 00", 0x6986},
		{"nothing to get", "00C00000 10", 0x6985},
		{"PIN reference", "00200002 08 24 1234 FFFFFFFFFF", 0x6a88},
		{"PIN block too short", "00200001 07 24 1234 FFFFFFFF", 0x6700},
		{"sign without environment", "002A9E9A 20" + strings.Repeat("11", 32), 0x6985},
		{"environment for a cipher", "002241B8 05 04 8001 8482", 0x6a86},
		{"environment of an unknown key", "002241B6 05 04 8001 8484", 0x6a88},
		{"environment of an unknown algorithm", "002241B6 05 04 8003 8482", 0x6a80},
		{"environment in another order", "002241B6 05 04 8482 8001", 0x6a80},
		{"card data of an unknown kind", "80E40002 1C", 0x6a86},
		{"log off with data", "80E60000 01 00", 0x6a86},
	} {
		for _, kind := range []string{"rsa", "ec"} {
			t.Run(row.name+" "+kind, func(t *testing.T) {
				c := newCard(t, kind)
				if data := expect(t, c, row.apdu, row.want); len(data) > 0 {
					t.Errorf("a refusal with data: %X", data)
				}
				if c.Tries() != MaxTries {
					t.Errorf("it cost a try")
				}
			})
		}
	}
}

func TestParseCommand(t *testing.T) {
	for _, row := range []struct {
		raw  string
		want command
		ok   bool
	}{
		{"00B000", command{}, false},
		{"00B00000", command{ins: 0xb0}, true},
		{"00B00000 10", command{ins: 0xb0, le: 16}, true},
		{"00B00000 00", command{ins: 0xb0, le: 256}, true},
		{"00B00000 00 00", command{}, false},
		{"00B00000 00 0100", command{ins: 0xb0, le: 256, extended: true}, true},
		{"00B00000 00 0000", command{ins: 0xb0, le: 65536, extended: true}, true},
		{"00200001 02 0102", command{ins: 0x20, p2: 1, data: []byte{1, 2}}, true},
		{"00200001 02 0102 05", command{ins: 0x20, p2: 1, data: []byte{1, 2}, le: 5}, true},
		{"00200001 02 0102 0500", command{}, false},
		{"00200001 02 01", command{}, false},
		{"00200001 00 0002 0102", command{ins: 0x20, p2: 1, data: []byte{1, 2}, extended: true}, true},
		{"00200001 00 0002 0102 0005", command{ins: 0x20, p2: 1, data: []byte{1, 2}, le: 5, extended: true}, true},
		{"00200001 00 0002 0102 05", command{}, false},
		{"00200001 00 0000 0005", command{}, false},
	} {
		got, err := parseCommand(unhex(row.raw))
		if (err == nil) != row.ok {
			t.Errorf("parseCommand(%s): %v", row.raw, err)
		}
		if row.ok && !reflect.DeepEqual(got, row.want) {
			t.Errorf("parseCommand(%s) = %+v, want %+v", row.raw, got, row.want)
		}
	}
}

func TestReadBinary(t *testing.T) {
	card := theCard(t, "ec")
	c := newCard(t, "ec")
	n := len(card.Identity)
	expect(t, c, "00A4080C 06 3F00 DF01 4031", 0x9000)
	if got := expect(t, c, "00B00000 10", 0x9000); !bytes.Equal(got, card.Identity[:16]) {
		t.Errorf("the first 16 bytes are %X", got)
	}
	at := func(offset, le int) string {
		return "00B0" + hexByte(offset>>8) + hexByte(offset) + hexByte(le)
	}
	expect(t, c, at(n-1, 2), 0x6c01)
	expect(t, c, at(n-1, 1), 0x9000)
	expect(t, c, at(n-10, 0), 0x6c0a)
	expect(t, c, at(n, 1), 0x6b00)
	expect(t, c, at(n+1, 0), 0x6b00)
	expect(t, c, at(0x7fff, 1), 0x6b00)
	expect(t, c, "00B00000", 0x6700)
	// An extended Le gets it all at once, if it is not more.
	expect(t, c, "00B00000 00 FFFF", 0x9000)
	if got := expect(t, c, "00B00000 00 0000", 0x9000); !bytes.Equal(got, card.Identity) {
		t.Errorf("read at once: %d bytes of %d", len(got), n)
	}
	// A reset and the selection of a directory leave no file selected.
	expect(t, c, "00A4040C 0C A000000177504B43532D3135", 0x9000)
	expect(t, c, "00B00000 01", 0x6986)
	expect(t, c, "00A4020C 02 5031", 0x9000)
	c.Reset()
	expect(t, c, "00B00000 01", 0x6986)
	expect(t, c, "00A4020C 02 5031", 0x6a82)
}

func hexByte(n int) string {
	return string("0123456789ABCDEF"[n>>4&15]) + string("0123456789ABCDEF"[n&15])
}

func TestFiles(t *testing.T) {
	for kind, pad := range map[string]int{"rsa": 50, "ec": 1100} {
		t.Run(kind, func(t *testing.T) {
			card, c := theCard(t, kind), newCard(t, kind)
			for path, want := range map[string][]byte{
				"DF014031": card.Identity, "3F00DF014032": card.IdentitySignature, "DF014033": card.Address,
				"DF014034": card.AddressSignature, "DF014035": card.Photo,
				"3F00DF005038": padded(card.Authentication.Certificate.Raw, pad),
				"DF005039":     padded(card.Signature.Certificate.Raw, pad),
				"DF00503A":     padded(card.Issuer.Raw, pad),
				"DF00503B":     padded(card.Root.Raw, pad),
				"DF00503C":     padded(card.Registry.Raw, pad),
			} {
				wantBytes(t, path, readFile(t, c, path), want)
			}
		})
	}
}

func padded(der []byte, zeros int) []byte { return append(bytes.Clone(der), make([]byte, zeros)...) }

func TestSelectByName(t *testing.T) {
	c := newCard(t, "rsa")
	expect(t, c, "00A4040C 0B A000000177496446696C65", 0x6a82)
	expect(t, c, "00A4040C 0C A000000177496446696C6573", 0x9000)
	expect(t, c, "00A4020C 02 4031", 0x9000)
	expect(t, c, "00A4040C 0F A00000003029057000AD13100101FF", 0x9000)
	expect(t, c, "00A4020C 02 2F00", 0x9000)
	if !bytes.Contains(read(t, c), aidBelpic) {
		t.Error("EF(DIR) does not name the application")
	}
}

// A card without certificate has its file, full of zeros, and neither key nor entry.
func TestCardsWithoutCertificates(t *testing.T) {
	for kind, files := range map[string][]string{"kid": {"5039"}, "bare": {"5038", "5039"}} {
		c := newCard(t, kind)
		for _, file := range files {
			wantBytes(t, kind+" "+file, readFile(t, c, "DF00"+file), make([]byte, 2500))
			for _, directory := range []string{"5035", "5037"} {
				if bytes.Contains(readFile(t, c, "DF00"+directory), []byte("Signature")) {
					t.Errorf("%s: %s speaks of a signature", kind, directory)
				}
			}
		}
		expect(t, c, "002241B6 05 04 8001 8483", 0x6a88)
	}
}

// The directories are PKCS #15, in DER, whole values one after the other.
func TestDirectoriesAreDER(t *testing.T) {
	for file, count := range map[string]int{"5031": 3, "5032": 1, "5034": 1, "5035": 2, "5037": 4} {
		for _, kind := range []string{"rsa", "ec"} {
			rest, n := readFile(t, newCard(t, kind), "DF00"+file), 0
			for ; len(rest) > 0; n++ {
				var value asn1.RawValue
				var err error
				if rest, err = asn1.Unmarshal(rest, &value); err != nil {
					t.Fatalf("%s: %v", file, err)
				}
			}
			if n != count {
				t.Errorf("%s of %s has %d entries, want %d", file, kind, n, count)
			}
		}
	}
}

func TestCardData(t *testing.T) {
	for kind, version := range map[string]byte{"rsa": 0x17, "ec": 0x18} {
		card, c := theCard(t, kind), newCard(t, kind)
		expect(t, c, "80E40000 00", 0x6c1c)
		data := expect(t, c, "80E40000 1C", 0x9000)
		if len(data) != 28 || data[21] != version || !bytes.Equal(data[:16], card.ChipNumber) {
			t.Errorf("%s: card data is %X", kind, data)
		}
	}
	expect(t, newCard(t, "rsa"), "80E40001 1F", 0x6a86)
	c := newCard(t, "ec")
	expect(t, c, "00200001 08 24 4321 FFFFFFFFFF", 0x63c2)
	if data := expect(t, c, "80E40001 1F", 0x9000); data[28] != 2 {
		t.Errorf("card data tells %d tries, want 2", data[28])
	}
}

func TestInternalAuthenticate(t *testing.T) {
	challenge := strings.Repeat("5A", 48)
	expect(t, newCard(t, "rsa"), "00880281 32 9430"+challenge, 0x6d00)
	c := newCard(t, "ec")
	expect(t, c, "00880282 32 9430"+challenge, 0x6a88)
	expect(t, c, "00880281 32 9530"+challenge, 0x6a80)
	expect(t, c, "00880281 02 9430", 0x6700)
	value := exchange(t, c, "00880281 32 9430"+challenge)
	public := readFile(t, c, "DF014040")
	key, err := ecdsa.ParseUncompressedPublicKey(c.cardKey.Curve, public)
	if err != nil {
		t.Fatal(err)
	}
	if !verifyRaw(key, unhex(challenge), value) {
		t.Error("the card's answer does not verify under the key in its file")
	}
	if len(c.Journal()) != 0 {
		t.Error("the holder is said to have signed")
	}
}

func verifyRaw(key *ecdsa.PublicKey, hash, value []byte) bool {
	return len(value) == 96 && ecdsa.Verify(key, hash, new(big.Int).SetBytes(value[:48]), new(big.Int).SetBytes(value[48:]))
}

func TestGetResponse(t *testing.T) {
	c := newCard(t, "ec")
	ask := "00880281 32 9430" + strings.Repeat("00", 48)
	expect(t, c, ask, 0x6160)
	expect(t, c, "00C00000 00", 0x6c60)
	expect(t, c, "00C00000 10", 0x6c60)
	if got := expect(t, c, "00C00000 60", 0x9000); len(got) != 96 {
		t.Errorf("GET RESPONSE gave %d bytes", len(got))
	}
	expect(t, c, "00C00000 60", 0x6985)
	expect(t, c, ask, 0x6160)
	expect(t, c, "80E40000 1C", 0x9000) // what is not fetched at once is gone
	expect(t, c, "00C00000 60", 0x6985)
	// Over T=1 an extended command is answered at once.
	extended := "00880281 00 0032 9430" + strings.Repeat("00", 48) + "0060"
	if got := expect(t, c, extended, 0x9000); len(got) != 96 {
		t.Errorf("an extended command gave %d bytes", len(got))
	}
	expect(t, c, extended[:len(extended)-4]+"005F", 0x6700)
}

func TestFaults(t *testing.T) {
	c := newCard(t, "rsa")
	c.Fail(Verify, 0x6400)
	expect(t, c, "00200001 08"+pinBlock, 0x6400)
	expect(t, c, "002241B6 05 04 8001 8482", 0x9000)
	expect(t, c, "002A9E9A 01 00", 0x6982)
	expect(t, c, "00200001 08"+pinBlock, 0x9000)
	c.Cut(Sign)
	if answer := c.Transmit(unhex("002A9E9A 01 00")); answer != nil {
		t.Errorf("a cut line answered %X", answer)
	}
	exchange(t, c, "002A9E9A 01 00")
	c.DropRights()
	expect(t, c, "002A9E9A 01 00", 0x6982)
	if n := len(c.Journal()); n != 1 {
		t.Errorf("%d signatures in the journal, want 1", n)
	}
	for _, n := range []int{-1, 4} {
		if c.SetTries(n) == nil {
			t.Errorf("SetTries(%d) worked", n)
		}
	}
}
