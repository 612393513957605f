package federationtest

import (
	"time"

	"github.com/beevik/etree"

	"guichet.example/auth/federation"
)

// SAMLMutation changes one thing about a genuine answer: what an attacker, a broken
// provider or a dishonest member would send.
type SAMLMutation struct {
	Name  string
	Want  error // errors.Is; nil for federation.ErrRefused
	Force bool  // the flow must have asked for a new proof
	Apply func(a *SAMLAnswer)
}

// Wanted is the error that must come.
func (m SAMLMutation) Wanted() error {
	if m.Want == nil {
		return federation.ErrRefused
	}
	return m.Want
}

// SAMLMutations are all there are. Each must be refused for a flow that asks for level
// 400, when the answer was one of a person with a number and level 450. evil is a
// provider that the party does not know.
func SAMLMutations(evil *SAML) []SAMLMutation {
	var all []SAMLMutation
	for _, some := range [][]SAMLMutation{
		wrapping(), signatures(evil), responses(), assertions(), contexts(), numbers(), spellings(), bombs(), forms(),
	} {
		all = append(all, some...)
	}
	return all
}

// resigned changes the answer's tree and signs it again: what only the provider can do.
func resigned(name string, change func(a *SAMLAnswer)) SAMLMutation {
	return SAMLMutation{Name: name, Apply: func(a *SAMLAnswer) {
		change(a)
		a.Sign()
	}}
}

// set changes an attribute of an element of the assertion, signed again. "" removes it.
func set(name, element, attr, value string) SAMLMutation {
	return resigned(name, func(a *SAMLAnswer) { setAttr(a.Find(element), attr, value) })
}

func setAttr(el *etree.Element, attr, value string) {
	el.RemoveAttr(attr)
	if value != "" {
		el.CreateAttr(attr, value)
	}
}

// remove takes an element out of the assertion.
func remove(name, element string) SAMLMutation {
	return resigned(name, func(a *SAMLAnswer) {
		el := a.Find(element)
		el.Parent().RemoveChild(el)
	})
}

// double puts a copy of an element after it.
func double(name, element string) SAMLMutation {
	return resigned(name, func(a *SAMLAnswer) {
		el := a.Find(element)
		el.Parent().InsertChildAt(el.Index()+1, el.Copy())
	})
}

// add puts a new element at the end of one of the assertion's, or of the assertion itself.
func add(name, into string, el func() *etree.Element) SAMLMutation {
	return resigned(name, func(a *SAMLAnswer) {
		parent := a.Assertion()
		if into != "" {
			parent = a.Find(into)
		}
		parent.AddChild(el())
	})
}

func element(tag, text string, attrs ...string) func() *etree.Element {
	return func() *etree.Element {
		el := etree.NewElement(tag)
		for i := 0; i+1 < len(attrs); i += 2 {
			el.CreateAttr(attrs[i], attrs[i+1])
		}
		el.SetText(text)
		return el
	}
}

func from(d time.Duration) string {
	return time.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000Z")
}

// attributeNamed finds the attribute of a name.
func attributeNamed(a *SAMLAnswer, name string) *etree.Element {
	for _, el := range a.Assertion().FindElements(".//Attribute") {
		if el.SelectAttrValue("Name", "") == name {
			return el
		}
	}
	return nil
}
