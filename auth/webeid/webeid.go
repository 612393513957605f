// Package webeid verifies Web eID authentication tokens: that the holder of a card
// answered our challenge on our page, now.
//
// The flow: [NewChallenge] makes a nonce, which is put into a [ChallengeStore] under
// the browser's session; the page has the card sign it together with the page's
// origin and posts the token; Take gets the challenge and removes it, whatever comes
// next, so that it counts once; [ParseToken] reads the token, still unverified;
// [Verifier.Verify] checks it and returns a [Verified], the only type whose
// certificate may be believed.
//
// What is signed is H(origin) ‖ H(nonce), both as UTF-8 text. So neither the origin
// nor the nonce travels in the token: a token made for another site, or for another
// challenge, is one whose signature does not verify.
//
// The format is that of the Web eID project, authentication token web-eid:1.0, and
// 1.1 with its signing certificates.
package webeid

import "errors"

// One error for each way a token can fail, so that the log and the tests can tell
// them apart. The names in the comments are those of the Web eID reference library.
// To the outside, failures that would help an attacker share one sentence.
var (
	// ErrTokenParse: the JSON is too short, too long, not one object, has a key
	// twice, or a field of the wrong kind. AuthTokenParse.
	ErrTokenParse = errors.New("web eID token does not parse")
	// ErrTokenFormat: the format is not web-eid:1 or web-eid:1.x. AuthTokenParse.
	ErrTokenFormat = errors.New("web eID token format is not supported")
	// ErrAlgorithm: not one of the nine algorithms, or one which the certificate's
	// key cannot have used.
	ErrAlgorithm = errors.New("web eID token algorithm does not fit")
	// ErrChallengeEmpty: there is no nonce to check against. ChallengeNullOrEmpty.
	ErrChallengeEmpty = errors.New("challenge nonce is empty")
	// ErrChallengeNotFound: this browser has no challenge, or used it. ChallengeNonceNotFound.
	ErrChallengeNotFound = errors.New("challenge nonce not found")
	// ErrChallengeExpired: the challenge is older than its life. ChallengeNonceExpired.
	ErrChallengeExpired = errors.New("challenge nonce expired")
	// ErrCertificateDecoding: not base64, or not one DER certificate. CertificateDecoding.
	ErrCertificateDecoding = errors.New("certificate of the token does not decode")
	// ErrMissingPurpose: no key usage. UserCertificateMissingPurpose.
	ErrMissingPurpose = errors.New("certificate has no purpose")
	// ErrWrongPurpose: not for authentication. UserCertificateWrongPurpose.
	ErrWrongPurpose = errors.New("certificate is not for authentication")
	// ErrDisallowedPolicy: a certificate policy is refused. UserCertificateDisallowedPolicy.
	ErrDisallowedPolicy = errors.New("certificate policy is disallowed")
	// ErrCertificateNotYetValid: the certificate or its issuer's validity has not
	// begun; wraps certs.NotYetValidError. CertificateNotYetValid.
	ErrCertificateNotYetValid = errors.New("certificate is not yet valid")
	// ErrCertificateExpired: the certificate or its issuer is past its validity;
	// wraps certs.ExpiredError. CertificateExpired.
	ErrCertificateExpired = errors.New("certificate has expired")
	// ErrCertificateNotTrusted: no path to a trust anchor. CertificateNotTrusted.
	ErrCertificateNotTrusted = errors.New("certificate is not trusted")
	// ErrWeakKey: the certificate's key or signature is below policy.
	ErrWeakKey = errors.New("certificate key is too weak")
	// ErrCertificateParse: the subject names no person. UserCertificateParse.
	ErrCertificateParse = errors.New("certificate names no person")
	// ErrSigningCertificate: a signing certificate of a 1.1 token does not fit.
	ErrSigningCertificate = errors.New("signing certificate of the token does not fit")
	// ErrOCSPCheckFailed: no good answer about revocation could be had; wraps the
	// cause. UserCertificateOCSPCheckFailed, OCSPCertificate.
	ErrOCSPCheckFailed = errors.New("revocation check failed")
	// ErrRevoked: the certificate was revoked; wraps revocation.RevokedError.
	// UserCertificateRevoked.
	ErrRevoked = errors.New("certificate is revoked")
	// ErrSignature: the signature does not verify: another key, another origin,
	// another nonce, or a changed value. AuthTokenSignatureValidation.
	ErrSignature = errors.New("web eID token signature does not verify")
)
