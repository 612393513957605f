package pinpage

import (
	"strconv"
	"strings"

	"guichet.example/reader"
	"guichet.example/reader/api"
)

// text is the PIN page in one language. The sentences about the card are those of
// the card panel, so that people read one thing on both pages.
type text struct {
	Lang string

	HeadingLogin, HeadingSign             string
	SiteLabel, PurposeLabel, DigestLabel  string
	PurposeLogin, PurposeSign, DigestHint string
	PINLabel, Hint, NotPIN                string // Hint and NotPIN have {min} and {max}
	ButtonLogin, ButtonSign, ButtonCancel string
	Erase                                 string // what was typed, on the keypad of the page
	Shield                                string // beside the keypad of a kiosk
	ErrorHeading, ErrorTitle              string // ErrorTitle begins the title of a page with an error
	TriesLeft                             string // has {n}
	WrongMany, WrongLast, WrongSome       string // WrongMany has {n}; WrongSome when the number is not known
	LastTry, Note, Working, Close         string
	DoneHeading, Done, FailedHeading      string
	Removed, Blocked, TimedOut, Cancelled string
	Busy, Unsupported, Technical          string
	GoneHeading, Gone                     string

	// In the place of others where no site asks, as on the command line.
	OriginHere, CloseHere, DoneHere, TechnicalHere string
}

const defaultLang = "fr"

var texts = map[string]*text{"fr": &french, "nl": &dutch, "de": &german, "en": &english}

// ChooseLang takes the page's language, else the browser's first one that we have
// (browsers write theirs in order of preference), else the default.
func ChooseLang(asked, accepted, otherwise string) string {
	if _, ok := texts[asked]; ok {
		return asked
	}
	const maxAccepted = 16
	for i, tag := range strings.SplitN(accepted, ",", maxAccepted) {
		tag, quality, _ := strings.Cut(strings.TrimSpace(tag), ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if _, ok := texts[primary]; ok && strings.TrimSpace(quality) != "q=0" && i < maxAccepted-1 {
			return primary
		}
	}
	return otherwise
}

// here is the text of an operation that no site asks for: none is named.
func (t *text) here() *text {
	alone := *t
	alone.Close, alone.Done, alone.Technical = t.CloseHere, t.DoneHere, t.TechnicalHere
	return &alone
}

// digits fills in how many a PIN has.
func (t *text) digits(sentence string, ask reader.PINRequest) string {
	return strings.NewReplacer("{min}", strconv.Itoa(ask.MinLen), "{max}", strconv.Itoa(ask.MaxLen)).Replace(sentence)
}

// wrong says that the PIN was wrong and what is left; -1 when that is not known.
func (t *text) wrong(tries int) string {
	switch {
	case tries < 0:
		return t.WrongSome
	case tries == 1:
		return t.WrongLast
	}
	return t.tries(t.WrongMany, tries)
}

// tries fills in how many are left.
func (t *text) tries(sentence string, n int) string {
	return strings.ReplaceAll(sentence, "{n}", strconv.Itoa(n))
}

// ending says how an operation ended: the page's state, heading and sentence.
func (t *text) ending(s api.State, tries int) (state, heading, lead string) {
	sentence := map[api.State]string{
		api.CardRemoved: t.Removed, api.PINBlocked: t.Blocked, api.Timeout: t.TimedOut, api.Cancelled: t.Cancelled,
		api.CardBusy: t.Busy, api.ReaderUnsupported: t.Unsupported, api.PINWrong: t.wrong(tries),
	}
	switch known, ok := sentence[s]; {
	case s == api.Idle:
		return "done", t.DoneHeading, t.Done
	case s == api.Cancelled:
		return "stopped", t.FailedHeading, t.Cancelled
	case ok:
		return "failed", t.FailedHeading, known
	}
	return "failed", t.FailedHeading, t.Technical
}
