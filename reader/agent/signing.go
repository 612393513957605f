package agent

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// hashes are the functions a Belgian card can sign; others are refused here and not
// by the card after the PIN.
var hashes = map[string]crypto.Hash{
	"SHA-256": crypto.SHA256,
	"SHA-384": crypto.SHA384,
	"SHA-512": crypto.SHA512,
}

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
	kind, padding, err := family(certificate.PublicKey)
	if err != nil {
		return nil, err
	}
	answer := api.SigningCertificate{Certificate: base64.StdEncoding.EncodeToString(certificate.Raw)}
	for _, name := range []string{"SHA-256", "SHA-384", "SHA-512"} {
		answer.SupportedSignatureAlgorithms = append(answer.SupportedSignatureAlgorithms,
			api.SignatureAlgorithm{CryptoAlgorithm: kind, HashFunction: name, PaddingScheme: padding})
	}
	return answer, nil
}

func family(public crypto.PublicKey) (kind, padding string, err error) {
	switch public.(type) {
	case *rsa.PublicKey:
		return "RSA", "PKCS1.5", nil
	case *ecdsa.PublicKey:
		return "ECC", "NONE", nil
	}
	return "", "", reader.ErrNotSupported
}

func (a *Agent) sign(w http.ResponseWriter, r *http.Request, origin string) {
	var request api.SignRequest
	var wanted *x509.Certificate
	var hashed []byte
	err := decode(w, r, &request)
	if err == nil {
		wanted, hashed, err = checkSign(request)
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
		return o.signHash(ctx, wanted, hashed, request.HashFunction)
	})
	reply(w, result, err)
}

// checkSign reads the certificate and the hash, whose length must fit its function.
func checkSign(request api.SignRequest) (*x509.Certificate, []byte, error) {
	if request.Certificate == "" || request.Hash == "" || request.HashFunction == "" {
		return nil, nil, refusal{http.StatusBadRequest, api.Error{
			Code: api.MissingParameter, Message: "certificate, hash or hashFunction is missing", State: api.Technical, Tries: -1}}
	}
	der, err := base64.StdEncoding.Strict().DecodeString(request.Certificate)
	if err != nil {
		return nil, nil, invalid("certificate is not base64")
	}
	wanted, err := certs.Parse(der)
	if err != nil {
		return nil, nil, invalid("certificate does not parse")
	}
	if certs.Signature.Check(wanted) != nil {
		return nil, nil, invalid("certificate is not for signatures")
	}
	hash, ok := hashes[request.HashFunction]
	if !ok {
		return nil, nil, invalid("hashFunction is not supported")
	}
	hashed, err := base64.StdEncoding.Strict().DecodeString(request.Hash)
	if err != nil || len(hashed) != hash.Size() {
		return nil, nil, invalid("hash does not fit hashFunction")
	}
	return wanted, hashed, nil
}

// signHash signs with the very certificate the page asked for: while another card is
// inserted it waits for the right one.
func (o *operation) signHash(ctx context.Context, wanted *x509.Certificate, hashed []byte, function string) (any, error) {
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
	kind, padding, err := family(wanted.PublicKey)
	if err != nil {
		return nil, err
	}
	value, err := o.signature(ctx, card, wanted, hashed, hashes[function])
	if err != nil {
		return nil, err
	}
	return api.Signature{
		Signature:          base64.StdEncoding.EncodeToString(value),
		SignatureAlgorithm: api.SignatureAlgorithm{CryptoAlgorithm: kind, HashFunction: function, PaddingScheme: padding},
	}, nil
}
