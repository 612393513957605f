package hsmtest

import (
	"errors"
	"fmt"

	"github.com/miekg/pkcs11"
)

// Bare signs with C_SignInit and C_Sign and nothing of ours around them: what
// measurements compare with. It has a SoftHSM2 of its own beside that of [Folder.Module],
// on the same tokens.
type Bare struct {
	lib       *pkcs11.Ctx
	sessions  []pkcs11.SessionHandle
	key       pkcs11.ObjectHandle
	mechanism uint
}

// Bare opens so many sessions for the only key of the token's name. kind says how it signs.
func (f *Folder) Bare(token, pin string, kind Kind, sessions int) (*Bare, error) {
	lib, err := library()
	if err == nil {
		err = install(lib, f.path("bare.so"))
	}
	if err != nil {
		return nil, fmt.Errorf("copying SoftHSM2: %w", err)
	}
	b := &Bare{lib: pkcs11.New(f.path("bare.so")), mechanism: pkcs11.CKM_ECDSA}
	if b.lib == nil {
		return nil, ErrNoSoftHSM
	}
	if kind == RSA2048 {
		b.mechanism = pkcs11.CKM_RSA_PKCS
	}
	if err := b.open(token, pin, sessions); err != nil {
		b.Close()
		return nil, fmt.Errorf("opening sessions: %w", err)
	}
	return b, nil
}

func (b *Bare) open(token, pin string, sessions int) error {
	if err := b.lib.Initialize(); err != nil {
		return err
	}
	slots, err := b.lib.GetSlotList(true)
	if err != nil {
		return err
	}
	for _, slot := range slots {
		if info, err := b.lib.GetTokenInfo(slot); err != nil || info.Label != token {
			continue
		}
		for range sessions {
			s, err := b.lib.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION)
			if err != nil {
				return err
			}
			b.sessions = append(b.sessions, s)
		}
	}
	if len(b.sessions) != sessions {
		return errors.New("no token, or more than one, has that label")
	}
	if err := b.lib.Login(b.sessions[0], pkcs11.CKU_USER, pin); err != nil {
		return err
	}
	if err := b.lib.FindObjectsInit(b.sessions[0], []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY)}); err != nil {
		return err
	}
	keys, _, err := b.lib.FindObjects(b.sessions[0], 1)
	if err := errors.Join(err, b.lib.FindObjectsFinal(b.sessions[0])); err != nil || len(keys) == 0 {
		return fmt.Errorf("%d keys: %w", len(keys), err)
	}
	b.key = keys[0]
	return nil
}

// Sign signs input in the session of that number: a DigestInfo for RSA, a digest for EC.
// A session serves one caller at a time.
func (b *Bare) Sign(session int, input []byte) ([]byte, error) {
	s := b.sessions[session]
	if err := b.lib.SignInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(b.mechanism, nil)}, b.key); err != nil {
		return nil, err
	}
	return b.lib.Sign(s, input)
}

// Close ends the sessions and the module.
func (b *Bare) Close() {
	b.lib.Finalize()
	b.lib.Destroy()
}
