package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
	"guichet.example/auth/federation/saml"
	"guichet.example/portal/federal"
)

// Providers of the demo: one program, two protocols.
const (
	samlProvider = "csam"
	oidcProvider = "csam-openid"
)

// standIn plays a federal identity provider with made-up people: the member chooses who
// she is and by which key. It stands at a loopback address of its own and speaks SAML
// and OpenID Connect with the shapes of FAS. Each of its pages says that it is not CSAM.
//
// Like the real one it remembers who proved what, so that the next question of a level
// not above is answered without a page, unless a new proof is asked for.
type standIn struct {
	address string // "http://127.0.0.1:8082"
	counter string // origin of the counter
	people  []character
	codes   map[string][]string // of the 24-code cards, by person
	saml    *federationtest.SAML
	oidc    *federationtest.OIDC
	party   *saml.Party
	ways    []federal.Way

	mu       sync.Mutex
	sessions map[string]federationtest.Choice
}

// partyKey is the counter's key towards SAML providers; one for the whole process, since
// making it takes longer than anything else.
var partyKey = sync.OnceValues(func() (saml.KeyPair, error) {
	key, cert, err := federationtest.NewKey("counter of the demo", time.Now())
	return saml.KeyPair{Key: key, Certificate: cert}, err
})

// startProvider starts the stand-in and makes it and the counter known to each other.
func (w *world) startProvider(ctx context.Context, cfg Config) error {
	address := cfg.Provider
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if !loopback(host) {
		return fmt.Errorf("the federal provider of the demo listens on loopback addresses only, not on %s", host)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s := &standIn{address: "http://" + net.JoinHostPort(host, port), counter: w.origin, people: w.people,
		codes: map[string][]string{}, sessions: map[string]federationtest.Choice{}}
	for _, p := range w.people {
		s.codes[p.Key] = drawCodes()
	}
	if err := errors.Join(s.startSAML(w.dir), s.startOIDC(w.dir)); err != nil {
		return errors.Join(fmt.Errorf("starting the federal provider: %w", err), listener.Close())
	}
	w.standIn = s
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	w.serve(ctx, "federal provider", func(ctx context.Context) error {
		context.AfterFunc(ctx, func() { server.Close() })
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return nil
}

// named is a name of the stand-in that cannot be taken for the real one.
func named(fr, nl, de, en string) map[string]string {
	return map[string]string{"fr": fr, "nl": nl, "de": de, "en": en}
}

func (s *standIn) startSAML(dir string) error {
	pair, err := partyKey()
	if err != nil {
		return err
	}
	s.party, err = saml.NewParty(s.counter+"/federation", s.counter+federal.ACSPath, s.counter+federal.SAMLLogoutPath, pair)
	if err != nil {
		return err
	}
	if s.saml, err = federationtest.NewSAML(s.address + "/saml"); err != nil {
		return err
	}
	s.saml.Choose = s.chooseSAML
	s.saml.SignAssertionOnly(true)
	ours, err := s.party.Metadata()
	if err != nil {
		return err
	}
	if err := s.saml.Trust(ours); err != nil {
		return err
	}
	theirs, err := s.saml.Metadata()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "federal-provider.xml")
	if err := os.WriteFile(file, theirs, 0o600); err != nil {
		return err
	}
	p, err := saml.New(saml.Settings{ID: samlProvider, EntityID: s.saml.EntityID(), Metadata: file,
		Names: named("Clé fédérale (démo)", "Federale sleutel (demo)", "Föderaler Schlüssel (Demo)", "Federal key (demo)")},
		s.party, saml.Options{Rand: rand.Reader, Loopback: true})
	if err != nil {
		return err
	}
	s.ways = append(s.ways, federal.Way{Provider: p, SignIn: 200, Approve: 400, Top: 500})
	return nil
}

func (s *standIn) startOIDC(dir string) error {
	secret := rand.Text()
	file := filepath.Join(dir, "federal-provider.secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		return err
	}
	path := func(pattern string) string { return s.counter + strings.ReplaceAll(pattern, ":provider", oidcProvider) }
	var err error
	s.oidc, err = federationtest.NewOIDC(federationtest.OIDCConfig{
		Issuer: s.address + "/fas/oauth2", Choose: s.chooseOIDC,
		Clients: []federationtest.Client{{
			ID: "counter", Name: "Guichet", Secret: secret, Redirects: []string{path(federal.CallbackPath)},
			AfterLogout: []string{path(federal.ReturnPath)}, BackChannel: path(federal.OIDCLogoutPath),
		}},
	})
	if err != nil {
		return err
	}
	p, err := oidc.New(oidc.Settings{ID: oidcProvider, Shape: oidc.FAS, Issuer: s.oidc.Issuer(), ClientID: "counter", SecretFile: file,
		Names: named("Clé OpenID (démo)", "OpenID-sleutel (demo)", "OpenID-Schlüssel (Demo)", "OpenID key (demo)")},
		oidc.Options{Callback: path(federal.CallbackPath), Loopback: true, Rand: rand.Reader})
	if err != nil {
		return err
	}
	s.ways = append(s.ways, federal.Way{Provider: p, SignIn: 200, Approve: 400, Top: 500})
	return nil
}

// handler is the whole stand-in.
func (s *standIn) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/saml/", s.saml.Handler())
	mux.Handle("/fas/oauth2/", s.oidc)
	mux.HandleFunc("/choose", s.choosePage)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /stand-in.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Write(deskCSS)
		w.Write(standInCSS)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != hostOf(s.address) {
			http.Error(w, "this host is not served here", http.StatusMisdirectedRequest)
			return
		}
		if r.URL.Path == "/saml/slo" || strings.HasSuffix(r.URL.Path, federationtest.EndSession) {
			s.forget(w, r)
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		mux.ServeHTTP(w, r)
	})
}

// chooseSAML and chooseOIDC ask the person in front of the stand-in. A SAML question comes
// back with its own address; an OpenID question waits under its ticket.
func (s *standIn) chooseSAML(w http.ResponseWriter, r *http.Request, asked federationtest.Asked) (federationtest.Choice, bool) {
	level, _ := federation.Levels{}.Of(asked.Ref)
	query := r.URL.RawQuery
	if i := strings.Index(query, "&lang="); i >= 0 {
		query = query[:i]
	}
	return s.ask(w, r, question{Level: level, Force: asked.Force, Action: r.URL.Path + "?" + query})
}

func (s *standIn) chooseOIDC(w http.ResponseWriter, r *http.Request, q federationtest.Question) (federationtest.Choice, bool) {
	level := 0
	for _, acr := range q.Asked {
		if l, ok := (federation.Levels{}).Of(acr); ok && (level == 0 || l < level) {
			level = l
		}
	}
	return s.ask(w, r, question{Level: level, Force: q.Force, Lang: q.Language,
		Action: fmt.Sprintf("/choose?ticket=%s&level=%d&force=%t", q.Ticket, level, q.Force)})
}

// choosePage is the page of an OpenID question once it has been asked.
func (s *standIn) choosePage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var level int
	fmt.Sscan(query.Get("level"), &level)
	choice, ok := s.ask(w, r, question{Level: level, Force: true, Action: fmt.Sprintf("/choose?ticket=%s&level=%d", query.Get("ticket"), level)})
	if ok {
		s.oidc.Answer(w, r, query.Get("ticket"), choice)
	}
}

// sessionCookie is what the stand-in knows a browser by.
const sessionCookie = "stand-in-session"

func (s *standIn) remember(w http.ResponseWriter, c federationtest.Choice) {
	id := rand.Text()
	s.mu.Lock()
	s.sessions[id] = c
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (s *standIn) remembered(r *http.Request) (federationtest.Choice, bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return federationtest.Choice{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.sessions[cookie.Value]
	return c, ok
}

func (s *standIn) forget(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		delete(s.sessions, cookie.Value)
		s.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
}

// The historic card had 24 codes of six letters.
const (
	codesPerCard = 24
	codeLetters  = 6
)

func drawCodes() []string {
	codes := make([]string, codesPerCard)
	for i := range codes {
		codes[i] = strings.Map(func(r rune) rune { // letters alone: base32 has digits as well
			if r < 'A' {
				return r - '2' + 'A'
			}
			return r
		}, rand.Text()[:codeLetters])
	}
	return codes
}
