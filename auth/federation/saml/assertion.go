package saml

import (
	"encoding/xml"
	"errors"
	"time"
)

// assertion is saml-core-2.0-os, 2.3.3, as far as it is read: all of what stands more
// than once is a list, so that a second one is seen. It is read from the bytes that the
// assertion's signature covers.
type assertion struct {
	XMLName      xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:assertion Assertion"`
	ID           string   `xml:"ID,attr"`
	Version      string   `xml:"Version,attr"`
	IssueInstant string   `xml:"IssueInstant,attr"`
	Issuer       struct {
		Format string `xml:"Format,attr"`
		Value  string `xml:",chardata"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Subjects []struct {
		NameIDs       []nameID       `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
		Confirmations []confirmation `xml:"urn:oasis:names:tc:SAML:2.0:assertion SubjectConfirmation"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Subject"`
	Conditions []struct {
		NotBefore    string `xml:"NotBefore,attr"`
		NotOnOrAfter string `xml:"NotOnOrAfter,attr"`
		Restrictions []struct {
			Audiences []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Audience"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AudienceRestriction"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Conditions"`
	AuthnStatements []struct {
		AuthnInstant        string   `xml:"AuthnInstant,attr"`
		SessionIndex        string   `xml:"SessionIndex,attr"`
		SessionNotOnOrAfter string   `xml:"SessionNotOnOrAfter,attr"`
		ClassRefs           []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion AuthnContext>AuthnContextClassRef"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AuthnStatement"`
	Attributes []attribute `xml:"urn:oasis:names:tc:SAML:2.0:assertion AttributeStatement>Attribute"`
}

// nameID is saml-core-2.0-os, 2.2.3.
type nameID struct {
	NameQualifier   string `xml:"NameQualifier,attr"`
	SPNameQualifier string `xml:"SPNameQualifier,attr"`
	Format          string `xml:"Format,attr"`
	Value           string `xml:",chardata"`
}

// confirmation is saml-core-2.0-os, 2.4.1.1.
type confirmation struct {
	Method string `xml:"Method,attr"`
	Data   []struct {
		NotBefore    string `xml:"NotBefore,attr"`
		NotOnOrAfter string `xml:"NotOnOrAfter,attr"`
		Recipient    string `xml:"Recipient,attr"`
		InResponseTo string `xml:"InResponseTo,attr"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion SubjectConfirmationData"`
}

// attribute is saml-core-2.0-os, 2.7.3.1. Its friendly name is for people and is not read.
type attribute struct {
	Name   string `xml:"Name,attr"`
	Values []struct {
		Text  string     `xml:",chardata"`
		Names []struct{} `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AttributeValue"`
}

// values returns the texts of the attributes of exactly that name.
func (a *assertion) values(name string) []string {
	var all []string
	for _, attr := range a.Attributes {
		if attr.Name != name {
			continue
		}
		if len(attr.Values) == 0 {
			all = append(all, "")
		}
		for _, v := range attr.Values {
			if len(v.Names) > 0 {
				v.Text = ""
			}
			all = append(all, v.Text)
		}
	}
	return all
}

// value returns the one value of an attribute; empty if there is none or several.
func (a *assertion) value(name string) string {
	if all := a.values(name); len(all) == 1 {
		return all[0]
	}
	return ""
}

// readInstant reads xs:dateTime with its zone: saml-core-2.0-os, 1.3.3.
func readInstant(told string) (time.Time, error) {
	if len(told) > 40 {
		return time.Time{}, errors.New("time is too long")
	}
	t, err := time.Parse(time.RFC3339Nano, told)
	if err != nil {
		return time.Time{}, errors.New("time is missing or not one")
	}
	return t, nil
}
