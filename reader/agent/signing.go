package agent

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

func (a *Agent) signingCertificate(w http.ResponseWriter, r *http.Request, origin string) {
	var request api.SigningCertificateRequest
	err := decode(w, r, &request)
	var o *operation
	if err == nil {
		o, err = a.begin(r, "get-signing-certificate", origin, request.Lang, certs.Signature, "")
	}
	if err != nil {
		reply(w, nil, err)
		return
	}
	result, err := o.run(o.certificate)
	reply(w, result, err)
}

func (o *operation) certificate(ctx context.Context) (any, error) {
	card, err := o.card(ctx, func(Card) error { return nil })
	if err != nil {
		return nil, err
	}
	defer card.Close()
	certificate, err := o.valid(card)
	if err != nil {
		return nil, err
	}
	algorithms, err := reader.WebEIDAlgorithms(certificate.PublicKey)
	if err != nil {
		return nil, err
	}
	return api.SigningCertificate{
		Certificate:                  base64.StdEncoding.EncodeToString(certificate.Raw),
		SupportedSignatureAlgorithms: algorithms,
	}, nil
}

func (a *Agent) sign(w http.ResponseWriter, r *http.Request, origin string) {
	var request api.SignRequest
	var wanted *x509.Certificate
	var hashed []byte
	var hash crypto.Hash
	err := decode(w, r, &request)
	if err == nil {
		wanted, hashed, hash, err = checkSign(request)
	}
	var o *operation
	if err == nil {
		o, err = a.begin(r, "sign", origin, request.Lang, certs.Signature, api.ShortDigest(hashed))
	}
	if err != nil {
		reply(w, nil, err)
		return
	}
	result, err := o.run(func(ctx context.Context) (any, error) {
		return o.signHash(ctx, wanted, hashed, hash)
	})
	reply(w, result, err)
}

// checkSign reads the certificate and the hash, whose length must fit its function.
func checkSign(request api.SignRequest) (*x509.Certificate, []byte, crypto.Hash, error) {
	if request.Certificate == "" || request.Hash == "" || request.HashFunction == "" {
		return nil, nil, 0, refusal{http.StatusBadRequest, api.Error{
			Code: api.MissingParameter, Message: "certificate, hash or hashFunction is missing", State: api.Technical, Tries: -1}}
	}
	der, err := base64.StdEncoding.Strict().DecodeString(request.Certificate)
	if err != nil {
		return nil, nil, 0, invalid("certificate is not base64")
	}
	wanted, err := certs.Parse(der)
	if err != nil {
		return nil, nil, 0, invalid("certificate does not parse")
	}
	if certs.Signature.Check(wanted) != nil {
		return nil, nil, 0, invalid("certificate is not for signatures")
	}
	hash, ok := reader.WebEIDHash(request.HashFunction)
	if !ok {
		return nil, nil, 0, invalid("hashFunction is not supported")
	}
	hashed, err := base64.StdEncoding.Strict().DecodeString(request.Hash)
	if err != nil || len(hashed) != hash.Size() {
		return nil, nil, 0, invalid("hash does not fit hashFunction")
	}
	return wanted, hashed, hash, nil
}

// signHash signs with the very certificate the page asked for: while another card is
// inserted it waits for the right one.
func (o *operation) signHash(ctx context.Context, wanted *x509.Certificate, hashed []byte, hash crypto.Hash) (any, error) {
	card, err := o.card(ctx, func(c Card) error {
		has, err := c.Certificate(certs.Signature)
		if errors.Is(err, reader.ErrNoSignatureCertificate) || err == nil && !bytes.Equal(has.Raw, wanted.Raw) {
			return errOtherCard
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	defer card.Close()
	if _, err := o.valid(card); err != nil {
		return nil, err
	}
	return reader.WebEIDSignature(wanted, hash, func() ([]byte, error) {
		return o.signature(ctx, card, hashed, hash)
	})
}
