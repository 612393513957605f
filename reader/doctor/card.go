package doctor

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/pinentry"
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
	version, openSC := e.openSC[card.Module()]
	auth, err := card.Certificate(certs.Authentication)
	r = e.judgeCertificate(auth, err, now)
	if openSC && linkOf(Authentication).outcome(r) != failed && !openSCServes(version, auth) {
		r = result{finding: "opensc"}
	}
	e.note(Authentication, r)
	sign, signErr := card.Certificate(certs.Signature)
	r = e.judgeCertificate(sign, signErr, now)
	if openSC && linkOf(Signature).outcome(r) == passed {
		r = result{finding: "opensc"} // refuses the signature key of every Belgian card
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

// openSCServes says whether an OpenSC of that version can sign in with the card: those
// before 0.27 list the EC cards and sign nothing with them.
func openSCServes(version string, auth *x509.Certificate) bool {
	if _, ec := auth.PublicKey.(*ecdsa.PublicKey); !ec {
		return true
	}
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return true // a version we cannot read may be a newer one
	}
	return major > 0 || minor >= 27
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

// pinentryTime is for a pinentry to say that it is there.
const pinentryTime = 3 * time.Second

// lookForPinentry says whether there is a program that asks for PINs, where one is needed.
func (e *examination) lookForPinentry(ctx context.Context) result {
	entry := e.found(Entry)
	path := e.Pinentry()
	args := []string{"name", plainly(base(path))}
	switch {
	case path != "":
		ctx, cancel := context.WithTimeout(ctx, pinentryTime)
		defer cancel()
		if _, err := pinentry.Check(ctx, path); err != nil {
			return result{finding: "silent", args: args}
		}
		return result{finding: "found", args: args}
	case entry == "keypad" || entry == "window":
		return result{finding: "unneeded"}
	case e.System.HasPinentry():
		return result{finding: "hidden"}
	}
	return result{finding: "missing"}
}
