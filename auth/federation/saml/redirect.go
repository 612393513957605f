package saml

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/saml/internal/shape"
)

const rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

// redirect is the address that carries a message by the Redirect binding: deflated, in
// base64, and signed over the query as written, saml-bindings-2.0-os, 3.4.4.1. A query
// that the address has already stays in front and is not part of what is signed. relay
// is a handle of ours, or empty.
func (p *Party) redirect(address, param string, message *etree.Element, relay string) (string, error) {
	doc := etree.NewDocument()
	doc.SetRoot(message)
	var deflated bytes.Buffer
	w, err := flate.NewWriter(&deflated, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := doc.WriteTo(w); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	query := param + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(deflated.Bytes()))
	if relay != "" {
		query += "&RelayState=" + url.QueryEscape(relay)
	}
	query += "&SigAlg=" + url.QueryEscape(rsaSHA256)
	digest := crypto.SHA256.New()
	digest.Write([]byte(query))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.keys[0].Key, crypto.SHA256, digest.Sum(nil))
	if err != nil {
		return "", fmt.Errorf("signing a message: %w", err)
	}
	query += "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + query, nil
}

// maxQuery bounds a message by Redirect, in bytes of the query.
const maxQuery = 16 << 10

// redirected is a message that came by Redirect, its signature not yet verified.
type redirected struct {
	message   []byte
	relay     string
	signed    string // what the signature is over: the query's own bytes, in the order of the binding
	algorithm string
	signature []byte
}

// readRedirect takes a raw query apart: saml-bindings-2.0-os, 3.4.4.1. Each parameter
// stands once, nothing is decoded and encoded again on the way to the signature.
func readRedirect(rawQuery, param string) (redirected, error) {
	if len(rawQuery) > maxQuery {
		return redirected{}, errors.New("query is too long")
	}
	raw := map[string]string{}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if _, twice := raw[key]; twice {
			return redirected{}, errors.New("query has a parameter twice")
		}
		raw[key] = value
	}
	r := redirected{signed: param + "=" + raw[param]}
	if relay, ok := raw["RelayState"]; ok {
		r.signed += "&RelayState=" + relay
	}
	r.signed += "&SigAlg=" + raw["SigAlg"]
	values := map[string]string{}
	for _, key := range []string{param, "RelayState", "SigAlg", "Signature", "SAMLEncoding"} {
		v, err := url.QueryUnescape(raw[key])
		if err != nil {
			return redirected{}, errors.New("query does not decode")
		}
		values[key] = v
	}
	if e := values["SAMLEncoding"]; e != "" && e != "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE" {
		return redirected{}, errors.New("query is in an encoding that is not read")
	}
	r.relay, r.algorithm = values["RelayState"], values["SigAlg"]
	var err error
	if r.signature, err = strictBase64(values["Signature"], 4<<10); err != nil || len(r.signature) == 0 {
		return redirected{}, errors.New("query is not signed")
	}
	r.message, err = inflate(values[param])
	return r, err
}

func inflate(value string) ([]byte, error) {
	deflated, err := strictBase64(value, maxQuery)
	if err != nil {
		return nil, err
	}
	message, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(deflated)), shape.MaxBytes+1))
	if err != nil || len(message) > shape.MaxBytes {
		return nil, errors.New("message does not inflate, or to too much")
	}
	return message, nil
}

// strictBase64 reads base64 with its padding and with line ends, which some providers
// write, and refuses all other leniency.
func strictBase64(value string, bound int) ([]byte, error) {
	if len(value) > base64.StdEncoding.EncodedLen(bound)+bound/32 {
		return nil, errors.New("value is too long")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil || len(raw) > bound {
		return nil, errors.New("value is not base64, or too long")
	}
	return raw, nil
}

var digests = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

// verify checks the query's signature by any of the provider's certificates that are
// valid now.
func (r redirected) verify(certs []*x509.Certificate, now time.Time) error {
	if !shape.SignatureMethod(r.algorithm) {
		return errors.New("algorithm is not one that is believed")
	}
	hash := digests[r.algorithm[len(r.algorithm)-3:]]
	h := hash.New()
	h.Write([]byte(r.signed))
	digest := h.Sum(nil)
	for _, cert := range certs {
		if now.Before(cert.NotBefore.Add(-federation.Skew)) || now.After(cert.NotAfter) {
			continue
		}
		switch key := cert.PublicKey.(type) {
		case *rsa.PublicKey:
			if strings.Contains(r.algorithm, "#rsa-") && rsa.VerifyPKCS1v15(key, hash, digest, r.signature) == nil {
				return nil
			}
		case *ecdsa.PublicKey:
			rs, ss, ok := splitECDSA(r.signature, key)
			if ok && strings.Contains(r.algorithm, "#ecdsa-") && ecdsa.Verify(key, digest, rs, ss) {
				return nil
			}
		}
	}
	return errors.New("signature of the query does not verify")
}

// splitECDSA takes r and s apart, which XML signatures write one after the other: RFC
// 6931, 2.3.6.
func splitECDSA(signature []byte, key *ecdsa.PublicKey) (r, s *big.Int, ok bool) {
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return nil, nil, false
	}
	return new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]), true
}
