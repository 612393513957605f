package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"guichet.example/auth/federation"
)

// maxKeyFile bounds a file with a key or a secret, in bytes.
const maxKeyFile = 16 << 10

// load reads the files that the settings name.
func (p *Provider) load() error {
	var err error
	if p.table, err = federation.NewLevels(p.settings.Levels); err != nil {
		return err
	}
	if p.settings.ClientAuth == PrivateKey {
		err = p.loadSigner()
	} else {
		err = p.loadSecret()
	}
	if err != nil {
		return err
	}
	for _, file := range p.settings.DecryptionKeyFiles {
		key, err := readKey(file)
		if err != nil {
			return fmt.Errorf(`"decryption_key_files": %w`, err)
		}
		private, ok := key.(*rsa.PrivateKey)
		if !ok {
			return errors.New(`"decryption_key_files": not an RSA key`)
		}
		id, err := thumbprint(&private.PublicKey)
		if err != nil {
			return err
		}
		p.openers = append(p.openers, openingKey{private, id})
	}
	return nil
}

func (p *Provider) loadSecret() error {
	raw, err := readFile(p.settings.SecretFile)
	if err != nil {
		return fmt.Errorf(`"secret_file": %w`, err)
	}
	p.secret = strings.TrimRight(string(raw), "\r\n")
	if len(p.secret) < 16 {
		return errors.New(`"secret_file": the secret is shorter than 16 bytes`)
	}
	return nil
}

func (p *Provider) loadSigner() error {
	key, err := readKey(p.settings.KeyFile)
	if err != nil {
		return fmt.Errorf(`"key_file": %w`, err)
	}
	id := p.settings.KeyID
	if id == "" {
		if id, err = thumbprint(key.Public()); err != nil {
			return err
		}
	}
	p.signer = &clientKey{key, id}
	return nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(raw) > maxKeyFile {
		err = fmt.Errorf("longer than %d bytes", maxKeyFile)
	}
	return raw, err
}

// readKey reads one PKCS#8 key in PEM: RSA of 2048 bits or more, or P-256.
func readKey(name string) (crypto.Signer, error) {
	raw, err := readFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("no PKCS#8 private key in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("private key does not decode") // the cause may quote it
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() >= 2048 {
			return key, nil
		}
	case *ecdsa.PrivateKey:
		if key.Curve == elliptic.P256() {
			return key, nil
		}
	}
	return nil, errors.New("key is neither RSA of 2048 bits or more nor P-256")
}

// thumbprint is the SHA-256 thumbprint of a public key: RFC 7638.
func thumbprint(public crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// PublicKeys returns our own key set (RFC 7517, 5), for the provider to fetch or to be
// given: the key of private_key_jwt and those that tokens are encrypted to. Without either
// the set is empty.
func (p *Provider) PublicKeys() ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	if p.signer != nil {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: p.signer.key.Public(), KeyID: p.signer.id,
			Algorithm: string(p.signer.algorithm()), Use: "sig"})
	}
	for _, o := range p.openers {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &o.key.PublicKey, KeyID: o.id, Algorithm: keyAlgorithm, Use: "enc"})
	}
	return json.Marshal(set)
}

func (k *clientKey) algorithm() jose.SignatureAlgorithm {
	if _, ok := k.key.(*ecdsa.PrivateKey); ok {
		return jose.ES256
	}
	return jose.RS256
}

// assertionType is the value of client_assertion_type: RFC 7523, 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertionLife is how long a client assertion holds: long enough for one request.
const assertionLife = 60 * time.Second

// prove returns what proves who we are at the token endpoint, beyond what oauth2 sends by
// itself: a fresh assertion for private_key_jwt (OpenID Connect Core 1.0, 9).
func (p *Provider) prove(endpoint string) ([]oauth2.AuthCodeOption, error) {
	if p.signer == nil {
		return nil, nil
	}
	id, err := federation.NewHandle(p.rand)
	if err != nil {
		return nil, err
	}
	now := p.now()
	claims, err := json.Marshal(map[string]any{
		"iss": p.settings.ClientID, "sub": p.settings.ClientID, "aud": endpoint, "jti": id,
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return nil, err
	}
	key := jose.SigningKey{Algorithm: p.signer.algorithm(), Key: jose.JSONWebKey{Key: p.signer.key, KeyID: p.signer.id}}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, err
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		return nil, err
	}
	assertion, err := jws.CompactSerialize()
	return []oauth2.AuthCodeOption{
		oauth2.SetAuthURLParam("client_assertion_type", assertionType),
		oauth2.SetAuthURLParam("client_assertion", assertion),
	}, err
}
