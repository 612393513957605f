package webeid

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// fields is a JSON object with its keys exactly as written. encoding/json into a
// struct would match keys regardless of case and let the last of two equal keys win:
// two programs could then read two tokens out of the same bytes.
type fields map[string]json.RawMessage

var errRepeatedKey = errors.New("key is there twice")

// parseObject reads one JSON object and nothing after it, refusing a key that is
// there twice at any depth. ErrTokenParse.
func parseObject(raw []byte) (fields, error) {
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrTokenParse)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := checkKeys(decoder, 0); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenParse, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the JSON", ErrTokenParse)
	}
	var object fields
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenParse, err)
	}
	if object == nil {
		return nil, fmt.Errorf("%w: null is not an object", ErrTokenParse)
	}
	return object, nil
}

// maxDepth bounds nested arrays and objects. A token needs four.
const maxDepth = 16

// checkKeys consumes one JSON value from d.
func checkKeys(d *json.Decoder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return errors.New("nested too deeply")
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string) // the decoder lets nothing else through
			if seen[name] {
				return errRepeatedKey
			}
			seen[name] = true
		}
		if err := checkKeys(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing bracket
	return err
}

// text returns a field that must be a non-empty string.
func (f fields) text(name string) (string, error) {
	raw, ok := f[name]
	if !ok {
		return "", fmt.Errorf("%w: %s is missing", ErrTokenParse, name)
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return "", fmt.Errorf("%w: %s is not a string", ErrTokenParse, name)
	}
	if *text == "" {
		return "", fmt.Errorf("%w: %s is empty", ErrTokenParse, name)
	}
	return *text, nil
}

// certificates returns a field that must be a list of base64 DER certificates.
func (f fields) certificates(name string) ([]*x509.Certificate, error) {
	var texts []string
	if err := json.Unmarshal(f[name], &texts); err != nil || len(texts) == 0 || len(texts) > maxListed {
		return nil, fmt.Errorf("%w: %s is not a list of 1 to %d strings", ErrTokenParse, name, maxListed)
	}
	list := make([]*x509.Certificate, len(texts))
	for i, text := range texts {
		certificate, err := decodeCertificate(text)
		if err != nil {
			return nil, err
		}
		list[i] = certificate
	}
	return list, nil
}
