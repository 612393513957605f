package hsm_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"testing"

	"guichet.example/signing/hsm"
	"guichet.example/signing/hsm/hsmtest"
)

// The caller's check takes the place of the key's own: it sees each value once, as it
// would be returned, and one that it refuses is not returned and counts as wrong.
func TestSignChecked(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	c.Sessions = 1
	k := open(t, c)
	var seen []byte
	value, err := k.SignChecked(t.Context(), digest[:], crypto.SHA256, func(value []byte) error {
		if seen != nil {
			t.Error("check is called twice")
		}
		seen = bytes.Clone(value)
		if busy := k.Stats().InUse; busy != 0 {
			t.Errorf("%d sessions are held while the caller checks", busy)
		}
		return nil
	})
	if err != nil || !bytes.Equal(value, seen) || !ecdsa.VerifyASN1(c.Certificate.PublicKey.(*ecdsa.PublicKey), digest[:], value) {
		t.Fatalf("SignChecked = %x, %v; check saw %x", value, err, seen)
	}
	false := errors.New("the file does not verify")
	value, err = k.SignChecked(t.Context(), digest[:], crypto.SHA256, func([]byte) error { return false })
	if !errors.Is(err, hsm.ErrWrongSignature) || !errors.Is(err, false) || value != nil {
		t.Errorf("refused by the caller: SignChecked = %x, %v", value, err)
	}
	if s := k.Stats(); s.Signatures != 1 || s.Failures.Wrong != 1 {
		t.Errorf("Stats = %+v, want one signature and a wrong one", s)
	}
}

// A key that another one was put in place of, behind our back, gives nothing: neither
// with a check that looks nor with the key's own.
func TestSignCheckedByOtherKey(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.RSA2048})
	k := open(t, c)
	own := *c.Certificate.PublicKey.(*rsa.PublicKey)
	*c.Certificate.PublicKey.(*rsa.PublicKey) = *mustRSA(t)
	defer func() { *c.Certificate.PublicKey.(*rsa.PublicKey) = own }()
	for name, check := range map[string]func([]byte) error{
		"own": nil,
		"caller's": func(value []byte) error {
			return rsa.VerifyPKCS1v15(c.Certificate.PublicKey.(*rsa.PublicKey), crypto.SHA256, digest[:], value)
		},
	} {
		if value, err := k.SignChecked(t.Context(), digest[:], crypto.SHA256, check); !errors.Is(err, hsm.ErrWrongSignature) || value != nil {
			t.Errorf("%s check: SignChecked = %x, %v; want ErrWrongSignature", name, value, err)
		}
	}
}
