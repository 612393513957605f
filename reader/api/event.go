package api

// State is where the card stands. Each has one sentence in every language, on the
// card panel of the portal and on the agent's PIN page.
type State string

// States that pass by while an operation runs, or before one.
const (
	Idle              State = "idle"               // nothing under way, reader state not known yet
	CardReady         State = "card_ready"         // a readable card is in the reader
	NoReader          State = "no_reader"          // waiting for a reader
	NoCard            State = "no_card"            // waiting for a card
	CardUnknown       State = "card_unknown"       // not an identity card, or not well inserted
	SeveralCards      State = "several_cards"      // more than one identity card is inserted
	ReaderUnsupported State = "reader_unsupported" // this reader or module cannot do it
	CardBusy          State = "card_busy"          // another program holds the card
	WrongPerson       State = "wrong_person"       // not the card whose certificate is to sign
	PINPage           State = "pin_page"           // PINURL is to be opened
	PINWindow         State = "pin_window"         // the module shows its own window
	PINKeypad         State = "pin_keypad"         // typed on the reader
	PINWrong          State = "pin_wrong"          // Tries left; the PIN page asks again
	Checking          State = "checking"           // the card proves who its holder is
	Signing           State = "signing"            // the card signs
	OtherTab          State = "other_tab"          // an operation of another page is under way
)

// States that end an operation; Error carries them too.
const (
	CardRemoved State = "card_removed"
	PINBlocked  State = "pin_blocked"
	NoSignCert  State = "no_sign_cert"
	CertExpired State = "cert_expired" // told before the PIN is asked
	Timeout     State = "timeout"
	Cancelled   State = "cancelled"
	Technical   State = "technical"
)

// Event is one message of EventsPath: what the page should now say.
type Event struct {
	State  State  `json:"state"`
	Tries  int    `json:"tries"`            // PIN tries left; -1 when not known or of no matter
	Reader string `json:"reader,omitempty"` // name of the card reader, where known
	PINURL string `json:"pinURL,omitempty"` // with pin_page and pin_wrong: the agent's PIN page
}
