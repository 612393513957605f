package pinpage

import (
	"context"
	"errors"
	"strings"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// Ending is what the page of an ended operation says. No secret in it opens anything
// any more: at the address there is nothing but the ending.
type Ending struct {
	ID      string        `json:"id"` // last part of the page's address
	Purpose certs.Purpose `json:"purpose"`
	Site    string        `json:"site"`
	Digest  string        `json:"digest,omitempty"`
	Lang    string        `json:"lang"`
	Outcome api.State     `json:"outcome"` // api.Idle when all went well
	Tries   int           `json:"tries"`   // PIN tries left; -1 when not known or of no matter
}

// EndingAt makes the Ending of an operation whose own process could not tell it,
// because it was killed: url is what Tell was given last, "" if no page was shown.
func EndingAt(url string, o Operation, err error) Ending {
	return o.ending(url[strings.LastIndexByte(url, '/')+1:], err)
}

func (o Operation) ending(id string, err error) Ending {
	e := Ending{ID: id, Purpose: o.Purpose, Site: o.Site, Digest: o.Digest, Lang: o.Lang}
	e.Outcome, e.Tries = Outcome(err)
	return e
}

// operation is what the page of an ending still names.
func (e Ending) operation() Operation {
	return Operation{Purpose: e.Purpose, Site: e.Site, Digest: e.Digest, Lang: e.Lang}
}

// Outcome says in the words of package api how an operation ended: state and PIN tries
// left; api.Idle and -1 without an error.
func Outcome(err error) (state api.State, tries int) {
	var wrong reader.PINError
	switch {
	case err == nil:
		return api.Idle, -1
	case errors.Is(err, reader.ErrPINBlocked):
		return api.PINBlocked, 0
	case errors.As(err, &wrong):
		return api.PINWrong, wrong.Tries
	}
	for _, known := range outcomes {
		if errors.Is(err, known.err) {
			return known.state, -1
		}
	}
	return api.Technical, -1
}

// outcomes are in order: some of these errors wrap another.
var outcomes = []struct {
	err   error
	state api.State
}{
	{reader.ErrNoAuthenticationCertificate, api.CardUnknown},
	{reader.ErrCardRemoved, api.CardRemoved},
	{reader.ErrNoSignatureCertificate, api.NoSignCert},
	{reader.ErrTimedOut, api.Timeout},
	{context.DeadlineExceeded, api.Timeout},
	{reader.ErrCancelled, api.Cancelled},
	{context.Canceled, api.Cancelled},
	{reader.ErrCardBusy, api.CardBusy},
	{reader.ErrNotSupported, api.ReaderUnsupported},
	{reader.ErrModuleMissing, api.ReaderUnsupported},
}
