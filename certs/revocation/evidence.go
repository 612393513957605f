package revocation

import (
	"crypto/x509"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// VerifyEvidence verifies raw, an OCSPResponse or a CertificateList kept beside a
// signature, as proof of the status of cert at the time at, seen from now. Evidence may
// have been gathered after at: who was not withdrawn later was not withdrawn then. An
// answer from before at counts only as long as it says it holds.
//
// A certificate revoked after at gives an Answer with status Revoked and no error; one
// revoked by then a [RevokedError]. It asks no one and is safe for concurrent use.
func VerifyEvidence(raw []byte, cert, issuer *x509.Certificate, at, now time.Time, skew time.Duration) (Answer, error) {
	answer, err := evidence(raw, cert, issuer, at, skew)
	switch {
	case err != nil:
		return Answer{}, err
	case answer.ThisUpdate.After(now.Add(skew)), answer.ProducedAt.After(now.Add(skew)):
		return Answer{}, invalid("it comes from the future")
	case answer.ThisUpdate.After(cert.NotAfter):
		return Answer{}, invalid("it was made after the certificate expired")
	case answer.Status == Revoked && answer.RevokedAt.After(at):
		return answer, nil
	}
	return answer, answer.verdict()
}

// evidence verifies raw as of at, or as of its own time where that is later.
func evidence(raw []byte, cert, issuer *x509.Certificate, at time.Time, skew time.Duration) (Answer, error) {
	if isOCSP(raw) {
		r, err := parseOCSP(raw)
		if err != nil {
			return Answer{}, err
		}
		return verifyOCSP(raw, cert, issuer, nil, later(at, r.thisUpdate, r.producedAt), skew, checkResponder, nil)
	}
	l, err := parseCRL(raw)
	if err != nil {
		return Answer{}, err
	}
	if err := l.verify(issuer, nil); err != nil {
		return Answer{}, err
	}
	return l.answer(cert, later(at, l.thisUpdate, l.thisUpdate), skew)
}

// later is the moment at which evidence is weighed: at, or when it was made if what it
// says was known only after at.
func later(at, known, made time.Time) time.Time {
	if known.After(at) {
		return made
	}
	return at
}

// isOCSP tells an OCSPResponse, which begins with an ENUMERATED, from a CertificateList.
func isOCSP(raw []byte) bool {
	input := cryptobyte.String(raw)
	var sequence cryptobyte.String
	return input.ReadASN1(&sequence, casn1.SEQUENCE) && sequence.PeekASN1Tag(casn1.ENUM)
}
