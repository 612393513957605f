package soak

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	_ "crypto/sha512" // SHA-384 of the cards
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
)

// found is what a signed PDF says of its signature, read with a reader of our own that
// shares nothing with package signing.
type found struct {
	covered []byte // bytes under the signature
	digest  []byte // hash of the signed attributes: what the card was given
	value   []byte // signature value as the card made it
}

// core is what raising a document may not change: what was signed, and the value.
func (f found) core() string {
	sum := sha256.Sum256(f.covered)
	return hex.EncodeToString(sum[:]) + hex.EncodeToString(f.value)
}

var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)

// RFC 5652, 5.1 and 5.3.
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version          int
		DigestAlgorithms asn1.RawValue
		Encapsulated     asn1.RawValue
		Certificates     asn1.RawValue `asn1:"optional,tag:0"`
		Lists            asn1.RawValue `asn1:"optional,tag:1"`
		Signers          []signerInfo  `asn1:"set"`
	}
	signerInfo struct {
		Version    int
		ID         asn1.RawValue
		Digest     pkix.AlgorithmIdentifier
		Attributes asn1.RawValue `asn1:"tag:0"`
		Algorithm  pkix.AlgorithmIdentifier
		Value      []byte
		Unsigned   asn1.RawValue `asn1:"optional,tag:1"`
	}
	attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
)

var (
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	digestOIDs       = map[string]crypto.Hash{"2.16.840.1.101.3.4.2.1": crypto.SHA256, "2.16.840.1.101.3.4.2.2": crypto.SHA384}
)

// readSignature reads the one signature of a PDF and holds its message digest against
// the bytes it covers.
func readSignature(pdf []byte) (found, error) {
	ranges := byteRange.FindAllSubmatch(pdf, -1)
	if stamps := bytes.Count(pdf, []byte("/Type /DocTimeStamp")); len(ranges) != 1+stamps {
		return found{}, fmt.Errorf("%d signatures and %d document timestamps in a file, want 1 signature", len(ranges)-stamps, stamps)
	}
	var r [4]int
	for i := range r {
		r[i], _ = strconv.Atoi(string(ranges[0][i+1])) // digits
	}
	if r[0] != 0 || r[1] < 2 || r[2] < r[1]+2 || r[2]+r[3] > len(pdf) || pdf[r[1]] != '<' || pdf[r[2]-1] != '>' {
		return found{}, fmt.Errorf("byte range %v does not fit a file of %d bytes", r, len(pdf))
	}
	der, err := hex.DecodeString(string(pdf[r[1]+1 : r[2]-1]))
	if err != nil {
		return found{}, err
	}
	f := found{covered: append(bytes.Clone(pdf[:r[1]]), pdf[r[2]:r[2]+r[3]]...)}
	return f, f.read(der)
}

func (f *found) read(der []byte) error {
	var info contentInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil { // zeros follow
		return fmt.Errorf("reading CMS: %w", err)
	}
	if len(info.Content.Signers) != 1 {
		return fmt.Errorf("%d signers, want 1", len(info.Content.Signers))
	}
	s := info.Content.Signers[0]
	hash := digestOIDs[s.Digest.Algorithm.String()]
	if hash == 0 {
		return fmt.Errorf("no such hash: %v", s.Digest.Algorithm)
	}
	// RFC 5652, 5.4: hashed as SET OF, whatever the tag in the file.
	attributes := append([]byte{asn1.TagSet | 0x20}, s.Attributes.FullBytes[1:]...)
	f.digest = sum(hash, attributes)
	var list []attribute
	if _, err := asn1.UnmarshalWithParams(attributes, &list, "set"); err != nil {
		return fmt.Errorf("reading signed attributes: %w", err)
	}
	for _, a := range list {
		if a.Type.Equal(oidMessageDigest) && len(a.Values) == 1 && bytes.Equal(a.Values[0].Bytes, sum(hash, f.covered)) {
			var err error
			f.value, err = cardValue(s.Value)
			return err
		}
	}
	return errors.New("message digest is not that of the bytes covered")
}

func sum(hash crypto.Hash, b []byte) []byte {
	h := hash.New()
	h.Write(b)
	return h.Sum(nil)
}

// cardValue turns an ECDSA value back into r and s side by side, as cards give it.
func cardValue(v []byte) ([]byte, error) {
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(v, &rs); err != nil || len(rest) > 0 {
		return v, nil // RSA
	}
	size := 32
	if max(rs.R.BitLen(), rs.S.BitLen()) > 256 || len(v) > 80 {
		size = 48
	}
	if rs.R.Sign() < 0 || rs.S.Sign() < 0 || max(rs.R.BitLen(), rs.S.BitLen()) > 8*size {
		return nil, errors.New("ECDSA value out of bounds")
	}
	return append(rs.R.FillBytes(make([]byte, size)), rs.S.FillBytes(make([]byte, size))...), nil
}
