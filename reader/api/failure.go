package api

import "time"

// Code is an error code of the Web eID page protocol.
type Code string

// The codes the agent sends, a subset of those of web-eid.js.
const (
	UserCancelled    Code = "ERR_WEBEID_USER_CANCELLED"
	UserTimeout      Code = "ERR_WEBEID_USER_TIMEOUT"
	ActionPending    Code = "ERR_WEBEID_ACTION_PENDING"
	MissingParameter Code = "ERR_WEBEID_MISSING_PARAMETER"
	InvalidArgument  Code = "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
	Fatal            Code = "ERR_WEBEID_NATIVE_FATAL"
	Unavailable      Code = "ERR_WEBEID_NATIVE_UNAVAILABLE"
)

// Failure is the body of every answer that is not 2xx.
type Failure struct {
	Error Error `json:"error"`
}

// Error says how an operation ended. Message is English, for a log or a developer;
// pages speak from State.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	State   State  `json:"state"`
	Tries   int    `json:"tries"` // PIN tries left; -1 when not known or of no matter

	Expired time.Time `json:"expired,omitzero"` // with CertExpired: when the certificate ended, UTC
}

// Error returns the code, the state and the message.
func (e Error) Error() string {
	return string(e.Code) + " (" + string(e.State) + "): " + e.Message
}
