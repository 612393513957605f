package shape

import "errors"

// Algorithms that are believed. SHA-1, MD5, HMAC, inclusive canonicalization and its
// forms with comments are not in the lists.
var (
	signatureMethods = set(
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512")
	digestMethods = set(
		"http://www.w3.org/2001/04/xmlenc#sha256",
		"http://www.w3.org/2001/04/xmldsig-more#sha384",
		"http://www.w3.org/2001/04/xmlenc#sha512")
	canonicalizations = set(nsExcC14N)
	ciphers           = set(
		"http://www.w3.org/2001/04/xmlenc#aes128-cbc",
		"http://www.w3.org/2001/04/xmlenc#aes192-cbc",
		"http://www.w3.org/2001/04/xmlenc#aes256-cbc",
		"http://www.w3.org/2009/xmlenc11#aes128-gcm")
	// RSA 1.5 would be an oracle (Bleichenbacher).
	transports = set("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p")
	// The digest inside OAEP needs no collision resistance; the library knows this one
	// under the name that providers write.
	oaepDigests = set("http://www.w3.org/2000/09/xmldsig#sha1")
	elementType = set("http://www.w3.org/2001/04/xmlenc#Element", "")
)

const enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

func set(values ...string) map[string]bool {
	m := make(map[string]bool, len(values))
	for _, v := range values {
		m[v] = true
	}
	return m
}

// SignatureMethod reports whether a signature algorithm is believed.
func SignatureMethod(uri string) bool { return signatureMethods[uri] }

// algorithm makes a check of an element's Algorithm attribute.
func algorithm(allowed map[string]bool) func(*scanner, attrs) error {
	return func(_ *scanner, all attrs) error {
		if !allowed[all.get("Algorithm")] {
			return errors.New("algorithm is not one that is believed")
		}
		return nil
	}
}

// inclusive is the prefix list of exclusive canonicalization, RFC 3741, 3.
var inclusive = child{name: name{nsExcC14N, "InclusiveNamespaces"}, max: 1, rule: empty}

// certificate bounds a certificate in base64.
const certificateText = 16 << 10

var x509Data = ds("X509Data", 1, 1, &rule{children: sequence(
	ds("X509Certificate", 1, 4, &rule{text: certificateText}))})

// signature: XML Signature, 4, less what SAML 2.0 core, 5.4 forbids and what nobody
// needs: one reference, no Object, no Manifest, no key but in a certificate.
var signature = &rule{start: startSignature, children: sequence(
	ds("SignedInfo", 1, 1, &rule{children: sequence(
		ds("CanonicalizationMethod", 1, 1, &rule{start: algorithm(canonicalizations), children: sequence(inclusive)}),
		ds("SignatureMethod", 1, 1, &rule{start: algorithm(signatureMethods)}),
		ds("Reference", 1, 1, &rule{start: startReference, children: sequence(
			ds("Transforms", 1, 1, &rule{children: sequence(
				ds("Transform", 2, 2, &rule{start: startTransform, children: sequence(inclusive)}))}),
			ds("DigestMethod", 1, 1, &rule{start: algorithm(digestMethods)}),
			ds("DigestValue", 1, 1, &rule{text: 256}),
		)}),
	)}),
	ds("SignatureValue", 1, 1, &rule{text: 4 << 10}),
	ds("KeyInfo", 0, 1, &rule{children: sequence(x509Data)}),
)}

func startSignature(s *scanner, _ attrs) error {
	if len(s.stack) == 2 {
		s.head.Signed = true
	}
	return nil
}

// startReference: the one reference names the parent of the signature, SAML 2.0 core,
// 5.4.2. On the stack: parent, Signature, SignedInfo, Reference.
func startReference(s *scanner, all attrs) error {
	parent := s.stack[len(s.stack)-4]
	if parent.id == "" || all.get("URI") != "#"+parent.id {
		return errors.New("it does not name the element that holds the signature")
	}
	return nil
}

// startTransform: first the enveloped signature is taken out, then the rest is made
// canonical.
func startTransform(s *scanner, all attrs) error {
	first := s.stack[len(s.stack)-2].seen[0] == 1
	uri := all.get("Algorithm")
	if first && uri == enveloped || !first && uri == nsExcC14N {
		return nil
	}
	return errors.New("it is not the enveloped signature, then exclusive canonicalization")
}

// version: SAML 2.0 core, 2.3.3 and 3.2: another major version is another language.
func version(s *scanner, all attrs) error {
	if all.get("Version") != "2.0" || s.stack[len(s.stack)-1].id == "" {
		return errors.New("it is not SAML 2.0 or has no ID")
	}
	return nil
}
