package federationtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"
	crew "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// SAML is a SAML identity provider with the shape of FAS: crewjam's IdentityProvider with
// our own assertions. It refuses requests that are not signed by a party it trusts. It is
// safe for concurrent use.
type SAML struct {
	// Choose asks the person who is at the provider: it writes a page and returns false,
	// or returns what she chose. nil: what Next said, without a page.
	Choose func(w http.ResponseWriter, r *http.Request, asked Asked) (Choice, bool)

	key  *rsa.PrivateKey
	cert *x509.Certificate
	base *url.URL
	idp  crew.IdentityProvider

	mu       sync.Mutex
	next     Choice
	encrypt  bool
	unsigned bool
	parties  map[string]*crew.EntityDescriptor
}

// Asked is what a request to the provider asks for.
type Asked struct {
	Party string // entity id
	Ref   string // AuthnContextClassRef; empty: none
	Force bool
}

// NewSAML returns a provider under a base address such as http://127.0.0.1:8082/saml:
// metadata, sign-on and logout are at /metadata, /sso and /slo below it.
func NewSAML(base string) (*SAML, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	key, cert, err := NewKey("federal provider", time.Now())
	if err != nil {
		return nil, err
	}
	s := &SAML{key: key, cert: cert, base: u, next: Choice{Person: Alice, Level: 500}, parties: map[string]*crew.EntityDescriptor{}}
	s.idp = crew.IdentityProvider{
		Key: key, Signer: key, Certificate: cert, SignatureMethod: dsig.RSASHA256SignatureMethod,
		MetadataURL: *u.JoinPath("metadata"), SSOURL: *u.JoinPath("sso"), LogoutURL: *u.JoinPath("slo"),
		ServiceProviderProvider: s, AssertionMaker: fasAssertions{},
		Logger: silent{},
	}
	return s, nil
}

// silent is a logger: a test looks at answers.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Print(...any)          {}
func (silent) Println(...any)        {}
func (silent) Fatal(...any)          {}
func (silent) Fatalf(string, ...any) {}
func (silent) Fatalln(...any)        {}
func (silent) Panic(...any)          {}
func (silent) Panicf(string, ...any) {}
func (silent) Panicln(...any)        {}

// NewKey makes an RSA key of 2048 bits and a certificate of two days.
func NewKey(name string, now time.Time) (*rsa.PrivateKey, *x509.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, nil, err
	}
	cert, err := certificate(name, key, now)
	return key, cert, err
}

func certificate(name string, key crypto.Signer, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(48 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// EntityID is the provider's name: the address of its metadata.
func (s *SAML) EntityID() string { return s.idp.MetadataURL.String() }

// Certificate is the one that verifies its signatures.
func (s *SAML) Certificate() *x509.Certificate { return s.cert }

// Metadata is what a party needs to know of the provider.
func (s *SAML) Metadata() ([]byte, error) {
	out, err := xml.MarshalIndent(s.idp.Metadata(), "", "  ")
	return append([]byte(xml.Header), out...), err
}

// Trust makes a party known by its metadata.
func (s *SAML) Trust(metadata []byte) error {
	var party crew.EntityDescriptor
	if err := xml.Unmarshal(metadata, &party); err != nil {
		return fmt.Errorf("metadata of the party: %w", err)
	}
	if len(party.SPSSODescriptors) != 1 {
		return errors.New("metadata describes no service provider")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parties[party.EntityID] = &party
	return nil
}

// Next says what the person at the provider does from now on.
func (s *SAML) Next(c Choice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = c
}

// Encrypt has assertions encrypted to the key that the party announces, or not.
func (s *SAML) Encrypt(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.encrypt = on
}

// SignAssertionOnly has the response itself go unsigned, as FAS's does.
func (s *SAML) SignAssertionOnly(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsigned = on
}

// GetServiceProvider finds a party's metadata for crewjam: without its encryption keys
// where nothing is to be encrypted.
func (s *SAML) GetServiceProvider(_ *http.Request, entityID string) (*crew.EntityDescriptor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.parties[entityID]
	if !ok {
		return nil, os.ErrNotExist
	}
	if s.encrypt {
		return known, nil
	}
	party, role := *known, known.SPSSODescriptors[0]
	role.KeyDescriptors = nil
	party.SPSSODescriptors = []crew.SPSSODescriptor{role}
	return &party, nil
}

// Handler serves metadata, sign-on and logout.
func (s *SAML) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+s.idp.MetadataURL.Path, func(w http.ResponseWriter, _ *http.Request) {
		metadata, err := s.Metadata()
		if err != nil {
			http.Error(w, "no metadata", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/samlmetadata+xml")
		_, _ = w.Write(metadata)
	})
	mux.HandleFunc(s.idp.SSOURL.Path, s.signOn)
	mux.HandleFunc("GET "+s.idp.LogoutURL.Path, s.logout)
	return mux
}

// signOn answers an AuthnRequest with the form that goes to the party.
func (s *SAML) signOn(w http.ResponseWriter, r *http.Request) {
	req, asked, err := s.request(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	choice, ok := s.choice(w, r, asked)
	if !ok {
		return
	}
	a, err := s.answer(req, choice)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = formPage.Execute(w, a)
}

func (s *SAML) choice(w http.ResponseWriter, r *http.Request, asked Asked) (Choice, bool) {
	if s.Choose != nil {
		return s.Choose(w, r, asked)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, true
}

// request reads an AuthnRequest by Redirect. A person may come back with it from a page
// of Choose: its own fields stand after the signed ones, or in a form.
func (s *SAML) request(r *http.Request) (*crew.IdpAuthnRequest, Asked, error) {
	get := r.Clone(r.Context())
	get.Method = http.MethodGet
	req, err := crew.NewIdpAuthnRequest(&s.idp, get)
	if err != nil {
		return nil, Asked{}, errors.New("the request does not decode")
	}
	if err := req.Validate(); err != nil {
		return nil, Asked{}, errors.New("the request is not valid")
	}
	if err := s.signedQuery(r.URL.RawQuery, "SAMLRequest", req.Request.Issuer.Value); err != nil {
		return nil, Asked{}, err
	}
	asked := Asked{Party: req.Request.Issuer.Value}
	if c := req.Request.RequestedAuthnContext; c != nil {
		asked.Ref = c.AuthnContextClassRef
	}
	asked.Force = req.Request.ForceAuthn != nil && *req.Request.ForceAuthn
	return req, asked, nil
}

// signedQuery verifies a query that a party signed: saml-bindings-2.0-os, 3.4.4.1.
func (s *SAML) signedQuery(raw, param, party string) error {
	parts := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		k, v, _ := strings.Cut(pair, "=")
		parts[k] = v
	}
	signed := param + "=" + parts[param]
	if relay, ok := parts["RelayState"]; ok {
		signed += "&RelayState=" + relay
	}
	signed += "&SigAlg=" + parts["SigAlg"]
	if parts["SigAlg"] != url.QueryEscape(dsig.RSASHA256SignatureMethod) {
		return errors.New("the request is not signed by RSA and SHA-256")
	}
	text, err := url.QueryUnescape(parts["Signature"])
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	s.mu.Lock()
	known := s.parties[party]
	s.mu.Unlock()
	if known == nil {
		return errors.New("the party is not known")
	}
	h := crypto.SHA256.New()
	h.Write([]byte(signed))
	for _, d := range known.SPSSODescriptors[0].KeyDescriptors {
		der, err := base64.StdEncoding.DecodeString(d.KeyInfo.X509Data.X509Certificates[0].Data)
		if err != nil || d.Use != "signing" {
			continue
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			continue
		}
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && rsa.VerifyPKCS1v15(key, crypto.SHA256, h.Sum(nil), signature) == nil {
			return nil
		}
	}
	return errors.New("the request's signature does not verify")
}

// Answer is the genuine answer to the request that an address of Provider.Begin carries,
// without HTTP in between.
func (s *SAML) Answer(address string, c Choice) (*SAMLAnswer, error) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req, _, err := s.request(r)
	if err != nil {
		return nil, err
	}
	return s.answer(req, c)
}

func (s *SAML) answer(req *crew.IdpAuthnRequest, c Choice) (*SAMLAnswer, error) {
	a := &SAMLAnswer{idp: s, acs: req.ACSEndpoint.Location, requestID: req.Request.ID, party: req.Request.Issuer.Value,
		relay: req.RelayState, partyRole: req.SPSSODescriptor}
	if c.Cancel {
		a.Root = s.declined(a, crew.StatusAuthnFailed)
		return a, nil
	}
	if c.At.IsZero() {
		c.At = req.Now
	}
	session := &crew.Session{CreateTime: c.At, Index: "_s" + randomID(), NameID: "_n" + randomID(),
		CustomAttributes: fasAttributes(c)}
	session.UserName = classRef(req.Request.RequestedAuthnContext, c.Level)
	if err := s.idp.AssertionMaker.MakeAssertion(req, session); err != nil {
		return nil, err
	}
	if err := req.MakeResponse(); err != nil {
		return nil, err
	}
	// Parsed anew, so that namespaces stand where they stand on the wire.
	doc := etree.NewDocument()
	doc.SetRoot(req.ResponseEl)
	wire, err := doc.WriteToBytes()
	if err != nil {
		return nil, err
	}
	if a.Root, err = parse(wire); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unsigned {
		removeSignature(a.Root)
	}
	return a, nil
}

func parse(wire []byte) (*etree.Element, error) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(wire); err != nil {
		return nil, err
	}
	return doc.Root(), nil
}
