package bench

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	crew "github.com/crewjam/saml"
	jose "github.com/go-jose/go-jose/v4"

	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/oidc"
	"guichet.example/auth/federation/saml"
	"guichet.example/certs/certstest"
	"guichet.example/portal"
	"guichet.example/portal/federal"
)

// benchProvider is the id of the provider of the two measurements.
const benchProvider = "bench"

var benchNames = map[string]string{"fr": "B", "nl": "B", "de": "B", "en": "B"}

// member is who logs in at the provider.
func member() federationtest.Choice {
	p := benchPerson(certstest.RSA2048)
	return federationtest.Choice{Level: 500, Person: federationtest.Person{Number: p.NationalNumber, GivenNames: p.GivenNames, Surname: p.Surname}}
}

// samlLogin compares a whole SAML login - question signed, flow kept, answer checked,
// flow and answer consumed, session begun, through the counter's middleware and store -
// with its unavoidable operations: a signature made, the answer parsed and its signature
// verified by crewjam/saml alone, three commits (againstCommits). What the provider does
// is not counted.
func samlLogin(ctx context.Context) (Result, error) {
	idp, err := federationtest.NewSAML("http://127.0.0.1:1/saml")
	if err != nil {
		return Result{}, err
	}
	idp.SignAssertionOnly(true)
	key, cert, err := federationtest.NewKey("counter", time.Now())
	if err != nil {
		return Result{}, err
	}
	pair := saml.KeyPair{Key: key, Certificate: cert}
	way, party, err := benchSAML(idp, pair)
	if err != nil {
		return Result{}, err
	}
	library, err := libraryAlone(idp, pair, party)
	if err != nil {
		return Result{}, err
	}
	c, err := openCounter(ctx, rand.Reader, func(cfg *portal.Config) { cfg.Federation, cfg.SAML = []federal.Way{way}, party })
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	var answer *federationtest.SAMLAnswer
	ours := func() (time.Duration, error) {
		begun := time.Now()
		address, cookies, err := c.begin(ctx)
		took := time.Since(begun)
		if err != nil {
			return 0, err
		}
		if answer, err = idp.Answer(address, member()); err != nil {
			return 0, err
		}
		form := answer.Values().Encode()
		begun = time.Now()
		entered := c.ask(ctx, http.MethodPost, federal.ACSPath, "application/x-www-form-urlencoded", form, cookies)
		return took + time.Since(begun), atHome(entered)
	}
	if _, err := ours(); err != nil {
		return Result{}, err
	}
	wire, asked := answer.Wire(), []string{answer.Root.SelectAttrValue("InResponseTo", "")}
	bare := func() (time.Duration, error) {
		begun := time.Now()
		digest := sha256.Sum256(wire[:512])
		if _, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:]); err != nil {
			return 0, err
		}
		if _, err := library.ParseXMLResponse(wire, asked, library.AcsURL); err != nil {
			return 0, err
		}
		return time.Since(begun), nil
	}
	return c.againstCommits(ctx, ours, bare)
}

func benchSAML(idp *federationtest.SAML, pair saml.KeyPair) (federal.Way, *saml.Party, error) {
	party, err := saml.NewParty(benchOrigin+"/federation", benchOrigin+federal.ACSPath, benchOrigin+federal.SAMLLogoutPath, pair)
	if err != nil {
		return federal.Way{}, nil, err
	}
	ours, err := party.Metadata()
	if err != nil {
		return federal.Way{}, nil, err
	}
	theirs, err := idp.Metadata()
	if err != nil {
		return federal.Way{}, nil, err
	}
	file, err := temporary(theirs)
	if err != nil {
		return federal.Way{}, nil, err
	}
	defer os.RemoveAll(filepath.Dir(file))
	p, err := saml.New(saml.Settings{ID: benchProvider, Names: benchNames, EntityID: idp.EntityID(), Metadata: file}, party, saml.Options{Rand: rand.Reader, Loopback: true})
	return federal.Way{Provider: p, SignIn: 200, Top: 500}, party, errors.Join(err, idp.Trust(ours))
}

// temporary writes a file into a folder of its own.
func temporary(content []byte) (string, error) {
	dir, err := os.MkdirTemp("", "guichet-bench-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "file")
	return file, os.WriteFile(file, content, 0o600)
}

// libraryAlone is our side in crewjam/saml and nothing more: what reads an answer, and
// verifies the signature in it, cannot cost less than the library takes.
func libraryAlone(idp *federationtest.SAML, pair saml.KeyPair, party *saml.Party) (*crew.ServiceProvider, error) {
	raw, err := idp.Metadata()
	if err != nil {
		return nil, err
	}
	var metadata crew.EntityDescriptor
	if err := xml.Unmarshal(raw, &metadata); err != nil {
		return nil, err
	}
	acs, err := url.Parse(benchOrigin + federal.ACSPath)
	if err != nil {
		return nil, err
	}
	return &crew.ServiceProvider{EntityID: party.EntityID(), Key: pair.Key, Certificate: pair.Certificate, AcsURL: *acs, IDPMetadata: &metadata}, nil
}

// counted is a server whose own time is known, to be taken off the time of its clients.
type counted struct {
	*httptest.Server
	busy atomic.Int64 // nanoseconds
}

func serveCounted(h http.Handler) *counted {
	s := &counted{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		h.ServeHTTP(w, r)
		s.busy.Add(int64(time.Since(begun)))
	}))
	return s
}

// without is how long do took without the server's part.
func (s *counted) without(do func() error) (time.Duration, error) {
	before, begun := s.busy.Load(), time.Now()
	err := do()
	return time.Since(begun) - time.Duration(s.busy.Load()-before), err
}

// oidcLogin compares a whole OpenID login with two requests to a server that answers at
// once, two signatures of tokens verified, and three commits, one more than our login of
// an open account takes (againstCommits). What the provider does is not counted.
func oidcLogin(ctx context.Context) (Result, error) {
	var idp *federationtest.OIDC
	server := serveCounted(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { idp.ServeHTTP(w, r) }))
	defer server.Close()
	callback := benchOrigin + strings.ReplaceAll(federal.CallbackPath, ":provider", benchProvider)
	var err error
	idp, err = federationtest.NewOIDC(federationtest.OIDCConfig{Issuer: server.URL + "/fas/oauth2",
		Choose: func(http.ResponseWriter, *http.Request, federationtest.Question) (federationtest.Choice, bool) {
			return member(), true
		},
		Clients: []federationtest.Client{{ID: "counter", Secret: "a secret of the counter", Redirects: []string{callback}}}})
	if err != nil {
		return Result{}, err
	}
	file, err := temporary([]byte("a secret of the counter"))
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(filepath.Dir(file))
	p, err := oidc.New(oidc.Settings{ID: benchProvider, Names: benchNames, Shape: oidc.FAS, Issuer: idp.Issuer(), ClientID: "counter", SecretFile: file},
		oidc.Options{Callback: callback, Loopback: true, Rand: rand.Reader})
	if err != nil {
		return Result{}, err
	}
	c, err := openCounter(ctx, rand.Reader, func(cfg *portal.Config) {
		cfg.Federation = []federal.Way{{Provider: p, SignIn: 200, Top: 500}}
	})
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	bare, err := bareOIDC(ctx, idp)
	if err != nil {
		return Result{}, err
	}
	defer bare.server.Close()
	return c.againstCommits(ctx, func() (time.Duration, error) { return c.oidcLogin(ctx, idp, server) }, bare.login)
}

// oidcLogin is one login; the page of the provider is not counted.
func (c *counter) oidcLogin(ctx context.Context, idp *federationtest.OIDC, server *counted) (time.Duration, error) {
	var address string
	var cookies []*http.Cookie
	took, err := server.without(func() (err error) {
		address, cookies, err = c.begin(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	w := httptest.NewRecorder()
	idp.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, address, nil))
	back, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		return 0, err
	}
	more, err := server.without(func() error {
		return atHome(c.ask(ctx, http.MethodGet, back.RequestURI(), "", "", cookies))
	})
	return took + more, err
}

// bareLogin is what an OpenID login cannot do without, besides its commits.
type bareLogin struct {
	server *counted
	token  string
	public crypto.PublicKey
	client *http.Client
}

func bareOIDC(ctx context.Context, idp *federationtest.OIDC) (*bareLogin, error) {
	key, _ := idp.Key()
	token, err := federationtest.JWS([]byte(`{"alg":"RS256"}`), []byte(`{"padding":"`+strings.Repeat("x", 400)+`"}`), key)
	if err != nil {
		return nil, err
	}
	b := &bareLogin{token: token, public: key.Public(), client: &http.Client{}}
	b.server = serveCounted(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, token) }))
	return b, ctx.Err()
}

func (b *bareLogin) login() (time.Duration, error) {
	return b.server.without(func() error {
		for range 2 {
			resp, err := b.client.Get(b.server.URL)
			if err != nil {
				return err
			}
			raw, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				return err
			}
			signed, err := jose.ParseSignedCompact(string(raw), []jose.SignatureAlgorithm{jose.RS256})
			if err != nil {
				return err
			}
			if _, err := signed.Verify(b.public); err != nil {
				return err
			}
		}
		return nil
	})
}

// begin starts at the provider and returns its address and the cookies.
func (c *counter) begin(ctx context.Context) (string, []*http.Cookie, error) {
	started := c.ask(ctx, http.MethodGet, "/fr/sign-in/federal/"+benchProvider, "", "", nil)
	if started.StatusCode != http.StatusSeeOther {
		return "", nil, fmt.Errorf("start: %s", started.Status)
	}
	return started.Header.Get("Location"), started.Cookies(), nil
}

func atHome(resp *http.Response) error {
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || to != "/fr/home" && to != "/fr/enrol/opened?next=home" {
		return fmt.Errorf("login: %s to %s", resp.Status, to)
	}
	return nil
}

// againstCommits compares ours with the bare operations and the commits of a login, one for
// each of its acts: the flow kept, the flow removed with the answer remembered, the session
// with its audit row. Ours joins the last two: that is how it saves, not a cheaper limit.
func (c *counter) againstCommits(ctx context.Context, ours, bare func() (time.Duration, error)) (Result, error) {
	row := slices.Repeat([]byte{1}, 400)
	whole := func() (time.Duration, error) {
		took, err := bare()
		if err != nil {
			return 0, err
		}
		begun := time.Now()
		id, err := c.bare.Put(ctx, row)
		if err != nil {
			return 0, err
		}
		if err := c.bare.Remove(ctx, id); err != nil {
			return 0, err
		}
		_, err = c.bare.Put(ctx, row, row)
		return took + time.Since(begun), err
	}
	var as, bs []time.Duration
	for range turns {
		a, err := counting(ctx, 100*time.Millisecond, ours)
		if err != nil {
			return Result{}, err
		}
		b, err := counting(ctx, 100*time.Millisecond, whole)
		if err != nil {
			return Result{}, err
		}
		as, bs = append(as, a), append(bs, b)
	}
	slices.Sort(as)
	slices.Sort(bs)
	return against(as[turns/2], bs[turns/2]), nil
}

// counting repeats op until it says that slice has passed and returns the time of one.
func counting(ctx context.Context, slice time.Duration, op func() (time.Duration, error)) (time.Duration, error) {
	var sum time.Duration
	for n := 1; ; n++ {
		took, err := op()
		if err = errors.Join(err, ctx.Err()); err != nil {
			return 0, err
		}
		if sum += took; sum >= slice {
			return sum / time.Duration(n), nil
		}
	}
}
