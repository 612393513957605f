package shape

import "errors"

// encryptedKey: XML Encryption, 3.5.1. KeyInfo names the recipient's certificate.
var encryptedKey = &rule{children: sequence(
	enc("EncryptionMethod", 1, 1, &rule{start: algorithm(transports), children: sequence(
		ds("DigestMethod", 0, 1, &rule{start: algorithm(oaepDigests)}))}),
	ds("KeyInfo", 0, 1, &rule{children: sequence(ds("KeyName", 0, 1, text), optional(x509Data))}),
	enc("CipherData", 1, 1, cipherData(4<<10)),
	enc("ReferenceList", 0, 1, &rule{children: sequence(enc("DataReference", 1, 1, empty))}),
)}

// encryptedAssertion: the key stands inside or, as Shibboleth has it, beside the data.
var encryptedAssertion = &rule{start: startEncrypted, children: sequence(
	enc("EncryptedData", 1, 1, &rule{start: startEncryptedData, children: sequence(
		enc("EncryptionMethod", 1, 1, &rule{start: algorithm(ciphers)}),
		ds("KeyInfo", 0, 1, &rule{children: sequence(
			ds("RetrievalMethod", 0, 1, empty), // names the key beside; not followed
			enc("EncryptedKey", 0, 1, encryptedKey))}),
		enc("CipherData", 1, 1, cipherData(MaxBytes)),
	)}),
	enc("EncryptedKey", 0, 1, encryptedKey),
)}

func optional(c child) child {
	c.min = 0
	return c
}

// cipherData holds the value itself: a CipherReference would be fetched from elsewhere.
func cipherData(bound int) *rule {
	return &rule{children: sequence(enc("CipherValue", 1, 1, &rule{text: bound}))}
}

func startEncrypted(s *scanner, _ attrs) error {
	s.head.Encrypted = true
	return nil
}

func startEncryptedData(_ *scanner, all attrs) error {
	if !elementType[all.get("Type")] {
		return errors.New("it is not an encrypted element")
	}
	return nil
}
