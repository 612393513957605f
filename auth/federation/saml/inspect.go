package saml

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"time"

	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation/saml/internal/shape"
)

// Inspection is what a provider's metadata says and what is wrong with it.
type Inspection struct {
	EntityID   string
	ValidUntil time.Time // zero: it does not say
	Signed     bool      // it has a signature
	Verified   bool      // which holds, by the certificate that was pinned
	Keys       []Key
	SignOn     []Binding
	Logout     []Binding
	Problems   []string // with any of these it is not used
	Warnings   []string // with these it is

	cacheFor    time.Duration
	certs       []*x509.Certificate    // that may verify
	descriptor  *crew.EntityDescriptor // the provider for the library, with those
	sso         string                 // address for our AuthnRequest, by Redirect
	slo, sloEnd string                 // for our LogoutRequest and LogoutResponse, by Redirect; empty: none
}

// Key is a certificate in metadata.
type Key struct {
	Use      string // "signing", "encryption" or "" for both
	Kind     string // "RSA 3072", "P-256"
	Subject  string
	NotAfter time.Time
}

// Binding is a way to reach a service.
type Binding struct{ Name, Location string }

// MaxMetadata bounds a provider's metadata, in bytes.
const MaxMetadata = shape.MaxMetadata

// CheckMetadata is Inspect of what the certificate in signerFile, PEM, has signed. Without
// a file the signature is not looked at.
func CheckMetadata(doc []byte, signerFile string, now time.Time) (Inspection, error) {
	if signerFile == "" {
		return Inspect(doc, now)
	}
	signer, err := readCertificate(signerFile)
	if err != nil {
		return Inspection{}, err
	}
	return inspectSigned(doc, signer, now)
}

func inspectSigned(doc []byte, signer *x509.Certificate, now time.Time) (Inspection, error) {
	covered, err := verifyMetadata(doc, signer, now)
	if err != nil {
		return Inspection{}, err
	}
	in, err := Inspect(covered, now)
	in.Signed, in.Verified = true, true
	return in, err
}

// Inspect reads a provider's metadata. The error is for what is no metadata at all; all
// else is in Problems and Warnings.
func Inspect(doc []byte, now time.Time) (Inspection, error) {
	var in Inspection
	if err := shape.Metadata(doc, false); err != nil {
		return in, fmt.Errorf("metadata: %w", err)
	}
	var entity crew.EntityDescriptor
	if err := xml.Unmarshal(doc, &entity); err != nil {
		return in, errors.New("metadata: not the EntityDescriptor of SAML 2.0")
	}
	in.EntityID, in.ValidUntil, in.cacheFor = entity.EntityID, entity.ValidUntil, entity.CacheDuration
	in.Signed = strings.Contains(string(doc), "SignatureValue")
	if in.EntityID == "" || len(in.EntityID) > 1024 {
		in.problem("it has no entity id, or one that is too long")
	}
	in.validity(entity.ValidUntil, now)
	role := in.role(entity.IDPSSODescriptors)
	if role == nil {
		in.problem("it describes no identity provider of SAML 2.0, or more than one")
		return in, nil
	}
	if role.ValidUntil != nil {
		in.validity(*role.ValidUntil, now)
	}
	in.keys(role.KeyDescriptors, now)
	in.endpoints(role)
	in.describe()
	return in, nil
}

func (in *Inspection) problem(format string, args ...any) {
	in.Problems = append(in.Problems, fmt.Sprintf(format, args...))
}

func (in *Inspection) warn(format string, args ...any) {
	in.Warnings = append(in.Warnings, fmt.Sprintf(format, args...))
}

func (in *Inspection) validity(until, now time.Time) {
	if until.IsZero() {
		return
	}
	if in.ValidUntil.IsZero() || until.Before(in.ValidUntil) {
		in.ValidUntil = until
	}
	if !now.Before(until) {
		in.problem("it was valid until %s", until.UTC().Format(time.RFC3339))
	}
}

// role finds the one role of identity provider.
func (in *Inspection) role(roles []crew.IDPSSODescriptor) *crew.IDPSSODescriptor {
	var found *crew.IDPSSODescriptor
	for i := range roles {
		if !strings.Contains(" "+roles[i].ProtocolSupportEnumeration+" ", " urn:oasis:names:tc:SAML:2.0:protocol ") {
			continue
		}
		if found != nil {
			return nil
		}
		found = &roles[i]
	}
	return found
}

// maxProviderKeys bounds the keys of a provider: each one is tried.
const maxProviderKeys = 8

func (in *Inspection) keys(descriptors []crew.KeyDescriptor, now time.Time) {
	for _, d := range descriptors {
		for _, told := range d.KeyInfo.X509Data.X509Certificates {
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(told.Data), ""))
			if err != nil {
				in.problem("a certificate is not base64")
				continue
			}
			cert, err := x509.ParseCertificate(der)
			if err != nil {
				in.problem("a certificate is not one")
				continue
			}
			in.key(d.Use, cert, now)
		}
	}
	if len(in.certs) == 0 {
		in.problem("it has no certificate that can verify a signature today")
	}
	if len(in.certs) > maxProviderKeys {
		in.problem("it has %d keys for signatures, at most %d are read", len(in.certs), maxProviderKeys)
	}
}

func (in *Inspection) key(use string, cert *x509.Certificate, now time.Time) {
	kind, strong := strength(cert)
	in.Keys = append(in.Keys, Key{Use: use, Kind: kind, Subject: cert.Subject.String(), NotAfter: cert.NotAfter})
	if use != "" && use != "signing" {
		return
	}
	if !strong {
		in.warn("its key %q for signatures (%s) is too weak and is not used", cert.Subject.CommonName, kind)
		return
	}
	if w := expiry(cert, now); w != "" {
		in.warn("its certificate %q %s", cert.Subject.CommonName, w)
	}
	if !now.After(cert.NotAfter) { // one that is not valid yet is the next one
		in.certs = append(in.certs, cert)
	}
}

// strength names a key and says whether its signatures are believed: RSA of 2048 bits
// or more, or a curve of the NIST from P-256.
func strength(cert *x509.Certificate) (string, bool) {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen()), key.N.BitLen() >= minRSA
	case *ecdsa.PublicKey:
		return key.Curve.Params().Name, key.Curve.Params().BitSize >= 256
	}
	return cert.PublicKeyAlgorithm.String(), false
}

func (in *Inspection) endpoints(role *crew.IDPSSODescriptor) {
	for _, e := range role.SingleSignOnServices {
		in.SignOn = append(in.SignOn, Binding{e.Binding, e.Location})
		if e.Binding == crew.HTTPRedirectBinding && in.sso == "" {
			in.sso = in.address("sign-on", e.Location)
		}
	}
	if in.sso == "" {
		in.problem("it offers no sign-on by Redirect")
	}
	for _, e := range role.SingleLogoutServices {
		in.Logout = append(in.Logout, Binding{e.Binding, e.Location})
		if e.Binding == crew.HTTPRedirectBinding && in.slo == "" {
			in.slo = in.address("logout", e.Location)
			if in.sloEnd = in.slo; e.ResponseLocation != "" {
				in.sloEnd = in.address("logout", e.ResponseLocation)
			}
		}
	}
	if in.slo == "" || in.sloEnd == "" {
		in.slo, in.sloEnd = "", ""
		in.warn("it offers no logout by Redirect: \"log out everywhere\" is not shown")
	}
}

func (in *Inspection) address(what, location string) string {
	if _, err := endpoint(location); err != nil {
		in.problem("its address for %s is %v", what, err)
		return ""
	}
	return location
}

// describe gives the library the provider with the keys that are believed, and no more.
func (in *Inspection) describe() {
	var role crew.IDPSSODescriptor
	for _, c := range in.certs {
		role.KeyDescriptors = append(role.KeyDescriptors, KeyPair{Certificate: c}.descriptor("signing"))
	}
	in.descriptor = &crew.EntityDescriptor{EntityID: in.EntityID, IDPSSODescriptors: []crew.IDPSSODescriptor{role}}
}
