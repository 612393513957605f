package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
	"guichet.example/signing"
	"guichet.example/signing/hsm"
)

// identifierForm is an organizationIdentifier: kind of register, country, number
// (ETSI EN 319 412-1, 5.1.4).
var identifierForm = regexp.MustCompile(`^(VAT|NTR|PSD|LEI|[A-Z]{2}:)[A-Z]{2}-[0-9A-Za-z.-]{1,40}$`)

// sealKeyRequest writes a PKCS#10 request (RFC 2986) that the key signed.
func sealKeyRequest(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "seal-key csr", "guichet seal-key csr -config FILE -organisation NAME -identifier VATBE-0400000000 [-country BE] [-out FILE]\nWrites a certificate request for the key, PEM.")
	p := keyPlace{}
	p.flags(flags)
	name := flags.String("organisation", "", "`name` of the organisation, as its register has it")
	identifier := flags.String("identifier", "", "its organizationIdentifier, such as VATBE-0400000000")
	land := flags.String("country", "BE", "two letters")
	out := flags.String("out", "", "`file` to write; without one it goes to standard output")
	rest, err := p.parse(flags, args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0 || *name == "" || len(*name) > 64:
		return fmt.Errorf("%w: -organisation of 1 to 64 bytes is required, and no arguments", cli.ErrUsage)
	case !identifierForm.MatchString(*identifier):
		return fmt.Errorf("%w: -identifier is like VATBE-0400000000", cli.ErrUsage)
	case !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(*land):
		return fmt.Errorf("%w: -country is two capital letters", cli.ErrUsage)
	}
	info, err := p.find()
	if err != nil {
		return err
	}
	key, err := p.signer(ctx, info)
	if err != nil {
		return err
	}
	defer key.Close()
	request, err := certificateRequest(key, *land, *name, *identifier)
	if err != nil {
		return err
	}
	if *out == "" {
		_, err = env.Stdout.Write(request)
		return err
	}
	return replaceFile(*out, request, 0o644)
}

func certificateRequest(key crypto.Signer, land, name, identifier string) ([]byte, error) {
	var subject pkix.RDNSequence
	for _, a := range []pkix.AttributeTypeAndValue{
		{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: land},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: name},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: identifier},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: name},
	} {
		subject = append(subject, pkix.RelativeDistinguishedNameSET{a})
	}
	raw, err := asn1.Marshal(subject)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{RawSubject: raw}, key)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

// sealKeyImport takes in what the certification authority sent.
func sealKeyImport(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "seal-key import", "guichet seal-key import -config FILE CERTIFICATES...\nChecks that the certificate is this key's, a seal's, and leads to a trust anchor; then writes the file \"seal.certificates\".")
	p := keyPlace{}
	p.flags(flags)
	flags.StringVar(&p.trust, "trust", "", "`folder` of trust anchors")
	flags.StringVar(&p.seal.Certificates, "out", "", "`file` to write")
	files, err := p.parse(flags, args)
	switch {
	case err != nil:
		return err
	case len(files) == 0 || p.trust == "" || p.seal.Certificates == "":
		return fmt.Errorf("%w: files with certificates, and -config or -trust and -out are required", cli.ErrUsage)
	}
	var all []*x509.Certificate
	for _, file := range files {
		more, err := readCertificates(file)
		if err != nil {
			return err
		}
		all = append(all, more...)
	}
	info, err := p.find()
	if err != nil {
		return err
	}
	chain, err := p.chain(ctx, info, all)
	if err != nil {
		return err
	}
	if _, err := readCertificates(p.seal.Certificates); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("not replaced: %w", err)
	}
	var text bytes.Buffer
	for _, cert := range chain {
		pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}
	if err := replaceFile(p.seal.Certificates, text.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: seal of %s until %s, certificates in it: %d\n", p.seal.Certificates, chain[0].Subject.Organization[0],
		chain[0].NotAfter.UTC().Format("2006-01-02"), len(chain))
	return nil
}

// chain finds the key's certificate among those that came, in whatever order, and checks
// it as `guichet serve` will: with the key itself, and under the trust anchors. Of several
// for one key, as after a renewal, it takes the one that holds longest. It returns it with
// those above it that the anchors do not hold.
func (p *keyPlace) chain(ctx context.Context, info hsm.KeyInfo, all []*x509.Certificate) ([]*x509.Certificate, error) {
	var own, others []*x509.Certificate
	for _, c := range all {
		if samePublic(c.PublicKey, info.Public) {
			own = append(own, c)
		} else {
			others = append(others, c)
		}
	}
	if len(own) == 0 {
		return nil, fmt.Errorf("%w: none of the %d certificates is of the key %q", hsm.ErrMismatch, len(all), info.Label)
	}
	slices.SortStableFunc(own, func(a, b *x509.Certificate) int { return b.NotAfter.Compare(a.NotAfter) })
	anchors, err := certs.LoadTrustAnchors(p.trust)
	if err != nil {
		return nil, fmt.Errorf("reading trust anchors: %w", err)
	}
	key, err := p.signer(ctx, info)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	var wrong error // what is wrong with the first, which most likely was meant
	for _, leaf := range own {
		sealer := &signing.Sealer{Key: key, Certificates: append([]*x509.Certificate{leaf}, others...), Anchors: anchors, Now: time.Now}
		path, err := sealer.Path()
		if err == nil {
			return withoutAnchors(path, anchors), nil
		}
		if wrong == nil {
			wrong = err
		}
	}
	return nil, wrong
}

// withoutAnchors is a path as it is kept: the leaf, and what no anchor is.
func withoutAnchors(path certs.Path, anchors *certs.TrustAnchors) []*x509.Certificate {
	known := anchors.All()
	kept := []*x509.Certificate{path[0]}
	for _, cert := range path[1:] {
		if !slices.ContainsFunc(known, cert.Equal) {
			kept = append(kept, cert)
		}
	}
	return kept
}

// samePublic compares two public keys; one that is nil is nobody's.
func samePublic(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && key.Equal(b)
}

// keyName names a key for people.
func keyName(public crypto.PublicKey) string {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	}
	return "public key not shown"
}

// replaceFile writes a file whole or not at all: under another name first, synced, then
// put in its place.
func replaceFile(path string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already where all went well
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
