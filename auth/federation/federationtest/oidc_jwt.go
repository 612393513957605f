package federationtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	jose "github.com/go-jose/go-jose/v4"
)

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// signingKey is one of a provider's keys.
type signingKey struct {
	id  string
	key crypto.Signer
}

// rsaKeys makes few RSA keys in a process and hands them out in turn: making one costs
// more than a whole login.
var rsaKeys = func() func() (*rsa.PrivateKey, error) {
	var mu sync.Mutex
	var made [4]*rsa.PrivateKey
	next := 0
	return func() (*rsa.PrivateKey, error) {
		mu.Lock()
		defer mu.Unlock()
		i := next % len(made)
		next++
		if made[i] == nil {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				return nil, err
			}
			made[i] = key
		}
		return made[i], nil
	}
}()

// RSAKey returns an RSA key of 2048 bits, made in this process, perhaps not for the first
// time.
func RSAKey() (*rsa.PrivateKey, error) { return rsaKeys() }

// Rotate makes a new signing key. The one before stays published; older ones do not.
func (o *OIDC) Rotate() error {
	var key crypto.Signer
	var err error
	if o.cfg.SignAlg == "ES256" {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		key, err = RSAKey()
	}
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys = append([]signingKey{{id: random()[:12], key: key}}, o.keys...)
	o.keys = o.keys[:min(len(o.keys), 2)]
	return nil
}

// Withdraw takes all but the signing key out of the published set.
func (o *OIDC) Withdraw() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys = o.keys[:1]
}

// Key is the key that signs now, and its kid.
func (o *OIDC) Key() (crypto.Signer, string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.keys[0].key, o.keys[0].id
}

func (o *OIDC) publish(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := []any{}
	for _, k := range o.keys {
		list = append(list, jose.JSONWebKey{Key: k.key.Public(), KeyID: k.id, Algorithm: o.cfg.SignAlg, Use: "sig"})
	}
	set := map[string]any{"keys": list}
	if o.lies.Keys != nil {
		o.lies.Keys(set)
	}
	writeJSON(w, http.StatusOK, set)
}

// JWS signs a payload under a header exactly as they are given, the way the header's alg
// says: what no library would make. The key is an *rsa.PrivateKey, an *ecdsa.PrivateKey,
// bytes for a MAC, or nil for an empty signature.
func JWS(header, payload []byte, key any) (string, error) {
	var h struct {
		Alg string `json:"alg"`
	}
	json.Unmarshal(header, &h)
	input := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(input))
	var signature []byte
	var err error
	switch key := key.(type) {
	case nil:
	case []byte:
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(input))
		signature = mac.Sum(nil)
	case *rsa.PrivateKey:
		if h.Alg == "PS256" {
			signature, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], nil)
		} else {
			signature, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		}
	case *ecdsa.PrivateKey:
		r, s, signErr := ecdsa.Sign(rand.Reader, key, sum[:])
		if err = signErr; err == nil {
			size := (key.Curve.Params().BitSize + 7) / 8
			signature = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}
	default:
		err = fmt.Errorf("key of type %T", key)
	}
	return input + "." + encode(signature), err
}

// Seal encrypts a signed token as itsme does: RSA-OAEP-256, A128CBC-HS256, cty JWT.
func Seal(token string, to *rsa.PublicKey, kid string) (string, error) {
	return sealWith(token, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: to, KeyID: kid}, jose.A128CBC_HS256)
}

// SealWith is Seal by other algorithms.
func SealWith(token string, to *rsa.PublicKey, kid, alg, enc string) (string, error) {
	return sealWith(token, jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: to, KeyID: kid}, jose.ContentEncryption(enc))
}

func sealWith(token string, to jose.Recipient, enc jose.ContentEncryption) (string, error) {
	sealer, err := jose.NewEncrypter(enc, to, (&jose.EncrypterOptions{}).WithContentType("JWT").WithType("JWT"))
	if err != nil {
		return "", err
	}
	jwe, err := sealer.Encrypt([]byte(token))
	if err != nil {
		return "", err
	}
	return jwe.CompactSerialize()
}

// made makes a token of claims for a client: signed, sealed where the client asks for it,
// with the lies that hold.
func (o *OIDC) made(c Client, claims map[string]any, l Forgery) (string, error) {
	o.mu.Lock()
	key, id := o.keys[0].key, o.keys[0].id
	o.mu.Unlock()
	header := map[string]any{"alg": o.cfg.SignAlg, "kid": id, "typ": "JWT"}
	if l.Claims != nil {
		l.Claims(claims)
	}
	if l.Header != nil {
		l.Header(header)
	}
	rawHeader, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	if l.Raw != nil {
		rawHeader, payload = l.Raw(rawHeader, payload)
	}
	var with any = key
	if l.Key != nil {
		with = l.Key()
	}
	token, err := JWS(rawHeader, payload, with)
	if err != nil {
		return "", err
	}
	if l.Signed != nil {
		token = l.Signed(token)
	}
	if c.SealTo != nil {
		if token, err = Seal(token, c.SealTo, c.SealToID); err != nil {
			return "", err
		}
	}
	if l.Token != nil {
		token = l.Token(token)
	}
	return token, nil
}
