package signing

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"guichet.example/certs"
	"guichet.example/signing/internal/cms"
)

// Complete puts the value into the hole and returns the file signed at PAdES B-B. The
// value is verified first, with the key of the prepared certificate and no other. The
// same value always gives the same bytes.
//
// Errors: ErrSignatureValue, ErrPrepared.
func (p *Prepared) Complete(v SignatureValue) ([]byte, error) {
	cert, err := p.check()
	if err != nil {
		return nil, err
	}
	value, err := v.canonical(cert, p)
	if err != nil {
		return nil, err
	}
	der, err := p.encode(cert, value)
	if err != nil {
		return nil, err
	}
	out, err := fill(p.PDF, p.ByteRange, der)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrPrepared, err)
	}
	return out, nil
}

// encode makes the CMS that goes into the hole.
func (p *Prepared) encode(cert *x509.Certificate, value []byte) ([]byte, error) {
	der, err := cms.Signed{
		Certificate: cert, Others: p.Path, Hash: p.Hash, Attributes: p.Attributes, Value: value, PSS: p.PSS,
	}.Encode()
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrPrepared, err)
	}
	return der, nil
}

// check computes again everything that follows from bytes and certificate and compares
// it with what was stored.
func (p *Prepared) check() (*x509.Certificate, error) {
	r := p.ByteRange
	if r[0] != 0 || r[1] <= 0 || r[2]-r[1] != 2*Hole+2 || r[3] <= 0 || r[2]+r[3] != len(p.PDF) {
		return nil, fmt.Errorf("%w: byte range", ErrPrepared)
	}
	hole := p.PDF[r[1]:r[2]]
	if hole[0] != '<' || hole[len(hole)-1] != '>' || len(bytes.Trim(hole[1:len(hole)-1], "0")) != 0 {
		return nil, fmt.Errorf("%w: hole", ErrPrepared)
	}
	cert, err := certs.Parse(p.Certificate)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrPrepared, err)
	}
	if hash, err := cms.HashFor(cert.PublicKey); err != nil || hash != p.Hash {
		return nil, fmt.Errorf("%w: hash", ErrPrepared)
	}
	attributes, digest, err := p.derive()
	if err != nil || !bytes.Equal(attributes, p.Attributes) || !bytes.Equal(digest, p.Digest) {
		return nil, fmt.Errorf("%w: digest", ErrPrepared)
	}
	return cert, nil
}

// canonical verifies the value and returns the one encoding that CMS wants.
func (v SignatureValue) canonical(cert *x509.Certificate, p *Prepared) ([]byte, error) {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if p.PSS && rsa.VerifyPSS(key, p.Hash, p.Digest, v, cms.PSS(p.Hash)) != nil ||
			!p.PSS && rsa.VerifyPKCS1v15(key, p.Hash, p.Digest, v) != nil {
			return nil, ErrSignatureValue
		}
		return bytes.Clone(v), nil
	case *ecdsa.PublicKey:
		for _, read := range []func([]byte, *ecdsa.PublicKey) (r, s *big.Int, ok bool){rawRS, derRS} {
			r, s, ok := read(v, key)
			if !ok {
				continue
			}
			if der := encodeRS(r, s); ecdsa.VerifyASN1(key, p.Digest, der) {
				return der, nil
			}
		}
	}
	return nil, ErrSignatureValue
}

// rawRS reads r‖s by exact length. It comes first: raw bytes may begin like DER, but
// DER of a usable signature is practically never that short.
func rawRS(v []byte, key *ecdsa.PublicKey) (r, s *big.Int, ok bool) {
	n := (key.Params().BitSize + 7) / 8
	if len(v) != 2*n {
		return nil, nil, false
	}
	return inRange(v[:n], v[n:], key)
}

// derRS reads SEQUENCE { INTEGER, INTEGER } and forgives integers with needless zero
// bytes in front, or without the one that keeps them positive: both occur in the field.
func derRS(v []byte, key *ecdsa.PublicKey) (r, s *big.Int, ok bool) {
	in := cryptobyte.String(v)
	var seq, first, second cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() ||
		!seq.ReadASN1(&first, cbasn1.INTEGER) || !seq.ReadASN1(&second, cbasn1.INTEGER) || !seq.Empty() {
		return nil, nil, false
	}
	return inRange(first, second, key)
}

// inRange takes both as unsigned and asks for 0 < r, s < n.
func inRange(first, second []byte, key *ecdsa.PublicKey) (r, s *big.Int, ok bool) {
	r, s = new(big.Int).SetBytes(first), new(big.Int).SetBytes(second)
	n := key.Params().N
	return r, s, r.Sign() > 0 && s.Sign() > 0 && r.Cmp(n) < 0 && s.Cmp(n) < 0
}

func encodeRS(r, s *big.Int) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(r)
		b.AddASN1BigInt(s)
	})
	return b.BytesOrPanic()
}
