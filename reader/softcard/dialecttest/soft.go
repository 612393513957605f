package dialecttest

import (
	"guichet.example/reader"
	"guichet.example/reader/softcard"
)

// Soft is a rig of a softcard desk, which has both cards already.
type Soft struct {
	*softcard.Desk
	traits Traits
}

// NewSoft makes the desk's module speak the dialect. Name and Place of the traits are
// the dialect's.
func NewSoft(desk *softcard.Desk, dialect softcard.Dialect, traits Traits) (Soft, error) {
	traits.Name = dialect.Name
	switch {
	case dialect.Keypad:
		traits.Place = reader.Keypad
	case dialect.Window:
		traits.Place = reader.Window
	}
	switch {
	case dialect.Window:
		traits.OneWindow = true
	case dialect.ReturnCodes == softcard.BelgianCodes:
		traits.RightLost = reader.ErrModuleFailed
	default:
		traits.RightLost = reader.ErrCardBusy
	}
	traits.TellsBlocked = dialect.Tries == softcard.TellsTries
	return Soft{desk, traits}, desk.Speak(dialect)
}

// Traits implements Rig.
func (s Soft) Traits() Traits { return s.traits }

// Untype implements Rig.
func (s Soft) Untype() error {
	_, err := s.Untyped()
	return err
}

// Seen implements Rig.
func (s Soft) Seen() (Seen, error) {
	var seen Seen
	events, err := s.Events()
	if err != nil {
		return seen, err
	}
	for _, e := range events {
		switch {
		case e.Kind == softcard.WindowShown || e.Kind == softcard.KeypadLit:
			seen.Prompts++
		case e.Read && e.Code == 0:
			seen.Right++
		case e.Read:
			seen.Wrong++
		}
	}
	journal, err := s.Journal()
	seen.Signed = len(journal)
	return seen, err
}
