package shape

import (
	"encoding/xml"
	"errors"
	"strings"
)

// Namespaces.
const (
	nsXML     = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS   = "http://www.w3.org/2000/xmlns/"
	nsSAML    = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsSAMLP   = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsDS      = "http://www.w3.org/2000/09/xmldsig#"
	nsEnc     = "http://www.w3.org/2001/04/xmlenc#"
	nsMD      = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsExcC14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

var errNamespace = errors.New("message declares a namespace in a way that is not read")

// declare brings the namespaces that an element declares into scope.
func (s *scanner) declare(attrs []xml.Attr) error {
	for _, a := range attrs {
		prefix, ok := "", a.Name.Space == "" && a.Name.Local == "xmlns"
		if a.Name.Space == "xmlns" {
			prefix, ok = a.Name.Local, true
		}
		if !ok {
			continue
		}
		reserved := prefix == "xml" || prefix == "xmlns" || a.Value == nsXML || a.Value == nsXMLNS
		if a.Value == "" || len(a.Value) > maxName || reserved || len(s.prefixes) >= maxPrefixes {
			return errNamespace
		}
		s.prefixes = append(s.prefixes, binding{prefix, a.Value})
	}
	return nil
}

// resolve turns a prefix into a namespace: Namespaces in XML 1.0, 6.
func (s *scanner) resolve(n xml.Name, element bool) (name, error) {
	if len(n.Local) == 0 || len(n.Local) > maxName || strings.Contains(n.Local, ":") {
		return name{}, errNamespace
	}
	if n.Space == "" && !element {
		return name{local: n.Local}, nil
	}
	for i := len(s.prefixes) - 1; i >= 0; i-- {
		if s.prefixes[i].prefix == n.Space {
			return name{s.prefixes[i].uri, n.Local}, nil
		}
	}
	return name{}, errNamespace
}

// attributes resolves the names of attributes and refuses one that stands twice:
// XML 1.0, 3.1; Namespaces in XML 1.0, 6.3.
func (s *scanner) attributes(raw []xml.Attr) (attrs, error) {
	all := make(attrs, 0, len(raw))
	for _, a := range raw {
		n := name{nsXMLNS, a.Name.Local}
		if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
			var err error
			if n, err = s.resolve(a.Name, false); err != nil {
				return nil, err
			}
		}
		if all.has(n) || n.space != "" && n.space != nsXMLNS && read[n.local] {
			return nil, errors.New("an element has an attribute twice, or in a namespace")
		}
		if len(a.Value) > maxText {
			return nil, errors.New("an attribute is too long")
		}
		all = append(all, attr{n, a.Value})
	}
	return all, nil
}

// attrs are the attributes of an element, at most maxAttributes.
type attrs []attr

type attr struct {
	name  name
	value string
}

func (a attrs) has(n name) bool {
	for i := range a {
		if a[i].name == n {
			return true
		}
	}
	return false
}

// get returns the value of an attribute that is in no namespace; empty if it is not there.
func (a attrs) get(local string) string {
	for i := range a {
		if a[i].name == (name{local: local}) {
			return a[i].value
		}
	}
	return ""
}

// identify finds an element's ID, under whichever name, and refuses one that another
// element has, or that is no NCName.
func (s *scanner) identify(all attrs) (string, error) {
	id, found := "", false
	for _, a := range all {
		n, value := a.name, a.value
		switch {
		case n.space == nsXML && (n.local == "id" || n.local == "base"):
			return "", errors.New("an element has an xml:id or xml:base")
		case n.space != "" || len(n.local) != 2 || !strings.EqualFold(n.local, "ID"):
			continue
		case found || s.ids[value] || !ncName(value):
			return "", errors.New("an ID is not one, or stands twice")
		}
		id, found = value, true
		s.ids[value] = true
	}
	return id, nil
}

// ncName reports whether v is an ID as goxmldsig's reference can name it.
func ncName(v string) bool {
	if v == "" || len(v) > maxName {
		return false
	}
	for i := range len(v) {
		c := v[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		other := c >= '0' && c <= '9' || c == '-' || c == '.'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return true
}

// read are the attributes that are read. encoding/xml finds them by their local name
// in whatever namespace, so none may stand in one.
var read = set("ID", "Version", "IssueInstant", "InResponseTo", "Destination", "NotBefore", "NotOnOrAfter",
	"Recipient", "Method", "Name", "NameFormat", "FriendlyName", "Format", "NameQualifier", "SPNameQualifier",
	"SPProvidedID", "AuthnInstant", "SessionIndex", "SessionNotOnOrAfter", "Value", "Algorithm", "URI", "Type",
	"entityID", "validUntil", "cacheDuration", "use", "Binding", "Location", "ResponseLocation",
	"protocolSupportEnumeration", "Address", "Consent", "Reason", "PrefixList")
