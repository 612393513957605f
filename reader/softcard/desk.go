// Package softcard makes identity cards of SoftHSM2 tokens, laid out like a Belgian
// eID, and readers of folders, so that tests and the demonstration take the real
// PKCS#11 path without hardware.
//
// SoftHSM2 keeps keys and signs, yet its tokens never leave and its PINs never lock. A
// small module in C stands before it (proxy/module.c draws the folders): a reader is a
// folder, the card in it a file that names a token. Make a [Desk], add every card, open
// [Desk.Module] with reader.Open, then put cards in and take them out; it works from
// any process that can see the folder. Without the proxy and without a C compiler the
// same tokens are had from SoftHSM2 itself; cards then stay in.
//
// The proxy speaks as the middleware that a [Dialect] describes, fails as [Desk.Fail]
// says, has PINs typed by [Desk.Type] on keypads and in windows, and tells what
// happened by [Desk.Journal] and [Desk.Events].
package softcard

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

var (
	// ErrNoSoftHSM means libsofthsm2.so (Debian package softhsm2) is not installed.
	ErrNoSoftHSM = errors.New("SoftHSM2 is not installed")
	// ErrUnknownName means no card of that name was added.
	ErrUnknownName = errors.New("no such card on this desk")
	// ErrCardStays means there is no proxy module, so cards cannot be taken out.
	ErrCardStays = errors.New("without the proxy module a card stays in")
)

// MaxTries is how many wrong PINs block a card (Belgian eID: three).
const MaxTries = 3

// ReaderName is the one reader of a new desk.
const ReaderName = "Soft Reader"

// cardName keeps names usable as file and token label.
var cardName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// Desk is a set of readers and cards below one directory. It is safe for concurrent
// use, and several programs may use one directory.
type Desk struct {
	dir   string
	proxy bool

	mu         sync.Mutex
	inserted   string  // what Insert was told; used only without proxy
	dialect    Dialect // what Speak was told
	faults     []Fault // what Fail was told
	generation string  // of the control file
	typed      int     // answers given by Type
}

// NewDesk makes, or finds again, the SoftHSM2 configuration and token store in dir,
// and one reader, "Soft Reader"; it copies SoftHSM2 and the proxy module there, so that
// two desks share nothing. dir is made if missing. Errors: ErrNoSoftHSM.
func NewDesk(dir string) (*Desk, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("naming the desk: %w", err)
	}
	d := &Desk{dir: dir}
	for _, sub := range []string{"tokens", "cards", "typed", "fired", "readers/" + ReaderName} {
		if err := os.MkdirAll(d.path(sub), 0o700); err != nil {
			return nil, fmt.Errorf("making the desk: %w", err)
		}
	}
	if err := d.installSoftHSM(); err != nil {
		return nil, err
	}
	if err := d.installProxy(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Desk) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

func (d *Desk) installSoftHSM() error {
	conf := "directories.tokendir = " + d.path("tokens") + "\nobjectstore.backend = file\nlog.level = ERROR\n"
	if err := os.WriteFile(d.path("softhsm2.conf"), []byte(conf), 0o600); err != nil {
		return fmt.Errorf("writing the SoftHSM2 configuration: %w", err)
	}
	lib, err := findSoftHSM()
	if err != nil {
		return err
	}
	return install(lib, d.path("softhsm2.so"))
}

func (d *Desk) installProxy() error {
	built, err := Build(d.dir)
	if errors.Is(err, ErrNoProxy) {
		return os.Setenv("SOFTHSM2_CONF", d.path("softhsm2.conf"))
	}
	if err != nil {
		return err
	}
	d.proxy = true
	return install(built, d.path(ProxyName))
}

// findSoftHSM looks where distributions put the library.
func findSoftHSM() (string, error) {
	for _, pattern := range []string{
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/*/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so",
		"/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so",
		"/opt/homebrew/lib/softhsm/libsofthsm2.so",
	} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0], nil
		}
	}
	return "", ErrNoSoftHSM
}

// install copies a library: a link would not do, since the loader takes two names of one
// file for one library. One that is there and differs is replaced by a new file, so that
// a program which has the old one loaded keeps it.
func install(from, to string) error {
	library, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copying a library: %w", err)
	}
	if there, err := os.ReadFile(to); err == nil && bytes.Equal(there, library) {
		return nil
	}
	temp := to + ".new"
	if err := os.WriteFile(temp, library, 0o700); err != nil {
		return fmt.Errorf("copying a library: %w", err)
	}
	if err := os.Rename(temp, to); err != nil {
		return fmt.Errorf("copying a library: %w", err)
	}
	return nil
}

// Module is the path for reader.Open: the proxy, or SoftHSM2 itself without one.
func (d *Desk) Module() string {
	if d.proxy {
		return d.path(ProxyName)
	}
	return d.path("softhsm2.so")
}

// CanMove reports whether cards come and go: the proxy is there.
func (d *Desk) CanMove() bool { return d.proxy }

// Reader is the name for reader.Module.CardIn that means the inserted card: the
// reader's, or without proxy, where every card is in at once, the card's own.
func (d *Desk) Reader() string {
	if d.proxy {
		return ReaderName
	}
	return d.Inserted()
}

// Cards returns the names of the cards, sorted.
func (d *Desk) Cards() ([]string, error) {
	files, err := fs.Glob(os.DirFS(d.path("cards")), "*.tries")
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, ".tries")
	}
	return files, err
}

// Tries returns how many PIN tries the card has left, at most MaxTries. Without the
// proxy nothing counts them and it is always MaxTries. Errors: ErrUnknownName.
func (d *Desk) Tries(name string) (int, error) {
	if !cardName.MatchString(name) {
		return 0, ErrUnknownName
	}
	text, err := os.ReadFile(d.path("cards/" + name + ".tries"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, ErrUnknownName
	}
	if err != nil {
		return 0, fmt.Errorf("reading tries: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("reading tries: %w", err)
	}
	return n, nil
}

// ResetTries unblocks the card, as the town hall would. Errors: ErrUnknownName.
func (d *Desk) ResetTries(name string) error {
	if _, err := d.Tries(name); err != nil {
		return err
	}
	return d.writeTries(name, MaxTries)
}

// SetTries leaves the card that many tries, 0 to MaxTries. Errors: ErrUnknownName.
func (d *Desk) SetTries(name string, n int) error {
	if _, err := d.Tries(name); err != nil {
		return err
	}
	if n < 0 || n > MaxTries {
		return fmt.Errorf("%d tries: want 0 to %d", n, MaxTries)
	}
	return d.writeTries(name, n)
}

func (d *Desk) writeTries(name string, n int) error {
	return d.writeChip(name, "tries", strconv.Itoa(n))
}

// writeChip writes what the proxy takes for the card's chip.
func (d *Desk) writeChip(name, what, value string) error {
	return d.replace("cards/"+name+"."+what, value+"\n")
}
