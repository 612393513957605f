package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// object is a JSON object with its keys exactly as written. Values are string,
// json.Number, bool, nil, object or []any. encoding/json into a struct, as go-oidc does
// it, matches keys regardless of case and lets the last of two equal keys win: what we
// check and what the library believes could then be two things.
type object map[string]any

var (
	errNotJSON   = errors.New("not a JSON object")
	errDepth     = errors.New("JSON is nested too deeply")
	errRepeated  = errors.New("JSON has a key twice")
	errLookalike = errors.New("JSON has a key that is spelled almost like another")
)

// maxDepth bounds nested arrays and objects. Tokens and discovery documents need four.
const maxDepth = 8

// reserved are the claims with a meaning of their own in ID, userinfo and logout tokens.
// A key that differs from one of them only in case is refused.
var reserved = []string{"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "azp", "acr",
	"amr", "auth_time", "sid", "events", "_claim_names", "_claim_sources",
	"id_token", "access_token", "token_type", "issuer", "jwks_uri", "authorization_endpoint",
	"token_endpoint", "userinfo_endpoint", "id_token_signing_alg_values_supported", "keys"}

// parseObject reads one JSON object (RFC 8259) and nothing after it, refusing a key that
// is there twice at any depth. The caller bounds the text.
func parseObject(text []byte) (object, error) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, errNotJSON
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	o, ok := value.(object)
	if !ok {
		return nil, errNotJSON
	}
	for key := range o {
		for _, name := range reserved {
			if key != name && len(key) < 2*len(name) && strings.EqualFold(key, name) {
				return nil, errLookalike
			}
		}
	}
	return o, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	t, err := d.Token()
	if err != nil {
		return nil, errNotJSON
	}
	switch t {
	case json.Delim('{'):
		return parseMembers(d, depth)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, err := parseValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := d.Token()
		return list, err
	}
	return t, nil
}

func parseMembers(d *json.Decoder, depth int) (object, error) {
	o := object{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, errNotJSON
		}
		key, ok := t.(string)
		if !ok {
			return nil, errNotJSON
		}
		if _, repeated := o[key]; repeated {
			return nil, errRepeated
		}
		if o[key], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return o, err
}

// text returns a member that is a string; "" if it is absent or something else.
func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

// is reports whether a member is the very string want, which is not empty.
func (o object) is(name, want string) bool {
	text, ok := o[name].(string)
	return ok && want != "" && text == want
}

// Times are seconds since 1970 (RFC 7519, NumericDate); these bound what is a date at all.
const (
	minTime = 1_000_000_000   // 2001
	maxTime = 253_402_300_799 // 9999
)

// time returns a member that is a NumericDate. present is false if it is absent; ok is
// false if it is there and is none: text, null, negative, far out.
func (o object) time(name string) (t time.Time, present, ok bool) {
	value, present := o[name]
	if !present {
		return time.Time{}, false, true
	}
	number, isNumber := value.(json.Number)
	if !isNumber {
		return time.Time{}, true, false
	}
	seconds, err := number.Float64()
	if err != nil || seconds < minTime || seconds > maxTime {
		return time.Time{}, true, false
	}
	return time.Unix(int64(seconds), 0), true, true
}

// maxAudiences bounds the audiences of a token.
const maxAudiences = 8

// audiences returns aud as a list, nil if it is none of strings.
func (o object) audiences() []string {
	switch aud := o["aud"].(type) {
	case string:
		return []string{aud}
	case []any:
		if len(aud) > maxAudiences {
			return nil
		}
		var list []string
		for _, value := range aud {
			text, ok := value.(string)
			if !ok {
				return nil
			}
			list = append(list, text)
		}
		return list
	}
	return nil
}
