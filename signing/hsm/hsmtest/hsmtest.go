// Package hsmtest keeps tokens in SoftHSM2 for tests and the demonstration: keys are made
// inside the token, as in a real module, and can be taken away and put back.
package hsmtest

import (
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/miekg/pkcs11"
)

// ErrNoSoftHSM means libsofthsm2.so (Debian package softhsm2) is not installed.
var ErrNoSoftHSM = errors.New("SoftHSM2 is not installed")

// Folder is a token store with a SoftHSM2 of its own: a copy of the library, so that two
// folders share nothing in a process.
type Folder struct{ dir string }

// making lets one token be made at a time: SoftHSM2 finds its configuration by the
// environment, which all share.
var making sync.Mutex

// New makes, or finds again, the token store in dir, and points SOFTHSM2_CONF of this
// process to it for good: the module reads it at each start. ErrNoSoftHSM.
func New(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("naming the token store: %w", err)
	}
	f := &Folder{dir}
	if err := os.MkdirAll(f.path("tokens"), 0o700); err != nil {
		return nil, fmt.Errorf("making the token store: %w", err)
	}
	conf := "directories.tokendir = " + f.path("tokens") + "\nobjectstore.backend = file\nlog.level = ERROR\n"
	if err := os.WriteFile(f.path("softhsm2.conf"), []byte(conf), 0o600); err != nil {
		return nil, fmt.Errorf("writing the SoftHSM2 configuration: %w", err)
	}
	lib, err := library()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"softhsm2.so", "maker.so"} {
		if err := install(lib, f.path(name)); err != nil {
			return nil, fmt.Errorf("copying SoftHSM2: %w", err)
		}
	}
	return f, os.Setenv("SOFTHSM2_CONF", f.path("softhsm2.conf"))
}

func (f *Folder) path(name string) string { return filepath.Join(f.dir, name) }

// Module is the path of the PKCS#11 module.
func (f *Folder) Module() string { return f.path("softhsm2.so") }

// library looks where distributions put it.
func library() (string, error) {
	for _, pattern := range []string{
		"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
		"/usr/lib64/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so",
	} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0], nil
		}
	}
	return "", ErrNoSoftHSM
}

// install copies a library once: the loader takes two names of one file for one library.
func install(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o700)
}

// Spec says which key to make.
type Spec struct {
	Token string // label of the new token
	PIN   string
	Label string // CKA_LABEL
	ID    []byte // CKA_ID
	Kind  Kind
	// Hidden leaves no public key in the token.
	Hidden bool
	// Twice makes a second key of the same name.
	Twice bool
	// EachTime makes a key that wants the PIN for each signature.
	EachTime bool
	// Empty makes a token without a key.
	Empty bool
}

// Kind of a key.
type Kind int

// The kinds of key.
const (
	RSA2048 Kind = iota
	P256
	P384
)

// Make makes a token with one key and returns its public key, nil for an empty token. An open module does not see
// it before it is started again.
func (f *Folder) Make(s Spec) (crypto.PublicKey, error) {
	making.Lock()
	defer making.Unlock()
	lib := pkcs11.New(f.path("maker.so"))
	if lib == nil {
		return nil, ErrNoSoftHSM
	}
	defer lib.Destroy()
	if err := lib.Initialize(); err != nil {
		return nil, fmt.Errorf("starting SoftHSM2: %w", err)
	}
	defer lib.Finalize()
	session, err := newToken(lib, s)
	if err != nil {
		return nil, fmt.Errorf("making token %s: %w", s.Token, err)
	}
	if s.Empty {
		return nil, nil
	}
	public, err := generate(lib, session, s)
	if err == nil && s.Twice {
		_, err = generate(lib, session, s)
	}
	if err != nil {
		return nil, fmt.Errorf("making key %s: %w", s.Label, err)
	}
	return public, nil
}

// newToken initialises the free slot that SoftHSM2 always keeps and returns a session
// logged in as its user.
func newToken(lib *pkcs11.Ctx, s Spec) (pkcs11.SessionHandle, error) {
	slots, err := lib.GetSlotList(true)
	if err != nil {
		return 0, err
	}
	slot := slots[len(slots)-1]
	officer := rand.Text() // nobody needs it again
	if err := lib.InitToken(slot, officer, s.Token); err != nil {
		return 0, err
	}
	session, err := lib.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		return 0, err
	}
	return session, errors.Join(
		lib.Login(session, pkcs11.CKU_SO, officer), lib.InitPIN(session, s.PIN), lib.Logout(session),
		lib.Login(session, pkcs11.CKU_USER, s.PIN))
}

// Take moves every token away, as if the device were unplugged; back puts them back.
func (f *Folder) Take() (back func() error, err error) {
	away := f.path("away")
	if err := os.Rename(f.path("tokens"), away); err != nil {
		return nil, err
	}
	return func() error { return os.Rename(away, f.path("tokens")) }, nil
}
