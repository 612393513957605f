package softcard

import (
	"errors"
	"fmt"

	"github.com/miekg/pkcs11"
)

// Bare signs with the fewest PKCS#11 calls that a card wants, and nothing of ours around
// them: what measurements compare with. Not safe for concurrent use.
type Bare struct {
	p       *pkcs11.Ctx
	session pkcs11.SessionHandle
}

// OpenBare opens a session on the inserted card.
func (d *Desk) OpenBare() (*Bare, error) {
	p := pkcs11.New(d.Module())
	if p == nil {
		return nil, ErrNoSoftHSM
	}
	if err := p.Initialize(); err != nil {
		p.Destroy()
		return nil, fmt.Errorf("initialising the module: %w", err)
	}
	b := &Bare{p: p}
	slots, err := p.GetSlotList(true)
	if err == nil && len(slots) == 0 {
		err = errors.New("no card is inserted")
	}
	if err == nil {
		b.session, err = p.OpenSession(slots[0], pkcs11.CKF_SERIAL_SESSION)
	}
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	return b, nil
}

// Sign signs with the signature key: C_Login, one search, C_SignInit, the key's own
// C_Login, C_Sign, C_Logout. input is what mechanism wants.
func (b *Bare) Sign(pin string, mechanism uint, input []byte) ([]byte, error) {
	p, s := b.p, b.session
	if err := p.Login(s, pkcs11.CKU_USER, pin); err != nil {
		return nil, fmt.Errorf("C_Login: %w", err)
	}
	defer p.Logout(s)
	if err := p.FindObjectsInit(s, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, "Signature"),
	}); err != nil {
		return nil, fmt.Errorf("C_FindObjectsInit: %w", err)
	}
	keys, _, err := p.FindObjects(s, 1)
	if err := errors.Join(err, p.FindObjectsFinal(s)); err != nil || len(keys) != 1 {
		return nil, fmt.Errorf("C_FindObjects: %d keys, %w", len(keys), err)
	}
	if err := p.SignInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, keys[0]); err != nil {
		return nil, fmt.Errorf("C_SignInit: %w", err)
	}
	if err := p.Login(s, pkcs11.CKU_CONTEXT_SPECIFIC, pin); err != nil {
		return nil, fmt.Errorf("C_Login for one signature: %w", err)
	}
	return p.Sign(s, input)
}

// Close ends the session and the module.
func (b *Bare) Close() {
	b.p.Finalize()
	b.p.Destroy()
}
