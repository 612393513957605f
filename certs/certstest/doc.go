// Package certstest is a PKI in memory, shaped like the one behind Belgian identity cards,
// together with the services that such a PKI runs. Tests and the demo share it; nothing
// that a real counter runs imports it.
//
//	Belgium Test Root CA4 (RSA)             Belgium Test Root CA6 (P-384)
//	 ├─ Citizen CA 201901 (RSA)              ├─ Citizen CA 202401 (P-384, EKU clientAuth + emailProtection)
//	 │   └─ cards with RSA keys              │   └─ cards with P-384, P-256 or (re-keyed) RSA keys
//	 └─ RRN (RSA)                            ├─ Foreigner CA 202402 (likewise)
//	                                         ├─ RRN (P-384)
//	                                         ├─ Time Stamping CA ── TSA (P-256)
//	                                         └─ Seal CA ── seals of organisations
//
// Every CA has an OCSP responder of its own (RFC 6960, delegated, id-pkix-ocsp-nocheck) and
// a CRL. [PKI.Handler] answers for all of them and for an RFC 3161 time-stamping authority;
// [Start] puts it on a loopback port in one line. [PKI.Control] makes a service misbehave in
// the ways in which such services fail.
//
// A test that needs an answer no service would give builds it: [PKI.OCSPResponse] and
// [PKI.Stamp] return the honest answer as a struct whose fields may be altered before
// Marshal. The encoders here share no code with the parsers they are used to test.
package certstest
