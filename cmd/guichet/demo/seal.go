package demo

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"guichet.example/signing"
	"guichet.example/signing/hsm"
	"guichet.example/signing/hsm/hsmtest"
)

// The seal of the demo: a made-up mutuality's key in a SoftHSM2 token of its own, apart
// from the cards.
const (
	sealToken = "demo-seal"
	sealLabel = "seal"
	sealPIN   = "482913"
	sealOrgID = "VATBE-0400000000"
)

// startSeal opens the seal key of the demo.
func (w *world) startSeal(ctx context.Context, _ Config) (err error) {
	w.seal, err = w.openSeal(ctx, "seal", hsmtest.P384)
	return err
}

// sealRSA is another seal key of the mutuality's, an RSA one in a module of its own.
func (w *world) sealRSA(ctx context.Context) (*signing.Sealer, error) {
	s, err := w.openSeal(ctx, "seal-rsa", hsmtest.RSA2048)
	_, back := hsmtest.New(filepath.Join(w.dir, "seal")) // the first finds its tokens again
	return s, errors.Join(err, back)
}

// openSeal opens the seal key of a folder, after making it at the first start. The key
// never leaves its token; the certificate lies beside it.
func (w *world) openSeal(ctx context.Context, name string, kind hsmtest.Kind) (*signing.Sealer, error) {
	dir := filepath.Join(w.dir, name)
	folder, err := hsmtest.New(dir)
	if err != nil {
		return nil, fmt.Errorf("making the seal's token: %w", err)
	}
	pin, file := filepath.Join(dir, "pin"), filepath.Join(dir, "certificate.pem")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if err := w.makeSeal(folder, kind, pin, file); err != nil {
			return nil, err
		}
	}
	cert, err := readCertificate(file)
	if err != nil {
		return nil, fmt.Errorf("reading the seal's certificate: %w", err)
	}
	key, err := hsm.Open(ctx, hsm.Config{
		Module: folder.Module(), Token: sealToken, Label: sealLabel, PIN: hsm.PINFile(pin), Certificate: cert, Log: w.log,
	})
	if err != nil {
		return nil, err
	}
	w.stop(func() { key.Close() })
	return &signing.Sealer{Key: key, Certificates: []*x509.Certificate{cert}, Anchors: w.services.Anchors()}, nil
}

func (w *world) makeSeal(folder *hsmtest.Folder, kind hsmtest.Kind, pin, file string) error {
	if err := os.WriteFile(pin, []byte(sealPIN+"\n"), 0o600); err != nil {
		return err
	}
	public, err := folder.Make(hsmtest.Spec{Token: sealToken, PIN: sealPIN, Label: sealLabel, ID: []byte{1}, Kind: kind})
	if err != nil {
		return fmt.Errorf("making the seal's key: %w", err)
	}
	cert, err := w.services.CertifySeal(mutuality().Letterhead.Name, sealOrgID, public)
	if err != nil {
		return err
	}
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600)
}

func readCertificate(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return x509.ParseCertificate(block.Bytes)
}
