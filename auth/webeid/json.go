package webeid

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// object is a JSON object with its keys exactly as written. Values are string,
// object, []any, or other. encoding/json into a struct would match keys regardless of
// case and let the last of two equal keys win: two programs could then read two
// tokens out of the same bytes. It would also cost as much as verifying an RSA
// signature.
type object map[string]any

// other is a number, true, false or null: no field of a token is one.
type other struct{}

// parseObject reads one JSON object (RFC 8259) and nothing after it, refusing a key
// that is there twice at any depth. ErrTokenParse.
func parseObject(text []byte) (object, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrTokenParse)
	}
	s := scanner{text: text}
	value, err := s.value(0)
	if err == nil {
		if s.next() != 0 || s.at < len(text) {
			err = errors.New("something follows the JSON")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenParse, err)
	}
	o, ok := value.(object)
	if !ok {
		return nil, fmt.Errorf("%w: not an object", ErrTokenParse)
	}
	return o, nil
}

// maxDepth bounds nested arrays and objects. A token needs four.
const maxDepth = 16

var (
	errSyntax   = errors.New("not JSON")
	errDepth    = errors.New("nested too deeply")
	errRepeated = errors.New("a key is there twice")
)

type scanner struct {
	text []byte
	at   int
}

// next skips blanks and returns the byte there, 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take skips blanks and consumes the byte c, if it is there.
func (s *scanner) take(c byte) bool {
	if s.next() != c || s.at == len(s.text) {
		return false
	}
	s.at++
	return true
}

func (s *scanner) value(depth int) (any, error) {
	switch c := s.next(); {
	case depth > maxDepth:
		return nil, errDepth
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.list(depth)
	case c == '"':
		return s.string()
	}
	return s.scalar()
}

func (s *scanner) object(depth int) (any, error) {
	o := object{}
	s.at++
	if s.take('}') {
		return o, nil
	}
	for {
		if s.next() != '"' {
			return nil, errSyntax
		}
		key, err := s.string()
		if err != nil {
			return nil, err
		}
		if _, repeated := o[key]; repeated {
			return nil, errRepeated
		}
		if !s.take(':') {
			return nil, errSyntax
		}
		if o[key], err = s.value(depth + 1); err != nil {
			return nil, err
		}
		switch {
		case s.take('}'):
			return o, nil
		case !s.take(','):
			return nil, errSyntax
		}
	}
}

func (s *scanner) list(depth int) (any, error) {
	list := []any{}
	s.at++
	if s.take(']') {
		return list, nil
	}
	for {
		value, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
		switch {
		case s.take(']'):
			return list, nil
		case !s.take(','):
			return nil, errSyntax
		}
	}
}

// string reads a string; those with escapes, which are rare, by encoding/json.
func (s *scanner) string() (string, error) {
	start, escaped := s.at, false
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c < ' ':
			return "", errSyntax
		case c == '\\':
			escaped = true
			s.at++
		case c == '"':
			s.at++
			if !escaped {
				return string(s.text[start+1 : s.at-1]), nil
			}
			var text string
			if json.Unmarshal(s.text[start:s.at], &text) != nil {
				return "", errSyntax
			}
			return text, nil
		}
	}
	return "", errSyntax
}

// scalar reads a number, true, false or null, for form only.
func (s *scanner) scalar() (any, error) {
	start := s.at
	for ; s.at < len(s.text); s.at++ {
		c := s.text[s.at]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == 'E' || c == '+' || c == '-' || c == '.') {
			break
		}
	}
	if !json.Valid(s.text[start:s.at]) {
		return nil, errSyntax
	}
	return other{}, nil
}

// string returns a field that must be a non-empty string.
func (o object) string(name string) (string, error) {
	value, ok := o[name]
	if !ok {
		return "", fmt.Errorf("%w: %s is missing", ErrTokenParse, name)
	}
	text, ok := value.(string)
	if !ok || text == "" {
		return "", fmt.Errorf("%w: %s is empty or not a string", ErrTokenParse, name)
	}
	return text, nil
}

// maxListed bounds the certificates of a list; MaxToken leaves room for few.
const maxListed = 8

// list returns a field that must be a list of 1 to maxListed.
func (o object) list(name string) ([]any, error) {
	list, ok := o[name].([]any)
	if !ok || len(list) == 0 || len(list) > maxListed {
		return nil, fmt.Errorf("%w: %s is not a list of 1 to %d", ErrTokenParse, name, maxListed)
	}
	return list, nil
}

// certificates returns a field that must be a list of base64 DER certificates.
func (o object) certificates(name string) ([]*x509.Certificate, error) {
	list, err := o.list(name)
	if err != nil {
		return nil, err
	}
	found := make([]*x509.Certificate, len(list))
	for i, value := range list {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("%w: %s holds what is not a string", ErrTokenParse, name)
		}
		if found[i], err = decodeCertificate(text); err != nil {
			return nil, err
		}
	}
	return found, nil
}
