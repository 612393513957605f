package bench

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"net/http"

	"github.com/digitorus/timestamp"
	"golang.org/x/crypto/ocsp"
)

// bareSignatures verifies the value, and the certificates of signer and authority.
func (s *lastings) bareSignatures() error {
	if err := verifyBare(s.signer[0].PublicKey, s.prepared.Digest, s.value); err != nil {
		return err
	}
	for _, link := range s.links {
		if err := link[0].CheckSignatureFrom(link[1]); err != nil {
			return err
		}
	}
	return nil
}

// bareStamp fetches a timestamp and verifies its signature.
func (s *lastings) bareStamp(ctx context.Context) error {
	request, err := timestamp.CreateRequest(bytes.NewReader(s.value), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true})
	if err != nil {
		return err
	}
	if s.token, err = post(ctx, s.services.TSAURL(), "application/timestamp-query", request); err != nil {
		return err
	}
	_, err = timestamp.ParseResponse(s.token)
	return err
}

// bareAnswer asks about the signer's certificate and verifies the signature of the answer,
// by the responder whose own certificate is known from the answer before.
func (s *lastings) bareAnswer(ctx context.Context) error {
	request, err := ocsp.CreateRequest(s.signer[0], s.signer[1], &ocsp.RequestOptions{Hash: crypto.SHA256})
	if err != nil {
		return err
	}
	raw, err := post(ctx, s.signer[0].OCSPServer[0], "application/ocsp-request", request)
	if err != nil {
		return err
	}
	var response struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type    asn1.ObjectIdentifier
			Content []byte
		} `asn1:"explicit,tag:0"`
	}
	var basic struct {
		Data         asn1.RawValue
		Algorithm    pkix.AlgorithmIdentifier
		Signature    asn1.BitString
		Certificates []asn1.RawValue `asn1:"explicit,optional,tag:0"`
	}
	if _, err := asn1.Unmarshal(raw, &response); err != nil {
		return err
	}
	if _, err := asn1.Unmarshal(response.Bytes.Content, &basic); err != nil {
		return err
	}
	return s.responder.CheckSignature(ecdsaWith[basic.Algorithm.Algorithm.String()], basic.Data.FullBytes, basic.Signature.RightAlign())
}

// ecdsaWith are the algorithms of a responder (RFC 5758, 3.2).
var ecdsaWith = map[string]x509.SignatureAlgorithm{
	"1.2.840.10045.4.3.2": x509.ECDSAWithSHA256, "1.2.840.10045.4.3.3": x509.ECDSAWithSHA384,
}

// post is a round trip to a service.
func post(ctx context.Context, address, kind string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}
