package webeid

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"guichet.example/certs"
)

// Bounds of the raw JSON of a token, in bytes; the reference library's.
const (
	MinToken = 100
	MaxToken = 10_000
)

// Token is a Web eID token as it came: parsed, and unverified. Nothing in it may be
// believed before [Verifier.Verify].
type Token struct {
	Format     string // "web-eid:1", "web-eid:1.0", "web-eid:1.1", ...
	Algorithm  string // as in the token; not yet known to fit the key
	AppVersion string // informative, may be empty

	unverifiedCertificate    *x509.Certificate
	signature                []byte
	signingCertificates      []*x509.Certificate // 1.1
	intermediateCertificates []*x509.Certificate // 1.1; candidates for the path and no more
}

// tokenFormat is stricter than the reference's prefix test, which lets "web-eid:10" pass.
var tokenFormat = regexp.MustCompile(`^web-eid:1(\.\d+)?$`)

// ParseToken reads the JSON of a token, MinToken to MaxToken bytes. It checks form
// only: one object, no key twice, format, base64, DER. Unknown fields are ignored.
// Errors: ErrTokenParse, ErrTokenFormat, ErrCertificateDecoding.
func ParseToken(raw []byte) (*Token, error) {
	if len(raw) < MinToken || len(raw) > MaxToken {
		return nil, fmt.Errorf("%w: %d bytes", ErrTokenParse, len(raw))
	}
	o, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	t := &Token{}
	if t.Format, err = o.string("format"); err != nil {
		return nil, err
	}
	if !tokenFormat.MatchString(t.Format) {
		return nil, fmt.Errorf("%w: %.20q", ErrTokenFormat, t.Format)
	}
	if err := t.readProof(o); err != nil {
		return nil, err
	}
	if err := t.readCertificateLists(o); err != nil {
		return nil, err
	}
	return t, nil
}

// readProof reads the fields every version has.
func (t *Token) readProof(o object) error {
	certificate, err := o.string("unverifiedCertificate")
	if err != nil {
		return err
	}
	if t.unverifiedCertificate, err = decodeCertificate(certificate); err != nil {
		return err
	}
	if t.Algorithm, err = o.string("algorithm"); err != nil {
		return err
	}
	signature, err := o.string("signature")
	if err != nil {
		return err
	}
	if t.signature, err = decodeBase64(signature); err != nil {
		return fmt.Errorf("%w: signature is not base64", ErrTokenParse)
	}
	if _, ok := o["appVersion"]; ok {
		t.AppVersion, err = o.string("appVersion")
	}
	return err
}

// readCertificateLists reads what version 1.1 adds. The signing list is required
// there unless intermediates are given, and an error in 1.0.
func (t *Token) readCertificateLists(o object) error {
	_, hasSigning := o["unverifiedSigningCertificates"]
	_, hasIntermediates := o["unverifiedIntermediateCertificates"]
	if t.Format == "web-eid:1" || t.Format == "web-eid:1.0" {
		if hasSigning || hasIntermediates {
			return fmt.Errorf("%w: certificate lists in %s", ErrTokenParse, t.Format)
		}
		return nil
	}
	if !hasSigning && !hasIntermediates {
		return fmt.Errorf("%w: no signing certificates in %s", ErrTokenParse, t.Format)
	}
	if hasIntermediates {
		list, err := o.certificates("unverifiedIntermediateCertificates")
		if err != nil {
			return err
		}
		t.intermediateCertificates = list
	}
	if hasSigning {
		return t.readSigningCertificates(o)
	}
	return nil
}

func (t *Token) readSigningCertificates(o object) error {
	list, err := o.list("unverifiedSigningCertificates")
	if err != nil {
		return err
	}
	for _, element := range list {
		entry, ok := element.(object)
		if !ok {
			return fmt.Errorf("%w: a signing certificate is not an object", ErrTokenParse)
		}
		text, err := entry.string("certificate")
		if err != nil {
			return err
		}
		certificate, err := decodeCertificate(text)
		if err != nil {
			return err
		}
		if err := checkAlgorithms(entry); err != nil {
			return err
		}
		t.signingCertificates = append(t.signingCertificates, certificate)
		if _, ok := entry["intermediateCertificates"]; !ok {
			continue
		}
		more, err := entry.certificates("intermediateCertificates")
		if err != nil {
			return err
		}
		t.intermediateCertificates = append(t.intermediateCertificates, more...)
	}
	return nil
}

// algorithmWords are the values that each field of an offered algorithm may have.
var algorithmWords = map[string][]string{
	"cryptoAlgorithm": {"ECC", "RSA"},
	"hashFunction":    {"SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"},
	"paddingScheme":   {"NONE", "PKCS1.5", "PSS"},
}

// maxAlgorithms bounds the algorithms offered: two kinds of key, eight hashes, three
// paddings.
const maxAlgorithms = 2 * 8 * 3

// checkAlgorithms accepts a non-empty list of objects whose three fields have words
// of algorithmWords.
func checkAlgorithms(entry object) error {
	list, ok := entry["supportedSignatureAlgorithms"].([]any)
	if !ok || len(list) == 0 || len(list) > maxAlgorithms {
		return fmt.Errorf("%w: supportedSignatureAlgorithms is not a list of 1 to %d", ErrTokenParse, maxAlgorithms)
	}
	for _, element := range list {
		offered, ok := element.(object)
		if !ok {
			return fmt.Errorf("%w: an algorithm is not an object", ErrTokenParse)
		}
		for name, words := range algorithmWords {
			word, err := offered.string(name)
			if err != nil {
				return err
			}
			if !slices.Contains(words, word) {
				return fmt.Errorf("%w: %s is not known", ErrTokenParse, name)
			}
		}
	}
	return nil
}

// decodeCertificate reads base64 of one DER certificate. ErrCertificateDecoding.
func decodeCertificate(text string) (*x509.Certificate, error) {
	der, err := decodeBase64(text)
	if err != nil {
		return nil, fmt.Errorf("%w: not base64", ErrCertificateDecoding)
	}
	certificate, err := certs.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCertificateDecoding, err)
	}
	return certificate, nil
}

// decodeBase64 reads the standard alphabet with padding, and one spelling only: Go's
// decoder skips line ends, and without Strict it ignores stray bits at the end.
func decodeBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, base64.CorruptInputError(0)
	}
	return base64.StdEncoding.Strict().DecodeString(text)
}
