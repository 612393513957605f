package applet

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// The property: whatever is sent, also several commands in a row, each is answered with 2 to
// 65,538 bytes that end in a status word; nothing is signed and no right gained unless
// the right PIN was sent; no more tries come to be than there were.
func FuzzTransmit(f *testing.F) {
	for _, seed := range []string{
		useAuthentication, useSignature, signZeros, "00200001 08 24 4321 FFFFFFFFFF", "00200001", "00A4080C 04 DF005038",
		"00B00000 00", "00B00000 00 0000", "00C00000 00", "80E40000 1C", "80E40001 1F", "80E60000",
		"00240001 10 244321FFFFFFFFFF 245678FFFFFFFFFF", "00880281 00 0032 9430", "00A4040C 00 000C A000000177504B43532D3135 0000",
	} {
		f.Add(framed(seed), false)
		f.Add(framed(useSignature, seed, seed, signZeros), true)
	}
	cards := map[bool]*Card{false: newCard(f, "rsa"), true: newCard(f, "ec")}
	right, _ := newBlock(pin)
	f.Fuzz(func(t *testing.T, raw []byte, modern bool) {
		if bytes.Contains(raw, right[:]) {
			return
		}
		c := cards[modern]
		c.Reset()
		if err := c.SetTries(MaxTries); err != nil {
			t.Fatal(err)
		}
		for len(raw) >= 2 {
			n := min(int(binary.BigEndian.Uint16(raw)), len(raw)-2)
			var command []byte
			command, raw = raw[2:2+n], raw[2+n:]
			before := c.Tries()
			answer := c.Transmit(command)
			if len(answer) < 2 || len(answer) > 65538 {
				t.Fatalf("%X was answered with %d bytes", command, len(answer))
			}
			if sw := answer[len(answer)-2]; sw>>4 != 6 && sw>>4 != 9 {
				t.Fatalf("%X was answered with status %02X..", command, sw)
			}
			if c.Tries() > before {
				t.Fatalf("%X gave a try back", command)
			}
		}
		if c.rights != (rights{}) || len(c.Journal()) > 0 {
			t.Fatal("a right was gained without the PIN")
		}
	})
}

// FuzzParseCommand: what is taken is within bounds, and made of the input's own bytes.
func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{"", "00A4020C", "00B0000010", "00A4020C023F00", "00A4020C023F0000",
		"00B00000000100", "00A4020C0000023F00", "00A4020C0000023F000000"} {
		f.Add(unhex(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		cmd, err := parseCommand(raw)
		if err != nil {
			return
		}
		if len(cmd.data) > 0xffff || cmd.le < 0 || cmd.le > 0x10000 || !bytes.Contains(raw, cmd.data) {
			t.Fatalf("%X is taken for %+v", raw, cmd)
		}
		if !cmd.extended && (len(cmd.data) > 255 || cmd.le > 256) {
			t.Fatalf("%X is taken for a short %+v", raw, cmd)
		}
	})
}

// framed puts a length of two bytes before each command.
func framed(apdus ...string) []byte {
	var out []byte
	for _, apdu := range apdus {
		command := unhex(apdu)
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(command))), command...)
	}
	return out
}
