package shape

// rule is what an element may hold.
type rule struct {
	children []child
	text     int   // bytes of text at most; 0 for white space only
	any      bool  // anything but what is reserved, at any depth
	open     bool  // what is reserved as well
	first    *rule // of a signature of the outermost element, where anything may stand

	start func(s *scanner, all attrs) error    // with the element on the stack
	end   func(s *scanner, value string) error // with its text
}

// child is an element below another. Children stand in the order of their ranks; those
// of one rank in any order.
type child struct {
	name     name
	rank     int
	min, max int
	rule     *rule
}

// many is more than fits.
const many = maxElements

// reserved never stands below an element that may hold anything.
var reserved = map[string]bool{
	"Response": true, "Assertion": true, "EncryptedAssertion": true, "Signature": true, "Object": true,
	"EncryptedData": true, "EncryptedKey": true, "LogoutRequest": true, "LogoutResponse": true, "NameID": true,
}

// sequence gives children ranks in the order they are listed.
func sequence(children ...child) []child {
	for i := range children {
		children[i].rank = i + 1
	}
	return children
}

func saml(local string, min, max int, r *rule) child {
	return child{name: name{nsSAML, local}, min: min, max: max, rule: r}
}

func samlp(local string, min, max int, r *rule) child {
	return child{name: name{nsSAMLP, local}, min: min, max: max, rule: r}
}

func ds(local string, min, max int, r *rule) child {
	return child{name: name{nsDS, local}, min: min, max: max, rule: r}
}

func enc(local string, min, max int, r *rule) child {
	return child{name: name{nsEnc, local}, min: min, max: max, rule: r}
}

var (
	empty = &rule{}
	text  = &rule{text: maxText}
)

// roots are the shapes of the messages: SAML 2.0 core, 2.3.3, 3.3.3, 3.7.1, 3.7.2.
var roots = map[Kind]child{
	Response: samlp("Response", 1, 1, &rule{start: startMessage, children: sequence(
		saml("Issuer", 0, 1, issuer),
		ds("Signature", 0, 1, signature),
		samlp("Status", 1, 1, status),
		saml("Assertion", 0, 1, &rule{children: assertion.children, start: startInner}),
		saml("EncryptedAssertion", 0, 1, encryptedAssertion),
	)}),
	Assertion: saml("Assertion", 1, 1, assertion),
	LogoutRequest: samlp("LogoutRequest", 1, 1, &rule{start: startMessage, children: sequence(
		saml("Issuer", 1, 1, issuer),
		ds("Signature", 0, 1, signature),
		saml("NameID", 1, 1, text),
		samlp("SessionIndex", 0, 16, text),
	)}),
	LogoutResponse: samlp("LogoutResponse", 1, 1, &rule{start: startMessage, children: sequence(
		saml("Issuer", 1, 1, issuer),
		ds("Signature", 0, 1, signature),
		samlp("Status", 1, 1, status),
	)}),
}

var issuer = &rule{text: maxText, end: endIssuer}

var status = &rule{children: sequence(
	samlp("StatusCode", 1, 1, &rule{start: startStatusCode, children: sequence(
		samlp("StatusCode", 0, 1, &rule{start: startStatusCode}),
	)}),
	samlp("StatusMessage", 0, 1, text),
	samlp("StatusDetail", 0, 1, &rule{any: true, text: maxText}),
)}

// assertion: statements may stand in any order, conditions too; advice, attribute
// queries, authorization decisions and unknown conditions are not in the table.
var assertion = &rule{start: startMessage, children: func() []child {
	children := sequence(
		saml("Issuer", 1, 1, issuer),
		ds("Signature", 1, 1, signature),
		saml("Subject", 1, 1, subject),
		saml("Conditions", 1, 1, conditions),
		saml("AuthnStatement", 1, 1, authnStatement),
		saml("AttributeStatement", 0, 4, &rule{children: sequence(saml("Attribute", 1, many, attribute))}),
	)
	children[5].rank = children[4].rank
	return children
}()}

var subject = &rule{children: sequence(
	saml("NameID", 1, 1, text),
	saml("SubjectConfirmation", 1, 1, &rule{children: sequence(
		saml("NameID", 0, 1, text),
		saml("SubjectConfirmationData", 1, 1, empty),
	)}),
)}

var conditions = &rule{children: []child{
	saml("AudienceRestriction", 1, 1, &rule{children: sequence(saml("Audience", 1, 16, text))}),
	saml("OneTimeUse", 0, 1, empty),
	saml("ProxyRestriction", 0, 1, &rule{children: sequence(saml("Audience", 0, 16, text))}),
}}

var authnStatement = &rule{children: sequence(
	saml("SubjectLocality", 0, 1, empty),
	saml("AuthnContext", 1, 1, &rule{children: sequence(
		saml("AuthnContextClassRef", 1, 1, text),
		saml("AuthnContextDeclRef", 0, 1, text),
		saml("AuthenticatingAuthority", 0, 8, text),
	)}),
)}

var attribute = &rule{children: sequence(
	saml("AttributeValue", 0, many, &rule{text: maxText, children: sequence(saml("NameID", 0, 1, text))}),
)}

func startMessage(s *scanner, all attrs) error {
	if len(s.stack) != 1 {
		return nil
	}
	s.head.ID = s.stack[0].id
	s.head.InResponseTo, s.head.Destination = all.get("InResponseTo"), all.get("Destination")
	s.head.IssueInstant, s.head.NotOnOrAfter = all.get("IssueInstant"), all.get("NotOnOrAfter")
	return version(s, all)
}

func startInner(s *scanner, all attrs) error {
	s.head.Assertion = true
	return version(s, all)
}

func startStatusCode(s *scanner, all attrs) error {
	s.head.Status = append(s.head.Status, all.get("Value"))
	return nil
}

func endIssuer(s *scanner, value string) error {
	if len(s.stack) == 2 {
		s.head.Issuer = value
	}
	return nil
}
