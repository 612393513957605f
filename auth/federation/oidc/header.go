package oidc

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxToken bounds a JWT of any kind, in bytes.
const MaxToken = 64 << 10

const (
	maxHeader = 2 << 10 // of a JOSE header, decoded
	maxKeyID  = 128
)

var (
	errToken     = errors.New("not a compact JWT")
	errAlgorithm = errors.New("algorithm is not accepted")
	errHeader    = errors.New("header has a member that is not accepted")
	errType      = errors.New("type of the token is another")
	errKeyID     = errors.New("key id is not accepted")
)

// refused are the members of a JOSE header that name a key, an address of one, or a way
// of reading the token that is not the plain one (RFC 7515, 4.1; RFC 7797; RFC 7516, 4.1.3).
// The key comes from the provider's key set alone.
var refused = []string{"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "p2s", "p2c", "epk", "apu", "apv"}

// header is what a JOSE header says, before anything in the token is believed.
type header struct {
	alg, enc, kid string
}

// signed reads the header of a signed JWT: three parts in base64url without padding, an
// algorithm of the list, a type that this kind of token may have.
func signed(token string, algorithms []string, types ...string) (header, error) {
	o, err := readHeader(token, 3)
	if err != nil {
		return header{}, err
	}
	h := header{alg: o.text("alg"), kid: o.text("kid")}
	if !slices.Contains(algorithms, h.alg) {
		return header{}, fmt.Errorf("%w: %.20q", errAlgorithm, h.alg)
	}
	if _, encrypted := o["enc"]; encrypted {
		return header{}, errHeader
	}
	if err := checkType(o, types); err != nil {
		return header{}, err
	}
	return h, nil
}

// The only algorithms for encrypted tokens: those of itsme.
const (
	keyAlgorithm     = "RSA-OAEP-256"
	contentAlgorithm = "A128CBC-HS256"
)

// sealed reads the header of an encrypted JWT: five parts.
func sealed(token string) (header, error) {
	o, err := readHeader(token, 5)
	if err != nil {
		return header{}, err
	}
	h := header{alg: o.text("alg"), enc: o.text("enc"), kid: o.text("kid")}
	if h.alg != keyAlgorithm || h.enc != contentAlgorithm {
		return header{}, fmt.Errorf("%w: %.20q, %.20q", errAlgorithm, h.alg, h.enc)
	}
	return h, checkType(o, nil)
}

// checkType compares typ with the types for this kind of token; absent and "JWT" always do.
func checkType(o object, types []string) error {
	value, present := o["typ"]
	if !present {
		return nil
	}
	typ, ok := value.(string)
	if !ok {
		return errType
	}
	for _, allowed := range append([]string{"JWT"}, types...) {
		if strings.EqualFold(typ, allowed) { // media types have no case: RFC 7515, 4.1.9
			return nil
		}
	}
	return fmt.Errorf("%w: %.20q", errType, typ)
}

// readHeader takes a compact token apart and reads its first part.
func readHeader(token string, parts int) (object, error) {
	if len(token) > MaxToken || strings.Count(token, ".") != parts-1 {
		return nil, errToken
	}
	for part := range strings.SplitSeq(token, ".") {
		if !isBase64URL(part) {
			return nil, errToken
		}
	}
	first, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil || len(raw) > maxHeader {
		return nil, errToken
	}
	o, err := parseObject(raw)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for _, name := range refused {
		if _, there := o[name]; there {
			return nil, fmt.Errorf("%w: %s", errHeader, name)
		}
	}
	if value, there := o["kid"]; there {
		if kid, ok := value.(string); !ok || kid == "" || len(kid) > maxKeyID {
			return nil, errKeyID
		}
	}
	return o, nil
}

// alphabet is that of RFC 4648, 5.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

var inAlphabet = func() (in [256]bool) {
	for i := range len(alphabet) {
		in[alphabet[i]] = true
	}
	return in
}()

// isBase64URL reports whether part is one or more bytes in base64url, in their only
// spelling. Decoders skip line ends and unused bits, so that one token would have many.
func isBase64URL(part string) bool {
	for i := range len(part) {
		if !inAlphabet[part[i]] {
			return false
		}
	}
	unused := [4]int{2: 0b1111, 3: 0b11} // bits of the last character
	switch rest := len(part) % 4; rest {
	case 1:
		return false
	case 2, 3:
		return strings.IndexByte(alphabet, part[len(part)-1])&unused[rest] == 0
	}
	return part != ""
}
