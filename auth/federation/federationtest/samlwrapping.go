package federationtest

import (
	"github.com/beevik/etree"
)

// wrapping are the signature wrapping attacks of Somorovsky and others, "On Breaking
// SAML: Be Whoever You Want to Be" (2012), XSW 1 to 8, and some of their kind: what was
// signed stays in the message and verifies, what is read is another's.
func wrapping() []SAMLMutation {
	return []SAMLMutation{
		{Name: "XSW1 response in the signature of an evil response", Apply: func(a *SAMLAnswer) {
			evil, original := evilResponse(a)
			sig := evil.SelectElement("Signature")
			removeSignature(original)
			sig.AddChild(original)
			a.Root = evil
		}},
		{Name: "XSW2 response before the signature of an evil response", Apply: func(a *SAMLAnswer) {
			evil, original := evilResponse(a)
			removeSignature(original)
			evil.InsertChildAt(1, original)
			a.Root = evil
		}},
		{Name: "XSW3 evil assertion before the genuine one", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			as.Parent().InsertChildAt(as.Index(), evilAssertion(as, false))
		}},
		{Name: "XSW4 genuine assertion inside an evil one", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			evil := evilAssertion(as, false)
			replace(as, evil)
			evil.AddChild(as)
		}},
		{Name: "XSW5 evil assertion with the signature, genuine one after", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			evil := evilAssertion(as, true)
			replace(as, evil)
			removeSignature(as)
			a.Root.AddChild(as)
		}},
		{Name: "XSW6 genuine assertion in the signature of an evil one", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			evil := evilAssertion(as, true)
			replace(as, evil)
			removeSignature(as)
			evil.SelectElement("Signature").AddChild(as)
		}},
		{Name: "XSW7 evil assertion in extensions", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			extensions := etree.NewElement("samlp:Extensions")
			extensions.AddChild(evilAssertion(as, false))
			as.Parent().InsertChildAt(as.Index(), extensions)
		}},
		{Name: "XSW8 genuine assertion in an object of an evil one", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			evil := evilAssertion(as, true)
			replace(as, evil)
			removeSignature(as)
			object := etree.NewElement("ds:Object")
			object.AddChild(as)
			evil.SelectElement("Signature").AddChild(object)
		}},
		{Name: "genuine assertion in a status detail", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			replace(as, evilAssertion(as, false))
			detail := etree.NewElement("samlp:StatusDetail")
			detail.AddChild(as)
			a.Root.SelectElement("Status").AddChild(detail)
		}},
		{Name: "genuine assertion in advice", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			evil := evilAssertion(as, true)
			replace(as, evil)
			advice := etree.NewElement("saml:Advice")
			advice.AddChild(as)
			evil.AddChild(advice)
		}},
		{Name: "genuine assertion in an attribute value", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			evil := evilAssertion(as, true)
			replace(as, evil)
			evil.FindElement(".//AttributeValue").AddChild(as)
		}},
		{Name: "evil assertion after, signature of the genuine one copied", Apply: func(a *SAMLAnswer) {
			a.Root.AddChild(evilAssertion(a.Assertion(), true))
		}},
		{Name: "evil assertion with the genuine one's ID", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			evil := evilAssertion(as, true)
			setAttr(evil, "ID", as.SelectAttrValue("ID", ""))
			replace(as, evil)
		}},
		{Name: "evil number without wrapping", Apply: func(a *SAMLAnswer) {
			replace(a.Assertion(), evilAssertion(a.Assertion(), true))
			setAttr(a.Assertion(), "ID", a.Assertion().FindElement(".//Reference").SelectAttrValue("URI", "#")[1:])
		}},
		resigned("two assertions", func(a *SAMLAnswer) { a.Root.AddChild(evilAssertion(a.Assertion(), false)) }),
		resigned("response in a response", func(a *SAMLAnswer) { a.Root.AddChild(a.Root.Copy()) }),
		{Name: "300 assertions", Apply: func(a *SAMLAnswer) {
			as := a.Assertion()
			for range 300 {
				a.Root.AddChild(evilAssertion(as, true))
			}
		}},
		{Name: "500 signatures", Apply: func(a *SAMLAnswer) {
			sig := a.Assertion().SelectElement("Signature")
			for range 500 {
				a.Assertion().AddChild(sig.Copy())
			}
		}},
	}
}

// evilNumber has right check digits and is not Alice's.
const evilNumber = "90010112302"

func evilAssertion(genuine *etree.Element, withSignature bool) *etree.Element {
	evil := genuine.Copy()
	setAttr(evil, "ID", "_evil")
	for _, attr := range evil.FindElements(".//Attribute") {
		if attr.SelectAttrValue("Name", "") == "egovNRN" {
			attr.SelectElement("AttributeValue").SetText(evilNumber)
		}
	}
	if !withSignature {
		removeSignature(evil)
	}
	return evil
}

// evilResponse is a copy of the response with an evil assertion, and the response.
func evilResponse(a *SAMLAnswer) (evil, original *etree.Element) {
	if !a.Signed() {
		a.SignResponse()
	}
	original = a.Root
	evil = original.Copy()
	setAttr(evil, "ID", "_evil")
	replace(evil.SelectElement("Assertion"), evilAssertion(original.SelectElement("Assertion"), false))
	return evil, original
}

func replace(old, by *etree.Element) {
	parent, at := old.Parent(), old.Index()
	parent.RemoveChildAt(at)
	parent.InsertChildAt(at, by)
}
