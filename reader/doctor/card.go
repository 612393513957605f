package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
)

type outcome = api.CheckOutcome

// soon is how long before its end a certificate is worth a warning: time for a letter
// and an appointment.
const soon = 60 * 24 * time.Hour

// lookAtCard opens the card and looks at what is on it.
func (e *examination) lookAtCard(ctx context.Context) {
	card, err := e.Cards.Card(ctx)
	r := judgeCard(err)
	e.note(Card, r)
	e.note(Holder, e.lookForHolders(r))
	if err != nil {
		e.skip(Card, behindCard...)
		return
	}
	defer card.Close()
	now := e.Now()
	auth, err := card.Certificate(certs.Authentication)
	e.note(Authentication, e.judgeCertificate(auth, err, now))
	sign, signErr := card.Certificate(certs.Signature)
	r = e.judgeCertificate(sign, signErr, now)
	if linkOf(Signature).outcome(r) == passed && kindOf(remote.ModuleHealth{Path: card.Module()}) == openSCKind {
		r = result{finding: "opensc"}
	}
	e.note(Signature, r)
	leaf := auth
	if leaf == nil {
		leaf = sign
	}
	e.note(Chain, judgeChain(leaf, card.Issuers()))
	state, err := card.PINState(ctx)
	e.note(PIN, judgePIN(state, err))
	e.note(Entry, e.judgeEntry(state, err))
}

func judgeCard(err error) result {
	for _, known := range []struct {
		err     error
		finding string
	}{
		{nil, "known"},
		{reader.ErrNoCard, "absent"},
		{reader.ErrUnknownCard, "stranger"},
		{reader.ErrSeveralCards, "several"},
		{reader.ErrCardRemoved, "removed"},
		{reader.ErrCardBusy, "busy"},
		{reader.ErrTimedOut, "silent"},
		{reader.ErrCancelled, "silent"},
		{context.DeadlineExceeded, "silent"},
	} {
		if errors.Is(err, known.err) {
			return result{finding: known.finding}
		}
	}
	return result{finding: "failed"}
}

// lookForHolders says which other program has the card, as far as can be known.
func (e *examination) lookForHolders(card result) result {
	programs := e.System.Programs()
	args := []string{"names", plainly(join(programs))}
	switch {
	case card.finding == "busy" && len(programs) > 0:
		return result{finding: "busy", args: args}
	case card.finding == "busy":
		return result{finding: "busy", args: []string{"names", e.text.somebody}}
	case len(programs) > 0:
		return result{finding: "shared", args: args}
	case card.finding == "known":
		return result{finding: "none"}
	}
	return result{finding: skipped, after: Card}
}

func (e *examination) judgeCertificate(cert *x509.Certificate, err error, now time.Time) result {
	if err != nil || cert == nil {
		return result{finding: "none"}
	}
	from, until := []string{"date", e.text.day(cert.NotBefore)}, []string{"date", e.text.day(cert.NotAfter)}
	switch {
	case now.Before(cert.NotBefore):
		return result{finding: "early", args: from}
	case now.After(cert.NotAfter):
		return result{finding: "expired", args: until}
	case cert.NotAfter.Sub(now) < soon:
		return result{finding: "ending", args: until}
	}
	return result{finding: "valid", args: until}
}

// judgeChain looks for the issuer of the certificate among those on the card. Sites have
// their own; one that is missing on the card only takes a fallback away.
func judgeChain(leaf *x509.Certificate, issuers []*x509.Certificate) result {
	if leaf == nil {
		return result{finding: skipped, after: Authentication}
	}
	for _, issuer := range issuers {
		if bytes.Equal(issuer.RawSubject, leaf.RawIssuer) {
			return result{finding: "complete"}
		}
	}
	return result{finding: "missing"}
}

func judgePIN(state reader.PINState, err error) result {
	switch {
	case err != nil:
		return result{finding: "untold"}
	case state.Tries == 0:
		return result{finding: "blocked"}
	case state.Tries == 1:
		return result{finding: "last"}
	case state.Tries == 2:
		return result{finding: "few"}
	}
	return result{finding: "fine"}
}

func (e *examination) judgeEntry(state reader.PINState, err error) result {
	switch {
	case err != nil:
		return result{finding: skipped, after: PIN}
	case state.Place == reader.Keypad:
		return result{finding: "keypad"}
	case state.Place == reader.Window:
		return result{finding: "window"}
	case e.Pinentry() != "":
		return result{finding: "pinentry"}
	}
	return result{finding: "page"}
}

// lookForPinentry says whether there is a program that asks for PINs, where one is needed.
func (e *examination) lookForPinentry() result {
	entry := e.found(Entry)
	switch path := e.Pinentry(); {
	case path != "":
		return result{finding: "found", args: []string{"name", plainly(base(path))}}
	case entry == "keypad" || entry == "window":
		return result{finding: "unneeded"}
	case e.System.HasPinentry():
		return result{finding: "hidden"}
	}
	return result{finding: "missing"}
}
