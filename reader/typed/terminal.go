package typed

import "errors"

// ErrNoTerminal means that there is no terminal to ask on, or none that this program knows
// how to silence.
var ErrNoTerminal = errors.New("there is no terminal to ask the PIN on")
