package api

import (
	"slices"

	"guichet.example/certs/registry"
)

// Bounds of the files of a card, in bytes. On the card the photo has some 3 KiB, the
// certificate of the registry at most 2.5 KiB, the identity some 200 bytes and the address
// 117; the rest is for the zeros that modules leave behind them.
const (
	maxIdentityFile  = 4 << 10
	maxSignatureFile = 1 << 10
	maxAddressFile   = 2 << 10
	maxPhotoFile     = 8 << 10
	maxRegistryFile  = 4 << 10
)

// KioskFilesFit says whether the files of a card may be in a message: there is an identity
// file, and none is longer than cards have it.
func KioskFilesFit(f registry.Files) bool {
	return len(f.Identity) > 0 && len(f.Identity) <= maxIdentityFile && len(f.Address) <= maxAddressFile &&
		len(f.IdentitySignature) <= maxSignatureFile && len(f.AddressSignature) <= maxSignatureFile &&
		len(f.Photo) <= maxPhotoFile && len(f.Registry) <= maxRegistryFile
}

// KioskPrinter is how the printer of a kiosk is.
type KioskPrinter string

// How it can be. Any but the first two needs somebody.
const (
	PrinterUnused  KioskPrinter = ""         // the kiosk has none, by its settings
	PrinterReady   KioskPrinter = "ready"    //
	PrinterGone    KioskPrinter = "gone"     // none is set up, or nothing answers for it
	PrinterEmpty   KioskPrinter = "no_paper" //
	PrinterStopped KioskPrinter = "stopped"  // paused, jammed, open, or unplugged
)

// KioskHealth is how a machine is, for the page of kiosks at the office.
type KioskHealth struct {
	// Troubles are all that is wrong with it, each once, in the order of KioskTroubles; the
	// kiosk's screen shows the first.
	Troubles []KioskTrouble `json:"troubles,omitempty"`
	Readers  int            `json:"readers"` // card readers that are plugged in: 0 to 99
	Printer  KioskPrinter   `json:"printer,omitempty"`
	// Jobs and Sheets are what was printed since the machine's state file was made, as far
	// as the printing system told: documents, and sheets of paper. They only grow.
	Jobs   uint64 `json:"jobs,omitempty"`
	Sheets uint64 `json:"sheets,omitempty"`
}

// KioskTroubles are all troubles, those that stop more first.
var KioskTroubles = []KioskTrouble{BrowserGone, ReaderGone, CardStuck, NoPaper}

const maxKioskReaders = 99

// possible says whether a machine can be so.
func (h KioskHealth) possible() bool {
	last := -1
	for _, trouble := range h.Troubles {
		at := slices.Index(KioskTroubles, trouble)
		if at <= last {
			return false
		}
		last = at
	}
	switch h.Printer {
	case PrinterUnused, PrinterReady, PrinterGone, PrinterEmpty, PrinterStopped:
	default:
		return false
	}
	return h.Readers >= 0 && h.Readers <= maxKioskReaders && h.Jobs <= MaxKioskCounter && h.Sheets <= MaxKioskCounter
}
