package agent_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"testing"

	"guichet.example/reader/api"
)

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func TestSign(t *testing.T) {
	a := start(t, newDesk(newCard("rsa")))
	p := a.page(rightPIN)
	certificate, err := p.SigningCertificate(t.Context())
	if err != nil {
		t.Fatalf("SigningCertificate = %v", err)
	}
	if len(certificate.SupportedSignatureAlgorithms) != 3 {
		t.Errorf("algorithms offered: %v, want the three a card can do", certificate.SupportedSignatureAlgorithms)
	}
	digest := sha256.Sum256([]byte("signed attributes"))
	signature, err := p.Sign(t.Context(), api.SignRequest{
		Certificate: certificate.Certificate, Hash: base64.StdEncoding.EncodeToString(digest[:]), HashFunction: "SHA-256"})
	if err != nil {
		t.Fatalf("Sign = %v", err)
	}
	value, _ := base64.StdEncoding.DecodeString(signature.Signature)
	key := issued()["rsa"].Signature.Certificate.PublicKey.(*rsa.PublicKey)
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], value); err != nil {
		t.Errorf("signature does not verify: %v", err)
	}
	if want := []api.State{api.CardReady, api.PINPage, api.Signing}; !inOrder(p.states(), want) {
		t.Errorf("events were %v, want %v in this order", p.states(), want)
	}
}

func TestSignECDSAIsRaw(t *testing.T) {
	a := start(t, newDesk(newCard("ec")))
	p := a.page(rightPIN)
	certificate, err := p.SigningCertificate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("signed attributes"))
	signature, err := p.Sign(t.Context(), api.SignRequest{
		Certificate: certificate.Certificate, Hash: base64.StdEncoding.EncodeToString(digest[:]), HashFunction: "SHA-256"})
	if err != nil {
		t.Fatal(err)
	}
	if value, _ := base64.StdEncoding.DecodeString(signature.Signature); len(value) != 96 {
		t.Errorf("P-384 signature of %d bytes, want r‖s of 96", len(value))
	}
	want := api.SignatureAlgorithm{CryptoAlgorithm: "ECC", HashFunction: "SHA-256", PaddingScheme: "NONE"}
	if signature.SignatureAlgorithm != want {
		t.Errorf("algorithm %v, want %v", signature.SignatureAlgorithm, want)
	}
}

func TestNoSignatureCertificate(t *testing.T) {
	p := start(t, newDesk(newCard("nosign"))).page(rightPIN)
	_, err := p.SigningCertificate(t.Context())
	var failure api.Error
	if !errors.As(err, &failure) || failure.State != api.NoSignCert || failure.Code != api.Fatal {
		t.Errorf("SigningCertificate = %v", err)
	}
	if _, err := p.Authenticate(t.Context(), nonce); err != nil {
		t.Errorf("the same card signs in: %v", err)
	}
}

// Sign uses the very certificate the page named. Another person's card, with or
// without signature certificate, is waited over.
func TestSignOtherCard(t *testing.T) {
	for _, other := range []string{"ec", "nosign"} {
		d := newDesk(newCard(other))
		p := start(t, d).page(rightPIN)
		digest := sha256.Sum256([]byte("x"))
		end := make(chan error, 1)
		go func() {
			_, err := p.Sign(t.Context(), api.SignRequest{
				Certificate: base64Of(issued()["rsa"].Signature.Certificate.Raw), Hash: base64Of(digest[:]), HashFunction: "SHA-256"})
			end <- err
		}()
		if !p.saw(api.WrongPerson) {
			t.Errorf("%s: events were %v", other, p.states())
		}
		d.put(newCard("rsa"), nil)
		if err := <-end; err != nil {
			t.Errorf("%s: with the right card Sign = %v", other, err)
		}
	}
}
