package certstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // RFC 6960, 4.1.1: CertIDs and key hashes are SHA-1 in practice
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Values of [OCSPSingle.Status], the tags of CertStatus in RFC 6960, 4.2.1.
const (
	StatusGood = iota
	StatusRevoked
	StatusUnknown
)

// OCSPResponse is what a responder is about to say. [PKI.OCSPResponse] fills it in
// honestly; a test alters a field and calls Marshal.
type OCSPResponse struct {
	ErrorStatus  int // OCSPResponseStatus; other than 0 (successful) leaves out all the rest
	Version      int // 0 is v1, left out as DER demands
	Signer       KeyPair
	Hash         crypto.Hash // of the signature; zero: as the key has it
	ByName       bool        // responderID by name in place of the key hash
	ResponderID  *x509.Certificate
	Certificates []*x509.Certificate
	ProducedAt   time.Time
	Singles      []OCSPSingle
	Nonce        []byte           // nil: no nonce
	Extensions   []pkix.Extension // further response extensions
	ResponseType asn1.ObjectIdentifier
}

// OCSPSingle is the statement on one certificate.
type OCSPSingle struct {
	Certificate, Issuer    *x509.Certificate
	CertIDHash             crypto.Hash // zero: SHA-1
	Status                 int
	RevokedAt              time.Time
	Reason                 int
	ThisUpdate, NextUpdate time.Time // NextUpdate zero: left out
	Extensions             []pkix.Extension
}

// OCSPResponse is the honest answer on cert at this moment, signed by the responder of its
// issuer. The response carries the CA's and the retired responder's certificates before
// the signer's own, as Belgian ones do: who takes the first one takes the wrong one.
func (p *PKI) OCSPResponse(cert *x509.Certificate, nonce []byte) (OCSPResponse, error) {
	issuer := p.issuerOf(cert)
	if issuer == nil {
		return OCSPResponse{}, errors.New("no authority here issued the certificate")
	}
	r := p.honest(issuer, nonce)
	single := p.status(issuer, cert.SerialNumber)
	single.Certificate = cert
	r.Singles = []OCSPSingle{single}
	return r, nil
}

// UseResponder makes pair the signer of the OCSP service of the authority of that name.
func (p *PKI) UseResponder(authority string, pair KeyPair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.responders[authority] = pair
}

func (p *PKI) honest(issuer *authority, nonce []byte) OCSPResponse {
	p.mu.Lock()
	signer, ok := p.responders[issuer.slug]
	p.mu.Unlock()
	if !ok {
		signer = p.services["ocsp-"+issuer.slug]
	}
	return OCSPResponse{
		Signer: signer, ProducedAt: p.now(), Nonce: nonce,
		Certificates: []*x509.Certificate{issuer.Certificate, p.services["ocsp-expired-"+issuer.slug].Certificate, signer.Certificate},
	}
}

// status looks a serial number up in the register: unknown if it was never issued.
func (p *PKI) status(issuer *authority, serial *big.Int) OCSPSingle {
	now := p.now()
	s := OCSPSingle{
		Certificate: &x509.Certificate{SerialNumber: serial}, Issuer: issuer.Certificate,
		Status: StatusUnknown, ThisUpdate: now, NextUpdate: now.Add(time.Minute),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.register.Entries {
		if e.Issuer != issuer.slug || !e.is(s.Certificate) {
			continue
		}
		s.Status = StatusGood
		if !e.RevokedAt.IsZero() && !e.RevokedAt.After(p.config.Now()) {
			s.Status, s.RevokedAt, s.Reason = StatusRevoked, e.RevokedAt, e.Reason
		}
	}
	return s
}

func (p *PKI) issuerOf(cert *x509.Certificate) *authority {
	for _, a := range p.authorities {
		if string(a.Certificate.RawSubject) == string(cert.RawIssuer) {
			return a
		}
	}
	return nil
}

// RFC 6960, 4.2.1, as the encoder wants it.
type (
	ocspCertID struct {
		Algorithm         pkix.AlgorithmIdentifier
		NameHash, KeyHash []byte
		Serial            *big.Int
	}
	ocspRevoked struct {
		At     time.Time       `asn1:"generalized"`
		Reason asn1.Enumerated `asn1:"explicit,tag:0,optional"`
	}
	ocspSingle struct {
		CertID     ocspCertID
		Good       asn1.Flag        `asn1:"tag:0,optional"`
		Revoked    ocspRevoked      `asn1:"tag:1,optional"`
		Unknown    asn1.Flag        `asn1:"tag:2,optional"`
		ThisUpdate time.Time        `asn1:"generalized"`
		NextUpdate time.Time        `asn1:"generalized,explicit,tag:0,optional"`
		Extensions []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
	ocspData struct {
		Version     int `asn1:"explicit,tag:0,default:0,optional"`
		ResponderID asn1.RawValue
		ProducedAt  time.Time `asn1:"generalized"`
		Responses   []ocspSingle
		Extensions  []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
	ocspBasic struct {
		Data         asn1.RawValue
		Algorithm    pkix.AlgorithmIdentifier
		Signature    asn1.BitString
		Certificates []asn1.RawValue `asn1:"explicit,tag:0,optional"`
	}
	ocspBytes struct {
		Type  asn1.ObjectIdentifier
		Bytes []byte
	}
	ocspResponse struct {
		Status asn1.Enumerated
		Bytes  ocspBytes `asn1:"explicit,tag:0,optional"`
	}
)

var (
	oidBasicResponse = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidNonce         = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
)

// Marshal encodes and signs the response.
func (r OCSPResponse) Marshal() ([]byte, error) {
	if r.ErrorStatus != 0 {
		return asn1.Marshal(struct{ Status asn1.Enumerated }{asn1.Enumerated(r.ErrorStatus)})
	}
	data, err := r.data()
	if err != nil {
		return nil, err
	}
	if r.Hash == 0 {
		r.Hash = r.Signer.hash()
	}
	algorithm, err := signatureAlgorithm(r.Signer.Key, r.Hash)
	if err != nil {
		return nil, err
	}
	signature, err := r.Signer.sign(data, r.Hash)
	if err != nil {
		return nil, err
	}
	basic := ocspBasic{
		Data: asn1.RawValue{FullBytes: data}, Algorithm: algorithm,
		Signature: asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)},
	}
	for _, c := range r.Certificates {
		basic.Certificates = append(basic.Certificates, asn1.RawValue{FullBytes: c.Raw})
	}
	der, err := asn1.Marshal(basic)
	if err != nil {
		return nil, err
	}
	kind := oidBasicResponse
	if r.ResponseType != nil {
		kind = r.ResponseType
	}
	return asn1.Marshal(ocspResponse{Bytes: ocspBytes{kind, der}})
}

func (r OCSPResponse) data() ([]byte, error) {
	id, err := r.responderID()
	if err != nil {
		return nil, err
	}
	data := ocspData{Version: r.Version, ResponderID: id, ProducedAt: r.ProducedAt, Extensions: r.Extensions}
	if r.Nonce != nil {
		value, err := asn1.Marshal(r.Nonce) // an OCTET STRING within the extension's OCTET STRING (RFC 8954)
		if err != nil {
			return nil, err
		}
		data.Extensions = append([]pkix.Extension{{Id: oidNonce, Value: value}}, data.Extensions...)
	}
	for _, s := range r.Singles {
		single, err := s.encode()
		if err != nil {
			return nil, err
		}
		data.Responses = append(data.Responses, single)
	}
	return asn1.Marshal(data)
}

func (r OCSPResponse) responderID() (asn1.RawValue, error) {
	cert := r.Signer.Certificate
	if r.ResponderID != nil {
		cert = r.ResponderID
	}
	inner, tag := cert.RawSubject, 1
	if !r.ByName {
		key, err := publicKeyBits(cert)
		if err != nil {
			return asn1.RawValue{}, err
		}
		sum := sha1.Sum(key)
		if inner, err = asn1.Marshal(sum[:]); err != nil {
			return asn1.RawValue{}, err
		}
		tag = 2
	}
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: inner}, nil
}

func (s OCSPSingle) encode() (ocspSingle, error) {
	hash := s.CertIDHash
	if hash == 0 {
		hash = crypto.SHA1
	}
	id, err := certID(s.Issuer, s.Certificate.SerialNumber, hash)
	out := ocspSingle{CertID: id, ThisUpdate: s.ThisUpdate, NextUpdate: s.NextUpdate, Extensions: s.Extensions}
	switch s.Status {
	case StatusGood:
		out.Good = true
	case StatusRevoked:
		out.Revoked = ocspRevoked{s.RevokedAt, asn1.Enumerated(s.Reason)}
	default:
		out.Unknown = true
	}
	return out, err
}

var hashOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA1:   {1, 3, 14, 3, 2, 26},
	crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
	crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
	crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
}

func certID(issuer *x509.Certificate, serial *big.Int, hash crypto.Hash) (ocspCertID, error) {
	key, err := publicKeyBits(issuer)
	if err != nil {
		return ocspCertID{}, err
	}
	sum := func(b []byte) []byte {
		h := hash.New()
		h.Write(b)
		return h.Sum(nil)
	}
	return ocspCertID{
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: hashOIDs[hash], Parameters: asn1.NullRawValue},
		NameHash:  sum(issuer.RawSubject), KeyHash: sum(key), Serial: serial,
	}, nil
}

// publicKeyBits is the content of the BIT STRING of the SubjectPublicKeyInfo.
func publicKeyBits(cert *x509.Certificate) ([]byte, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	_, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &info)
	return info.Key.RightAlign(), err
}

func signatureAlgorithm(key crypto.Signer, hash crypto.Hash) (pkix.AlgorithmIdentifier, error) {
	var oids map[crypto.Hash]asn1.ObjectIdentifier
	var parameters asn1.RawValue
	switch key.(type) {
	case *rsa.PrivateKey:
		parameters = asn1.NullRawValue
		oids = map[crypto.Hash]asn1.ObjectIdentifier{
			crypto.SHA1: {1, 2, 840, 113549, 1, 1, 5}, crypto.SHA256: {1, 2, 840, 113549, 1, 1, 11},
			crypto.SHA384: {1, 2, 840, 113549, 1, 1, 12}, crypto.SHA512: {1, 2, 840, 113549, 1, 1, 13},
		}
	case *ecdsa.PrivateKey:
		oids = map[crypto.Hash]asn1.ObjectIdentifier{
			crypto.SHA1: {1, 2, 840, 10045, 4, 1}, crypto.SHA256: {1, 2, 840, 10045, 4, 3, 2},
			crypto.SHA384: {1, 2, 840, 10045, 4, 3, 3}, crypto.SHA512: {1, 2, 840, 10045, 4, 3, 4},
		}
	}
	if oids[hash] == nil {
		return pkix.AlgorithmIdentifier{}, fmt.Errorf("no signature algorithm for %T with %v", key, hash)
	}
	return pkix.AlgorithmIdentifier{Algorithm: oids[hash], Parameters: parameters}, nil
}
