package agent

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/internal/exact"
	"guichet.example/reader/pinpage"
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
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return refusal{http.StatusRequestEntityTooLarge, api.Error{
			Code: api.InvalidArgument, Message: "request is too long", State: api.Technical, Tries: -1}}
	case err != nil:
		return invalid("request ends too early")
	case exact.Decode(body, message) != nil:
		return invalid("request does not parse, or has a key twice, or one that is not known")
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
	f := api.Error{Code: api.Fatal}
	f.State, f.Tries = pinpage.Outcome(err)
	var expired certs.ExpiredError
	switch {
	case errors.As(err, &expired):
		f.State, f.Expired = api.CertExpired, expired.NotAfter.UTC()
	case errors.Is(err, reader.ErrModuleMissing):
		f.Code = api.Unavailable
	case f.State == api.Timeout:
		f.Code = api.UserTimeout
	case f.State == api.Cancelled:
		f.Code = api.UserCancelled
	}
	f.Message = messages[f.State]
	return f
}

// messages are for a log or a developer.
var messages = map[api.State]string{
	api.CardBusy:          "another program uses the card",
	api.CardRemoved:       "the card was removed",
	api.CardUnknown:       "the card has no authentication certificate",
	api.Cancelled:         "the operation was cancelled",
	api.CertExpired:       "the certificate has expired",
	api.NoSignCert:        "the card has no signature certificate",
	api.PINBlocked:        "the PIN is blocked",
	api.PINWrong:          "the PIN was wrong",
	api.ReaderUnsupported: "the reader or its module cannot do this",
	api.Technical:         "the operation failed",
	api.Timeout:           "time ran out",
}
