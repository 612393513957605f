// Package remote keeps PKCS#11 modules out of the program: each runs in a child process
// (this same program, started again), which is killed when a module hangs, started anew
// when it crashes, and in which alone a PIN is ever typed.
//
// The flow is Open → Set.Card → Card.Certificate, Card.Identity or Card.Sign. A [Set]
// makes one thing of several modules: readers of one name are one reader, a card seen
// through two modules is one card, and a module is asked only when those before it do
// not know the card or fail.
//
// Parent and child speak over a socket pair: a frame is a length and a JSON message, both
// ways bounded, with file descriptors beside it (a browser's connection, unread; the
// descriptor that holds a PIN, unread). What comes back is not believed: the parent
// verifies every signature against the certificate, before the page may say that all went
// well, and every identity file under the registry's signature.
//
// After a signature the child is retired: a fresh one is started at once and opens the
// inserted card ahead, the old one tells the page how it ended and exits. So a PIN lives
// in one process, for one operation.
package remote

import (
	"crypto"
	"log/slog"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// Config says which modules there are and how their processes run.
type Config struct {
	Modules  []string         // paths, most trusted first; empty: reader.FindModules()
	Program  []string         // command line of the child, which must call Main; empty: this program itself
	Deadline time.Duration    // of a call that waits for no person, after which the child is killed and started again; 0: 20 s
	Now      func() time.Time // for the validity of the registry's certificate; nil: time.Now
	Log      *slog.Logger     // a child that ended or was killed; nil: none
}

// ModuleHealth is how one module fares.
type ModuleHealth struct {
	Path     string
	Info     reader.ModuleInfo // empty when Err is not nil
	Readers  []reader.Reader   // that this module sees; empty when it sees none
	Err      error             // why the module does not answer; nil: it does
	Kills    int               // children killed because a call hung
	Restarts int               // children started in place of one that crashed or was killed
}

// EntryKind is where a PIN is typed when the card's token leaves that to us.
type EntryKind int

// None refuses with reader.ErrCancelled when a PIN would have to be asked.
const (
	None       EntryKind = iota
	Page                 // a page that the child serves
	Pinentry             // a window of GnuPG's pinentry
	Terminal             // the controlling terminal
	Descriptor           // one line from an open file descriptor
)

// Entry says where the PIN is typed, and what the person is told there.
type Entry struct {
	Kind       EntryKind
	Site       string  // origin shown to the person; "" on the command line
	Digest     string  // api.ShortDigest shown beside the purpose; "" for a login
	Lang       string  // fr, nl, de, en
	Host       string  // Page: "localhost:8081", where the parent accepts connections for Browser; "": the child listens on a loopback port of its own
	Program    string  // Pinentry: path; "": pinentry.Find()
	Descriptor uintptr // Descriptor: of this process; passed on unread, once
}

// SignRequest is one signature.
type SignRequest struct {
	Purpose certs.Purpose  // certs.Authentication or certs.Signature
	Digest  []byte         // as long as Hash says
	Hash    crypto.Hash    // SHA-256, SHA-384 or SHA-512
	Entry   Entry          // used when the token has neither keypad nor window of its own
	Tell    func(Progress) // called in order, by one goroutine; nil: nobody is told
}

// Progress is how a signature stands.
type Progress struct {
	State api.State // PINPage, PINWindow, PINKeypad, PINWrong, Checking, Signing
	Tries int       // PIN tries left; -1 when not known or of no matter
	URL   string    // of the PIN page, with PINPage and PINWrong of a Page entry
}
