package reader

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/certs/registry"
)

// maxCertificates bounds how many certificates of a card are read: a Belgian one has four.
const maxCertificates = 16

// Card is an inserted identity card. It is safe for concurrent use. After
// ErrCardRemoved every call that asks the card fails the same way, also when the card
// is back; Close it and open another. The certificates were read when it was opened:
// that takes a Belgian card one to three seconds on a real reader, so keep it open.
type Card struct {
	module *Module
	reader Reader
	certs  []cardCertificate

	// These two belong to whoever has the module's turn.
	session    pkcs11.SessionHandle
	unfinished bool // a signature began on the session and did not end

	removed atomic.Bool
	closed  atomic.Bool
}

// cardCertificate is a certificate object. Its id, whatever its length, is what ties
// it to its keys.
type cardCertificate struct {
	label string
	id    []byte
	cert  *x509.Certificate
	// Known once a key was asked for; with the module's turn only.
	matched bool // the public key on the card is the certificate's
	hidden  bool // the module shows the private key after a login only
}

// Card opens the one inserted identity card. A card that is none, left in a second
// reader, is no reason to stop. Errors: ErrNoReader, ErrNoCard, ErrSeveralCards,
// ErrUnknownCard, ErrCardRemoved.
func (m *Module) Card(ctx context.Context) (*Card, error) {
	readers, err := m.Readers(ctx)
	if err != nil {
		return nil, err
	}
	var found *Card
	last := ErrNoCard
	for _, r := range readers {
		if !r.Present {
			continue
		}
		card, err := m.open(ctx, r)
		switch {
		case err != nil:
			last = err
		case found != nil:
			return nil, errors.Join(ErrSeveralCards, found.Close(), card.Close())
		default:
			found = card
		}
	}
	if found == nil {
		return nil, last
	}
	return found, nil
}

// CardIn opens the card in the reader of that name (or, failing that, the card whose
// token has that label). Errors: as [Module.Card].
func (m *Module) CardIn(ctx context.Context, name string) (*Card, error) {
	readers, err := m.Readers(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range readers {
		if r.Name != name {
			continue
		}
		if !r.Present {
			return nil, ErrNoCard
		}
		return m.open(ctx, r)
	}
	for _, r := range readers {
		if r.Present && r.Label != "" && r.Label == name {
			return m.open(ctx, r)
		}
	}
	return nil, fmt.Errorf("reader %q: %w", name, ErrNoReader)
}

func (m *Module) open(ctx context.Context, r Reader) (*Card, error) {
	return call(ctx, m, func(lib library) (*Card, error) {
		card := &Card{module: m, reader: r}
		if err := card.open(lib); err != nil {
			return nil, err
		}
		return card, nil
	}, func(lib library, card *Card) { lib.CloseSession(card.session) })
}

func (c *Card) open(lib library) (err error) {
	c.session, err = lib.OpenSession(c.reader.slot, pkcs11.CKF_SERIAL_SESSION)
	if is(err, pkcs11.CKR_TOKEN_NOT_RECOGNIZED) {
		return ErrUnknownCard // nothing vague about a card that was never open
	}
	if err != nil {
		return c.explain(lib, "opening the card", err)
	}
	c.certs, err = readCertificates(lib, c.session)
	if err == nil {
		err = known(lib, c.session, c.certs)
	}
	if err != nil {
		err = c.explain(lib, "opening the card", err)
		lib.CloseSession(c.session)
	}
	return err
}

// known refuses a card that can neither authenticate nor say who its holder is. Cards
// without any certificate exist (small children): they still have identity files.
func known(lib library, session pkcs11.SessionHandle, list []cardCertificate) error {
	if choose(list, certs.Authentication) != nil {
		return nil
	}
	file, err := readFile(lib, session, identityFile)
	if err != nil {
		return err
	}
	if file == nil {
		return ErrUnknownCard
	}
	return nil
}

func readCertificates(lib library, session pkcs11.SessionHandle) ([]cardCertificate, error) {
	objects, err := find(lib, session, pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_CERTIFICATE))
	if err != nil {
		return nil, err
	}
	if len(objects) > maxCertificates {
		return nil, errTooManyObjects
	}
	var list []cardCertificate
	for _, object := range objects {
		v, err := attributes(lib, session, object, pkcs11.CKA_LABEL, pkcs11.CKA_ID, pkcs11.CKA_VALUE)
		if err != nil {
			return nil, err
		}
		cert, err := certs.Parse(registry.TrimDER(v[2]))
		if err != nil {
			continue // an empty file, or a kind of certificate we have no use for
		}
		list = append(list, cardCertificate{label: string(v[0]), id: v[1], cert: cert})
	}
	return list, nil
}

// labels are the names that Belgian cards give the two certificates and their keys.
var labels = map[certs.Purpose]string{certs.Authentication: "Authentication", certs.Signature: "Signature"}

// choose finds the certificate for p: by label, else the first that may serve p. A
// label alone convinces nobody: the certificate must be made for the purpose.
func choose(list []cardCertificate, p certs.Purpose) *cardCertificate {
	var fits *cardCertificate
	for i := range list {
		c := &list[i]
		if c.cert.IsCA || p.Check(c.cert) != nil {
			continue
		}
		if c.label == labels[p] {
			return c
		}
		if fits == nil {
			fits = c
		}
	}
	return fits
}

func (c *Card) certificate(p certs.Purpose) (*cardCertificate, error) {
	switch found := choose(c.certs, p); {
	case labels[p] == "":
		return nil, fmt.Errorf("a card has no key for %v: %w", p, ErrNotSupported)
	case found != nil:
		return found, nil
	case p == certs.Signature:
		return nil, ErrNoSignatureCertificate
	}
	return nil, ErrNoAuthenticationCertificate
}

// Certificate returns the certificate for certs.Authentication or certs.Signature. It
// is unverified: only parsed and of the right purpose. Errors:
// ErrNoSignatureCertificate, ErrNoAuthenticationCertificate.
func (c *Card) Certificate(p certs.Purpose) (*x509.Certificate, error) {
	found, err := c.certificate(p)
	if err != nil {
		return nil, err
	}
	return found.cert, nil
}

// Certificates returns all certificates on the card, unverified: the holder's one or
// two, their issuer, the root. A Belgian card has at most four.
func (c *Card) Certificates() []*x509.Certificate {
	var list []*x509.Certificate
	for _, held := range c.certs {
		list = append(list, held.cert)
	}
	return list
}

// Issuers returns the CA certificates on the card, candidates for path building.
func (c *Card) Issuers() []*x509.Certificate {
	var list []*x509.Certificate
	for _, held := range c.certs {
		if held.cert.IsCA {
			list = append(list, held.cert)
		}
	}
	return list
}

// Reader returns the reader that holds the card, as it was when the card was opened.
func (c *Card) Reader() Reader { return c.reader }

// Present reports whether the card is still there: nil or ErrCardRemoved (or why the
// module could not tell).
func (c *Card) Present(ctx context.Context) error {
	_, err := ask(ctx, c, "looking for the card", func(lib library) (struct{}, error) {
		return struct{}{}, c.sameCard(lib)
	})
	return err
}

// sameCard keeps the PIN of one card from another that was put in while it was typed. A
// session dies with its card; a module that notices late is caught by the serial.
func (c *Card) sameCard(lib library) error {
	_, err := c.sameToken(lib)
	return err
}

// sameToken is sameCard with what the token says of itself now.
func (c *Card) sameToken(lib library) (token pkcs11.TokenInfo, err error) {
	if token, err = look(lib, c.reader.slot); err != nil {
		if errors.Is(err, pkcs11.Error(pkcs11.CKR_TOKEN_NOT_RECOGNIZED)) {
			err = pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED) // this card was recognized: another lies in its place
		}
		return token, err
	}
	if c.reader.Serial != "" && trim(token.SerialNumber) != c.reader.Serial {
		return token, pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED)
	}
	_, err = lib.GetSessionInfo(c.session)
	return token, err
}

// renew takes a fresh session: PKCS#11 v2.40 knows no other way to end a signature that
// began and came to nothing. The old session is alive afterwards, so the new one is on
// the same card.
func (c *Card) renew(lib library) error {
	fresh, err := lib.OpenSession(c.reader.slot, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		return err
	}
	if err := c.sameCard(lib); err != nil {
		lib.CloseSession(fresh)
		return err
	}
	lib.CloseSession(c.session)
	c.session, c.unfinished = fresh, false
	return nil
}

// Close ends the card's session. Closing twice, or after the card left, is no error.
func (c *Card) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	_, err := call(ctx, c.module, func(lib library) (struct{}, error) {
		return struct{}{}, lib.CloseSession(c.session)
	}, nil)
	err = explain("closing the card", err)
	if errors.Is(err, ErrCardRemoved) || errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// ask is call for a card: it remembers that the card is gone.
func ask[T any](ctx context.Context, c *Card, doing string, f func(library) (T, error)) (T, error) {
	var none T
	if c.closed.Load() {
		return none, ErrClosed
	}
	if c.removed.Load() {
		return none, ErrCardRemoved
	}
	value, err := call(ctx, c.module, func(lib library) (T, error) {
		value, err := f(lib)
		err = c.explain(lib, doing, err)
		if errors.Is(err, ErrCardRemoved) {
			c.removed.Store(true)
		}
		return value, err
	}, nil)
	if err != nil {
		return none, err
	}
	return value, nil
}
