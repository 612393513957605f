package certstest

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"time"
)

// Stamp is an RFC 3161 time-stamp about to be made. [PKI.Stamp] fills it in honestly; a
// test alters a field and calls Marshal.
type Stamp struct {
	Imprint      []byte
	Hash         crypto.Hash // of the imprint
	Nonce        *big.Int    // nil: none
	Policy       asn1.ObjectIdentifier
	Serial       *big.Int
	GenTime      time.Time
	Signer       KeyPair
	Certificates []*x509.Certificate // in the token; empty if the request did not ask for them
	NoESS        bool                // leave out signing-certificate-v2
	ESS          *x509.Certificate   // certificate it names; nil: the signer's
	Extensions   []pkix.Extension
}

// bestPractices is the policy of ETSI EN 319 421, 5.2: 0.4.0.2023.1.1.
var bestPractices = asn1.ObjectIdentifier{0, 4, 0, 2023, 1, 1}

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidTSTInfo       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// Stamp is the honest time-stamp over imprint at this moment.
func (p *PKI) Stamp(imprint []byte, hash crypto.Hash, nonce *big.Int) (Stamp, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	tsa := p.services["tsa"]
	return Stamp{
		Imprint: imprint, Hash: hash, Nonce: nonce, Policy: bestPractices, Serial: serial, GenTime: p.now(), Signer: tsa,
		Certificates: []*x509.Certificate{tsa.Certificate, p.authorities["tsa-ca"].Certificate},
	}, err
}

type (
	messageImprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Hash      []byte
	}
	// RFC 3161, 2.4.1.
	stampRequest struct {
		Version    int
		Imprint    messageImprint
		Policy     asn1.ObjectIdentifier `asn1:"optional"`
		Nonce      *big.Int              `asn1:"optional"`
		CertReq    bool                  `asn1:"optional"`
		Extensions []pkix.Extension      `asn1:"tag:0,optional"`
	}
	// RFC 3161, 2.4.2.
	tstInfo struct {
		Version  int
		Policy   asn1.ObjectIdentifier
		Imprint  messageImprint
		Serial   *big.Int
		GenTime  time.Time `asn1:"generalized"`
		Accuracy struct {
			Seconds int `asn1:"optional"`
		}
		Nonce      *big.Int         `asn1:"optional"`
		Extensions []pkix.Extension `asn1:"tag:1,optional,omitempty"`
	}
	statusInfo struct {
		Status  int
		Failure asn1.BitString `asn1:"optional"`
	}
	stampResponse struct {
		Status statusInfo
		Token  asn1.RawValue `asn1:"optional"`
	}
)

// Marshal encodes and signs the time-stamp token, a CMS SignedData.
func (s Stamp) Marshal() ([]byte, error) {
	info := tstInfo{
		Version: 1, Policy: s.Policy, Serial: s.Serial, GenTime: s.GenTime, Nonce: s.Nonce, Extensions: s.Extensions,
		Imprint: messageImprint{pkix.AlgorithmIdentifier{Algorithm: hashOIDs[s.Hash], Parameters: asn1.NullRawValue}, s.Imprint},
	}
	info.Accuracy.Seconds = 1
	content, err := asn1.Marshal(info)
	if err != nil {
		return nil, err
	}
	return s.signedData(content)
}

// TSA failure bits of RFC 3161, 2.4.2.
const (
	failBadAlgorithm  = 0
	failBadRequest    = 2
	failBadFormat     = 5
	failSystemFailure = 25
)

func rejection(bit int) ([]byte, error) {
	bits := make([]byte, bit/8+1)
	bits[bit/8] = 0x80 >> (bit % 8)
	return asn1.Marshal(stampResponse{Status: statusInfo{2, asn1.BitString{Bytes: bits, BitLength: bit + 1}}})
}

func (p *PKI) answerTSA(r *http.Request, f Fault) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var request stampRequest
	if rest, err := asn1.Unmarshal(body, &request); err != nil || len(rest) > 0 || request.Version != 1 {
		return rejection(failBadFormat)
	}
	var hash crypto.Hash
	for h, oid := range hashOIDs {
		if h != crypto.SHA1 && oid.Equal(request.Imprint.Algorithm.Algorithm) {
			hash = h
		}
	}
	switch {
	case hash == 0:
		return rejection(failBadAlgorithm)
	case len(request.Imprint.Hash) != hash.Size():
		return rejection(failBadRequest)
	case f == TryLater:
		return rejection(failSystemFailure)
	}
	stamp, err := p.Stamp(request.Imprint.Hash, hash, request.Nonce)
	if err != nil {
		return nil, err
	}
	p.spoilStamp(&stamp, f)
	if !request.CertReq {
		stamp.Certificates = nil
	}
	token, err := stamp.Marshal()
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(stampResponse{Token: asn1.RawValue{FullBytes: token}})
}

// spoilStamp makes an honest time-stamp wrong in one respect.
func (p *PKI) spoilStamp(s *Stamp, f Fault) {
	switch f {
	case WrongImprint:
		s.Imprint = append([]byte(nil), s.Imprint...)
		s.Imprint[0] ^= 1
	case WrongNonce:
		s.Nonce = new(big.Int).SetUint64(0x6775696368657401)
	case NoNonce:
		s.Nonce = nil
	case Replayed:
		other := sha256.Sum256([]byte("another document"))
		s.Imprint, s.Hash, s.Nonce = other[:], crypto.SHA256, big.NewInt(17)
		s.GenTime = s.GenTime.Add(-time.Minute)
	case Future:
		s.GenTime = s.GenTime.Add(time.Hour)
	case ExpiredSigner:
		s.Signer = p.services["tsa-expired"]
		s.Certificates[0] = s.Signer.Certificate
	case WrongSigner:
		// A true certificate of the same PKI, but of an OCSP responder.
		s.Signer = p.services["ocsp-tsa-ca"]
		s.Certificates[0] = s.Signer.Certificate
	}
}
