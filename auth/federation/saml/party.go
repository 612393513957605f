package saml

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"
)

// PartySettings say who we are to SAML providers, in the settings file.
type PartySettings struct {
	// EntityID is our name in the federation, agreed with each provider: a URI. It is no
	// address and survives a change of address. Required.
	EntityID string `json:"entity_id"`
	// Keys sign our requests and open encrypted assertions. The first signs; all are
	// published and tried, so that two bridge a change of keys. 1 to 3. Required.
	Keys []KeyFiles `json:"keys"`
}

// KeyFiles name a key and its certificate.
type KeyFiles struct {
	Key         string `json:"key"`         // PEM, PKCS#8 or PKCS#1, RSA of 2048 bits or more, better 3072
	Certificate string `json:"certificate"` // PEM; self-signed is usual
}

// KeyPair is a key of ours and the certificate in which it is published.
type KeyPair struct {
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
}

// Party is our side, the same to all providers. It is read-only and safe for
// concurrent use.
type Party struct {
	entityID string
	acs, slo url.URL
	keys     []KeyPair
}

const (
	minRSA  = 2048 // bits
	goodRSA = 3072
	maxKeys = 3
)

// OpenParty reads the files that the settings name. acs is the address of the assertion
// consumer service, slo of the logout service: both from configuration, never from what
// a request says; https, or http at a loopback name.
func OpenParty(s PartySettings, acs, slo string) (*Party, error) {
	var keys []KeyPair
	for _, files := range s.Keys {
		pair, err := files.read()
		if err != nil {
			return nil, fmt.Errorf("SAML keys: %w", err)
		}
		keys = append(keys, pair)
	}
	return NewParty(s.EntityID, acs, slo, keys...)
}

// NewParty is OpenParty with keys at hand.
func NewParty(entityID, acs, slo string, keys ...KeyPair) (*Party, error) {
	if u, err := url.Parse(entityID); err != nil || u.Scheme == "" || len(entityID) > 1024 {
		return nil, errors.New(`SAML "entity_id" is not a URI`)
	}
	if len(keys) == 0 || len(keys) > maxKeys {
		return nil, fmt.Errorf(`SAML "keys" has %d entries, 1 to %d are wanted`, len(keys), maxKeys)
	}
	for i, k := range keys {
		public, ok := k.Certificate.PublicKey.(*rsa.PublicKey)
		switch {
		case !ok || !public.Equal(&k.Key.PublicKey):
			return nil, fmt.Errorf("SAML key %d is not that of its certificate", i+1)
		case public.N.BitLen() < minRSA:
			return nil, fmt.Errorf("SAML key %d has %d bits, at least %d are wanted", i+1, public.N.BitLen(), minRSA)
		}
	}
	p := &Party{entityID: entityID, keys: keys}
	for address, into := range map[string]*url.URL{acs: &p.acs, slo: &p.slo} {
		u, err := endpoint(address)
		if err != nil {
			return nil, fmt.Errorf("SAML address of ours: %w", err)
		}
		*into = *u
	}
	return p, nil
}

// EntityID is our name.
func (p *Party) EntityID() string { return p.entityID }

// Warnings say what is weak or about to end about our keys, a line each.
func (p *Party) Warnings(now time.Time) []string {
	var lines []string
	for i, k := range p.keys {
		if bits := k.Key.N.BitLen(); bits < goodRSA {
			lines = append(lines, fmt.Sprintf("our key %d has %d bits; new ones should have %d", i+1, bits, goodRSA))
		}
		if w := expiry(k.Certificate, now); w != "" {
			lines = append(lines, fmt.Sprintf("our certificate %d %s", i+1, w))
		}
	}
	return lines
}

func (f KeyFiles) read() (KeyPair, error) {
	key, err := readKey(f.Key)
	if err != nil {
		return KeyPair{}, err
	}
	cert, err := readCertificate(f.Certificate)
	if err != nil {
		return KeyPair{}, err
	}
	return KeyPair{Key: key, Certificate: cert}, nil
}

func readKey(file string) (*rsa.PrivateKey, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM", file)
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: no private key in PKCS#8 or PKCS#1", file)
	}
	if k, ok := key.(*rsa.PrivateKey); ok {
		return k, nil
	}
	return nil, fmt.Errorf("%s: not an RSA key", file)
}

func readCertificate(file string) (*x509.Certificate, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM", file)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return cert, nil
}

// endpoint reads an address to which a browser is sent: https, or http at a loopback
// name, where browsers treat both as secure.
func endpoint(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(address) > 2048 {
		return nil, errors.New("not an absolute address")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return u, nil
	}
	return nil, errors.New("not https")
}

// loopback reports whether a host name stands for this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// expiry says in words what is wrong about a certificate's time; empty if nothing is.
func expiry(c *x509.Certificate, now time.Time) string {
	switch {
	case now.Before(c.NotBefore):
		return "is not valid before " + c.NotBefore.UTC().Format(time.DateOnly)
	case now.After(c.NotAfter):
		return "expired on " + c.NotAfter.UTC().Format(time.DateOnly)
	case c.NotAfter.Sub(now) < 30*24*time.Hour:
		return "expires on " + c.NotAfter.UTC().Format(time.DateOnly)
	}
	return ""
}
