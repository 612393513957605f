package door

import (
	"errors"
	"net/http"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
)

// Problem is a refused card: a state of the card panel for the member, the cause
// for the log.
type Problem struct {
	State string
	Date  time.Time // cert_expired: the day it ended
	Name  string    // wrong_person: whose card it should be
	Cause error
}

func (p *Problem) Error() string { return p.State + ": " + p.Cause.Error() }

// Unwrap returns the cause, for the log only.
func (p *Problem) Unwrap() error { return p.Cause }

// Status is the HTTP status of the answer.
func (p *Problem) Status() int {
	switch p.State {
	case "status_unknown":
		return http.StatusServiceUnavailable
	case "technical":
		return http.StatusInternalServerError
	case "timeout":
		return http.StatusConflict
	}
	return http.StatusForbidden
}

// NewProblem names the state of the card panel for a refusal. Whatever would tell an
// attacker which check stopped him shares one state, "refused". What a door does not know
// is "technical"; the area behind it names its own states.
func NewProblem(err error) *Problem {
	p := &Problem{State: "technical", Cause: err}
	var expired certs.ExpiredError
	var revoked revocation.RevokedError
	switch {
	case errors.As(err, &expired):
		p.State, p.Date = "cert_expired", expired.NotAfter
	case errors.As(err, &revoked) && revoked.Reason == revocation.CertificateHold:
		p.State = "cert_suspended"
	case errors.As(err, &revoked), errors.Is(err, webeid.ErrRevoked):
		p.State = "cert_revoked"
	case errors.Is(err, webeid.ErrOCSPCheckFailed):
		p.State = "status_unknown"
	case errors.Is(err, webeid.ErrChallengeExpired), errors.Is(err, webeid.ErrChallengeNotFound):
		p.State = "timeout"
	case isRefusal(err):
		p.State = "refused"
	}
	return p
}

// refusals are the conditions that say: this token does not prove anything.
var refusals = []error{
	webeid.ErrTokenParse, webeid.ErrTokenFormat, webeid.ErrAlgorithm, webeid.ErrChallengeEmpty,
	webeid.ErrCertificateDecoding, webeid.ErrMissingPurpose, webeid.ErrWrongPurpose,
	webeid.ErrDisallowedPolicy, webeid.ErrCertificateNotYetValid, webeid.ErrCertificateExpired,
	webeid.ErrCertificateNotTrusted, webeid.ErrWeakKey, webeid.ErrCertificateParse,
	webeid.ErrSigningCertificate, webeid.ErrSignature,
}

func isRefusal(err error) bool {
	for _, refusal := range refusals {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}
