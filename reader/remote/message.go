package remote

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"fmt"

	"guichet.example/certs"
	"guichet.example/certs/registry"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/internal/exact"
)

// kind says what a message is.
type kind string

// To the child. Calls have an ID and are answered; the others have none and are not.
const (
	kindOpen     kind = "open"     // call, the first of all: openBody → reader.ModuleInfo
	kindReaders  kind = "readers"  // call: → readersBody
	kindCard     kind = "card"     // call: cardBody → cardAnswer
	kindPresent  kind = "present"  // call: handleBody
	kindFiles    kind = "files"    // call: handleBody → filesAnswer
	kindPINState kind = "pinstate" // call: handleBody → reader.PINState
	kindSign     kind = "sign"     // call: signBody, with a descriptor if its entry is one → signAnswer
	kindCancel   kind = "cancel"   // of the call of that ID: cancelBody
	kindBrowser  kind = "browser"  // a connection beside it
	kindRemember kind = "remember" // pinpage.Ending
	kindConclude kind = "conclude" // what became of the signature: concludeBody
	kindLeave    kind = "leave"    // answer what is under way, then end
)

// From the child.
const (
	kindAnswer   kind = "answer"
	kindProgress kind = "progress" // of the call of that ID: progressBody
)

func (k kind) known() bool {
	switch k {
	case kindOpen, kindReaders, kindCard, kindPresent, kindFiles, kindPINState, kindSign,
		kindCancel, kindBrowser, kindRemember, kindConclude, kindLeave, kindAnswer, kindProgress:
		return true
	}
	return false
}

type openBody struct {
	Module string `json:"module"` // absolute path
	Ahead  string `json:"ahead"`  // name of a reader whose card is to be opened at once; "": none
}

// readerBody is a reader.Reader.
type readerBody struct {
	Name    string `json:"name"`
	Present bool   `json:"present"`
	Label   string `json:"label"`
	Serial  string `json:"serial"`
}

func (b readerBody) reader() reader.Reader {
	return reader.Reader{Name: b.Name, Present: b.Present, Label: b.Label, Serial: b.Serial}
}

func readerBodyOf(r reader.Reader) readerBody {
	return readerBody{r.Name, r.Present, r.Label, r.Serial}
}

type infoBody struct {
	Path         string `json:"path"`
	Description  string `json:"description"`
	Manufacturer string `json:"manufacturer"`
	Version      string `json:"version"`
}

type readersBody struct {
	Readers []readerBody `json:"readers"`
}

type cardBody struct {
	Reader string `json:"reader"`
}

// cardAnswer is an open card. Its certificates were read once, when it was opened.
type cardAnswer struct {
	Handle       uint64     `json:"handle"` // the same while the card stays in
	Reader       readerBody `json:"reader"`
	Certificates [][]byte   `json:"certificates"` // DER
	// Places in Certificates; -1: the card has none that serves the purpose.
	Authentication int `json:"authentication"`
	Signature      int `json:"signature"`
}

type handleBody struct {
	Handle uint64 `json:"handle"`
}

type filesAnswer struct {
	Files *registry.Files `json:"files,omitempty"`
}

type pinStateBody struct {
	Place reader.PINPlace `json:"place"`
	Tries int             `json:"tries"`
	Min   int             `json:"min"`
	Max   int             `json:"max"`
}

type entryBody struct {
	Kind    EntryKind `json:"kind"`
	Site    string    `json:"site"`
	Digest  string    `json:"digest"`
	Lang    string    `json:"lang"`
	Host    string    `json:"host"`
	Program string    `json:"program"`
}

type signBody struct {
	Handle  uint64        `json:"handle"`
	Purpose certs.Purpose `json:"purpose"`
	Digest  []byte        `json:"digest"`
	Hash    crypto.Hash   `json:"hash"`
	Entry   entryBody     `json:"entry"`
}

type signAnswer struct {
	Signature []byte `json:"signature"` // as the module gave it
}

// concludeBody says what the parent made of a signature.
type concludeBody struct {
	Good bool `json:"good"` // the certificate verifies it
}

type cancelBody struct {
	Cause string `json:"cause"` // name of a condition
}

type progressBody struct {
	State api.State `json:"state"` // "": nothing for the person
	Tries int       `json:"tries"`
	URL   string    `json:"url"`
	Waits wait      `json:"waits"`
}

// wait is whom a signature waits for, which decides whose patience counts.
type wait string

const (
	forModule wait = ""       // Config.Deadline
	forPerson wait = "person" // the caller's; the module is free for other calls
	forKeypad wait = "keypad" // the caller's; the module is busy meanwhile
)

// body makes the body of a message.
func body(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing a message: %w", err)
	}
	return data, nil
}

// parseBody reads the body of a message into what its kind says.
func parseBody[T any](m message) (T, error) {
	var v T
	if err := exact.Decode(m.Body, &v); err != nil {
		return v, fmt.Errorf("%w: %s: %w", errMessage, m.Kind, err)
	}
	return v, nil
}

// parse reads the certificates of a card and checks what the child says of them.
func (a cardAnswer) parse() (list []*x509.Certificate, err error) {
	for _, der := range a.Certificates {
		cert, err := certs.Parse(der)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errMessage, err)
		}
		list = append(list, cert)
	}
	for p, at := range map[certs.Purpose]int{certs.Authentication: a.Authentication, certs.Signature: a.Signature} {
		if at == -1 {
			continue
		}
		if at < 0 || at >= len(list) || p.Check(list[at]) != nil {
			return nil, fmt.Errorf("%w: no certificate for %v", errMessage, p)
		}
	}
	return list, nil
}
