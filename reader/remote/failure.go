package remote

import (
	"errors"
	"strings"
	"unicode"

	"guichet.example/reader"
	"guichet.example/reader/pinentry"
)

// failure is an error on its way from the child: which conditions of package reader it
// is, and its text, for the log.
type failure struct {
	Kinds []string `json:"kinds,omitempty"`
	Text  string   `json:"text"`
	Tries *int     `json:"tries,omitempty"` // of a reader.PINError
}

// errLeaving means that the child takes no more calls: it has signed. It never leaves
// this package.
var errLeaving = errors.New("this child ends")

// maxText bounds the text of an error, in bytes.
const maxText = 1 << 10

// conditions are the errors that keep their identity across the process boundary.
var conditions = map[string]error{
	"module-missing":                reader.ErrModuleMissing,
	"no-reader":                     reader.ErrNoReader,
	"no-card":                       reader.ErrNoCard,
	"several-cards":                 reader.ErrSeveralCards,
	"unknown-card":                  reader.ErrUnknownCard,
	"card-removed":                  reader.ErrCardRemoved,
	"card-busy":                     reader.ErrCardBusy,
	"pin-blocked":                   reader.ErrPINBlocked,
	"cancelled":                     reader.ErrCancelled,
	"timed-out":                     reader.ErrTimedOut,
	"no-signature-certificate":      reader.ErrNoSignatureCertificate,
	"no-authentication-certificate": reader.ErrNoAuthenticationCertificate,
	"not-supported":                 reader.ErrNotSupported,
	"key-mismatch":                  reader.ErrKeyMismatch,
	"wrong-signature":               reader.ErrWrongSignature,
	"module-failed":                 reader.ErrModuleFailed,
	"no-window":                     reader.ErrNoWindow,
	"closed":                        reader.ErrClosed,
	"entry":                         ErrEntry,
	"pinentry-unavailable":          pinentry.ErrUnavailable,
	"leaving":                       errLeaving,
}

// failureOf makes an error ready to cross; nil of nil.
func failureOf(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Text: clip(err.Error(), maxText)}
	for name, condition := range conditions {
		if errors.Is(err, condition) {
			f.Kinds = append(f.Kinds, name)
		}
	}
	var wrong reader.PINError
	if errors.As(err, &wrong) {
		f.Tries = &wrong.Tries
	}
	return f
}

// crossed is an error that came from the child.
type crossed struct {
	text string
	is   []error
}

func (e crossed) Error() string   { return e.text }
func (e crossed) Unwrap() []error { return e.is }

// error makes of f what the child had. One that is nothing we know is a module that failed:
// what else is there in a child?
func (f *failure) error() error {
	if f == nil {
		return nil
	}
	e := crossed{text: clip(f.Text, maxText)}
	for _, name := range f.Kinds {
		if condition, ok := conditions[name]; ok {
			e.is = append(e.is, condition)
		}
	}
	if f.Tries != nil {
		e.is = append(e.is, reader.PINError{Tries: *f.Tries})
	}
	if len(e.is) == 0 {
		e.is = []error{reader.ErrModuleFailed}
	}
	return e
}

// clip shortens a text to n bytes of printable UTF-8: it goes to logs and terminals, which
// obey more than the control characters of ASCII.
func clip(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "")
	}
	return text
}

// conditionOf names the condition that ended a context, for a message to the child.
func conditionOf(err error) string {
	for _, name := range []string{"card-removed", "timed-out"} {
		if errors.Is(err, conditions[name]) {
			return name
		}
	}
	return "cancelled"
}
