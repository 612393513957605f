package reader

import (
	"bytes"
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

// files are a card's identity files as read, unverified.
type files struct {
	identity, identitySignature []byte
	address, addressSignature   []byte
	photo, registry             []byte
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
func readFiles(lib library, session pkcs11.SessionHandle) (*files, error) {
	var f files
	for _, part := range []struct {
		label string
		to    *[]byte
	}{
		{identityFile, &f.identity}, {identitySignature, &f.identitySignature},
		{addressFile, &f.address}, {addressSignatureFile, &f.addressSignature},
		{photoFile, &f.photo}, {registryCertificate, &f.registry},
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
func (f *files) open(c *Card, anchors *certs.TrustAnchors) (*Identity, error) {
	if err := f.verify(c, anchors); err != nil {
		return nil, err
	}
	id, photoHash, err := parseIdentity(f.identity)
	if err != nil {
		return nil, fmt.Errorf("reading the identity file: %w", err)
	}
	id.Source = FromFiles
	if anchors == nil {
		id.Source = FromUnanchoredFiles
	}
	if len(trimZeros(f.address)) > 0 {
		if id.Address, err = parseAddress(f.address); err != nil {
			return nil, fmt.Errorf("reading the address file: %w", err)
		}
	}
	if len(f.photo) > 0 && len(photoHash) > 0 {
		if !photoFits(f.photo, photoHash) {
			return nil, fmt.Errorf("photo: %w", ErrIdentityNotAuthentic)
		}
		id.Photo = f.photo
	}
	return id, nil
}

// verify checks the registry's two signatures. The second covers the address without
// its padding, followed by the first signature, so that no card carries the address of
// another.
func (f *files) verify(c *Card, anchors *certs.TrustAnchors) error {
	cert, err := certs.Parse(trimDER(f.registry))
	if err != nil {
		return fmt.Errorf("registry certificate: %w: %v", ErrIdentityNotAuthentic, err)
	}
	if err := certs.Registry.Check(cert); err != nil {
		return fmt.Errorf("registry certificate: %w: %v", ErrIdentityNotAuthentic, err)
	}
	if anchors != nil {
		if _, err := anchors.Path(cert, certs.Registry, registryTime(c.module.Now, cert), c.Issuers()...); err != nil {
			return fmt.Errorf("registry certificate: %w: %v", ErrIdentityNotAuthentic, err)
		}
	}
	if !registrySigned(cert, f.identity, f.identitySignature) && // some modules give the padding too
		!registrySigned(cert, trimZeros(f.identity), f.identitySignature) {
		return fmt.Errorf("identity file: %w", ErrIdentityNotAuthentic)
	}
	if len(trimZeros(f.address)) == 0 {
		return nil
	}
	signed := append(bytes.Clone(trimZeros(f.address)), f.identitySignature...)
	if !registrySigned(cert, signed, f.addressSignature) {
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
