package requests

import (
	"errors"
	"net/http"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
)

// ErrWrongPerson means that the card is another person's than the one who signed in.
var ErrWrongPerson = errors.New("card of another person")

// ErrAlgorithm means that the card cannot make the signature its certificate asks for.
var ErrAlgorithm = errors.New("card does not offer the algorithm")

// Problem is a refusal during the card step. The page shows the sentence of State and
// nothing else; Cause is for the log.
type Problem struct {
	State string    // one of the states below: the names that the card panel knows
	Name  string    // wrong_person: whose card is wanted
	Date  time.Time // cert_expired: the day it ended
	Cause error
}

// The states a Problem can have. Changed, NoAccess and NotOpen are this area's own; the rest
// are states of the card panel.
const (
	StateCardUnknown = "card_unknown"
	StateExpired     = "cert_expired"
	StateSuspended   = "cert_suspended"
	StateRevoked     = "cert_revoked"
	StateUnknown     = "status_unknown"
	StateNoSignCert  = "no_sign_cert"
	StateWrongPerson = "wrong_person"
	StateTimeout     = "timeout"
	StateTechnical   = "technical"
	StateChanged     = "changed"   // the request or the account moved: start again
	StateNoAccess    = "no_access" // somebody in the order may not be ordered for any more
	StateNotOpen     = "not_open"  // signed, refused or expired meanwhile
)

func (p *Problem) Error() string { return p.State + ": " + p.Cause.Error() }

// Unwrap returns the cause, for the log only: what the member may know is in State.
func (p *Problem) Unwrap() error { return p.Cause }

// Status is the HTTP status of the answer.
func (p *Problem) Status() int {
	switch p.State {
	case StateUnknown:
		return http.StatusServiceUnavailable
	case StateTimeout, StateChanged, StateNoAccess, StateNotOpen:
		return http.StatusConflict
	case StateTechnical:
		if errors.Is(p.Cause, ErrUnreadable) || errors.Is(p.Cause, signing.ErrSignatureValue) {
			return http.StatusUnprocessableEntity // sent to us, not made by us
		}
		return http.StatusInternalServerError
	}
	return http.StatusUnprocessableEntity
}

// ours says that the refusal was decided by this package and not by the store.
func (p *Problem) ours() bool {
	switch p.State {
	case StateChanged, StateNoAccess, StateNotOpen, StateTimeout:
		return false
	case StateTechnical:
		return errors.Is(p.Cause, signing.ErrSignatureValue)
	}
	return true
}

// problems names the state for each condition. What would help an attacker tell one
// forgery from another shares card_unknown.
var problems = []struct {
	err   error
	state string
}{
	{ErrWrongPerson, StateWrongPerson},
	{ErrChanged, StateChanged},
	{ErrNoAccess, StateNoAccess},
	{ErrNotOpen, StateNotOpen},
	{ErrAnotherValue, StateNotOpen},
	{ErrPreparationExpired, StateTimeout},
	{ErrAlgorithm, StateCardUnknown},
	{certs.ErrMissingPurpose, StateNoSignCert},
	{certs.ErrWrongPurpose, StateNoSignCert},
	{certs.ErrMalformed, StateCardUnknown},
	{certs.ErrNoHolder, StateCardUnknown},
	{certs.ErrNotTrusted, StateCardUnknown},
	{certs.ErrDisallowedPolicy, StateCardUnknown},
	{certs.ErrWeakKey, StateCardUnknown},
	{signing.ErrCertificate, StateCardUnknown},
	{revocation.ErrUnknown, StateUnknown},
	{revocation.ErrUnavailable, StateUnknown},
	{revocation.ErrInvalid, StateUnknown},
}

// problem turns an error of the card step into a Problem. ErrNotFound stays what it
// is: a request of somebody else looks like one that does not exist.
func problem(err error, wanted string) error {
	var known *Problem
	if err == nil || errors.Is(err, ErrNotFound) || errors.As(err, &known) {
		return err
	}
	p := &Problem{State: StateTechnical, Cause: err}
	var expired certs.ExpiredError
	var early certs.NotYetValidError
	var revoked revocation.RevokedError
	switch {
	case errors.As(err, &expired):
		p.State, p.Date = StateExpired, expired.NotAfter
	case errors.As(err, &early):
		p.State = StateCardUnknown
	case errors.As(err, &revoked):
		p.State = StateRevoked
		if revoked.Reason == revocation.CertificateHold {
			p.State = StateSuspended
		}
	default:
		for _, k := range problems {
			if errors.Is(err, k.err) {
				p.State = k.state
				break
			}
		}
	}
	if p.State == StateWrongPerson {
		p.Name = wanted
	}
	return p
}
