package federationtest

import (
	"time"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
)

// responses change the outermost element, signed again where it was.
func responses() []SAMLMutation {
	root := func(name, attr, value string) SAMLMutation {
		return resigned(name, func(a *SAMLAnswer) { setAttr(a.Root, attr, value) })
	}
	status := func(name string, codes ...string) SAMLMutation {
		return resigned(name, func(a *SAMLAnswer) {
			code := a.Root.SelectElement("Status").SelectElement("StatusCode")
			for i, value := range codes {
				if i > 0 {
					code = code.CreateElement("samlp:StatusCode")
				}
				setAttr(code, "Value", value)
			}
		})
	}
	return []SAMLMutation{
		root("destination of another", "Destination", "https://evil.example/acs"),
		root("destination missing", "Destination", ""),
		root("destination with a query", "Destination", "https://counter.example/federation/saml/acs?x=1"),
		root("response answers another request", "InResponseTo", "_other"),
		root("response answers none", "InResponseTo", ""),
		root("response of version 1.1", "Version", "1.1"),
		root("response without version", "Version", ""),
		root("response without ID", "ID", ""),
		root("response issued in the future", "IssueInstant", from(5*time.Minute)),
		root("response old", "IssueInstant", from(-10*time.Minute)),
		root("response without time", "IssueInstant", ""),
		root("response with a time that is none", "IssueInstant", "yesterday"),
		resigned("response of another issuer", func(a *SAMLAnswer) { a.Root.SelectElement("Issuer").SetText("https://evil.example") }),
		resigned("response without status", func(a *SAMLAnswer) { a.Root.RemoveChild(a.Root.SelectElement("Status")) }),
		resigned("response without assertion", func(a *SAMLAnswer) { a.Root.RemoveChild(a.Assertion()) }),
		status("status says no, with an assertion", crew.StatusResponder, crew.StatusAuthnFailed),
		status("status is nothing known", "urn:example:fine"),
		status("status three deep", crew.StatusSuccess, crew.StatusSuccess, crew.StatusSuccess),
		{Name: "status says no of another request", Apply: func(a *SAMLAnswer) {
			a.Root = a.idp.declined(a, crew.StatusAuthnFailed)
			setAttr(a.Root, "InResponseTo", "_other")
		}},
		{Name: "status says no of another issuer", Apply: func(a *SAMLAnswer) {
			a.Root = a.idp.declined(a, crew.StatusAuthnFailed)
			a.Root.SelectElement("Issuer").SetText("https://evil.example")
		}},
		{Name: "status says no at another address", Apply: func(a *SAMLAnswer) {
			a.Root = a.idp.declined(a, crew.StatusAuthnFailed)
			setAttr(a.Root, "Destination", "https://evil.example/acs")
		}},
		{Name: "status says no, for no reason of hers", Apply: func(a *SAMLAnswer) { a.Root = a.idp.declined(a, crew.StatusRequestUnsupported) }},
		{Name: "status says no, badly signed", Apply: func(a *SAMLAnswer) {
			a.Root = a.idp.declined(a, crew.StatusAuthnFailed)
			a.SignResponse()
			flip(a.Root.FindElement("./Signature/SignatureValue"))
		}},
	}
}

// assertions change the assertion, signed again: what a careless provider would say.
func assertions() []SAMLMutation {
	const never = "2099-01-01T00:00:00Z"
	own := func(name, attr, value string) SAMLMutation {
		return resigned(name, func(a *SAMLAnswer) { setAttr(a.Assertion(), attr, value) })
	}
	text := func(name, element, value string) SAMLMutation {
		return resigned(name, func(a *SAMLAnswer) { a.Find(element).SetText(value) })
	}
	return []SAMLMutation{
		own("assertion of version 1.1", "Version", "1.1"),
		own("assertion without ID", "ID", ""),
		own("assertion issued in the future", "IssueInstant", from(5*time.Minute)),
		own("assertion old", "IssueInstant", from(-10*time.Minute)),
		own("assertion without time", "IssueInstant", ""),
		resigned("assertion with the response's ID", func(a *SAMLAnswer) { setAttr(a.Assertion(), "ID", a.Root.SelectAttrValue("ID", "")) }),
		text("issuer of another", "Issuer", "https://evil.example"),
		text("issuer with a slash at the end", "Issuer", "https://idp.example/saml/metadata/"),
		set("issuer that is no entity", "Issuer", "Format", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
		text("audience of another", "Audience", "urn:example:other"),
		text("audience with blanks", "Audience", " urn:example:counter"),
		remove("no audience restriction", "AudienceRestriction"),
		remove("restriction without audience", "Audience"),
		double("two audience restrictions", "AudienceRestriction"),
		resigned("two restrictions, one of another", func(a *SAMLAnswer) {
			r := a.Find("AudienceRestriction")
			other := r.Copy()
			other.SelectElement("Audience").SetText("urn:example:other")
			r.Parent().AddChild(other)
		}),
		set("recipient of another", "SubjectConfirmationData", "Recipient", "https://evil.example/acs"),
		set("recipient missing", "SubjectConfirmationData", "Recipient", ""),
		set("assertion answers another request", "SubjectConfirmationData", "InResponseTo", "_other"),
		set("assertion answers none", "SubjectConfirmationData", "InResponseTo", ""),
		set("confirmation expired", "SubjectConfirmationData", "NotOnOrAfter", from(-2*time.Minute)),
		set("confirmation without end", "SubjectConfirmationData", "NotOnOrAfter", ""),
		set("confirmation for ever", "SubjectConfirmationData", "NotOnOrAfter", never),
		set("confirmation not yet valid", "SubjectConfirmationData", "NotBefore", from(5*time.Minute)),
		set("confirmation by the holder of a key", "SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"),
		set("confirmation by a sender who vouches", "SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"),
		set("confirmation without method", "SubjectConfirmation", "Method", ""),
		remove("confirmation without data", "SubjectConfirmationData"),
		remove("no confirmation", "SubjectConfirmation"),
		double("two confirmations", "SubjectConfirmation"),
		remove("no subject", "Subject"),
		double("two subjects", "Subject"),
		remove("no name", "NameID"),
		text("empty name", "NameID", ""),
		double("two names", "NameID"),
		remove("no conditions", "Conditions"),
		double("two sets of conditions", "Conditions"),
		set("conditions expired", "Conditions", "NotOnOrAfter", from(-2*time.Minute)),
		set("conditions not yet valid", "Conditions", "NotBefore", from(5*time.Minute)),
		set("conditions without end", "Conditions", "NotOnOrAfter", ""),
		set("conditions for ever", "Conditions", "NotOnOrAfter", never),
		set("conditions with a time that is none", "Conditions", "NotOnOrAfter", "2026-13-45T99:00:00Z"),
		add("unknown condition", "Conditions", element("saml:Condition", "", "xmlns:x", "urn:example:x", "xsi:type", "x:y",
			"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")),
		add("advice", "", element("saml:Advice", "")),
		add("authorization decision", "", element("saml:AuthzDecisionStatement", "", "Resource", "x", "Decision", "Permit")),
		add("unknown statement", "", element("saml:Statement", "")),
		add("element of nobody's namespace", "Subject", element("x:Y", "", "xmlns:x", "urn:example:x")),
	}
}

// contexts change how and when she proved who she is, signed again.
func contexts() []SAMLMutation {
	ref := func(name, value string, have int) SAMLMutation {
		m := resigned(name, func(a *SAMLAnswer) { a.Find("AuthnContextClassRef").SetText(value) })
		m.Want = federation.LevelError{Have: have, Asked: 400}
		return m
	}
	stale := func(name string, d time.Duration, force bool) SAMLMutation {
		m := resigned(name, func(a *SAMLAnswer) { setAttr(a.Find("AuthnStatement"), "AuthnInstant", from(d)) })
		m.Want, m.Force = federation.ErrStale, force
		return m
	}
	citizen, older := federation.CitizenLevelPrefix, federation.LevelPrefix
	return []SAMLMutation{
		ref("level lower", citizen+"350", 350),
		ref("level lower, older spelling", older+"200", 200),
		ref("level 100", citizen+"100", 100),
		ref("level unknown", citizen+"600", 0),
		ref("level of one digit more", citizen+"5000", 0),
		ref("level with a sign", citizen+"+500", 0),
		ref("level in full-width digits", citizen+"５００", 0),
		ref("level at the end of a stranger's name", "urn:evil:"+citizen+"500", 0),
		ref("level in small letters", "urn:be:fedict:iam:fas:citizen:level500", 0),
		ref("level in the context of an enterprise", "urn:be:fedict:iam:fas:enterprise:Level500", 0),
		ref("level with a blank", " "+citizen+"500", 0),
		ref("level on a line of its own", "\n"+citizen+"500\n", 0),
		ref("level with an invisible letter", citizen+"500\u200b", 0),
		ref("level by password", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", 0),
		ref("level by smartcard, in general words", "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI", 0),
		ref("level empty", "", 0),
		remove("level missing", "AuthnContextClassRef"),
		double("level twice", "AuthnContextClassRef"),
		resigned("two levels, the second higher", func(a *SAMLAnswer) {
			el := a.Find("AuthnContextClassRef")
			higher := el.Copy()
			el.SetText(federation.CitizenRef(100))
			higher.SetText(federation.CitizenRef(500))
			el.Parent().AddChild(higher)
		}),
		remove("no context", "AuthnContext"),
		add("context declared in place", "AuthnContext", element("saml:AuthnContextDecl", "")),
		remove("no authentication", "AuthnStatement"),
		double("two authentications", "AuthnStatement"),
		stale("proof older than the question", -10*time.Minute, true),
		stale("proof of yesterday", -25*time.Hour, false),
		set("proof in the future", "AuthnStatement", "AuthnInstant", from(5*time.Minute)),
		set("proof without time", "AuthnStatement", "AuthnInstant", ""),
		set("session at the provider over", "AuthnStatement", "SessionNotOnOrAfter", from(-5*time.Minute)),
		set("session with an end that is none", "AuthnStatement", "SessionNotOnOrAfter", "never"),
	}
}

// numbers change the national number, signed again.
func numbers() []SAMLMutation {
	number := func(name, value string) SAMLMutation {
		m := resigned(name, func(a *SAMLAnswer) { attributeNamed(a, "egovNRN").SelectElement("AttributeValue").SetText(value) })
		m.Want = federation.ErrNoNumber
		return m
	}
	change := func(name string, f func(a *SAMLAnswer, attr *etree.Element)) SAMLMutation {
		m := resigned(name, func(a *SAMLAnswer) { f(a, attributeNamed(a, "egovNRN")) })
		m.Want = federation.ErrNoNumber
		return m
	}
	return []SAMLMutation{
		number("number empty", ""),
		number("number with wrong check digits", "85073003329"),
		number("number of ten digits", "8507300332"),
		number("number with punctuation", "85.07.30-033.28"),
		number("number with a blank", " 85073003328"),
		number("number on a line of its own", "\n85073003328\n"),
		number("number in full-width digits", "８５０７３００３３２８"),
		number("number and another", "85073003328 90010112302"),
		number("number with markup", "<b>85073003328</b>"),
		number("number with a quote", "85073003328'--"),
		change("number missing", func(a *SAMLAnswer, attr *etree.Element) { attr.Parent().RemoveChild(attr) }),
		change("number without value", func(a *SAMLAnswer, attr *etree.Element) { attr.Child = nil }),
		change("number of two values", func(a *SAMLAnswer, attr *etree.Element) {
			second := attr.SelectElement("AttributeValue").Copy()
			second.SetText(evilNumber)
			attr.AddChild(second)
		}),
		change("number twice", func(a *SAMLAnswer, attr *etree.Element) { attr.Parent().AddChild(attr.Copy()) }),
		change("number in two statements", func(a *SAMLAnswer, attr *etree.Element) {
			statement := a.Find("AttributeStatement").Copy()
			a.Assertion().AddChild(statement)
		}),
		change("number under a friendly name only", func(a *SAMLAnswer, attr *etree.Element) {
			setAttr(attr, "FriendlyName", "egovNRN")
			setAttr(attr, "Name", "urn:example:else")
		}),
		change("number under a name in other case", func(a *SAMLAnswer, attr *etree.Element) { setAttr(attr, "Name", "EgovNRN") }),
		change("number as a name", func(a *SAMLAnswer, attr *etree.Element) {
			value := attr.SelectElement("AttributeValue")
			value.SetText("")
			value.AddChild(element("saml:NameID", Alice.Number)())
		}),
		func() SAMLMutation {
			m := change("number in an element", func(a *SAMLAnswer, attr *etree.Element) {
				value := attr.SelectElement("AttributeValue")
				value.SetText("8507300")
				value.AddChild(element("b", "3328")())
			})
			m.Want = nil
			return m
		}(),
	}
}
