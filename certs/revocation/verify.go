package revocation

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"guichet.example/certs"
)

// VerifyOCSP verifies raw, a DER OCSPResponse, as the answer on cert, which issuer issued.
// It asks no one and is safe for concurrent use. What must hold, RFC 6960, 3.2:
//
//   - exactly one answer, and its CertID is that of cert (name and key of issuer, number);
//   - the signer is issuer, or a certificate in the response that the responderID names and
//     that issuer itself issued with OCSPSigning, valid at the time;
//   - its signature, over SHA-256 or longer;
//   - thisUpdate and producedAt not after at, nextUpdate not before it, each within skew;
//     without nextUpdate, thisUpdate must be as recent as skew;
//   - "good" is known from before the end of cert, or its archive cutoff says that the
//     responder remembers certificates that ended then (4.4.4): others forget them;
//   - the nonce, if nonce is not nil.
//
// Of a revoked certificate both the Answer and a [RevokedError] are returned. The other
// errors are [ErrUnknown], [ErrInvalid], and [ErrUnavailable] for the answer "try later".
// How old an answer may be is for the caller to say by ThisUpdate.
func VerifyOCSP(raw []byte, cert, issuer *x509.Certificate, nonce []byte, at time.Time, skew time.Duration) (Answer, error) {
	answer, err := verifyOCSP(raw, cert, issuer, nonce, at, skew, checkResponder, nil)
	if err != nil {
		return Answer{}, err
	}
	return answer, answer.verdict()
}

// verifyOCSP is VerifyOCSP without the verdict; trusted says whether a certificate in the
// response may speak for issuer, by all but its validity. What k knows is not found out again.
func verifyOCSP(raw []byte, cert, issuer *x509.Certificate, nonce []byte, at time.Time, skew time.Duration,
	trusted func(responder, issuer *x509.Certificate) error, k *Known) (Answer, error) {
	r, err := k.parse(raw)
	if err != nil {
		return Answer{}, err
	}
	if !bytes.Equal(cert.RawIssuer, issuer.RawSubject) || !r.id.names(cert, issuer) {
		return Answer{}, invalid("it speaks of another certificate")
	}
	if err := r.checkTimes(at, skew); err != nil { // before all that costs public-key operations
		return Answer{}, err
	}
	responder, err := r.responder(issuer, at, k.trusting(raw, trusted))
	if err != nil {
		return Answer{}, err
	}
	if err := k.check(raw, issuer, responder, func() error { return r.by(responder) }); err != nil {
		return Answer{}, invalid("signature is false: %v", err)
	}
	if r.status == Good && r.thisUpdate.After(cert.NotAfter) && (r.cutoff.IsZero() || r.cutoff.After(cert.NotAfter)) {
		return Answer{}, invalid("it was made after the certificate expired, and may have forgotten it")
	}
	if nonce != nil && subtle.ConstantTimeCompare(nonce, r.nonce) != 1 {
		return Answer{}, invalid("nonce is not the one of the request")
	}
	answer := Answer{
		Status: r.status, Source: OCSP, ThisUpdate: r.thisUpdate, NextUpdate: r.nextUpdate, ProducedAt: r.producedAt,
		RevokedAt: r.revokedAt, Reason: r.reason, Raw: raw, issuer: issuer, signer: responder, read: r,
	}
	if responder != issuer {
		answer.Certificates = []*x509.Certificate{responder}
	}
	return answer, nil
}

// responder finds the signer by responderID, never by position: Belgian responses carry
// several certificates, of which one may sign.
func (r *unverifiedOCSP) responder(issuer *x509.Certificate, at time.Time, trusted func(responder, issuer *x509.Certificate) error) (*x509.Certificate, error) {
	if r.named(issuer) {
		return issuer, nil
	}
	reason := invalid("no certificate in it is the responder's")
	for _, cert := range r.certificates {
		if !r.named(cert) {
			continue
		}
		if at.Before(cert.NotBefore) || at.After(cert.NotAfter) {
			reason = invalid("responder certificate is outside its validity")
			continue
		}
		if err := trusted(cert, issuer); err != nil {
			reason = invalid("responder: %v", err)
			continue
		}
		return cert, nil
	}
	return nil, reason
}

func (r *unverifiedOCSP) named(cert *x509.Certificate) bool {
	if r.responderName != nil {
		return bytes.Equal(r.responderName, cert.RawSubject)
	}
	key, err := publicKeyBits(cert)
	return err == nil && bytes.Equal(r.responderKey, sum(crypto.SHA1, key))
}

// checkResponder accepts a delegated responder: OCSPSigning, and issued by the very CA it
// speaks for (RFC 6960, 4.2.2.2). One public-key operation.
func checkResponder(responder, issuer *x509.Certificate) error {
	if err := certs.OCSPResponding.Check(responder); err != nil {
		return err
	}
	if err := certs.CheckStrength(responder); err != nil {
		return err
	}
	if !bytes.Equal(responder.RawIssuer, issuer.RawSubject) || len(responder.UnhandledCriticalExtensions) > 0 {
		return certs.ErrNotTrusted
	}
	return responder.CheckSignatureFrom(issuer)
}

func (r *unverifiedOCSP) checkTimes(at time.Time, skew time.Duration) error {
	switch {
	case r.thisUpdate.After(at.Add(skew)):
		return invalid("thisUpdate lies in the future")
	case r.producedAt.After(at.Add(skew)):
		return invalid("producedAt lies in the future")
	case r.producedAt.Before(r.thisUpdate.Add(-skew)):
		return invalid("producedAt lies before thisUpdate")
	case r.nextUpdate.IsZero() && r.thisUpdate.Before(at.Add(-skew)):
		return invalid("it is old and does not say until when it holds")
	case !r.nextUpdate.IsZero() && r.nextUpdate.Before(r.thisUpdate):
		return invalid("nextUpdate lies before thisUpdate")
	case !r.nextUpdate.IsZero() && r.nextUpdate.Before(at.Add(-skew)):
		return invalid("nextUpdate has passed")
	}
	return nil
}

// noCheck reports id-pkix-ocsp-nocheck: nobody need ask after this responder (RFC 6960,
// 4.2.2.2.1).
func noCheck(cert *x509.Certificate) bool {
	for _, e := range cert.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}) {
			return true
		}
	}
	return false
}
