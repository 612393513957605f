package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"guichet.example/certs"
	"guichet.example/signing"
	"guichet.example/signing/hsm"
)

// SealSettings say with which key the mutuality seals what members approve with a
// federal token or send without a card.
type SealSettings struct {
	// Module is the path of the PKCS#11 module. Required.
	Module string `json:"module"`
	// Token is the label or the serial number of the token. Required.
	Token string `json:"token"`
	// Label (CKA_LABEL) and ID (CKA_ID, hexadecimal) name the key; at least one.
	Label string `json:"label"`
	ID    string `json:"id"`
	// PINFile holds the PIN of the token on one line, mode 0600. Required.
	PINFile string `json:"pin_file"`
	// Certificates is a PEM file: the organisation's certificate for the key, then those
	// above it that "trust" does not hold. Required.
	Certificates string `json:"certificates"`
	// Sessions is how many seals are made at once. Empty: 2.
	Sessions int `json:"sessions"`
}

// maxCertificates bounds the file of certificates, in bytes.
const maxCertificates = 1 << 20

func (s *SealSettings) check() error {
	for _, r := range []struct{ key, value string }{
		{"module", s.Module}, {"token", s.Token}, {"pin_file", s.PINFile}, {"certificates", s.Certificates},
	} {
		if r.value == "" {
			return fmt.Errorf("%q is required", "seal."+r.key)
		}
	}
	if s.Label == "" && s.ID == "" {
		return errors.New(`"seal" needs "label" or "id" of the key`)
	}
	if _, err := hex.DecodeString(s.ID); err != nil {
		return errors.New(`"seal.id" is in hexadecimal`)
	}
	return nil
}

// openSeal opens the key and checks that it is the certificate's; nil without a seal.
// What it returns besides ends the use of the key.
func openSeal(ctx context.Context, settings *Settings, log *slog.Logger) (*signing.Sealer, func() error, error) {
	s := settings.Seal
	if s == nil {
		return nil, func() error { return nil }, nil
	}
	anchors, err := certs.LoadTrustAnchors(settings.Trust)
	if err != nil {
		return nil, nil, fmt.Errorf("reading trust anchors: %w", err)
	}
	chain, err := readCertificates(s.Certificates)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the certificates of the seal: %w", err)
	}
	id, err := hex.DecodeString(s.ID)
	if err != nil {
		return nil, nil, err
	}
	key, err := hsm.Open(ctx, hsm.Config{
		Module: s.Module, Token: s.Token, Label: s.Label, ID: id, PIN: hsm.PINFile(s.PINFile),
		Certificate: chain[0], Sessions: s.Sessions, Log: log,
	})
	if err != nil {
		return nil, nil, err
	}
	sealer := &signing.Sealer{Key: key, Certificates: chain, Anchors: anchors, Now: time.Now}
	if err := sealer.Check(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the mutuality's seal: %w", err), key.Close())
	}
	return sealer, key.Close, nil
}

// readCertificates reads a PEM file that holds certificates and nothing else.
func readCertificates(file string) ([]*x509.Certificate, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rest, err := io.ReadAll(io.LimitReader(f, maxCertificates+1))
	if err != nil {
		return nil, err
	}
	if len(rest) > maxCertificates {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, maxCertificates)
	}
	var list []*x509.Certificate
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		rest = after
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%s holds a %s", file, block.Type)
		}
		cert, err := certs.Parse(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, cert)
	}
	if len(list) == 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("%s holds something else than certificates in PEM", file)
	}
	return list, nil
}
