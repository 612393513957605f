package page

// CardStep is one use of the card: to sign in, or to sign a document.
type CardStep struct {
	Sign bool // false: sign in

	// Addresses of the JSON endpoints. Sign-in: Challenge and Token. Sign: Prepare and
	// Complete.
	Challenge, Token  string
	Prepare, Complete string

	Retry string // this page again; empty: the page's own address
	Other Link   // another way to sign in or to sign; empty URL: none
	Help  string // help page, gets ?code= behind it; empty: help/card
	Kept  string // "Your answers are kept until 20 December"; shown with failures; may be empty
}
