package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/api"
)

// maxRequest bounds a request's JSON: a certificate of certs.MaxCertificate in base64
// and a little.
const maxRequest = 24 << 10

// refusal is a request that never became an operation.
type refusal struct {
	status  int // of HTTP
	failure api.Error
}

func (r refusal) Error() string { return r.failure.Error() }

func invalid(message string) error {
	return refusal{http.StatusBadRequest, api.Error{Code: api.InvalidArgument, Message: message, State: api.Technical, Tries: -1}}
}

// decode reads one JSON object into message, which decides the fields there may be.
func decode(w http.ResponseWriter, r *http.Request, message any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		// A form or a text can be sent across origins without a preflight; JSON cannot.
		return refusal{http.StatusUnsupportedMediaType, api.Error{
			Code: api.InvalidArgument, Message: "content type is not application/json", State: api.Technical, Tries: -1}}
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(10 * time.Second)) // for the body only
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(message)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return refusal{http.StatusRequestEntityTooLarge, api.Error{
			Code: api.InvalidArgument, Message: "request is too long", State: api.Technical, Tries: -1}}
	case err != nil:
		return invalid("request does not parse")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid("something follows the JSON")
	}
	return nil
}

// reply writes the answer of a request: its result, or the failure.
func reply(w http.ResponseWriter, result any, err error) {
	status := http.StatusOK
	var refused refusal
	switch {
	case errors.As(err, &refused):
		status, result = refused.status, api.Failure{Error: refused.failure}
	case err != nil:
		failure := failureOf(err)
		status, result = http.StatusUnprocessableEntity, api.Failure{Error: failure}
		if failure.State == api.Technical {
			status = http.StatusInternalServerError
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(result) // who asked may be gone
}

// refuse answers who may not ask.
func refuse(w http.ResponseWriter, status int, code api.Code, message string) {
	reply(w, nil, refusal{status, api.Error{Code: code, Message: message, State: api.Technical, Tries: -1}})
}

// failureOf puts the end of an operation into the words of Web eID (which knows only
// cancelled, timed out and fatal) and of the card panel.
func failureOf(err error) api.Error {
	f := api.Error{Code: api.Fatal, Message: "the operation failed", State: api.Technical, Tries: -1}
	var wrong reader.PINError
	switch {
	case errors.Is(err, reader.ErrPINBlocked):
		f.State, f.Message, f.Tries = api.PINBlocked, "the PIN is blocked", 0
	case errors.As(err, &wrong):
		f.State, f.Message, f.Tries = api.PINWrong, "the PIN was wrong", wrong.Tries
	case errors.Is(err, reader.ErrNoAuthenticationCertificate):
		f.State, f.Message = api.CardUnknown, "the card has no authentication certificate"
	case errors.Is(err, reader.ErrCardRemoved):
		f.State, f.Message = api.CardRemoved, "the card was removed"
	case errors.Is(err, reader.ErrNoSignatureCertificate):
		f.State, f.Message = api.NoSignCert, "the card has no signature certificate"
	case errors.Is(err, reader.ErrTimedOut), errors.Is(err, context.DeadlineExceeded):
		f.Code, f.State, f.Message = api.UserTimeout, api.Timeout, "time ran out"
	case errors.Is(err, reader.ErrCancelled), errors.Is(err, context.Canceled):
		f.Code, f.State, f.Message = api.UserCancelled, api.Cancelled, "the operation was cancelled"
	case errors.Is(err, reader.ErrCardBusy):
		f.State, f.Message = api.CardBusy, "another program uses the card"
	case errors.Is(err, reader.ErrNotSupported):
		f.State, f.Message = api.ReaderUnsupported, "the reader or its module cannot do this"
	case errors.Is(err, reader.ErrModuleMissing):
		f.Code, f.State, f.Message = api.Unavailable, api.ReaderUnsupported, "the card module is missing"
	}
	return f
}
