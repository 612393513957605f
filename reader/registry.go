package reader

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // photo hashes and registry signatures of older cards
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
)

// Labels of the data objects in which the Belgian middleware gives out the card's files.
const (
	identityFile         = "DATA_FILE"
	identitySignature    = "SIGN_DATA_FILE"
	addressFile          = "ADDRESS_FILE"
	addressSignatureFile = "SIGN_ADDRESS_FILE"
	photoFile            = "PHOTO_FILE"
	registryCertificate  = "CERT_RN_FILE"
)

// Files are a card's identity files as a module gave them out, unverified: padding and
// all. One that the card does not have is empty. Printing them shows sizes only.
type Files struct {
	Identity          []byte `json:"identity,omitempty"` // TLV
	IdentitySignature []byte `json:"identitySignature,omitempty"`
	Address           []byte `json:"address,omitempty"` // TLV
	AddressSignature  []byte `json:"addressSignature,omitempty"`
	Photo             []byte `json:"photo,omitempty"`    // JPEG
	Registry          []byte `json:"registry,omitempty"` // certificate, DER
}

// Files reads the identity files, unverified; nil without an error when the module gives
// out none. No PIN is needed. Errors: ErrCardRemoved, ErrTimedOut.
func (c *Card) Files(ctx context.Context) (*Files, error) {
	return ask(ctx, c, "reading the identity files", func(lib library) (*Files, error) {
		return readFiles(lib, c.session)
	})
}

// readFile reads the data object of that label; nil when there is none.
func readFile(lib library, session pkcs11.SessionHandle, label string) ([]byte, error) {
	objects, err := find(lib, session,
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_DATA), // without it the Belgian middleware shows none
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, label))
	if err != nil || len(objects) == 0 {
		return nil, err
	}
	return attribute(lib, session, objects[0], pkcs11.CKA_VALUE)
}

// readFiles returns nil when the module gives out no identity file.
func readFiles(lib library, session pkcs11.SessionHandle) (*Files, error) {
	var f Files
	for _, part := range []struct {
		label string
		to    *[]byte
	}{
		{identityFile, &f.Identity}, {identitySignature, &f.IdentitySignature},
		{addressFile, &f.Address}, {addressSignatureFile, &f.AddressSignature},
		{photoFile, &f.Photo}, {registryCertificate, &f.Registry},
	} {
		value, err := readFile(lib, session, part.label)
		if err != nil {
			return nil, err
		}
		*part.to = value
		if part.label == identityFile && len(trimZeros(value)) == 0 {
			return nil, nil
		}
	}
	return &f, nil
}

// open verifies and parses, in that order.
func (f *Files) open(on []*x509.Certificate, anchors *certs.TrustAnchors, now func() time.Time) (*Identity, error) {
	if err := f.verify(on, anchors, now); err != nil {
		return nil, err
	}
	id, photoHash, err := parseIdentity(f.Identity)
	if err != nil {
		return nil, fmt.Errorf("reading the identity file: %w", err)
	}
	id.Source = FromFiles
	if anchors == nil {
		id.Source = FromUnanchoredFiles
	}
	if len(trimZeros(f.Address)) > 0 {
		if id.Address, err = parseAddress(f.Address); err != nil {
			return nil, fmt.Errorf("reading the address file: %w", err)
		}
	}
	if len(f.Photo) > 0 && len(photoHash) > 0 {
		if !photoFits(f.Photo, photoHash) {
			return nil, fmt.Errorf("photo: %w", ErrIdentityNotAuthentic)
		}
		id.Photo = f.Photo
	}
	return id, nil
}

// verify checks the registry's two signatures. The second covers the address without
// its padding, followed by the first signature, so that no card carries the address of
// another.
func (f *Files) verify(on []*x509.Certificate, anchors *certs.TrustAnchors, now func() time.Time) error {
	cert, err := certs.Parse(trimDER(f.Registry))
	if err != nil {
		return fmt.Errorf("registry certificate: %w: %v", ErrIdentityNotAuthentic, err)
	}
	if err := certs.Registry.Check(cert); err != nil {
		return fmt.Errorf("registry certificate: %w: %v", ErrIdentityNotAuthentic, err)
	}
	if anchors != nil {
		if _, err := anchors.Path(cert, certs.Registry, registryTime(now, cert), authorities(on)...); err != nil {
			return fmt.Errorf("registry certificate: %w: %v", ErrIdentityNotAuthentic, err)
		}
	}
	if !registrySigned(cert, f.Identity, f.IdentitySignature) && // some modules give the padding too
		!registrySigned(cert, trimZeros(f.Identity), f.IdentitySignature) {
		return fmt.Errorf("identity file: %w", ErrIdentityNotAuthentic)
	}
	if len(trimZeros(f.Address)) == 0 {
		return nil
	}
	signed := append(bytes.Clone(trimZeros(f.Address)), f.IdentitySignature...)
	if !registrySigned(cert, signed, f.AddressSignature) {
		return fmt.Errorf("address file: %w", ErrIdentityNotAuthentic)
	}
	return nil
}

// registryTime is when the registry's certificate has to be valid: now, or, since a
// card outlives the certificate that signed its files, the certificate's last moment.
func registryTime(now func() time.Time, cert *x509.Certificate) time.Time {
	if now == nil {
		now = time.Now
	}
	if at := now(); at.Before(cert.NotAfter) {
		return at
	}
	return cert.NotAfter
}

// registrySigned tries the hash functions in use since 2004; the files do not name
// theirs. SHA-1 is accepted from RSA keys only: cards of the first fifteen years have
// nothing else.
func registrySigned(cert *x509.Certificate, message, signature []byte) bool {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if n := key.Size(); len(signature) > n && len(trimZeros(signature[n:])) == 0 {
			signature = signature[:n]
		}
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA1} {
			if rsa.VerifyPKCS1v15(key, hash, digestOf(hash, message), signature) == nil {
				return true
			}
		}
	case *ecdsa.PublicKey:
		var value asn1.RawValue // the file has a fixed length: cut the zeros after the value
		rest, err := asn1.Unmarshal(signature, &value)
		if err != nil || len(trimZeros(rest)) > 0 {
			return false
		}
		for _, hash := range []crypto.Hash{crypto.SHA384, crypto.SHA256, crypto.SHA512} {
			if ecdsa.VerifyASN1(key, digestOf(hash, message), value.FullBytes) {
				return true
			}
		}
	}
	return false
}

// photoFits compares the photo with the hash in the identity file; the length of the
// hash tells its function.
func photoFits(photo, hash []byte) bool {
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if len(hash) == h.Size() {
			return bytes.Equal(digestOf(h, photo), hash)
		}
	}
	return false
}

func digestOf(h crypto.Hash, message []byte) []byte {
	w := h.New()
	w.Write(message)
	return w.Sum(nil)
}
