package applet

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"guichet.example/certs/certstest"
)

const pin = "1234"

var pinBlock = "24 1234 FFFFFFFFFF"

// issued are one card of each kind, made once.
var issued = sync.OnceValues(func() (map[string]*certstest.Card, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	cards := map[string]*certstest.Card{}
	for name, p := range map[string]certstest.Person{
		"rsa": {Algorithm: certstest.RSA2048}, "ec": {Algorithm: certstest.P384},
		"kid":  {Algorithm: certstest.P384, NoSignature: true},
		"bare": {Algorithm: certstest.P384, Files: certstest.FileOptions{NoCertificates: true}},
		"p256": {Algorithm: certstest.P256},
	} {
		p.GivenNames, p.Surname, p.NationalNumber = "Nora Anna", "Specimen", "01050399864"
		if cards[name], err = pki.Issue(p); err != nil {
			return nil, err
		}
	}
	return cards, nil
})

func theCard(t testing.TB, kind string) *certstest.Card {
	t.Helper()
	cards, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	return cards[kind]
}

func newCard(t testing.TB, kind string) *Card {
	t.Helper()
	c, err := New(theCard(t, kind), pin)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// send transmits and splits the answer.
func send(t testing.TB, c *Card, apdu string) (data []byte, sw uint16) {
	t.Helper()
	answer := c.Transmit(unhex(apdu))
	if len(answer) < 2 {
		t.Fatalf("%s was answered with %X", apdu, answer)
	}
	n := len(answer) - 2
	return answer[:n], binary.BigEndian.Uint16(answer[n:])
}

// expect transmits and compares the status word.
func expect(t testing.TB, c *Card, apdu string, want uint16) []byte {
	t.Helper()
	data, sw := send(t, c, apdu)
	if sw != want {
		t.Errorf("%.60s was answered with %04X, want %04X", apdu, sw, want)
	}
	return data
}

// exchange transmits a command with data, fetches what T=0 holds back, and returns all.
func exchange(t testing.TB, c *Card, apdu string) []byte {
	t.Helper()
	data, sw := send(t, c, apdu)
	if sw>>8 == 0x61 {
		data, sw = send(t, c, "00 C0 00 00"+hex.EncodeToString([]byte{byte(sw)}))
	}
	if sw != 0x9000 {
		t.Errorf("%.60s was answered with %04X, want 9000", apdu, sw)
	}
	return data
}

// read reads the selected file as a program does that knows nothing of its length.
func read(t testing.TB, c *Card) []byte {
	t.Helper()
	var file []byte
	for {
		head := binary.BigEndian.AppendUint16(unhex("00B0"), uint16(len(file)))
		data, sw := send(t, c, hex.EncodeToString(append(head, 0)))
		if sw>>8 == 0x6c {
			data, sw = send(t, c, hex.EncodeToString(append(head, byte(sw))))
		}
		if sw == 0x6b00 {
			return file
		}
		if sw != 0x9000 || len(data) == 0 {
			t.Fatalf("READ BINARY at %d: %d bytes, %04X", len(file), len(data), sw)
		}
		file = append(file, data...)
	}
}

func readFile(t testing.TB, c *Card, path string) []byte {
	t.Helper()
	p := unhex(path)
	expect(t, c, "00A4080C"+hex.EncodeToString([]byte{byte(len(p))})+path, 0x9000)
	return read(t, c)
}

func wantBytes(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s is %X, want %X", what, got, want)
	}
}
