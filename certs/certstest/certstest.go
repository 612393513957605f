// Package certstest is a PKI shaped like Belgium's, with its services.
package certstest

import (
	"crypto"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"guichet.example/certs"
)

// Config of a PKI.
type Config struct {
	Now     func() time.Time
	BaseURL string // http://127.0.0.1:PORT where the services will answer
	Dir     string // if set, keys and certificates are kept here and found again
}

// PKI is the whole.
type PKI struct{}

// Algorithm of a card's keys.
type Algorithm int

// The algorithms.
const (
	RSA2048 Algorithm = iota + 1
	P384
	P256
)

// Person is whom a card is issued to.
type Person struct {
	GivenNames, Surname            string
	NationalNumber                 string // with or without dots
	Algorithm                      Algorithm
	Street, Postcode, Municipality string
	Birth                          time.Time
	BirthPlace, Sex, Nationality   string
	NoSignature                    bool      // a card without signature certificate
	Foreigner                      bool      // issued by the Foreigner CA
	NoExtKeyUsage                  bool      // an older card: no extended key usage
	NotBefore, NotAfter            time.Time // zero: yesterday, ten years
}

// KeyPair is a certificate and its key.
type KeyPair struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// Card is an issued card.
type Card struct {
	Person                                                        Person
	Authentication, Signature                                     KeyPair
	Issuer, Root, Registry                                        *x509.Certificate
	Identity, IdentitySignature, Address, AddressSignature, Photo []byte
	ChipNumber                                                    []byte
	CardNumber                                                    string
}

// Service names what Control can make misbehave.
type Service string

// The services.
const (
	OCSP Service = "ocsp"
	CRL  Service = "crl"
	AIA  Service = "aia"
	TSA  Service = "tsa"
)

// Fault is a way to misbehave.
type Fault string

// The faults.
const (
	None          Fault = ""
	Down          Fault = "down"           // connection cut
	Slow          Fault = "slow"           // waits, then answers well
	ServerError   Fault = "server-error"   // HTTP 503
	Garbage       Fault = "garbage"        // right content type, noise
	Huge          Fault = "huge"           // megabytes of answer
	Redirect      Fault = "redirect"       // 302 to itself
	TryLater      Fault = "try-later"      // OCSP status tryLater, TSA rejection
	Unknown       Fault = "unknown"        // OCSP: certStatus unknown
	Stale         Fault = "stale"          // nextUpdate has passed
	Future        Fault = "future"         // thisUpdate in an hour
	WrongSigner   Fault = "wrong-signer"   // signed by somebody not entitled to
	WrongNonce    Fault = "wrong-nonce"    // OCSP, TSA
	NoNonce       Fault = "no-nonce"       // OCSP, TSA
	WrongCertID   Fault = "wrong-cert-id"  // OCSP: good, for another certificate
	TwoAnswers    Fault = "two-answers"    // OCSP: two SingleResponses
	Replayed      Fault = "replayed"       // OCSP, TSA: an earlier answer
	ExpiredSigner Fault = "expired-signer" // OCSP responder, TSA
	WrongImprint  Fault = "wrong-imprint"  // TSA
)

// Control makes services misbehave. Safe for concurrent use.
type Control struct{}

// Set makes s misbehave in the manner of f until the next Set.
func (c *Control) Set(s Service, f Fault) error { return errors.New("being written") }

// SetDelay makes s wait before it answers.
func (c *Control) SetDelay(s Service, d time.Duration) {}

// Reset makes all services well again.
func (c *Control) Reset() {}

// Requests counts what s was asked since the start.
func (c *Control) Requests(s Service) int { return 0 }

// New makes a PKI.
func New(Config) (*PKI, error) { return nil, errors.New("being written") }

// Anchors is roots, Citizen CAs and TSA CA.
func (p *PKI) Anchors() *certs.TrustAnchors { return nil }

// AnchorCertificates are those of Anchors.
func (p *PKI) AnchorCertificates() []*x509.Certificate { return nil }

// WriteAnchors writes one .pem for each anchor.
func (p *PKI) WriteAnchors(dir string) error { return errors.New("being written") }

// Issue issues a card.
func (p *PKI) Issue(Person) (*Card, error) { return nil, errors.New("being written") }

// IssueSeal issues a seal certificate for an organisation; identifier like "VATBE-0411766483".
func (p *PKI) IssueSeal(organisation, identifier string, a Algorithm) (KeyPair, error) {
	return KeyPair{}, errors.New("being written")
}

// Revoke withdraws cert.
func (p *PKI) Revoke(cert *x509.Certificate, at time.Time, reason int) error {
	return errors.New("being written")
}

// Handler serves /ocsp/<ca> /crl/<ca>.crl /aia/<ca>.crt /tsa.
func (p *PKI) Handler() http.Handler { return nil }

// Control of the services.
func (p *PKI) Control() *Control { return nil }

// TSAURL is where timestamps are had.
func (p *PKI) TSAURL() string { return "" }

// Hosts is the host:port of BaseURL, for revocation.Config.Hosts.
func (p *PKI) Hosts() []string { return nil }

// Server is a PKI whose services answer on loopback.
type Server struct {
	*PKI
	URL string
}

// Listen starts a PKI and its services; addr is a loopback host:port, "" for 127.0.0.1:0.
func Listen(c Config, addr string) (*Server, error) { return nil, errors.New("being written") }

// Close stops the services.
func (s *Server) Close() error { return nil }

// TB is the part of testing.TB that Start needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start is Listen for a test, closed at its end. At most one Config.
func Start(tb TB, c ...Config) *Server { return nil }
