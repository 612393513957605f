package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/portal/audit"
	"guichet.example/portal/check"
	"guichet.example/portal/federal"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
)

// federalCookie binds a flow to the browser that began it. A provider's answer is a form
// that another site has the browser send, so it must be SameSite None to come along; it
// says nothing but that it is the same browser.
const federalCookie = "__Host-federal"

// maxAnswer bounds the form with a SAML response, in bytes: the largest message that is
// read is 256 KiB, in base64 and percent-encoded.
const maxAnswer = 400 << 10

// SAML is our side towards SAML providers; *saml.Party is the one in use.
type SAML interface {
	// Metadata is what providers are given of us: keys and addresses.
	Metadata() ([]byte, error)
}

// FederalStore is what is kept for federal sign-in; *store.DB is the one in use.
type FederalStore interface {
	federal.Store
	// StartFederalSession is StartSession with what goes with the provider's own session.
	StartFederalSession(ctx context.Context, hash, old [32]byte, s signin.Session, k federal.Kept) error
}

// newFederal is the area, with no door at all where no provider is configured.
func (p *Portal) newFederal() (*federal.Federal, error) {
	f := &federal.Federal{
		Store: p.cfg.Store, Desk: federalDesk{p}, Ways: p.cfg.Federation, Mutuality: p.cfg.Mutuality.ID,
		Origin: p.cfg.Origin, Now: p.cfg.Now, Rand: p.cfg.Rand,
		Arrived: p.arrived, Landing: p.landing,
	}
	return f, f.Check()
}

// arrived is what happens to an account when its member comes in by a provider: one that
// staff closed is told so, as by the card.
func (p *Portal) arrived(c *gin.Context, login auth.Login) (instead string, err error) {
	ctx := c.Request.Context()
	ticket, err := p.classic.Closed(ctx, login.Member)
	if err != nil {
		return "", err
	}
	if ticket != "" {
		cookies, err := newClassicCookies(p.cfg.Store.ServerKey("cookie"))
		if err != nil {
			return "", err
		}
		cookies.SetTicket(c, ticket)
		return "sign-in/disabled", nil
	}
	return "", nil
}

// landing makes the account of who comes in by a provider for the first time.
func (p *Portal) landing(ctx context.Context, login auth.Login, next string) (string, error) {
	return p.enrol.Arrived(ctx, login, next)
}

// mountFederation puts the addresses that providers know into the engine. They stand
// outside the language: a provider knows one of each.
func (p *Portal) mountFederation(engine *gin.Engine) {
	if len(p.cfg.Federation) == 0 {
		return
	}
	outside := func(h page.Handler) gin.HandlerFunc {
		handle := p.adapt(h)
		return func(c *gin.Context) {
			lang := locale.FromAcceptLanguage(c.GetHeader("Accept-Language"))
			page.Put(c, page.View{Lang: lang, Path: "sign-in", Brand: p.cfg.Mutuality.Brand, Off: p.cfg.Mutuality.Off, Now: p.cfg.Now(), Support: c.GetString(referenceKey)})
			handle(c)
		}
	}
	engine.POST(federal.ACSPath, outside(p.acs))
	engine.GET(federal.CallbackPath, outside(p.federal.Callback))
	engine.GET(federal.SAMLLogoutPath, outside(p.federal.SAMLLogout))
	engine.POST(federal.OIDCLogoutPath, outside(p.federal.BackChannel))
	engine.GET(federal.ReturnPath, outside(p.federal.Returned))
	if p.cfg.SAML != nil {
		engine.GET(federal.MetadataPath, outside(p.samlMetadata))
	}
}

// acs reads the form of a SAML response, which is larger than any of our own, and only
// for a browser that has begun something.
func (p *Portal) acs(c *gin.Context) error {
	if _, ok := tokenOf(c.Request, federalCookie); ok {
		if c.Request.URL.RawQuery != "" {
			return errBadForm
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxAnswer)
		if err := readForm(c.Request); err != nil {
			return err
		}
	}
	return p.federal.ACS(c)
}

func (p *Portal) samlMetadata(c *gin.Context) error {
	metadata, err := p.cfg.SAML.Metadata()
	if err != nil {
		return fmt.Errorf("writing our metadata: %w", err)
	}
	c.Data(http.StatusOK, "application/samlmetadata+xml", metadata) // saml-metadata-2.0-os, appendix A
	return nil
}

// costly are pages that write though they are read: they are bounded like changes.
var costly = map[string]bool{
	"/:lang/sign-in/federal/:provider": true,
	"/:lang/requests/:id/prove":        true,
	federal.CallbackPath:               true,
	federal.SAMLLogoutPath:             true,
	check.ProofRoute:                   true,
}

// turnedAway answers for a federal sign-in that ended without a session: the cause is in
// the log line, the page is another one.
func turnedAway(c *gin.Context, err error) bool {
	var away *federal.TurnedAway
	if !errors.As(err, &away) {
		return false
	}
	c.Redirect(http.StatusSeeOther, away.To)
	return true
}

// federalDesk is the counter's side of package federal.
type federalDesk struct{ p *Portal }

func (d federalDesk) Bind(c *gin.Context) [32]byte {
	if hash, ok := tokenOf(c.Request, federalCookie); ok {
		return hash
	}
	text, hash := newToken()
	http.SetCookie(c.Writer, &http.Cookie{
		Name: federalCookie, Value: text, Path: "/", MaxAge: int((2 * federation.FlowLife).Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode,
	})
	return hash
}

func (d federalDesk) Bound(c *gin.Context) ([32]byte, bool) { return tokenOf(c.Request, federalCookie) }

func (d federalDesk) Member(ctx context.Context, n nrn.Number) (federal.Member, error) {
	m, err := d.p.cfg.Store.MemberByNationalNumber(ctx, d.p.cfg.Mutuality.ID, n)
	if errors.Is(err, signin.ErrUnknownMember) {
		return federal.Member{}, federal.ErrUnknownMember
	}
	return federal.Member{ID: m.ID, Name: m.Name, Language: m.Language}, err
}

func (d federalDesk) Begin(c *gin.Context, login auth.Login, k federal.Kept) error {
	return d.p.sessions.begin(c, login, func(hash, old [32]byte, s signin.Session) error {
		return d.p.cfg.Store.StartFederalSession(c.Request.Context(), hash, old, s, k)
	})
}

func (d federalDesk) End(c *gin.Context) error { return d.p.sessions.End(c) }

func (d federalDesk) Refused(c *gin.Context, member auth.MemberID, cause string) error {
	ctx := c.Request.Context()
	return d.p.cfg.Store.RecordRefusal(ctx, signin.Refusal{
		Mutuality: d.p.cfg.Mutuality.ID, Method: auth.Federal, Member: member, Cause: cause,
		Source: d.p.sessions.Network(c), RequestID: audit.RequestID(ctx),
	})
}

// stepUp is package federal as package requests asks for it.
type stepUp struct{ federal *federal.Federal }

var _ requests.StepUp = stepUp{}

func (s stepUp) Offered(login auth.Login) []requests.Choice {
	var choices []requests.Choice
	for _, w := range s.federal.Approvers(login) {
		choices = append(choices, requests.Choice{ID: w.ID(), Names: w.Names()})
	}
	return choices
}

func (s stepUp) Begin(c *gin.Context, a requests.Ask) error {
	return s.federal.Ask(c, federal.Ask{Provider: a.Provider, Login: a.Login, Request: a.Request,
		Document: a.Document, Size: a.Size, Return: a.Return})
}

func (s stepUp) Proof(ctx context.Context, login auth.Login, flow string, digest [32]byte) (federation.Identity, error) {
	proof, err := s.federal.Proof(ctx, login, flow, digest)
	if errors.Is(err, federal.ErrNoProof) {
		return federation.Identity{}, fmt.Errorf("%w: %w", requests.ErrProof, err)
	}
	return proof.Identity, err
}

// openers are the ways that would open an act to which a login is too weak.
func (p *Portal) openers(v page.View, e auth.StepUpError, next string) []page.Link {
	var links []page.Link
	if e.Method == "" || e.Method == auth.Card {
		links = append(links, page.Link{URL: v.URL("sign-in/card?next=" + next), Text: v.T("portal.closedact.card")})
	}
	if p.federal != nil {
		links = append(links, p.federal.Stronger(v, e, next)...)
	}
	return links
}

// fromProvider says whether the request is one that a provider had a browser send: the
// pattern of the one address outside the cross-origin protection.
var fromProvider = strings.Join([]string{http.MethodPost, federal.ACSPath}, " ")
