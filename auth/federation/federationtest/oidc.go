package federationtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Shapes of an OIDC provider: where it tells the national number and how it spells levels.
const (
	FAS   = "fas"   // userinfo as signed JWT, egovNRN, level URNs
	Itsme = "itsme" // acr_basic and acr_advanced, BENationalNumber
)

// Client is a relying party that is registered at an OIDC provider.
type Client struct {
	ID          string
	Name        string           // for the pages of the provider
	Secret      string           // client_secret_basic or client_secret_post
	Key         crypto.PublicKey // private_key_jwt; then Secret is ""
	Redirects   []string         // redirect URIs, compared whole
	AfterLogout []string         // post-logout redirect URIs
	BackChannel string           // back-channel logout URI; "" for none
	SealTo      *rsa.PublicKey   // ID token and userinfo are encrypted to it; nil: not
	SealToID    string           // its kid
	JSON        bool             // userinfo as bare JSON
}

// OIDCConfig says what an OIDC provider is.
type OIDCConfig struct {
	// Issuer is its identifier and where it is reached. Empty with StartOIDC.
	Issuer string
	// Shape is FAS or Itsme. Empty: FAS.
	Shape string
	// Clients are the registered relying parties.
	Clients []Client
	// Choose lets someone choose a person, a key or to turn back. It returns true with
	// the choice, or false if it wrote a page of its own, which comes back through
	// Answer. Empty: Alice, with the strongest key.
	Choose func(w http.ResponseWriter, r *http.Request, q Question) (Choice, bool)
	// Now tells the time. Empty: time.Now.
	Now func() time.Time
	// SignAlg is RS256, PS256 or ES256. Empty: RS256.
	SignAlg string
}

// Question is what a relying party asked for.
type Question struct {
	Ticket   string // for Answer
	Client   Client
	Asked    []string // acr_values
	Force    bool     // prompt=login or max_age=0
	Language string   // ui_locales
}

// OIDC is a small OpenID provider: discovery, authorize, token, userinfo, keys with
// rotation, end_session and back-channel logout. It checks its clients strictly: redirect
// URIs, PKCE, client authentication, codes once. It is safe for concurrent use.
type OIDC struct {
	cfg  OIDCConfig
	path string // of the issuer
	mux  *http.ServeMux
	http *http.Server // StartOIDC

	mu       sync.Mutex
	keys     []signingKey // the first signs, all are published
	lies     Lies
	asked    map[string]request // by ticket
	codes    map[string]*grant
	bearers  map[string]*grant    // by access token
	sessions map[string]*grant    // by sid
	seen     map[string]time.Time // when a jti of a client assertion came
	counts   map[string]int       // requests by endpoint
}

// request is an authorization request that was accepted.
type request struct {
	Question
	redirect, state, nonce, challenge string
	at                                time.Time
}

// grant is what a person agreed to.
type grant struct {
	request
	choice Choice
	sid    string
	made   time.Time
	used   bool
}

// NewOIDC returns a provider as an http.Handler for the path of its issuer.
func NewOIDC(c OIDCConfig) (*OIDC, error) {
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("issuer %q is no address", c.Issuer)
	}
	if c.Shape == "" {
		c.Shape = FAS
	}
	if c.SignAlg == "" {
		c.SignAlg = "RS256"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	o := &OIDC{cfg: c, path: strings.TrimSuffix(u.Path, "/"), mux: http.NewServeMux(),
		asked: map[string]request{}, codes: map[string]*grant{}, bearers: map[string]*grant{},
		sessions: map[string]*grant{}, seen: map[string]time.Time{}, counts: map[string]int{}}
	if err := o.Rotate(); err != nil {
		return nil, err
	}
	o.route()
	return o, nil
}

// StartOIDC starts a provider on a free port of 127.0.0.1, until Close.
func StartOIDC(c OIDCConfig) (*OIDC, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c.Issuer = "http://" + listener.Addr().String()
	if c.Shape == "" || c.Shape == FAS {
		c.Issuer += "/fas/oauth2" // as FAS has it
	}
	o, err := NewOIDC(c)
	if err != nil {
		listener.Close()
		return nil, err
	}
	o.http = &http.Server{Handler: o, ReadHeaderTimeout: 5 * time.Second}
	go o.http.Serve(listener)
	return o, nil
}

// Close stops what StartOIDC started.
func (o *OIDC) Close() error {
	if o.http == nil {
		return nil
	}
	return o.http.Close()
}

// Issuer is the provider's identifier.
func (o *OIDC) Issuer() string { return o.cfg.Issuer }

// Endpoints, as their names in Lies.Instead and Count.
const (
	Discovery  = "/.well-known/openid-configuration"
	Authorize  = "/authorize"
	Token      = "/access_token"
	UserInfo   = "/userinfo"
	Keys       = "/connect/jwk_uri"
	EndSession = "/connect/endSession"
)

func (o *OIDC) route() {
	for path, serve := range map[string]http.HandlerFunc{
		"GET " + Discovery:  o.discovery,
		"GET " + Authorize:  o.authorize,
		"POST " + Token:     o.token,
		"GET " + UserInfo:   o.userInfo,
		"GET " + Keys:       o.publish,
		"GET " + EndSession: o.endSession,
	} {
		method, name, _ := strings.Cut(path, " ")
		o.mux.HandleFunc(method+" "+o.path+name, func(w http.ResponseWriter, r *http.Request) {
			o.mu.Lock()
			o.counts[name]++
			instead := o.lies.Instead[name]
			o.mu.Unlock()
			if instead != nil {
				instead(w, r)
				return
			}
			serve(w, r)
		})
	}
}

// ServeHTTP serves the provider's endpoints.
func (o *OIDC) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.mux.ServeHTTP(w, r) }

// Count returns how many requests an endpoint has had.
func (o *OIDC) Count(endpoint string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counts[endpoint]
}

func (o *OIDC) discovery(w http.ResponseWriter, _ *http.Request) {
	at := o.cfg.Issuer
	document := map[string]any{
		"issuer": at, "authorization_endpoint": at + Authorize, "token_endpoint": at + Token,
		"userinfo_endpoint": at + UserInfo, "jwks_uri": at + Keys, "end_session_endpoint": at + EndSession,
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported":          []string{o.cfg.SignAlg},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
		"backchannel_logout_supported":                   true, "backchannel_logout_session_supported": true,
	}
	o.mu.Lock()
	if o.lies.Discovery != nil {
		o.lies.Discovery(document)
	}
	o.mu.Unlock()
	writeJSON(w, http.StatusOK, document)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// client returns a registered client.
func (o *OIDC) client(id string) (Client, error) {
	for _, c := range o.cfg.Clients {
		if c.ID == id {
			return c, nil
		}
	}
	return Client{}, errors.New("no such client")
}

// random returns 32 random bytes in base64url. crypto/rand does not fail.
func random() string {
	var raw [32]byte
	io.ReadFull(rand.Reader, raw[:])
	return encode(raw[:])
}
