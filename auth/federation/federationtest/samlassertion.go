package federationtest

import (
	"crypto/rand"
	"encoding/hex"
	"html/template"
	"strings"
	"time"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
)

// fasAssertions makes assertions as FAS does. crewjam's own would say
// PasswordProtectedTransport of everyone.
type fasAssertions struct{}

// assertionLife is how long an assertion is valid.
const assertionLife = 5 * time.Minute

// MakeAssertion makes the assertion of a session whose UserName is its class reference.
func (fasAssertions) MakeAssertion(req *crew.IdpAuthnRequest, session *crew.Session) error {
	now := req.Now.UTC()
	party := req.Request.Issuer.Value
	req.Assertion = &crew.Assertion{
		ID: "_a" + randomID(), IssueInstant: now, Version: "2.0",
		Issuer: crew.Issuer{Value: req.IDP.MetadataURL.String()},
		Subject: &crew.Subject{
			NameID: &crew.NameID{Format: string(crew.TransientNameIDFormat), NameQualifier: req.IDP.MetadataURL.String(),
				SPNameQualifier: party, Value: session.NameID},
			SubjectConfirmations: []crew.SubjectConfirmation{{
				Method: "urn:oasis:names:tc:SAML:2.0:cm:bearer",
				SubjectConfirmationData: &crew.SubjectConfirmationData{
					InResponseTo: req.Request.ID, NotOnOrAfter: now.Add(assertionLife), Recipient: req.ACSEndpoint.Location},
			}},
		},
		Conditions: &crew.Conditions{NotBefore: now.Add(-time.Minute), NotOnOrAfter: now.Add(assertionLife),
			AudienceRestrictions: []crew.AudienceRestriction{{Audience: crew.Audience{Value: party}}}},
		AuthnStatements: []crew.AuthnStatement{{
			AuthnInstant: session.CreateTime.UTC(), SessionIndex: session.Index,
			AuthnContext: crew.AuthnContext{AuthnContextClassRef: &crew.AuthnContextClassRef{Value: session.UserName}},
		}},
		AttributeStatements: []crew.AttributeStatement{{Attributes: session.CustomAttributes}},
	}
	return nil
}

// fasAttributes are FAS's names, whose case counts.
func fasAttributes(c Choice) []crew.Attribute {
	p := c.Person
	told := []struct{ name, value string }{
		{"egovNRN", p.Number}, {"givenName", p.GivenNames}, {"surname", p.Surname}, {"mail", p.Email},
		{"PrefLanguage", p.Language}, {"urn:be:fedict:iam:attr:fedid", p.ID()},
		{"urn:be:fedict:iam:attr:context", "citizen"},
	}
	var all []crew.Attribute
	for _, t := range told {
		if t.value != "" {
			all = append(all, crew.Attribute{Name: t.name, NameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
				Values: []crew.AttributeValue{{Type: "xs:string", Value: t.value}}})
		}
	}
	return all
}

// classRef spells a level as the request did.
func classRef(asked *crew.RequestedAuthnContext, level int) string {
	if asked != nil && strings.HasPrefix(asked.AuthnContextClassRef, federation.LevelPrefix) {
		return federation.OlderRef(level)
	}
	return federation.CitizenRef(level)
}

func randomID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	return hex.EncodeToString(raw[:])
}

// declined is a response without assertion: the person turned back.
func (s *SAML) declined(a *SAMLAnswer, status string) *etree.Element {
	el := (&crew.Response{
		ID: "_r" + randomID(), InResponseTo: a.requestID, Version: "2.0", IssueInstant: time.Now().UTC(), Destination: a.acs,
		Issuer: &crew.Issuer{Value: s.EntityID()},
		Status: crew.Status{StatusCode: crew.StatusCode{Value: crew.StatusResponder, StatusCode: &crew.StatusCode{Value: status}}},
	}).Element()
	return el
}

// formPage sends the browser back to the party. Its policy lets its own script run and
// nothing else; without scripts there is a button.
var formPage = template.Must(template.New("form").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Back to the counter</title></head>
<body><form method="post" action="{{.Address}}" id="answer">
<input type="hidden" name="SAMLResponse" value="{{.Message}}">
<input type="hidden" name="RelayState" value="{{.Relay}}">
<button type="submit">Continue</button></form>
<script>document.getElementById("answer").submit()</script></body></html>
`))
