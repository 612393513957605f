package federationtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"strings"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"
)

// EncryptInPlace encrypts the assertion as it stands to the n-th key of the party, by
// AES in CBC, and signs the response again if it was signed.
func (a *SAMLAnswer) EncryptInPlace(n int) {
	a.encrypt(detached(a.Assertion()), a.partyKey(n), xmlenc.OAEP())
}

// EncryptGCM does so by AES in GCM: crewjam's own writes zeros.
func (a *SAMLAnswer) EncryptGCM(n int) { a.gcm(detached(a.Assertion()), nil) }

// Encryptable reports whether the answer still holds one assertion in the clear.
func (a *SAMLAnswer) Encryptable() bool {
	return a.Raw == nil && a.Form == nil && len(a.Root.SelectElements("Assertion")) == 1
}

// partyKey is the n-th certificate that the party wants assertions encrypted to.
func (a *SAMLAnswer) partyKey(n int) *x509.Certificate {
	a.idp.mu.Lock()
	defer a.idp.mu.Unlock()
	for _, d := range a.idp.parties[a.party].SPSSODescriptors[0].KeyDescriptors {
		if d.Use != "encryption" {
			continue
		}
		if n--; n < 0 {
			der, err := base64.StdEncoding.DecodeString(d.KeyInfo.X509Data.X509Certificates[0].Data)
			must(err)
			cert, err := x509.ParseCertificate(der)
			must(err)
			return cert
		}
	}
	panic("the party announces no such key")
}

func (a *SAMLAnswer) encrypt(plain []byte, to *x509.Certificate, method xmlenc.RSA) {
	method.BlockCipher, method.DigestMethod = xmlenc.AES256CBC, &xmlenc.SHA1
	data, err := method.Encrypt(to, plain, nil)
	must(err)
	data.CreateAttr("Type", "http://www.w3.org/2001/04/xmlenc#Element")
	a.enclose(data)
}

// enclose puts encrypted data in the assertion's place.
func (a *SAMLAnswer) enclose(data *etree.Element) {
	signed := a.Signed()
	encrypted := etree.NewElement("saml:EncryptedAssertion")
	encrypted.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")
	encrypted.AddChild(data)
	if as := a.Assertion(); as != nil {
		replace(as, encrypted)
	} else {
		a.Root.AddChild(encrypted)
	}
	if signed {
		a.SignResponse()
	}
}

// gcm encrypts by AES-128 in GCM: XML Encryption 1.1, 5.2.4. change spoils the result.
func (a *SAMLAnswer) gcm(plain []byte, change func(sealed []byte) []byte) {
	a.encrypt(plain, a.partyKey(0), xmlenc.OAEP()) // for its frame
	key, nonce := make([]byte, 16), make([]byte, 12)
	_, _ = rand.Read(key)
	_, _ = rand.Read(nonce)
	block, err := aes.NewCipher(key)
	must(err)
	seal, err := cipher.NewGCM(block)
	must(err)
	sealed := seal.Seal(nonce, nonce, plain, nil)
	if change != nil {
		sealed = change(sealed)
	}
	wrapped, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, a.partyKey(0).PublicKey.(*rsa.PublicKey), key, nil)
	must(err)
	data := a.Root.FindElement("./EncryptedAssertion/EncryptedData")
	setAttr(data.SelectElement("EncryptionMethod"), "Algorithm", "http://www.w3.org/2009/xmlenc11#aes128-gcm")
	data.FindElement("./CipherData/CipherValue").SetText(base64.StdEncoding.EncodeToString(sealed))
	data.FindElement(".//EncryptedKey/CipherData/CipherValue").SetText(base64.StdEncoding.EncodeToString(wrapped))
	if a.Signed() {
		a.SignResponse()
	}
}

// detached is an element as a document of its own, with the namespaces of those above.
func detached(el *etree.Element) []byte {
	alone := el.Copy()
	for above := el.Parent(); above != nil; above = above.Parent() {
		for _, attr := range above.Attr {
			declares := attr.Space == "xmlns" || attr.Space == "" && attr.Key == "xmlns"
			if declares && alone.SelectAttr(attr.FullKey()) == nil {
				alone.CreateAttr(attr.FullKey(), attr.Value)
			}
		}
	}
	return (&SAMLAnswer{Root: alone}).Wire()
}

// SAMLEncryptedMutations are attacks by way of encryption, which needs nothing but our
// public key. evil is a provider that the party does not know.
func SAMLEncryptedMutations(evil *SAML) []SAMLMutation {
	plain := func(name string, change func(as string) string) SAMLMutation {
		return SAMLMutation{Name: name, Apply: func(a *SAMLAnswer) {
			a.encrypt([]byte(change(string(detached(a.Assertion())))), a.partyKey(0), xmlenc.OAEP())
		}}
	}
	tree := func(name string, change func(a *SAMLAnswer, encrypted *etree.Element)) SAMLMutation {
		return SAMLMutation{Name: name, Apply: func(a *SAMLAnswer) {
			a.EncryptInPlace(0)
			change(a, a.Root.SelectElement("EncryptedAssertion"))
			if a.Signed() {
				a.SignResponse()
			}
		}}
	}
	cipherText := func(name string, change func(raw []byte) []byte) SAMLMutation {
		return tree(name, func(_ *SAMLAnswer, encrypted *etree.Element) {
			value := encrypted.FindElement("./EncryptedData/CipherData/CipherValue")
			raw, err := base64.StdEncoding.DecodeString(value.Text())
			must(err)
			value.SetText(base64.StdEncoding.EncodeToString(change(raw)))
		})
	}
	algorithm := func(name, path, uri string) SAMLMutation {
		return tree(name, func(_ *SAMLAnswer, encrypted *etree.Element) { setAttr(encrypted.FindElement(path), "Algorithm", uri) })
	}
	gcm := func(name string, change func(sealed []byte) []byte) SAMLMutation {
		return SAMLMutation{Name: name, Apply: func(a *SAMLAnswer) { a.gcm(detached(a.Assertion()), change) }}
	}
	return []SAMLMutation{
		{Name: "encrypted without signature", Apply: func(a *SAMLAnswer) { removeSignature(a.Assertion()); a.EncryptInPlace(0) }},
		{Name: "encrypted to another's key", Apply: func(a *SAMLAnswer) { a.encrypt(detached(a.Assertion()), evil.cert, xmlenc.OAEP()) }},
		{Name: "key by RSA 1.5", Apply: func(a *SAMLAnswer) { a.encrypt(detached(a.Assertion()), a.partyKey(0), xmlenc.PKCS1v15()) }},
		plain("nothing inside", func(string) string { return "" }),
		plain("blanks inside", func(string) string { return "   " }),
		plain("text inside", func(string) string { return "assertion" }),
		plain("a declaration inside and nothing else", func(string) string { return `<?xml version="1.0"?>` }),
		plain("DOCTYPE inside", func(as string) string { return "<!DOCTYPE a>" + as }),
		plain("comment in the number inside", func(as string) string { return strings.Replace(as, "85073003328", "850730<!-- -->03328", 1) }),
		plain("two assertions inside", func(as string) string { return as + as }),
		plain("text after the assertion inside", func(as string) string { return as + "x" }),
		plain("number changed inside", func(as string) string { return strings.Replace(as, "85073003328", evilNumber, 1) }),
		plain("another element inside", func(string) string { return "<a/>" }),
		plain("assertion in an element inside", func(as string) string { return "<a>" + as + "</a>" }),
		plain("10,000 elements deep inside", func(as string) string {
			return strings.Replace(as, "<saml:Subject>", strings.Repeat("<a>", 10_000)+strings.Repeat("</a>", 10_000)+"<saml:Subject>", 1)
		}),
		plain("evil assertion around the genuine one inside", func(as string) string {
			return strings.Replace(strings.Replace(as, "85073003328", evilNumber, 1), "</saml:Assertion>", as+"</saml:Assertion>", 1)
		}),
		cipherText("padding changed", func(raw []byte) []byte { raw[len(raw)-1] ^= 1; return raw }),
		cipherText("first block changed", func(raw []byte) []byte { raw[0] ^= 1; return raw }),
		cipherText("a block missing", func(raw []byte) []byte { return raw[:len(raw)-16] }),
		cipherText("not whole blocks", func(raw []byte) []byte { return raw[:len(raw)-5] }),
		cipherText("one block", func(raw []byte) []byte { return raw[:16] }),
		cipherText("half a block", func(raw []byte) []byte { return raw[:8] }),
		cipherText("no cipher text", func([]byte) []byte { return nil }),
		gcm("sealed and changed", func(sealed []byte) []byte { sealed[20] ^= 1; return sealed }),
		gcm("sealed and cut", func(sealed []byte) []byte { return sealed[:6] }),
		gcm("sealed and empty", func([]byte) []byte { return nil }),
		algorithm("by triple DES", "./EncryptedData/EncryptionMethod", "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
		algorithm("by another length of key", "./EncryptedData/EncryptionMethod", "http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
		algorithm("by an unknown algorithm", "./EncryptedData/EncryptionMethod", "urn:example:rot13"),
		algorithm("key by an unknown algorithm", ".//EncryptedKey/EncryptionMethod", "urn:example:rot13"),
		algorithm("key by a digest that is not listed", ".//EncryptedKey/EncryptionMethod/DigestMethod", "http://www.w3.org/2000/09/xmldsig#ripemd160"),
		tree("cipher text elsewhere", func(_ *SAMLAnswer, encrypted *etree.Element) {
			data := encrypted.FindElement("./EncryptedData/CipherData")
			data.Child = nil
			data.CreateElement("xenc:CipherReference").CreateAttr("URI", "http://127.0.0.1:1/x")
		}),
		tree("key missing", func(_ *SAMLAnswer, encrypted *etree.Element) {
			data := encrypted.SelectElement("EncryptedData")
			data.RemoveChild(data.SelectElement("KeyInfo"))
		}),
		tree("key changed", func(_ *SAMLAnswer, encrypted *etree.Element) {
			flip(encrypted.FindElement(".//EncryptedKey/CipherData/CipherValue"))
		}),
		tree("content, not an element", func(_ *SAMLAnswer, encrypted *etree.Element) {
			setAttr(encrypted.SelectElement("EncryptedData"), "Type", "http://www.w3.org/2001/04/xmlenc#Content")
		}),
		tree("encrypted twice over", func(a *SAMLAnswer, encrypted *etree.Element) { a.Root.AddChild(encrypted.Copy()) }),
		tree("two encrypted data", func(_ *SAMLAnswer, encrypted *etree.Element) {
			encrypted.AddChild(encrypted.SelectElement("EncryptedData").Copy())
		}),
		{Name: "encrypted beside one in the clear", Apply: func(a *SAMLAnswer) {
			as := a.Assertion().Copy()
			a.EncryptInPlace(0)
			a.Root.AddChild(as)
		}},
		{Name: "encrypted name", Apply: func(a *SAMLAnswer) {
			other := a.Clone()
			other.EncryptInPlace(0)
			encrypted := etree.NewElement("saml:EncryptedID")
			encrypted.AddChild(other.Root.FindElement("./EncryptedAssertion/EncryptedData"))
			replace(a.Find("NameID"), encrypted)
			a.Sign()
		}},
	}
}
