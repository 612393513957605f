package registry

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
	"slices"
	"time"

	"guichet.example/certs"
)

// verify checks the registry's two signatures. In the applet's files,
//
//	EF(ID#SGN)      = sign(EF(ID#RN))
//	EF(Address#SGN) = sign(EF(ID#Address) without the zeros at its end || EF(ID#SGN))
//
// so that no card carries the address of another. Of a card without address the second
// is not looked at.
func (f *Files) verify(on []*x509.Certificate, anchors *certs.TrustAnchors, at time.Time) error {
	for _, file := range [][]byte{f.Identity, f.IdentitySignature, f.Address, f.AddressSignature, f.Photo, f.Registry} {
		if len(file) > MaxFile {
			return fmt.Errorf("%w: %d bytes", ErrMalformed, len(file))
		}
	}
	cert, err := f.registry(on, anchors, at)
	if err != nil {
		return fmt.Errorf("registry certificate: %w: %v", ErrNotAuthentic, err)
	}
	// Some modules give the padding of a file too, which nobody signed.
	if !oneSigned(cert, f.IdentitySignature, f.Identity, withoutPadding(f.Identity)) {
		return fmt.Errorf("identity file: %w", ErrNotAuthentic)
	}
	address := trimZeros(f.Address)
	if len(address) == 0 {
		return nil
	}
	if !oneSigned(cert, f.AddressSignature, slices.Concat(address, f.IdentitySignature),
		slices.Concat(address, signatureValue(cert, f.IdentitySignature))) {
		return fmt.Errorf("address file: %w", ErrNotAuthentic)
	}
	return nil
}

// registry returns the certificate of the registry, if it is one and leads to an anchor.
func (f *Files) registry(on []*x509.Certificate, anchors *certs.TrustAnchors, at time.Time) (*x509.Certificate, error) {
	cert, err := certs.Parse(TrimDER(f.Registry))
	if err != nil {
		return nil, err
	}
	if err := certs.Registry.Check(cert); err != nil {
		return nil, err
	}
	if anchors == nil {
		return cert, nil
	}
	if _, err := anchors.Path(cert, certs.Registry, lastly(at, cert), authorities(on)...); err != nil {
		return nil, err
	}
	return cert, nil
}

// lastly is when a certificate on a card has to be valid: at that time, or, since a card outlives
// the registry certificate that signed its files, and the holder his own, the
// certificate's last moment.
func lastly(at time.Time, cert *x509.Certificate) time.Time {
	if at.Before(cert.NotAfter) {
		return at
	}
	return cert.NotAfter
}

// withoutPadding returns an identity file up to its last field, whose value may end in
// zeros or be nothing.
func withoutPadding(file []byte) []byte {
	_, padding, err := parseTLV(file)
	if err != nil {
		return file
	}
	return file[:len(file)-padding]
}

// signatureValue cuts the zeros that fill up a signature file of fixed length; nil when
// there is something else behind the signature.
func signatureValue(cert *x509.Certificate, file []byte) []byte {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if n := key.Size(); len(file) >= n && len(trimZeros(file[n:])) == 0 {
			return file[:n]
		}
	case *ecdsa.PublicKey:
		var value asn1.RawValue
		rest, err := asn1.Unmarshal(file, &value)
		if err == nil && len(trimZeros(rest)) == 0 {
			return value.FullBytes
		}
	}
	return nil
}

// oneSigned says whether the registry signed the message, or else its shorter form.
func oneSigned(cert *x509.Certificate, file, message, shorter []byte) bool {
	return registrySigned(cert, message, file) || len(shorter) < len(message) && registrySigned(cert, shorter, file)
}

// registrySigned tries the hash functions in use since 2004, as the files do not name
// theirs: with RSA SHA-1 or SHA-256, also on cards that were re-keyed later; with
// elliptic curves SHA-384, or one as long as the curve. SHA-1 is accepted from RSA keys
// only: cards of the first fifteen years have nothing else, and it takes the registry
// itself to profit from a collision.
func registrySigned(cert *x509.Certificate, message, file []byte) bool {
	signature := signatureValue(cert, file)
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA1, crypto.SHA384, crypto.SHA512} {
			if rsa.VerifyPKCS1v15(key, hash, digestOf(hash, message), signature) == nil {
				return true
			}
		}
	case *ecdsa.PublicKey:
		for _, hash := range []crypto.Hash{crypto.SHA384, crypto.SHA256, crypto.SHA512} {
			if ecdsa.VerifyASN1(key, digestOf(hash, message), signature) {
				return true
			}
		}
	}
	return false
}

// authenticPhoto returns the photo if the identity file has its hash, nothing if there
// is no photo or no hash, and ErrNotAuthentic if it is another photo.
func authenticPhoto(photo, hash []byte) ([]byte, error) {
	if len(trimZeros(photo)) == 0 || len(hash) == 0 {
		return nil, nil
	}
	for _, candidate := range [][]byte{photo, trimZeros(photo)} { // with padding and without
		if photoFits(candidate, hash) {
			return candidate, nil
		}
	}
	return nil, fmt.Errorf("photo: %w", ErrNotAuthentic)
}

// photoFits compares the photo with the hash in the identity file; the length of the
// hash tells its function: 20 bytes up to applet 1.7, 32 on some of 1.7, 48 since 1.8.
func photoFits(photo, hash []byte) bool {
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384} {
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
