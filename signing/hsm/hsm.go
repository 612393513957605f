// Package hsm holds the key the mutuality seals with: a private key that never leaves
// its PKCS#11 module (OASIS PKCS #11 v2.40), used as a crypto.Signer.
//
//	Open   load the module, find token and key by name, log in, compare the key with
//	       the certificate, sign a probe
//	Sign   take a session of the pool, sign, give it back, verify with the certificate
//	lost   a token that was restarted or unplugged ends every session: the next caller
//	       finalizes the module and starts it again, with growing pauses between tries
//
// A call into a module cannot be interrupted. Each runs with a deadline; the caller goes
// on when it passes, and the session stays out of the pool until the module comes back.
// So at most Config.Sessions calls hang, whatever the module does.
//
// A token is named by label or serial number, never by slot: a slot number is another
// after each start. The PIN is read for each login and wiped after; the copy that the
// binding makes for C is freed by it without being wiped, and so may stay in the memory
// of this process.
//
// C_Initialize holds for the process: at most one Key is open for a module at a time.
package hsm

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/miekg/pkcs11"
)

// Conditions a caller branches on.
var (
	// ErrUnavailable means the token is away, busy or hangs: try again later. Nothing
	// was signed, or what was signed was not handed out.
	ErrUnavailable = errors.New("seal token is not available")
	// ErrModule means there is no PKCS#11 module at the path, or it is in use already.
	ErrModule = errors.New("seal module cannot be opened")
	// ErrNoToken means no token, or more than one, has the label or serial number.
	ErrNoToken = errors.New("no such seal token")
	// ErrNoKey means no private key, or more than one, has the label and id.
	ErrNoKey = errors.New("no such seal key")
	// ErrPIN means the token refused the PIN. It is never tried again by this Key: each
	// try counts against the token.
	ErrPIN = errors.New("seal token refuses the PIN")
	// ErrMismatch means the key of the token is not the one the certificate names.
	ErrMismatch = errors.New("seal key does not match its certificate")
	// ErrNotSupported means a kind of key, hash or padding this package does not use.
	ErrNotSupported = errors.New("seal key cannot sign this way")
	// ErrWrongSignature means the module gave a value that the certificate does not
	// verify. It is not handed out.
	ErrWrongSignature = errors.New("seal module gave a wrong signature")
	// ErrClosed means the Key was closed.
	ErrClosed = errors.New("seal key is closed")
)

// Config says which key, and how it is used.
type Config struct {
	// Module is the path of the PKCS#11 module. Required.
	Module string
	// Token is the label or the serial number of the token. Required.
	Token string
	// Label (CKA_LABEL) and ID (CKA_ID) name the key; at least one. Exactly one private
	// key of the token must have both that are given.
	Label string
	ID    []byte
	// PIN returns the user PIN. It is called at each login; what it returns is wiped
	// after. [PINFile] reads one from a file. Required.
	PIN func() ([]byte, error)
	// Certificate names the public key. RSA of at least 2048 bits, P-256 or P-384. Required.
	Certificate *x509.Certificate
	// Sessions is how many signatures are made at once. Zero: 2.
	Sessions int
	// Wait is how long Sign waits for a free session. Zero: 2 seconds.
	Wait time.Duration
	// Deadline is for one operation of the token, a start included. Zero: 5 seconds.
	Deadline time.Duration
	// Pause is the shortest and LongestPause the longest time between two tries to start a
	// module that does not start. Zero: 100 ms and 30 s.
	Pause, LongestPause time.Duration
	// Now is the clock of the pauses. Nil: time.Now.
	Now func() time.Time
	// Log is told when the token is lost and found. Nil: nothing is logged.
	Log *slog.Logger
}

// Key is a private key in a token; a crypto.Signer. Safe for concurrent use.
type Key struct {
	cfg    Config
	module *pkcs11.Ctx

	free     chan pkcs11.SessionHandle // the pool; stale handles while lost
	key      pkcs11.ObjectHandle       // belongs to whoever holds a session
	eachTime bool                      // as key: it wants the PIN for each signature

	turn    chan struct{} // held by whoever starts or ends the module
	started bool          // C_Initialize was called and not undone; belongs to the turn

	mu    sync.Mutex
	lost  bool  // sessions are stale, start before use
	fatal error // never to be tried again
	retry time.Time
	pause time.Duration

	counts counts
}

// Open finds the key and proves that it is the certificate's: by the token's public key
// where it shows one, and by a signature in any case. Close ends the use.
//
// Errors: ErrModule, ErrNoToken, ErrNoKey, ErrPIN, ErrMismatch, ErrNotSupported,
// ErrUnavailable, or what Config lacks.
func Open(ctx context.Context, c Config) (*Key, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("opening the seal key: %w", err)
	}
	module, err := load(c.Module)
	if err != nil {
		return nil, fmt.Errorf("opening the seal key: %w", err)
	}
	k := &Key{cfg: c, module: module, lost: true, turn: make(chan struct{}, 1), free: make(chan pkcs11.SessionHandle, c.Sessions)}
	for range c.Sessions {
		k.free <- 0
	}
	if err := k.first(ctx); err != nil {
		return nil, fmt.Errorf("opening the seal key: %w", errors.Join(err, k.Close()))
	}
	return k, nil
}

// first starts the module and signs a probe: bytes that no document's digest can be told
// from, and whose signature nobody sees.
func (k *Key) first(ctx context.Context) error {
	if err := k.start(ctx); err != nil {
		return err
	}
	hash := hashOf(k.cfg.Certificate.PublicKey)
	h := hash.New()
	io.WriteString(h, "guichet: is this the key of the certificate?")
	_, err := k.sign(ctx, h.Sum(nil), hash, nil)
	if errors.Is(err, ErrWrongSignature) {
		return ErrMismatch
	}
	return err
}

// check fills in what is left out.
func (c *Config) check() error {
	switch {
	case c.Module == "" || c.Token == "" || c.PIN == nil || c.Certificate == nil:
		return errors.New("module, token, PIN and certificate are required")
	case c.Label == "" && len(c.ID) == 0:
		return errors.New("label or id of the key is required")
	case hashOf(c.Certificate.PublicKey) == 0:
		return fmt.Errorf("%w: RSA of 2048 bits, P-256 and P-384 are known", ErrNotSupported)
	case c.Sessions < 0 || c.Sessions > maxSessions:
		return fmt.Errorf("%d sessions: between 1 and %d", c.Sessions, maxSessions)
	}
	c.ID = bytes.Clone(c.ID)
	if c.Sessions == 0 {
		c.Sessions = 2
	}
	for field, usual := range map[*time.Duration]time.Duration{
		&c.Wait: 2 * time.Second, &c.Deadline: 5 * time.Second, &c.Pause: 100 * time.Millisecond, &c.LongestPause: 30 * time.Second,
	} {
		if *field == 0 {
			*field = usual
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// maxSessions bounds the pool: a token rarely gains from more.
const maxSessions = 64

// Public returns the public key of the certificate.
func (k *Key) Public() crypto.PublicKey { return k.cfg.Certificate.PublicKey }

// Sign is SignContext without a context; the bounds of Config hold. The token makes its
// own randomness: rand is not used.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.SignContext(context.Background(), digest, opts)
}

// SignContext signs a digest: PKCS#1 v1.5, or PSS where opts are *rsa.PSSOptions; ECDSA
// in ASN.1 DER. What it returns has been verified with the certificate.
//
// Errors: ErrUnavailable (try again), ErrNotSupported, ErrWrongSignature, ErrPIN, ErrClosed.
func (k *Key) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.SignChecked(ctx, digest, opts, nil)
}

// SignChecked is SignContext for a caller that verifies the value where it ends up, in the
// finished file: check takes the place of the verification here, so that it is done once.
// An error of check means that the certificate does not verify the value: it counts as
// ErrWrongSignature, which wraps it, and the value is not returned. The session is free
// by then. A nil check is that of SignContext.
func (k *Key) SignChecked(ctx context.Context, digest []byte, opts crypto.SignerOpts, check func(value []byte) error) ([]byte, error) {
	start := time.Now() // a stopwatch, not the clock of the pauses
	value, err := k.sign(ctx, digest, opts, check)
	if err != nil {
		k.counts.refused(err)
		return nil, fmt.Errorf("sealing: %w", err)
	}
	k.counts.signed(time.Since(start))
	return value, nil
}

func (k *Key) sign(ctx context.Context, digest []byte, opts crypto.SignerOpts, check func(value []byte) error) ([]byte, error) {
	m, err := mechanismFor(k.Public(), digest, opts)
	if err != nil {
		return nil, err
	}
	session, err := k.take(ctx)
	if err != nil {
		return nil, err
	}
	value, err := k.use(ctx, session, func() ([]byte, error) { return k.call(session, m) })
	if err != nil {
		return nil, err
	}
	if value, err = m.encoded(k.Public(), value); err != nil {
		return nil, err
	}
	if check == nil {
		check = func(value []byte) error { return m.verify(k.Public(), digest, value) }
	}
	if err := check(value); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrongSignature, err)
	}
	return value, nil
}

// call is one signature inside the module.
func (k *Key) call(session pkcs11.SessionHandle, m operation) ([]byte, error) {
	if err := k.module.SignInit(session, []*pkcs11.Mechanism{m.mechanism}, k.key); err != nil {
		return nil, err
	}
	if k.eachTime { // CKA_ALWAYS_AUTHENTICATE (v2.40, 4.9)
		if err := k.tell(session, pkcs11.CKU_CONTEXT_SPECIFIC); err != nil {
			return nil, err
		}
	}
	return k.module.Sign(session, m.input)
}
