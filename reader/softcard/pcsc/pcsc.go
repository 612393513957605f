// Package pcsc runs a PC/SC daemon of its own for tests, with two virtual readers, and
// puts cards of package applet into them, so that programs of others (OpenSC) meet our
// card as they meet any other.
//
//	test ── Rig.Insert ── card ⇄ TCP ⇄ vpcd driver ─ pcscd ⇄ Unix socket ⇄ OpenSC
//	                      └──── a network of its own ────┘
//
// [Start] makes a network and a mount namespace on one thread of this process, and
// starts Debian's pcscd in it with the driver of vsmartcard-vpcd, which would otherwise
// listen on every interface of the machine. Neither a daemon of the machine nor a real
// reader is seen or disturbed, and several rigs live side by side. Clients need no
// namespace: they find the daemon by the socket that [Rig.Env] names. libpcsclite reads
// that name once in a process, so a process that loads a module itself has one rig.
//
// It takes Linux, root, and the packages pcscd and vsmartcard-vpcd.
package pcsc

import "errors"

var (
	// ErrNotInstalled means pcscd or the driver of vsmartcard-vpcd is missing.
	ErrNotInstalled = errors.New("pcscd or vsmartcard-vpcd is not installed")
	// ErrNotReady means the daemon did not come up, or did not see a card, in time.
	ErrNotReady = errors.New("PC/SC daemon is not ready")
	// ErrOccupied means there is a card in the reader already.
	ErrOccupied = errors.New("there is a card in the reader")
	// ErrClosed means the rig was closed.
	ErrClosed = errors.New("rig is closed")
)

// Card is what can be put into a reader: an applet.Card, or a card of another kind.
type Card interface {
	ATR() []byte                    // at most 33 bytes
	Reset()                         // power on, or a reset
	Transmit(command []byte) []byte // nil: contact is lost, the card is as if pulled out
}

// Slots is how many readers a rig has.
const Slots = 2

// names are those that pcscd makes of the driver's friendly name.
var names = [Slots]string{"Virtual PCD 00 00", "Virtual PCD 00 01"}

// socketVariable is where libpcsclite looks for the daemon.
const socketVariable = "PCSCLITE_CSOCK_NAME"
