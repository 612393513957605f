// Package applet plays the Belgian eID applet, APDU by APDU, for tests that want a
// program of others (OpenSC, through PC/SC) to speak to our card.
//
// A [Card] is made of a certstest.Card: the same keys, certificates and identity files,
// laid out in the files of ISO/IEC 7816-4 and described in PKCS #15. It is either
// applet 1.7 (RSA-2048, 2014 to 2020) or 1.8 (EC P-384, since 2020) and has the manners
// of T=0: an answer to a command with data is fetched with GET RESPONSE, a wrong length
// is corrected by the card. [Card.Transmit] takes one command and gives the answer;
// package pcsc carries it to a PC/SC daemon.
//
// Rights are those of the card. The PIN opens the authentication key for the session.
// The signature key wants its own VERIFY right before each signature. A wrong PIN takes
// every right away, the third in a row blocks.
package applet

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"sync"

	"guichet.example/certs/certstest"
)

// Version is an applet, as byte 21 of GET CARD DATA has it.
type Version byte

// The two applets that are played.
const (
	V17 Version = 0x17 // RSA-2048
	V18 Version = 0x18 // EC P-384
)

// MaxTries is how many wrong PINs in a row block a card.
const MaxTries = 3

// atrs are the answers to reset; both name T=0 alone.
var atrs = map[Version][]byte{
	V17: {0x3b, 0x98, 0x13, 0x40, 0x0a, 0xa5, 0x03, 0x01, 0x01, 0x01, 0xad, 0x13, 0x11},
	V18: {0x3b, 0x7f, 0x96, 0x00, 0x00, 0x80, 0x31, 0x80, 0x65, 0xb0,
		0x85, 0x04, 0x01, 0x20, 0x12, 0x0f, 0xff, 0x82, 0x90, 0x00},
}

// Card is an inserted or not inserted card. It is safe for concurrent use.
type Card struct {
	version Version
	chip    []byte // 16 bytes
	root    *directory
	keys    map[byte]crypto.Signer // by reference
	cardKey *ecdsa.PrivateKey      // 1.8

	mu           sync.Mutex
	pin          block
	tries        int
	current      *directory
	file         []byte // selected; nil: none
	pending      []byte // of the answer, to be fetched with GET RESPONSE
	env          environment
	rights       rights
	faults       map[byte]fault // by instruction
	journal      []Signed
	right, wrong int // PINs compared
}

// New lays card out with that PIN, 4 to 12 digits. A card with RSA keys is a 1.7, one
// with keys on P-384 a 1.8; the applet knows no other.
func New(card *certstest.Card, pin string) (*Card, error) {
	c := &Card{chip: card.ChipNumber, keys: map[byte]crypto.Signer{}, tries: MaxTries, faults: map[byte]fault{}}
	var err error
	if c.pin, err = newBlock(pin); err != nil {
		return nil, err
	}
	if len(c.chip) != 16 {
		return nil, fmt.Errorf("chip number of %d bytes, want 16", len(c.chip))
	}
	if c.version, err = versionOf(card); err != nil {
		return nil, err
	}
	for reference, pair := range map[byte]certstest.KeyPair{
		authenticationKey: card.Authentication, signatureKey: card.Signature,
	} {
		if pair.Certificate != nil {
			c.keys[reference] = pair.Key
		}
	}
	if c.cardKey, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader); err != nil {
		return nil, err
	}
	if c.root, err = c.layOut(card); err != nil {
		return nil, fmt.Errorf("laying out a card: %w", err)
	}
	c.current = c.root
	return c, nil
}

// versionOf goes by the key; a card without any goes by its issuer's.
func versionOf(card *certstest.Card) (Version, error) {
	var public any
	switch {
	case card.Authentication.Key != nil:
		public = card.Authentication.Key.Public()
	case card.Issuer != nil:
		public = card.Issuer.PublicKey
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		return V17, nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P384() {
			return V18, nil
		}
	}
	return 0, errors.New("the applet has RSA or P-384 keys")
}

// Version returns which applet the card has.
func (c *Card) Version() Version { return c.version }

// ATR returns the answer to reset.
func (c *Card) ATR() []byte { return append([]byte(nil), atrs[c.version]...) }

// Reset is power off and on, or a warm reset: nothing selected, no right left.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.file, c.pending = c.root, nil, nil
	c.env, c.rights = environment{}, rights{}
}

// Transmit answers one command: up to 65,536 bytes and two of status (ISO/IEC 7816-3,
// 12.1). nil means that no answer comes at all (see [Card.Cut]).
func (c *Card) Transmit(raw []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	cmd, err := parseCommand(raw)
	if err != nil {
		c.forget()
		return statusWrongLength.bytes(nil)
	}
	if f, ok := c.faults[cmd.ins]; ok {
		delete(c.faults, cmd.ins)
		c.forget()
		if f.cut {
			return nil
		}
		return f.status.bytes(nil)
	}
	if cmd.ins == insGetResponse && cmd.cla == 0 {
		return c.getResponse(cmd)
	}
	c.pending = nil
	c.rights.age(cmd.ins)
	return c.deliver(cmd)
}

// forget drops what a broken exchange leaves behind: no right survives it half used.
func (c *Card) forget() { c.pending, c.rights.signature = nil, 0 }

// deliver gives the answer as T=0 has it: of a short command with data, what is to be
// fetched; of one without, a correction when Le is not the length (ISO/IEC 7816-3, 12.2).
func (c *Card) deliver(cmd command) []byte {
	data, sw := c.execute(cmd)
	switch {
	case sw != statusOK || len(data) == 0:
		return sw.bytes(nil)
	case cmd.extended && cmd.le < len(data):
		return statusWrongLength.bytes(nil)
	case cmd.extended || cmd.le == len(data) && len(cmd.data) == 0:
		return sw.bytes(data)
	case len(cmd.data) > 0:
		c.pending = data
		return statusMore.with(len(data)).bytes(nil)
	}
	return statusWrongLe.with(len(data)).bytes(nil)
}

func (c *Card) getResponse(cmd command) []byte {
	data := c.pending
	switch {
	case len(data) == 0 || cmd.p1 != 0 || cmd.p2 != 0 || len(cmd.data) > 0:
		return statusConditions.bytes(nil)
	case cmd.le != len(data):
		return statusWrongLe.with(len(data)).bytes(nil)
	}
	c.pending = nil
	return statusOK.bytes(data)
}

// execute is the table of instructions.
func (c *Card) execute(cmd command) ([]byte, status) {
	switch cmd.cla {
	case 0x00:
		switch cmd.ins {
		case insSelect:
			return nil, c.selectFile(cmd)
		case insReadBinary:
			return c.readBinary(cmd)
		case insVerify:
			return nil, c.verify(cmd)
		case insChangePIN:
			return nil, c.changePIN(cmd)
		case insManage:
			return nil, c.manageEnvironment(cmd)
		case insPerform:
			return c.computeSignature(cmd)
		case insAuthenticate:
			return c.internalAuthenticate(cmd)
		}
	case 0x80:
		switch cmd.ins {
		case insCardData:
			return c.cardData(cmd)
		case insLogOff:
			return nil, c.logOff(cmd)
		}
	default:
		return nil, statusClass
	}
	return nil, statusInstruction
}
