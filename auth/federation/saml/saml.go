// Package saml is the SAML 2.0 service provider: FAS (CSAM) and other identity
// providers by the Web Browser SSO Profile, request by Redirect, answer by POST, and
// Single Logout.
//
// The flow: [Provider.Begin] signs an AuthnRequest whose ID goes into the flow.
// [Provider.Finish] looks at the answer in this order, the cheap before the costly:
//
//  1. size, base64, and the one shape of a Response (package internal/shape): what
//     stands elsewhere, or twice, or is not in the table, is refused before any library
//     sees the message; then InResponseTo, Destination, Issuer, IssueInstant;
//  2. a status other than success is the member who turned back, or a refusal;
//  3. an encrypted assertion is opened, and what was inside has its shape looked at too;
//  4. crewjam/saml reads the message and verifies what it verifies, with a panic caught;
//  5. the signature of the assertion itself is verified, whatever else is signed, and
//     only the canonical bytes that it covers are read from here on;
//  6. all that crewjam/saml leaves to its caller is checked on them: [judge].
//
// What remains for the caller of Finish: the flow is taken out of the store before, the
// assertion's id is remembered after, both in one transaction.
//
// Providers' metadata is fetched, checked and swapped whole, the old kept while a new
// one is not good. Two certificates of a provider, and two keys of ours, bridge a change.
//
// The text of a message, of a name or of a number is never in an error or a log line.
//
// Standards: saml-core-2.0-os, saml-bindings-2.0-os (3.4 Redirect, 3.5 POST),
// saml-profiles-2.0-os (4.1 SSO, 4.4 logout), saml-metadata-2.0-os. Not served: artifact
// and SOAP bindings, ECP, identifiers that are encrypted or managed, answers that
// nobody asked for.
package saml

import (
	"time"

	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
)

// Bounds of time.
const (
	// maxAge is how old a message may be when it arrives. The page that posts it needs a
	// click where scripts are off.
	maxAge = 3 * time.Minute
	// maxLife is how long an assertion may say that it is valid.
	maxLife = time.Hour
	// maxProofAge is how long ago the member may have proved who she is, in a flow that
	// does not want a new proof.
	maxProofAge = 12 * time.Hour
)

// The library keeps these for the whole process; they are set here once and nowhere else.
func init() {
	crew.MaxIssueDelay = maxAge + federation.Skew
	crew.MaxClockSkew = federation.Skew
}
