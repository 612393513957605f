package hsm_test

import (
	"crypto"
	"errors"
	"testing"

	"guichet.example/signing/hsm"
	"guichet.example/signing/hsm/hsmtest"
)

func openToken(t *testing.T, c hsm.Config) *hsm.Token {
	t.Helper()
	token, err := hsm.OpenToken(c.Module, c.Token, c.PIN)
	if err != nil {
		t.Fatalf("OpenToken: %v", err)
	}
	return token
}

func TestNewKeyRefused(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	if _, err := hsm.OpenToken(c.Module, c.Token, func() ([]byte, error) { return []byte("000000"), nil }); !errors.Is(err, hsm.ErrPIN) {
		t.Errorf("OpenToken with a wrong PIN = %v, want ErrPIN", err)
	}
	if _, err := hsm.OpenToken(c.Module, "elsewhere", c.PIN); !errors.Is(err, hsm.ErrNoToken) {
		t.Errorf("OpenToken of another = %v, want ErrNoToken", err)
	}
	k := openToken(t, c)
	defer k.Close()
	for _, bad := range []struct {
		name, label string
		id          []byte
		kind        hsm.Kind
		want        error // nil: any
	}{
		{"label taken", "seal", []byte{9}, hsm.P256, hsm.ErrTaken},
		{"id taken", "other", []byte{7}, hsm.P256, hsm.ErrTaken},
		{"weak", "other", []byte{9}, "rsa-1024", hsm.ErrNotSupported},
		{"no label", "", []byte{9}, hsm.P256, nil},
		{"no id", "other", nil, hsm.P256, nil},
		{"label of two lines", "a\nb", []byte{9}, hsm.P256, nil},
		{"long id", "other", make([]byte, hsm.MaxID+1), hsm.P256, nil},
	} {
		if _, err := k.New(bad.label, bad.id, bad.kind); err == nil || bad.want != nil && !errors.Is(err, bad.want) {
			t.Errorf("New, %s = %v, want %v", bad.name, err, bad.want)
		}
	}
	if keys, err := k.Keys(); err != nil || len(keys) != 1 {
		t.Errorf("Keys after refusals = %v, %v", keys, err)
	}
}

// A key that was made is kept, found by label and id together, and signs.
func TestNewKey(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Empty: true})
	k := openToken(t, c)
	var made []hsm.KeyInfo
	for i, kind := range []hsm.Kind{hsm.P256, hsm.P384, hsm.RSA2048} {
		info, err := k.New("key "+string(kind), []byte{byte(i + 1)}, kind)
		if err != nil || !info.Kept || info.EachTime || info.Public == nil {
			t.Fatalf("New(%s) = %+v, %v", kind, info, err)
		}
		made = append(made, info)
	}
	if _, err := k.Find(made[0].Label, made[1].ID); !errors.Is(err, hsm.ErrNoKey) {
		t.Errorf("label of one and id of another = %v, want ErrNoKey", err)
	}
	if _, err := k.Find("", nil); !errors.Is(err, hsm.ErrNoKey) {
		t.Errorf("any of several = %v, want ErrNoKey", err)
	}
	k.Close()
	for _, info := range made {
		c.Label, c.ID, c.Certificate = info.Label, info.ID, certificateOf(info.Public)
		key, err := hsm.Open(t.Context(), c) // one at a time for a module
		if err != nil {
			t.Fatalf("%s: %v", info.Label, err)
		}
		if _, err := key.Sign(nil, digest[:], crypto.SHA256); err != nil {
			t.Errorf("%s: %v", info.Label, err)
		}
		if err := key.Close(); err != nil {
			t.Error(err)
		}
	}
}
