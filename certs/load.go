package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxAnchorFile bounds one file of a trust directory, in bytes.
const maxAnchorFile = 1 << 20

// LoadTrustAnchors makes a set of every certificate in dir: files called .pem, .crt, .cer
// or .der, in PEM (one or more certificates) or DER. Any other file is an error, since a
// misspelt name would silently take a CA out; names that begin with a dot are passed over.
func LoadTrustAnchors(dir string) (*TrustAnchors, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading trust anchors: %w", err)
	}
	var list []*x509.Certificate
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		found, err := loadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("trust anchor file %s: %w", e.Name(), err)
		}
		list = append(list, found...)
	}
	a, err := NewTrustAnchors(list...)
	if err != nil {
		return nil, fmt.Errorf("trust anchors in %s: %w", dir, err)
	}
	return a, nil
}

func loadFile(path string) ([]*x509.Certificate, error) {
	if !slices.Contains([]string{".pem", ".crt", ".cer", ".der"}, strings.ToLower(filepath.Ext(path))) {
		return nil, fmt.Errorf("%w: not a certificate by its name", ErrMalformed)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxAnchorFile {
		return nil, fmt.Errorf("%w: not a file of at most %d bytes", ErrMalformed, maxAnchorFile)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(b, []byte("-----BEGIN")) {
		return parsePEM(b)
	}
	cert, err := Parse(b)
	return []*x509.Certificate{cert}, err
}

// parsePEM reads certificates and nothing else; text around the blocks is allowed.
func parsePEM(b []byte) ([]*x509.Certificate, error) {
	want := bytes.Count(b, []byte("-----BEGIN"))
	var list []*x509.Certificate
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%w: it holds a %s", ErrMalformed, block.Type)
		}
		cert, err := Parse(block.Bytes)
		if err != nil {
			return nil, err
		}
		list = append(list, cert)
	}
	if len(list) != want {
		return nil, fmt.Errorf("%w: %d of %d PEM blocks can be read", ErrMalformed, len(list), want)
	}
	return list, nil
}
