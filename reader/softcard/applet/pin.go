package applet

import (
	"errors"
	"slices"
)

const (
	pinReference   = 1
	minPIN, maxPIN = 4, 12 // digits
	blockSize      = 8     // bytes
)

// block is a PIN as VERIFY carries it: a control nibble 2, the number of digits, the
// digits, filled up with F: 24 12 34 FF FF FF FF FF.
type block [blockSize]byte

func newBlock(pin string) (block, error) {
	b := block{0x20 | byte(len(pin))}
	if len(pin) < minPIN || len(pin) > maxPIN {
		return b, errors.New("a PIN has 4 to 12 digits")
	}
	for i := range 2 * (blockSize - 1) {
		nibble := byte(0xf)
		if i < len(pin) {
			if nibble = pin[i] - '0'; nibble > 9 {
				return b, errors.New("a PIN has digits only")
			}
		}
		b[1+i/2] |= nibble << (4 * (1 - i%2))
	}
	return b, nil
}

// wellFormed reports whether b is what newBlock makes of some PIN.
func (b block) wellFormed() bool {
	digits := int(b[0] & 0xf)
	if b[0]>>4 != 2 || digits < minPIN || digits > maxPIN {
		return false
	}
	for i := range 2 * (blockSize - 1) {
		nibble := b[1+i/2] >> (4 * (1 - i%2)) & 0xf
		if i < digits && nibble > 9 || i >= digits && nibble != 0xf {
			return false
		}
	}
	return true
}

// rights are what the right PIN has bought since the last reset, LOG OFF or wrong PIN.
type rights struct {
	authentication bool
	// signature is for one signature of the signature key: how many commands may
	// still come, the signature among them; 0: no right.
	signature int
}

// patience is how many commands a right to sign outlives: on 1.7 the signature has to
// come next, on 1.8 one other may come between.
var patience = map[Version]int{V17: 1, V18: 2}

// age is for every command but GET RESPONSE, before it is executed.
func (r *rights) age(ins byte) {
	if ins != insPerform && r.signature > 0 {
		r.signature--
	}
}

// verify is VERIFY. Without data it tells the state and costs nothing.
func (c *Card) verify(cmd command) status {
	switch {
	case cmd.p1 != 0:
		return statusP1P2
	case cmd.p2 != pinReference:
		return statusReference
	case len(cmd.data) == 0:
		return c.pinState()
	case len(cmd.data) != blockSize:
		return statusWrongLength
	}
	if sw := c.compare(block(cmd.data)); sw != statusOK {
		return sw
	}
	if c.env.key == signatureKey {
		c.rights.signature = patience[c.version]
	} else {
		c.rights.authentication = true
	}
	return statusOK
}

func (c *Card) pinState() status {
	switch {
	case c.tries == 0:
		return statusBlocked
	case c.rights.authentication:
		return statusOK
	}
	return statusWrongPIN | status(c.tries)
}

// compare counts. A wrong PIN takes every right, also when the card is not blocked yet.
func (c *Card) compare(b block) status {
	if c.tries == 0 {
		return statusBlocked
	}
	if b == c.pin {
		c.right++
		c.tries = MaxTries
		return statusOK
	}
	c.wrong++
	c.tries--
	c.rights = rights{}
	if c.tries == 0 {
		return statusBlocked
	}
	return statusWrongPIN | status(c.tries)
}

// changePIN is CHANGE REFERENCE DATA: the old block and the new one. It buys no right.
func (c *Card) changePIN(cmd command) status {
	switch {
	case cmd.p1 != 0:
		return statusP1P2
	case cmd.p2 != pinReference:
		return statusReference
	case len(cmd.data) != 2*blockSize:
		return statusWrongLength
	}
	fresh := block(cmd.data[blockSize:])
	if !fresh.wellFormed() {
		return statusData
	}
	sw := c.compare(block(cmd.data[:blockSize]))
	if sw == statusOK {
		c.pin = fresh
	}
	return sw
}

func (c *Card) logOff(cmd command) status {
	if cmd.p1 != 0 || cmd.p2 != 0 || len(cmd.data) > 0 {
		return statusP1P2
	}
	c.rights = rights{}
	return statusOK
}

// cardData is GET CARD DATA: chip number (16 bytes), component, system and mask (5),
// applet version, and what goes with it (6). 1.8 tells the tries left when P2 is 01.
func (c *Card) cardData(cmd command) ([]byte, status) {
	more := cmd.p2 == 1 && c.version == V18
	switch {
	case cmd.p1 != 0 || cmd.p2 != 0 && !more:
		return nil, statusP1P2
	case len(cmd.data) > 0:
		return nil, statusWrongLength
	}
	data := slices.Concat(c.chip, []byte{0xa5, 0x03, 0x01, 0x01, 0x01}, []byte{byte(c.version)},
		[]byte{0x00, 0x01, 0x17, 0x00, 0x01, 0x0f})
	if more {
		data = append(data, byte(c.tries), 0, 0)
	}
	return data, statusOK
}
