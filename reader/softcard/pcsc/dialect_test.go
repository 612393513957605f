package pcsc_test

import (
	"errors"
	"os"
	"testing"

	"guichet.example/reader"
	"guichet.example/reader/softcard"
	"guichet.example/reader/softcard/applet"
	"guichet.example/reader/softcard/dialecttest"
)

// dialect is the real OpenSC as a rig of the table that all modules pass.
type dialect struct {
	traits dialecttest.Traits
	module string
	cards  map[string]*applet.Card
	seen   map[string]dialecttest.Seen // by the time of Forget
}

var _ dialecttest.Rig = (*dialect)(nil)

func newDialect(t *testing.T, traits dialecttest.Traits) *dialect {
	traits.Name, traits.PIN, traits.RightLost = "OpenSC", goodPIN, reader.ErrCardBusy
	d := &dialect{traits: traits, module: openSC(t), cards: map[string]*applet.Card{}}
	for _, name := range []string{traits.Card, traits.Other} {
		d.cards[name] = card(t, name)
	}
	t.Cleanup(func() { remove(t, 0) })
	return d
}

func (d *dialect) Traits() dialecttest.Traits { return d.traits }
func (d *dialect) Module() string             { return d.module }
func (d *dialect) Insert(card string) error   { return rig.Swap(0, d.cards[card]) }
func (d *dialect) Remove() error              { return rig.Remove(0) }

// The driver's readers do not come and go, it has no keypad, and its calls are OpenSC's
// own. A stranger is seen late, see TestStranger.
func (d *dialect) InsertStranger() error        { return errors.ErrUnsupported }
func (d *dialect) Unplug() error                { return errors.ErrUnsupported }
func (d *dialect) Plug() error                  { return errors.ErrUnsupported }
func (d *dialect) Type(...string) error         { return errors.ErrUnsupported }
func (d *dialect) Untype() error                { return errors.ErrUnsupported }
func (d *dialect) Fail(...softcard.Fault) error { return errors.ErrUnsupported }
func (d *dialect) Fired() bool                  { return false }

func (d *dialect) Tries(card string) (int, error)    { return d.cards[card].Tries(), nil }
func (d *dialect) SetTries(card string, n int) error { return d.cards[card].SetTries(n) }
func (d *dialect) Forget() error                     { d.seen = d.all(); return nil }

func (d *dialect) Seen() (dialecttest.Seen, error) {
	var sum dialecttest.Seen
	for name, now := range d.all() {
		before := d.seen[name]
		sum.Right += now.Right - before.Right
		sum.Wrong += now.Wrong - before.Wrong
		sum.Signed += now.Signed - before.Signed
	}
	return sum, nil
}

func (d *dialect) all() map[string]dialecttest.Seen {
	seen := map[string]dialecttest.Seen{}
	for name, c := range d.cards {
		right, wrong := c.Compared()
		seen[name] = dialecttest.Seen{Right: right, Wrong: wrong, Signed: len(c.Journal())}
	}
	return seen
}

// stranger is a card that no identity card software knows: it refuses everything.
type stranger struct{}

func (stranger) ATR() []byte            { return []byte{0x3b, 0x02, 0x14, 0x50} }
func (stranger) Reset()                 {}
func (stranger) Transmit([]byte) []byte { return []byte{0x6d, 0x00} }

// The table of package dialecttest, which the stand-ins pass, on the module they stand in for.
func TestDialects(t *testing.T) {
	for _, traits := range []dialecttest.Traits{
		{Card: "rsa", Other: "other", DocumentError: reader.ErrNotSupported, Presented: 2},
		{Card: "ec", Other: "other", LoginError: reader.ErrNotSupported, DocumentError: reader.ErrNotSupported},
	} {
		if traits.Card == "ec" && os.Getenv("GUICHET_SOAK") == "" {
			continue
		}
		t.Run(traits.Card, func(t *testing.T) {
			t.Log(dialecttest.Run(t, newDialect(t, traits)))
		})
	}
}
