package certstest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
)

// RFC 5652, 5.1 and 5.3, for the one kind of SignedData made here: content inside, one signer.
type (
	cmsAttribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	issuerSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	signerInfo struct {
		Version            int
		Signer             issuerSerial
		DigestAlgorithm    pkix.AlgorithmIdentifier
		SignedAttributes   asn1.RawValue
		SignatureAlgorithm pkix.AlgorithmIdentifier
		Signature          []byte
	}
	encapsulated struct {
		Type    asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version          int
		DigestAlgorithms []pkix.AlgorithmIdentifier `asn1:"set"`
		Content          encapsulated
		Certificates     asn1.RawValue `asn1:"optional"`
		SignerInfos      []signerInfo  `asn1:"set"`
	}
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
)

func (s Stamp) signedData(content []byte) ([]byte, error) {
	hash := s.Signer.hash()
	attributes, err := s.signedAttributes(content)
	if err != nil {
		return nil, err
	}
	// Hashed as SET OF, stored as [0] (RFC 5652, 5.4).
	signature, err := s.Signer.sign(attributes, hash)
	if err != nil {
		return nil, err
	}
	stored := append([]byte{0xa0}, attributes[1:]...)
	algorithm, err := signatureAlgorithm(s.Signer.Key, hash)
	if err != nil {
		return nil, err
	}
	digest := pkix.AlgorithmIdentifier{Algorithm: hashOIDs[hash]}
	data := signedData{
		Version: 3, DigestAlgorithms: []pkix.AlgorithmIdentifier{digest},
		Content: encapsulated{oidTSTInfo, content},
		SignerInfos: []signerInfo{{
			Version:         1,
			Signer:          issuerSerial{asn1.RawValue{FullBytes: s.Signer.Certificate.RawIssuer}, s.Signer.Certificate.SerialNumber},
			DigestAlgorithm: digest, SignedAttributes: asn1.RawValue{FullBytes: stored},
			SignatureAlgorithm: algorithm, Signature: signature,
		}},
	}
	if len(s.Certificates) > 0 {
		set := make([][]byte, 0, len(s.Certificates))
		for _, c := range s.Certificates {
			set = append(set, c.Raw)
		}
		slices.SortFunc(set, bytes.Compare)
		data.Certificates = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: bytes.Join(set, nil)}
	}
	return asn1.Marshal(contentInfo{oidSignedData, data})
}

// signedAttributes is the DER SET OF content-type, message-digest and, as RFC 5816 has
// it, signing-certificate-v2.
func (s Stamp) signedAttributes(content []byte) ([]byte, error) {
	digest := s.Signer.hash().New()
	digest.Write(content)
	list := []struct {
		kind  asn1.ObjectIdentifier
		value any
	}{{oidContentType, oidTSTInfo}, {oidMessageDigest, digest.Sum(nil)}}
	if !s.NoESS {
		named := s.ESS
		if named == nil {
			named = s.Signer.Certificate
		}
		sum := sha256.Sum256(named.Raw)
		// SEQUENCE OF ESSCertIDv2 in a SEQUENCE; SHA-256 is the default and left out.
		list = append(list, struct {
			kind  asn1.ObjectIdentifier
			value any
		}{oidSigningCertV2, struct{ Certs []struct{ Hash []byte } }{[]struct{ Hash []byte }{{sum[:]}}}})
	}
	var set [][]byte
	for _, a := range list {
		value, err := asn1.Marshal(a.value)
		if err != nil {
			return nil, err
		}
		der, err := asn1.Marshal(cmsAttribute{a.kind, []asn1.RawValue{{FullBytes: value}}})
		if err != nil {
			return nil, err
		}
		set = append(set, der)
	}
	slices.SortFunc(set, bytes.Compare)
	return asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: bytes.Join(set, nil)})
}
