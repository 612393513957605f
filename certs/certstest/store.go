package certstest

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// register is what the CAs issued, and what they withdrew.
type register struct {
	BaseURL string
	Entries []entry
}

type entry struct {
	Issuer    string // slug of the CA
	Serial    string // hexadecimal
	RevokedAt time.Time
	Reason    int
}

// Serial numbers are 120 random bits here, so they are unique across CAs.
func (e entry) is(cert *x509.Certificate) bool { return e.Serial == cert.SerialNumber.Text(16) }

// store is a directory of key pairs, one .pem file each, and the register. With an empty
// dir it holds nothing.
type store struct{ dir string }

func (s store) path(name string) string { return filepath.Join(s.dir, name+".pem") }

func (s store) has(name string) bool {
	if s.dir == "" {
		return false
	}
	_, err := os.Stat(s.path(name))
	return err == nil
}

// keep returns the pair kept under name, or makes it with the key generated for it.
func (p *PKI) keep(name string, keys map[string]crypto.Signer, certify func(crypto.Signer) (*x509.Certificate, error)) (KeyPair, error) {
	if p.store.has(name) {
		pairs, err := p.store.load(name)
		if err != nil {
			return KeyPair{}, err
		}
		return pairs[0], nil
	}
	cert, err := certify(keys[name])
	if err != nil {
		return KeyPair{}, fmt.Errorf("certificate %s: %w", name, err)
	}
	pair := KeyPair{cert, keys[name]}
	return pair, p.store.save(name, pair)
}

func (s store) save(name string, pairs ...KeyPair) error {
	if s.dir == "" {
		return nil
	}
	var out bytes.Buffer
	for _, pair := range pairs {
		der, err := x509.MarshalPKCS8PrivateKey(pair.Key)
		if err != nil {
			return err
		}
		out.Write(encodePEM(pair.Certificate))
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	return s.write(s.path(name), out.Bytes())
}

func (s store) load(name string) ([]KeyPair, error) {
	rest, err := os.ReadFile(s.path(name))
	if err != nil {
		return nil, err
	}
	var pairs []KeyPair
	for {
		var cert, key *pem.Block
		if cert, rest = pem.Decode(rest); cert == nil {
			break
		}
		if key, rest = pem.Decode(rest); key == nil {
			break
		}
		c, err := x509.ParseCertificate(cert.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.path(name), err)
		}
		k, err := x509.ParsePKCS8PrivateKey(key.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.path(name), err)
		}
		signer, ok := k.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("%s: key cannot sign", s.path(name))
		}
		pairs = append(pairs, KeyPair{c, signer})
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s holds no certificate with its key", s.path(name))
	}
	return pairs, nil
}

func (s store) register(baseURL string) (register, error) {
	r := register{BaseURL: baseURL}
	if s.dir == "" {
		return r, nil
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return r, err
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "register.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	} else if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("register in %s: %w", s.dir, err)
	}
	if r.BaseURL != baseURL {
		return r, fmt.Errorf("certificates in %s name their services at %s, not %s: use that address or another directory", s.dir, r.BaseURL, baseURL)
	}
	return r, nil
}

func (p *PKI) saveRegister() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.store.saveRegister(p.register)
}

func (s store) saveRegister(r register) error {
	if s.dir == "" {
		return nil
	}
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return s.write(filepath.Join(s.dir, "register.json"), b)
}

// write replaces a file as a whole, readable by its owner only.
func (s store) write(path string, b []byte) error {
	temporary, err := os.CreateTemp(s.dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(b)
	if err := errors.Join(err, temporary.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return os.Rename(temporary.Name(), path)
}

func encodePEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}
