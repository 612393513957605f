package agent_test

import (
	"errors"
	"testing"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/agent"
	"guichet.example/reader/api"
)

// Nobody types a PIN for a signature that no site would take.
func TestExpired(t *testing.T) {
	c := newCard("ec")
	a := start(t, newDesk(c), func(config *agent.Config) {
		config.Now = func() time.Time { return c.Authentication.Certificate.NotAfter.Add(time.Second) }
	})
	p := a.page(rightPIN)
	signing := func() error {
		_, err := p.Sign(t.Context(), api.SignRequest{
			Certificate: base64Of(c.Signature.Certificate.Raw), Hash: base64Of(make([]byte, 32)), HashFunction: "SHA-256"})
		return err
	}
	for name, operation := range map[string]func() error{
		"Authenticate":       func() error { _, err := p.Authenticate(t.Context(), nonce); return err },
		"SigningCertificate": func() error { _, err := p.SigningCertificate(t.Context()); return err },
		"Sign":               signing,
	} {
		var failure api.Error
		if err := operation(); !errors.As(err, &failure) || failure.State != api.CertExpired || failure.Code != api.Fatal ||
			!failure.Expired.Equal(c.Authentication.Certificate.NotAfter) {
			t.Errorf("%s = %+v", name, failure)
		}
	}
	if !p.saw(api.CertExpired) || p.pinURL() != "" {
		t.Errorf("events were %v", p.states())
	}
}

func TestFailures(t *testing.T) {
	for _, test := range []struct {
		err   error
		code  api.Code
		state api.State
		tries int
	}{
		{reader.ErrCardRemoved, api.Fatal, api.CardRemoved, -1},
		{reader.ErrCardBusy, api.Fatal, api.CardBusy, -1},
		{reader.ErrNotSupported, api.Fatal, api.ReaderUnsupported, -1},
		{reader.ErrModuleMissing, api.Unavailable, api.ReaderUnsupported, -1},
		{reader.ErrNoAuthenticationCertificate, api.Fatal, api.CardUnknown, -1},
		{reader.PINError{Tries: 2}, api.Fatal, api.PINWrong, 2},
		{reader.ErrTimedOut, api.UserTimeout, api.Timeout, -1},
		{reader.ErrCancelled, api.UserCancelled, api.Cancelled, -1},
		{reader.ErrKeyMismatch, api.Fatal, api.Technical, -1},
		{reader.ErrWrongSignature, api.Fatal, api.Technical, -1},
		{reader.ErrModuleFailed, api.Fatal, api.Technical, -1},
		{errors.New("something else"), api.Fatal, api.Technical, -1},
	} {
		c := newCard("ec")
		c.fails = test.err
		ends(t, start(t, newDesk(c)).page(""), test.code, test.state, test.tries)
	}
	d := newDesk(nil)
	d.err = reader.ErrModuleFailed
	ends(t, start(t, d).page(""), api.Fatal, api.Technical, -1)
}
