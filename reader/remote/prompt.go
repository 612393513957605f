package remote

import (
	"fmt"

	"guichet.example/certs"
	"guichet.example/reader"
)

// prompt is what the terminal says before the cursor.
func prompt(ask reader.PINRequest) string {
	text := "PIN to sign in: "
	if ask.Purpose == certs.Signature {
		text = "PIN to sign: "
	}
	switch {
	case ask.TriesLeft == 1:
		text = "One try left: one more mistake blocks the card. " + text
	case ask.TriesLeft > 1 && ask.Retry:
		text = fmt.Sprintf("%d tries left. ", ask.TriesLeft) + text
	}
	if ask.Retry {
		text = "Wrong PIN. " + text
	}
	return text
}
