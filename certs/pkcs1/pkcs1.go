// Package pkcs1 has what precedes a hash in an RSA signature of PKCS#1 v1.5, for keys in
// tokens: CKM_RSA_PKCS of PKCS#11 wants it from the caller.
package pkcs1

import "crypto"

// digestInfo is RFC 8017, 9.2, note 1:
//
//	DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }
var digestInfo = map[crypto.Hash]string{
	crypto.SHA256: "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
	crypto.SHA384: "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
	crypto.SHA512: "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
}

// Known tells whether signatures over this hash are made: SHA-256, SHA-384, SHA-512.
func Known(hash crypto.Hash) bool { return digestInfo[hash] != "" }

// DigestInfo is the digest as it is signed. The hash must be Known, and the digest of its
// size.
func DigestInfo(hash crypto.Hash, digest []byte) []byte {
	return append([]byte(digestInfo[hash]), digest...)
}
