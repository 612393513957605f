package federationtest

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"net/url"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// SAMLAnswer is an answer on its way from the provider to a party. It can be changed and
// signed again by the provider's own key.
type SAMLAnswer struct {
	Root *etree.Element // the Response
	Raw  []byte         // instead of Root, if not nil
	Form url.Values     // instead of both, if not nil

	idp       *SAML
	acs       string
	requestID string
	party     string
	relay     string
	partyRole *crew.SPSSODescriptor
}

// Clone is a copy that can be changed by itself.
func (a *SAMLAnswer) Clone() *SAMLAnswer {
	c := *a
	if a.Root != nil {
		c.Root = a.Root.Copy()
	}
	return &c
}

// Address is where the form goes.
func (a *SAMLAnswer) Address() string { return a.acs }

// Relay is the RelayState.
func (a *SAMLAnswer) Relay() string { return a.relay }

// Wire is the XML.
func (a *SAMLAnswer) Wire() []byte {
	if a.Raw != nil {
		return a.Raw
	}
	doc := etree.NewDocument()
	doc.SetRoot(a.Root.Copy())
	wire, err := doc.WriteToBytes()
	if err != nil {
		panic(err) // a tree of our own
	}
	return wire
}

// Message is the XML in base64.
func (a *SAMLAnswer) Message() string { return base64.StdEncoding.EncodeToString(a.Wire()) }

// Values is the form that the browser posts.
func (a *SAMLAnswer) Values() url.Values {
	if a.Form != nil {
		return a.Form
	}
	return url.Values{"SAMLResponse": {a.Message()}, "RelayState": {a.relay}}
}

// Assertion is the first assertion below the response.
func (a *SAMLAnswer) Assertion() *etree.Element { return a.Root.SelectElement("Assertion") }

// Find returns the first element of that local name in the assertion.
func (a *SAMLAnswer) Find(name string) *etree.Element { return a.Assertion().FindElement(".//" + name) }

// Signed reports whether the response itself is signed.
func (a *SAMLAnswer) Signed() bool { return a.Root.SelectElement("Signature") != nil }

// Sign signs the assertion again and, if it was signed, the response.
func (a *SAMLAnswer) Sign() { a.SignBy(a.idp.key, a.idp.cert, dsig.RSASHA256SignatureMethod) }

// SignBy signs with another key, certificate or method.
func (a *SAMLAnswer) SignBy(key crypto.Signer, cert *x509.Certificate, method string) {
	signed := a.Signed()
	if as := a.Assertion(); as != nil {
		sign(as, key, cert, method, exclusive)
	}
	if signed {
		sign(a.Root, key, cert, method, exclusive)
	}
}

// SignResponse signs the response alone.
func (a *SAMLAnswer) SignResponse() {
	sign(a.Root, a.idp.key, a.idp.cert, dsig.RSASHA256SignatureMethod, exclusive)
}

var exclusive = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")

func removeSignature(el *etree.Element) {
	for _, child := range el.ChildElements() {
		if child.Tag == "Signature" {
			el.RemoveChild(child)
		}
	}
}

// sign puts an enveloped signature after the issuer, where the schema has it.
func sign(el *etree.Element, key crypto.Signer, cert *x509.Certificate, method string, c dsig.Canonicalizer) {
	removeSignature(el)
	ctx, err := dsig.NewSigningContext(key, [][]byte{cert.Raw})
	if err != nil {
		panic(err)
	}
	ctx.Canonicalizer = c
	if err := ctx.SetSignatureMethod(method); err != nil {
		panic(err)
	}
	signature, err := ctx.ConstructSignature(el, true)
	if err != nil {
		panic(err)
	}
	at := 0
	if issuer := el.SelectElement("Issuer"); issuer != nil {
		at = issuer.Index() + 1
	}
	el.InsertChildAt(at, signature)
}
