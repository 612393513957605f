package oidc

import (
	"errors"

	jose "github.com/go-jose/go-jose/v4"
)

var (
	errNotSealed = errors.New("token is not encrypted, though it should be")
	errSealed    = errors.New("token is encrypted, though it should not be")
	errOpening   = errors.New("token cannot be opened")
)

// open takes the envelope off an encrypted token (RFC 7516) and returns the signed JWT in
// it, of which nothing is believed yet. Without encryption it returns the token as it is:
// a token of the other sort than the settings say is refused, for encryption to a public
// key proves nothing and its absence would go unnoticed.
func (p *Provider) open(token string) (string, error) {
	if !p.settings.Encrypted {
		if _, err := readHeader(token, 5); err == nil {
			return "", errSealed
		}
		return token, nil
	}
	if _, err := readHeader(token, 3); err == nil {
		return "", errNotSealed
	}
	h, err := sealed(token)
	if err != nil {
		return "", err
	}
	jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{keyAlgorithm}, []jose.ContentEncryption{contentAlgorithm})
	if err != nil {
		return "", errOpening
	}
	for _, o := range p.openers {
		if h.kid != "" && h.kid != o.id && len(p.openers) > 1 && p.opens(h.kid) {
			continue // it names another of ours
		}
		if inner, err := jwe.Decrypt(o.key); err == nil && len(inner) <= MaxToken {
			return string(inner), nil
		}
	}
	return "", errOpening // one answer for every reason, bad padding among them
}

// opens reports whether one of our keys has that id. Providers may name keys as they like,
// since they were given to them in a set or by hand.
func (p *Provider) opens(kid string) bool {
	for _, o := range p.openers {
		if o.id == kid {
			return true
		}
	}
	return false
}
