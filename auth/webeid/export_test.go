package webeid

// Parts gives tests what a token holds unverified.
func Parts(t *Token) (signature, certificate []byte) {
	return t.signature, t.unverifiedCertificate.Raw
}
