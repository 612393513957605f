package oidc

import (
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
	value, err := (&scanner{text: text}).value(0)
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

// scanner goes through a text that is known to be JSON.
type scanner struct {
	text []byte
	at   int
}

// next skips blanks, commas and colons and returns the byte there.
func (s *scanner) next() byte {
	for {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			s.at++
		default:
			return c
		}
	}
}

func (s *scanner) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	switch c := s.next(); c {
	case '{':
		return s.object(depth)
	case '[':
		return s.list(depth)
	case '"':
		return s.string()
	}
	start := s.at
	for s.at < len(s.text) && !strings.ContainsRune(" \t\n\r,]}", rune(s.text[s.at])) {
		s.at++
	}
	switch word := string(s.text[start:s.at]); word {
	case "true", "false":
		return word == "true", nil
	case "null":
		return nil, nil
	default:
		return json.Number(word), nil
	}
}

func (s *scanner) object(depth int) (any, error) {
	o := object{}
	for s.at++; s.next() != '}'; {
		key, err := s.string()
		if err != nil {
			return nil, err
		}
		if _, repeated := o[key]; repeated {
			return nil, errRepeated
		}
		if o[key], err = s.value(depth + 1); err != nil {
			return nil, err
		}
	}
	s.at++
	return o, nil
}

func (s *scanner) list(depth int) (any, error) {
	list := []any{}
	for s.at++; s.next() != ']'; {
		value, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	s.at++
	return list, nil
}

// string reads a string; those with escapes, which are rare, by encoding/json.
func (s *scanner) string() (string, error) {
	start, escaped := s.at, false
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	s.at++
	if !escaped {
		return string(s.text[start+1 : s.at-1]), nil
	}
	var text string
	if json.Unmarshal(s.text[start:s.at], &text) != nil {
		return "", errNotJSON
	}
	return text, nil
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
