package federationtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

const xmlDSig = "http://www.w3.org/2000/09/xmldsig#"

// signatures are those that do not say what they must: missing, weak, of another key, or
// over something else.
func signatures(evil *SAML) []SAMLMutation {
	all := []SAMLMutation{
		{Name: "assertion's signature stripped", Apply: func(a *SAMLAnswer) { removeSignature(a.Assertion()) }},
		{Name: "all signatures stripped", Apply: func(a *SAMLAnswer) { removeSignature(a.Assertion()); removeSignature(a.Root) }},
		{Name: "response signed alone", Apply: func(a *SAMLAnswer) { removeSignature(a.Assertion()); a.SignResponse() }},
		{Name: "signature emptied", Apply: func(a *SAMLAnswer) { sig(a).Child = nil }},
		{Name: "signature in another namespace", Apply: func(a *SAMLAnswer) { setAttr(sig(a), "xmlns:ds", "urn:example:ds") }},
		{Name: "signature as last child", Apply: func(a *SAMLAnswer) { s := sig(a); a.Assertion().RemoveChild(s); a.Assertion().AddChild(s) }},
		{Name: "signature twice", Apply: func(a *SAMLAnswer) { a.Assertion().InsertChildAt(2, sig(a).Copy()) }},
		{Name: "signature below the subject", Apply: func(a *SAMLAnswer) {
			s := sig(a)
			a.Assertion().RemoveChild(s)
			a.Find("Subject").AddChild(s)
		}},
		{Name: "signature value changed", Apply: func(a *SAMLAnswer) { flip(a.Find("SignatureValue")) }},
		{Name: "signature value empty", Apply: func(a *SAMLAnswer) { a.Find("SignatureValue").SetText("") }},
		{Name: "digest changed", Apply: func(a *SAMLAnswer) { flip(a.Find("DigestValue")) }},
		{Name: "attribute changed after signing", Apply: func(a *SAMLAnswer) { attributeNamed(a, "surname").SelectElement("AttributeValue").SetText("Evil") }},
		{Name: "element added after signing", Apply: func(a *SAMLAnswer) {
			statement := a.Find("AttributeStatement")
			statement.AddChild(statement.SelectElement("Attribute").Copy())
		}},
		{Name: "certificate of another key named", Apply: func(a *SAMLAnswer) {
			a.Find("X509Certificate").SetText(base64.StdEncoding.EncodeToString(evil.cert.Raw))
		}},
		{Name: "no certificate, RSA key value", Apply: func(a *SAMLAnswer) { keyValue(a, evil) }},
		{Name: "object in the signature", Apply: func(a *SAMLAnswer) { sig(a).CreateElement("ds:Object").SetText("x") }},
		{Name: "signed by a key of nobody", Apply: func(a *SAMLAnswer) { a.SignBy(evil.key, evil.cert, dsig.RSASHA256SignatureMethod) }},
		{Name: "signed by a key of nobody, our certificate named", Apply: func(a *SAMLAnswer) {
			a.SignBy(evil.key, a.idp.cert, dsig.RSASHA256SignatureMethod)
		}},
		{Name: "signed by RSA of 1024 bits", Apply: weak},
		{Name: "signed by ECDSA of nobody", Apply: func(a *SAMLAnswer) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			must(err)
			cert, err := certificate("nobody", key, time.Now())
			must(err)
			a.SignBy(key, cert, dsig.ECDSASHA256SignatureMethod)
		}},
		{Name: "signed by RSA with SHA-1", Apply: func(a *SAMLAnswer) { a.SignBy(a.idp.key, a.idp.cert, dsig.RSASHA1SignatureMethod) }},
		{Name: "all of another provider", Apply: func(a *SAMLAnswer) {
			a.Root.SelectElement("Issuer").SetText(evil.EntityID())
			a.Assertion().SelectElement("Issuer").SetText(evil.EntityID())
			a.SignBy(evil.key, evil.cert, dsig.RSASHA256SignatureMethod)
		}},
		{Name: "assertion of another provider, its key", Apply: func(a *SAMLAnswer) {
			a.Assertion().SelectElement("Issuer").SetText(evil.EntityID())
			a.SignBy(evil.key, evil.cert, dsig.RSASHA256SignatureMethod)
		}},
	}
	for name, c := range map[string]dsig.Canonicalizer{
		"inclusive canonicalization":               dsig.MakeC14N10RecCanonicalizer(),
		"canonicalization 1.1":                     dsig.MakeC14N11Canonicalizer(),
		"canonicalization 1.1 with comments":       dsig.MakeC14N11WithCommentsCanonicalizer(),
		"exclusive canonicalization with comments": dsig.MakeC14N10ExclusiveWithCommentsCanonicalizerWithPrefixList(""),
		"inclusive canonicalization with comments": dsig.MakeC14N10WithCommentsCanonicalizer(),
	} {
		all = append(all, SAMLMutation{Name: "signed over " + name, Apply: func(a *SAMLAnswer) {
			sign(a.Assertion(), a.idp.key, a.idp.cert, dsig.RSASHA256SignatureMethod, c)
		}})
	}
	return append(all, signedInfos()...)
}

// signedInfos change what the signature says of itself, and are signed again.
func signedInfos() []SAMLMutation {
	change := func(name string, f func(info *etree.Element)) SAMLMutation {
		return SAMLMutation{Name: name, Apply: func(a *SAMLAnswer) {
			f(sig(a).SelectElement("SignedInfo"))
			a.signInfo()
		}}
	}
	reference := func(info *etree.Element) *etree.Element { return info.SelectElement("Reference") }
	transform := func(name, algorithm string) SAMLMutation {
		return change(name, func(info *etree.Element) {
			t := etree.NewElement("ds:Transform")
			t.CreateAttr("Algorithm", algorithm)
			reference(info).SelectElement("Transforms").AddChild(t)
		})
	}
	method := func(name, algorithm string) SAMLMutation {
		return change(name, func(info *etree.Element) { setAttr(info.SelectElement("SignatureMethod"), "Algorithm", algorithm) })
	}
	digest := func(name, algorithm string) SAMLMutation {
		return change(name, func(info *etree.Element) {
			setAttr(reference(info).SelectElement("DigestMethod"), "Algorithm", algorithm)
		})
	}
	return []SAMLMutation{
		change("no reference", func(info *etree.Element) { info.RemoveChild(reference(info)) }),
		change("two references, the genuine one first", func(info *etree.Element) {
			second := reference(info).Copy()
			setAttr(second, "URI", "#other")
			info.AddChild(second)
		}),
		change("two references, the genuine one last", func(info *etree.Element) {
			first := reference(info).Copy()
			setAttr(first, "URI", "#other")
			info.InsertChildAt(reference(info).Index(), first)
		}),
		change("two references to the same, one with a wrong digest", func(info *etree.Element) {
			second := reference(info).Copy()
			flip(reference(info).SelectElement("DigestValue"))
			info.AddChild(second)
		}),
		change("reference to nothing", func(info *etree.Element) { setAttr(reference(info), "URI", "#nothing") }),
		change("reference without URI", func(info *etree.Element) { reference(info).RemoveAttr("URI") }),
		change("reference to the whole document", func(info *etree.Element) { reference(info).RemoveAttr("URI"); reference(info).CreateAttr("URI", "") }),
		change("reference to an address", func(info *etree.Element) { setAttr(reference(info), "URI", "http://127.0.0.1:1/x") }),
		change("reference by XPointer", func(info *etree.Element) {
			setAttr(reference(info), "URI", "#xpointer(id('"+reference(info).SelectAttrValue("URI", "#")[1:]+"'))")
		}),
		change("no enveloped transform", func(info *etree.Element) {
			t := reference(info).SelectElement("Transforms")
			t.RemoveChild(t.SelectElement("Transform"))
		}),
		transform("XSLT transform", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
		transform("XPath transform", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
		transform("XPath filter transform", "http://www.w3.org/2002/06/xmldsig-filter2"),
		transform("base64 transform", xmlDSig+"base64"),
		method("algorithm none", "none"),
		method("algorithm empty", ""),
		method("HMAC with SHA-1", xmlDSig+"hmac-sha1"),
		method("HMAC with SHA-256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
		method("RSA with MD5", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
		method("DSA with SHA-1", xmlDSig+"dsa-sha1"),
		method("algorithm in capitals", "HTTP://WWW.W3.ORG/2001/04/XMLDSIG-MORE#RSA-SHA256"),
		digest("digest by SHA-1", xmlDSig+"sha1"),
		digest("digest by MD5", "http://www.w3.org/2001/04/xmldsig-more#md5"),
		digest("digest by nothing", ""),
	}
}

func sig(a *SAMLAnswer) *etree.Element { return a.Assertion().SelectElement("Signature") }

// signInfo signs the SignedInfo as it stands, right in all but what was changed in it.
func (a *SAMLAnswer) signInfo() {
	signed := a.Signed()
	s := sig(a)
	s.SelectElement("SignatureValue").SetText(signValue(a.idp.key, s.SelectElement("SignedInfo")))
	if signed {
		a.SignResponse()
	}
}

func signValue(key *rsa.PrivateKey, info *etree.Element) string {
	alone := info.Copy()
	alone.CreateAttr("xmlns:ds", xmlDSig)
	canonical, err := exclusive.Canonicalize(alone)
	must(err)
	ctx, err := dsig.NewSigningContext(key, nil)
	must(err)
	must(ctx.SetSignatureMethod(dsig.RSASHA256SignatureMethod))
	value, err := ctx.SignString(string(canonical))
	must(err)
	return base64.StdEncoding.EncodeToString(value)
}

// flip changes a bit of a value in base64.
func flip(el *etree.Element) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(el.Text()))
	must(err)
	raw[0] ^= 1
	el.SetText(base64.StdEncoding.EncodeToString(raw))
}

// keyValue signs with an attacker's key and brings the bare key along.
func keyValue(a *SAMLAnswer, evil *SAML) {
	a.SignBy(evil.key, evil.cert, dsig.RSASHA256SignatureMethod)
	info := sig(a).SelectElement("KeyInfo")
	info.Child = nil
	value := info.CreateElement("ds:KeyValue").CreateElement("ds:RSAKeyValue")
	value.CreateElement("ds:Modulus").SetText(base64.StdEncoding.EncodeToString(evil.key.N.Bytes()))
	value.CreateElement("ds:Exponent").SetText("AQAB")
}

// weak signs by a key that is too short to be believed, of nobody.
func weak(a *SAMLAnswer) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	must(err)
	cert, err := certificate("weak", key, time.Now())
	must(err)
	a.SignBy(key, cert, dsig.RSASHA256SignatureMethod)
}

// must is for what cannot fail in a tree of our own.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
