package applet

import (
	"fmt"
	"slices"
)

// Signed is one signature that the holder's PIN paid for.
type Signed struct {
	Key       byte   // 82 authentication, 83 signature
	Algorithm byte   // of MSE SET
	Input     []byte // of PSO: a hash, or a DigestInfo
}

// fault is what the next command of one instruction meets.
type fault struct {
	cut    bool
	status status
}

// Instructions for [Card.Fail] and [Card.Cut].
const (
	Verify     byte = insVerify
	Sign       byte = insPerform
	ReadBinary byte = insReadBinary
	Select     byte = insSelect
)

// Journal returns what was signed since the card was made, oldest first.
func (c *Card) Journal() []Signed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.journal)
}

// Compared returns how many PINs, right and wrong, the card has compared with its own
// since it was made. A blocked card compares none.
func (c *Card) Compared() (right, wrong int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.right, c.wrong
}

// Tries returns how many wrong PINs the card still takes; 0 is blocked.
func (c *Card) Tries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries
}

// SetTries leaves n tries, 0 to MaxTries; 0 blocks. Rights stay as they are.
func (c *Card) SetTries(n int) error {
	if n < 0 || n > MaxTries {
		return fmt.Errorf("%d tries, want 0 to %d", n, MaxTries)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries = n
	return nil
}

// Fail has the next command of that instruction answered with the status word sw
// (0x6400, say) and nothing done.
func (c *Card) Fail(instruction byte, sw uint16) { c.arm(instruction, fault{status: status(sw)}) }

// Cut has the next command of that instruction not answered at all, as by a bad contact.
func (c *Card) Cut(instruction byte) { c.arm(instruction, fault{cut: true}) }

func (c *Card) arm(instruction byte, f fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[instruction] = f
}

// DropRights is another program that used the card in between: every PIN right is gone.
func (c *Card) DropRights() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rights = rights{}
}
