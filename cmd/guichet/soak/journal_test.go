package soak

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
)

// journal is a file of JSON lines. A line is on disk when write returns.
type journal[T any] struct {
	mu   sync.Mutex
	file *os.File
}

// record is a line of what a member asked, or was told. She asks before she is told;
// being told is the acknowledgement that nothing may take back.
type record struct {
	Do          deed   `json:"do"`
	Told        bool   `json:"told"`
	Member      string `json:"member"`
	Form        string `json:"form,omitempty"`        // idempotency key of a form
	Request     string `json:"request,omitempty"`     //
	Drawn       string `json:"drawn,omitempty"`       // SHA-256 of the document she read
	Preparation string `json:"preparation,omitempty"` //
	Digest      []byte `json:"digest,omitempty"`      // what she was told her card would sign
	Value       []byte `json:"value,omitempty"`       // what her card made of it
	Document    string `json:"document,omitempty"`    //
	SHA256      string `json:"sha256,omitempty"`      // of the document as it came down, or of a row noted
	Core        string `json:"core,omitempty"`        // of the document: what raising it may not change
	Final       bool   `json:"final,omitempty"`       // the document has its evidence in it: it changes no more
}

// deed is what a member does.
type deed string

const (
	signIn   deed = "sign-in"
	freeze   deed = "freeze" // send the form whose answers become a request
	read     deed = "read"   // the drawn document
	prepare  deed = "prepare"
	complete deed = "complete"
	decline  deed = "decline"
	withdraw deed = "withdraw"
	fetch    deed = "fetch" // the document from the vault
	noted    deed = "noted" // a head of the audit chain, kept elsewhere
)

// signed is a line of what a card signed.
type signed struct {
	Member string `json:"member"`
	Digest []byte `json:"digest"`
	Value  []byte `json:"value"`
}

func newJournal[T any](t *testing.T, path string) *journal[T] {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &journal[T]{file: file}
}

// write adds a line and waits until it is on disk.
func (j *journal[T]) write(line T) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

// lines reads the journal back from disk.
func (j *journal[T]) lines(t *testing.T) []T {
	t.Helper()
	f, err := os.Open(j.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		var line T
		err := d.Decode(&line)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
}
