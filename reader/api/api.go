// Package api is what a page of the portal and the loopback agent of guichet-reader
// say to each other: types only, JSON on both sides.
//
// The words are those of the Web eID page protocol (web-eid.js 2): authenticate,
// get-signing-certificate and sign carry the same fields, so that a page needs one
// reading of the answers whether the extension or the agent gave them. What the
// extension cannot tell a page, the agent does: [Event] follows the card and the PIN.
//
// The agent signs the origin of the Origin header. No message has a field for it.
package api

// Paths of the agent, all below its own address.
const (
	StatusPath             = "/v1/status"                  // GET
	EventsPath             = "/v1/events"                  // GET, text/event-stream
	AuthenticatePath       = "/v1/authenticate"            // POST
	SigningCertificatePath = "/v1/get-signing-certificate" // POST
	SignPath               = "/v1/sign"                    // POST
	CancelPath             = "/v1/cancel"                  // POST
	PINPath                = "/pin/"                       // + one-time part; a page for people
)

// PINKiosk is the query of the PIN page's address on the screen of a kiosk: the page then
// has the digits to touch, fills the screen, and closes however it ends.
const PINKiosk = "kiosk"

// Name is what Status.Agent says.
const Name = "guichet-reader"

// Version is the version of the agent and of this protocol (semver 2).
const Version = "1.0.0"

// AppVersion is where a token says it comes from.
const AppVersion = "https://guichet.example/" + Name + "/releases/" + Version

// Status is the answer to GET StatusPath.
type Status struct {
	Agent   string `json:"agent"`   // Name
	Version string `json:"version"` // semver 2
	Busy    bool   `json:"busy"`    // an operation is under way, of this page or another
}

// AuthenticateRequest asks for a Web eID token over the origin and the nonce.
type AuthenticateRequest struct {
	ChallengeNonce string `json:"challengeNonce"` // 44 to 128 characters of base64
	Lang           string `json:"lang,omitempty"` // "fr", "nl", "de", "en"; else the browser's
}

// Token is the Web eID authentication token, format web-eid:1.0.
type Token struct {
	UnverifiedCertificate string `json:"unverifiedCertificate"` // base64 DER
	Algorithm             string `json:"algorithm"`             // RS256, ES256, ES384, ES512
	Signature             string `json:"signature"`             // base64; ECDSA as r‖s
	Format                string `json:"format"`                // TokenFormat
	AppVersion            string `json:"appVersion"`            // a URL, informative
}

// TokenFormat is the version of the token that the agent makes.
const TokenFormat = "web-eid:1.0"

// SigningCertificateRequest asks for the signature certificate of the inserted card.
type SigningCertificateRequest struct {
	Lang string `json:"lang,omitempty"`
}

// SigningCertificate is the certificate and what the card can sign with it.
type SigningCertificate struct {
	Certificate                  string               `json:"certificate"` // base64 DER
	SupportedSignatureAlgorithms []SignatureAlgorithm `json:"supportedSignatureAlgorithms"`
}

// SignatureAlgorithm is in the words of Web eID.
type SignatureAlgorithm struct {
	CryptoAlgorithm string `json:"cryptoAlgorithm"` // "ECC" or "RSA"
	HashFunction    string `json:"hashFunction"`    // "SHA-256", "SHA-384", "SHA-512"
	PaddingScheme   string `json:"paddingScheme"`   // "NONE" (ECC) or "PKCS1.5"
}

// SignRequest asks for a signature value over a hash.
type SignRequest struct {
	Certificate  string `json:"certificate"`  // base64 DER, as given by SigningCertificate
	Hash         string `json:"hash"`         // base64
	HashFunction string `json:"hashFunction"` // must fit the length of the hash
	Lang         string `json:"lang,omitempty"`
}

// Signature is a signature value; ECDSA as r‖s.
type Signature struct {
	Signature          string             `json:"signature"` // base64
	SignatureAlgorithm SignatureAlgorithm `json:"signatureAlgorithm"`
}
