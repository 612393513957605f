package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"guichet.example/auth/federation"
)

// How often the key set is fetched. New keys are seen at the first token that names them,
// if the last fetch is refetchAfter ago; withdrawn keys are forgotten after keysLife; a
// provider whose key set cannot be had is believed by the old one for keysGrace.
const (
	refetchAfter = time.Minute
	keysLife     = 5 * time.Minute
	keysGrace    = time.Hour
)

// maxKeys bounds a key set.
const maxKeys = 64

var (
	errUnknownKey = errors.New("no key of the provider verifies the token")
	errNoKeys     = errors.New("key set has no usable key")
)

// keySet is the provider's key set. It differs from go-oidc's in that junk does not make
// it fetch: at most one fetch a minute, whatever tokens come.
type keySet struct {
	provider *Provider
	address  string

	flight flight

	mu      sync.Mutex // never held while asking
	keys    []jose.JSONWebKey
	fetched time.Time // of keys
	tried   time.Time // last fetch, good or not
}

// signature is the key set for one token: what go-oidc asks (its KeySet) and does not hand
// on, the cause of a refusal, the bytes that were signed and the key that verified them.
type signature struct {
	keys  *keySet
	head  header // of the token, looked at before
	raw   []byte
	key   *jose.JSONWebKey
	cause error
}

// VerifySignature implements the KeySet of go-oidc.
func (s *signature) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	s.raw, s.key, s.cause = s.keys.verify(ctx, token, s.head)
	return s.raw, s.cause
}

// verify returns the bytes that a token signs and the key that verified them. h is its
// header, as signed returned it.
func (k *keySet) verify(ctx context.Context, token string, h header) ([]byte, *jose.JSONWebKey, error) {
	c, err := takeApart(token, h)
	if err != nil {
		return nil, nil, err
	}
	keys, err := k.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	if key := try(&c, h, keys); key != nil {
		return c.payload, key, nil
	}
	if key := try(&c, h, k.newer(ctx)); key != nil {
		return c.payload, key, nil
	}
	return nil, nil, errUnknownKey
}

// try goes through the keys that the header may mean. Without a kid these are all.
func try(c *compact, h header, keys []jose.JSONWebKey) *jose.JSONWebKey {
	for i := range keys {
		if h.kid != "" && keys[i].KeyID != h.kid || !fits(&keys[i], h.alg) {
			continue
		}
		if c.by(keys[i].Key) {
			return &keys[i]
		}
	}
	return nil
}

// fits reports whether a public key may verify that algorithm: RFC 7518, 3.3 and 3.4.
func fits(key *jose.JSONWebKey, alg string) bool {
	if key.Use != "" && key.Use != "sig" || key.Algorithm != "" && key.Algorithm != alg {
		return false
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		bits := public.N.BitLen()
		return (alg[0] == 'R' || alg[0] == 'P') && bits >= 2048 && bits <= 8192
	case *ecdsa.PublicKey:
		return alg == "ES256" && public.Curve == elliptic.P256() || alg == "ES384" && public.Curve == elliptic.P384()
	}
	return false
}

// current returns the keys, fetched anew if they are old.
func (k *keySet) current(ctx context.Context) ([]jose.JSONWebKey, error) {
	keys, age := k.have()
	if keys != nil && age < keysLife {
		return keys, nil
	}
	var err error
	if keys == nil || !k.justTried() {
		err = k.flight.do(ctx, func() error { return k.fetch(ctx) })
	}
	if keys, age = k.have(); keys != nil && age < keysGrace {
		return keys, nil
	}
	if err == nil {
		err = fmt.Errorf("%w: its keys are too old", federation.ErrUnavailable)
	}
	return nil, err
}

// newer fetches the keys for a token that none of them verifies, unless that was just
// done. nil if nothing could be had.
func (k *keySet) newer(ctx context.Context) []jose.JSONWebKey {
	if k.justTried() || k.flight.do(ctx, func() error { return k.fetch(ctx) }) != nil {
		return nil
	}
	keys, _ := k.have()
	return keys
}

// have returns the keys and their age. A clock that was set back makes them old: they are
// fetched again.
func (k *keySet) have() ([]jose.JSONWebKey, time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	age := k.provider.now().Sub(k.fetched)
	if age < 0 {
		age = keysLife
	}
	return k.keys, age
}

func (k *keySet) justTried() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	since := k.provider.now().Sub(k.tried)
	return since >= 0 && since < refetchAfter
}

// fetch replaces the keys, whole; the old ones stay if that does not succeed.
func (k *keySet) fetch(ctx context.Context) error {
	now := k.provider.now()
	var keys []jose.JSONWebKey
	err := k.provider.ask(context.WithoutCancel(ctx), "fetching keys", func(ctx context.Context) error {
		raw, _, err := k.provider.get(ctx, k.address, "")
		if err == nil {
			keys, err = parseKeys(raw)
		}
		return err
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried = now
	if err == nil {
		k.keys, k.fetched = keys, now
	}
	return err
}

// parseKeys reads a key set (RFC 7517, 5) and leaves out what is not for our use: other
// kinds, other curves, private and symmetric keys, keys too short.
func parseKeys(raw []byte) ([]jose.JSONWebKey, error) {
	if _, err := parseObject(raw); err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil || len(set.Keys) > maxKeys {
		return nil, errNoKeys
	}
	var keys []jose.JSONWebKey
	for _, one := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(one, &key) != nil || !key.IsPublic() || len(key.KeyID) > maxKeyID {
			continue
		}
		for _, alg := range acceptable {
			if fits(&key, alg) {
				keys = append(keys, key)
				break
			}
		}
	}
	if keys == nil {
		return nil, errNoKeys
	}
	return keys, nil
}

// get asks for an address of the provider with GET. Only ask calls it.
func (p *Provider) get(ctx context.Context, address, bearer string) (body []byte, kind string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", err
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := p.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err = read(response.Body)
	return body, response.Header.Get("Content-Type"), err
}
