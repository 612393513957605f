package pinpage

import (
	"bytes"
	"errors"
)

// Bounds of a PIN, in digits (Belgian eID).
const minPIN, maxPIN = 4, 12

// maxForm bounds the body of the PIN form: the token, the PIN, the button.
const maxForm = 256

// form is what the PIN page posts. Its fields point into the body, so that wiping
// the body wipes the PIN: net/url would make strings, which cannot be wiped.
type form struct {
	token []byte
	pin   []byte
	do    []byte // which button: "ok" or "cancel"
}

var errForm = errors.New("not the form of the PIN page")

// parseForm reads application/x-www-form-urlencoded with each of the three fields
// exactly once. No value of ours has a character that would be escaped, so one that
// is escaped is not ours, except in what a person typed: that is kept as it came and
// is no PIN (reader.PINRequest.Fits).
func parseForm(body []byte) (form, error) {
	var f form
	if len(body) > maxForm {
		return form{}, errForm
	}
	for pair := range bytes.SplitSeq(body, []byte("&")) {
		name, value, ok := bytes.Cut(pair, []byte("="))
		var into *[]byte
		switch string(name) {
		case "token":
			into = &f.token
		case "pin":
			into = &f.pin
		case "do":
			into = &f.do
		}
		if !ok || into == nil || *into != nil {
			return form{}, errForm
		}
		*into = value
	}
	if f.token == nil || f.pin == nil || f.do == nil {
		return form{}, errForm
	}
	return f, nil
}
