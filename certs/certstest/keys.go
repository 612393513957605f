package certstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"sync"
)

// Algorithm is a kind of key.
type Algorithm int

// The kinds of key that Belgian cards have or may have.
const (
	RSA2048 Algorithm = iota + 1
	P384
	P256
)

// String names the algorithm as pages and tests do.
func (a Algorithm) String() string {
	return map[Algorithm]string{RSA2048: "RSA-2048", P384: "P-384", P256: "P-256"}[a]
}

func (a Algorithm) generate() (crypto.Signer, error) {
	switch a {
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return nil, fmt.Errorf("no algorithm %d", int(a))
}

// KeyPair is a certificate and its key, an *rsa.PrivateKey or *ecdsa.PrivateKey.
type KeyPair struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// hash is the digest that goes with the key: as long as the curve, SHA-256 for RSA.
func (k KeyPair) hash() crypto.Hash {
	if key, ok := k.Key.(*ecdsa.PrivateKey); ok && key.Curve == elliptic.P384() {
		return crypto.SHA384
	}
	return crypto.SHA256
}

// sign signs data in the way X.509 does: ECDSA in DER, RSA by PKCS #1 v1.5.
func (k KeyPair) sign(data []byte, h crypto.Hash) ([]byte, error) {
	digest := h.New()
	digest.Write(data)
	return k.Key.Sign(rand.Reader, digest.Sum(nil), h)
}

// generate makes, on all cores, the keys of every authority and service that the store
// does not have yet.
func (p *PKI) generate() (map[string]crypto.Signer, error) {
	wanted := map[string]Algorithm{}
	for _, s := range authoritySpecs {
		wanted[s.slug] = s.algorithm
	}
	for _, s := range serviceSpecs() {
		wanted[s.name] = s.algorithm
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		keys  = map[string]crypto.Signer{}
		first error
	)
	for name, algorithm := range wanted {
		if p.store.has(name) {
			continue
		}
		if key := p.config.keys[name]; key != nil {
			mu.Lock()
			keys[name] = key
			mu.Unlock()
			continue
		}
		wg.Go(func() {
			key, err := algorithm.generate()
			mu.Lock()
			defer mu.Unlock()
			keys[name] = key
			if err != nil && first == nil {
				first = err
			}
		})
	}
	wg.Wait()
	return keys, first
}

// spareKeys are those of PKIs that ended. To make an RSA key costs a core some tenths of
// a second, which a test of a server would pay three times each.
type spareKeys struct {
	mu   sync.Mutex
	sets []map[string]crypto.Signer
}

var spare spareKeys

// take returns the keys of one PKI that ended, or none.
func (s *spareKeys) take() map[string]crypto.Signer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sets) == 0 {
		return nil
	}
	last := s.sets[len(s.sets)-1]
	s.sets = s.sets[:len(s.sets)-1]
	return last
}

func (s *spareKeys) put(keys map[string]crypto.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets = append(s.sets, keys)
}

// ownKeys are the keys of the authorities and services, by name.
func (p *PKI) ownKeys() map[string]crypto.Signer {
	keys := map[string]crypto.Signer{}
	for name, a := range p.authorities {
		keys[name] = a.Key
	}
	for name, service := range p.services {
		keys[name] = service.Key
	}
	return keys
}
