package federal_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/portal/account"
	"guichet.example/portal/areatest"
	"guichet.example/portal/federal"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// provider says of everybody what the test wants.
type provider struct {
	federation.Provider
	flow federation.Flow
	says federation.Identity
	err  error
	hang bool          // until nobody waits any more
	left time.Duration // that the last question had
}

// wait is how a provider spends the time it is given.
func (p *provider) wait(ctx context.Context) error {
	ends, ok := ctx.Deadline()
	if p.left = time.Until(ends); !ok || !p.hang {
		return p.err
	}
	return fmt.Errorf("%w: it hangs", federation.ErrUnavailable)
}

func (p *provider) ID() string       { return "csam" }
func (p *provider) Protocol() string { return federation.OIDC }
func (p *provider) Names() map[string]string {
	return map[string]string{"fr": "CSAM", "nl": "CSAM", "de": "CSAM", "en": "CSAM"}
}

func (p *provider) Begin(ctx context.Context, f *federation.Flow) (string, error) {
	p.flow = *f
	return "https://idp.example/?state=" + f.ID, p.wait(ctx)
}

func (p *provider) Finish(ctx context.Context, _ federation.Flow, _ url.Values) (federation.Identity, error) {
	return p.says, p.wait(ctx)
}

func (p *provider) Out(ctx context.Context, _ federation.Logout, _ string) (string, bool, error) {
	return "", false, p.wait(ctx)
}

// desk is the counter's side: one browser, two members.
type desk struct {
	begun     []auth.Login
	kept      []federal.Kept
	refuses   error // what Begin says
	unsettled bool  // the account is not open
	refused   []string
}

func (d *desk) Bind(*gin.Context) [32]byte          { return [32]byte{1} }
func (d *desk) Bound(*gin.Context) ([32]byte, bool) { return [32]byte{1}, true }
func (d *desk) End(*gin.Context) error              { return nil }
func (d *desk) Begin(_ *gin.Context, l auth.Login, k federal.Kept) error {
	if d.refuses != nil {
		return d.refuses
	}
	if d.unsettled && k.Answer != nil {
		return federal.ErrUnsettled
	}
	d.begun, d.kept = append(d.begun, l), append(d.kept, k)
	return nil
}
func (d *desk) Refused(_ *gin.Context, _ auth.MemberID, why string) error {
	d.refused = append(d.refused, why)
	return nil
}
func (d *desk) Member(_ context.Context, n nrn.Number) (federal.Member, error) {
	switch n.Digits() {
	case "85073003328":
		return federal.Member{ID: "mathieu", Name: "Mathieu Delcourt", Language: "fr"}, nil
	case "72022911853":
		return federal.Member{ID: "lotte", Name: "Lotte Vermeulen", Language: "nl"}, nil
	}
	return federal.Member{}, federal.ErrUnknownMember
}

// area is the area with the calls that other areas and the provider make.
type area struct {
	*federal.Federal
	ask federal.Ask
}

func (a *area) Route(r page.Routes) {
	a.Federal.Route(r)
	r.GET("ask", auth.ReadFile, func(c *gin.Context) error {
		a.ask.Login = page.LoginOf(c)
		return a.Ask(c, a.ask)
	})
	r.POST("ask", auth.ReadFile, func(c *gin.Context) error {
		a.ask.Login = page.LoginOf(c)
		return a.Ask(c, a.ask)
	})
	r.GET("come-back", auth.Public, a.Callback)
}

type bed struct {
	*areatest.Counter
	area     *area
	provider *provider
	desk     *desk
	now      time.Time
}

var document = sha256.Sum256([]byte("a document"))

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{provider: &provider{}, desk: &desk{}, now: areatest.Noon}
	db := storetest.Open(t, storetest.SQLite, func(cfg *store.Config) { cfg.Now = func() time.Time { return b.now } })
	number, err := nrn.Parse("85073003328")
	if err != nil {
		t.Fatal(err)
	}
	err = db.AddMember(t.Context(), account.Member{Mutuality: "tilleuls", ID: "mathieu", NationalNumber: number,
		GivenNames: "Mathieu", Surname: "Delcourt", Birth: areatest.Noon.AddDate(-41, 0, 0), Language: "fr", Affiliation: "1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.area = &area{Federal: &federal.Federal{Store: db, Desk: b.desk, Mutuality: "tilleuls", Origin: "https://counter.example",
		Ways: []federal.Way{{Provider: b.provider, SignIn: 200, Approve: 400, Top: 500}},
		Now:  func() time.Time { return b.now }, Rand: rand.Reader},
		ask: federal.Ask{Provider: "csam", Request: "r1", Document: document, Size: 10, Return: "requests/r1/approve"}}
	b.Counter = areatest.New(t, b.area)
	return b
}

// person is what the provider says from now on.
func (b *bed) person(number string, level int) {
	n, err := nrn.Parse(number)
	b.provider.says = federation.Identity{Provider: "csam", Issuer: "https://idp.example", Number: n, HasNumber: err == nil,
		Level: level, Assurance: auth.OfCSAM(level), At: b.now, Assertion: rand.Text(), Until: b.now.Add(time.Hour), Evidence: []byte("{}")}
}

// prove goes to the provider for the document and comes back.
func (b *bed) prove(t *testing.T) *areatest.Page {
	t.Helper()
	if p := b.Get("ask"); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location(), "https://idp.example/") {
		t.Fatalf("asking: %d to %q, %v", p.Status, p.Location(), p.Err)
	}
	b.provider.says.Provider = "csam"
	return b.Get("come-back?state=" + b.provider.flow.ID)
}

func TestProof(t *testing.T) {
	b := newBed(t)
	b.person("85073003328", 450)
	p := b.prove(t)
	f := b.provider.flow
	if !f.Force || f.Asked != 400 || f.Purpose != federation.Approve || f.Session != "s1" || f.Document != document || f.Size != 10 || f.Request != "r1" {
		t.Errorf("the flow is %#v for %q", f, f.Request)
	}
	if p.Status != http.StatusSeeOther || p.Location() != "/fr/requests/r1/approve?flow="+f.ID {
		t.Fatalf("back at %d %q, %v", p.Status, p.Location(), p.Err)
	}
	if len(b.desk.begun) != 0 {
		t.Error("a step-up for a document began a session")
	}
	other := areatest.Login()
	other.Session = "s2"
	ctx := t.Context()
	for name, take := range map[string]func() error{
		"another session": func() error { _, err := b.area.Proof(ctx, other, f.ID, document); return err },
		"no flow":         func() error { _, err := b.area.Proof(ctx, areatest.Login(), "", document); return err },
		"another flow": func() error {
			_, err := b.area.Proof(ctx, areatest.Login(), strings.Repeat("A", 43), document)
			return err
		},
	} {
		if err := take(); !errors.Is(err, federal.ErrNoProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := b.area.Proof(ctx, areatest.Login(), f.ID, document)
	if err != nil || got.Identity.Level != 450 || got.Request != "r1" || string(got.Identity.Evidence) != "{}" {
		t.Errorf("proof %v, %v", got.Identity, err)
	}
	if _, err := b.area.Proof(ctx, areatest.Login(), f.ID, document); !errors.Is(err, federal.ErrNoProof) {
		t.Errorf("twice: %v", err)
	}
	// A proof for one document is none for another, and is gone when it was tried.
	b.person("85073003328", 450)
	if p := b.prove(t); p.Location() != "/fr/requests/r1/approve?flow="+b.provider.flow.ID {
		t.Fatalf("back at %q, %v", p.Location(), p.Err)
	}
	for _, digest := range [][32]byte{{9}, document} {
		if _, err := b.area.Proof(ctx, areatest.Login(), b.provider.flow.ID, digest); !errors.Is(err, federal.ErrNoProof) {
			t.Errorf("for another document: %v", err)
		}
	}
}

func TestProofRefused(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*bed)
		want  string
	}{
		"another member":  {func(b *bed) { b.person("72022911853", 500) }, "other"},
		"a stranger":      {func(b *bed) { b.person("91062130548", 500) }, "other"},
		"too low":         {func(b *bed) { b.person("85073003328", 350) }, "level"},
		"no number":       {func(b *bed) { b.provider.says.HasNumber = false }, "number"},
		"an old proof":    {func(b *bed) { b.provider.says.At = b.now.Add(-2 * time.Minute) }, "refused"},
		"of another":      {func(b *bed) { b.provider.says.Provider = "other" }, "refused"},
		"no issuer":       {func(b *bed) { b.provider.says.Issuer = "" }, "refused"},
		"no end":          {func(b *bed) { b.provider.says.Until = time.Time{} }, "refused"},
		"no assertion id": {func(b *bed) { b.provider.says.Assertion = "" }, "refused"},
		"assured beyond":  {func(b *bed) { b.person("85073003328", 400); b.provider.says.Assurance = auth.High }, "refused"},
		"cancelled":       {func(b *bed) { b.provider.err = federation.ErrCancelled }, "cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			b.person("85073003328", 500)
			b.Get("ask")
			test.spoil(b)
			p := b.Get("come-back?state=" + b.provider.flow.ID)
			var away *federal.TurnedAway
			if !errors.As(p.Err, &away) || !strings.HasPrefix(away.To, "/fr/sign-in/answer/"+test.want+"?") || !strings.Contains(away.To, "for=approve") {
				t.Fatalf("turned away with %v", p.Err)
			}
			if _, err := b.area.Proof(t.Context(), areatest.Login(), b.provider.flow.ID, document); !errors.Is(err, federal.ErrNoProof) {
				t.Errorf("there is a proof: %v", err)
			}
			if len(b.desk.begun) != 0 {
				t.Error("a session began")
			}
			if test.want != "cancelled" && (len(b.desk.refused) != 1 || b.desk.refused[0] != test.want) {
				t.Errorf("the trail says %q", b.desk.refused)
			}
			back := b.Get(strings.TrimPrefix(away.To, "/fr/"))
			if links := back.Links("main"); len(links) == 0 || links[0] != "/fr/requests/r1/approve" {
				t.Errorf("from there it goes to %q", links)
			}
		})
	}
}

// An answer for a sign-in proves no document, and one for a document signs nobody in.
func TestPurposes(t *testing.T) {
	b := newBed(t)
	b.person("85073003328", 500)
	b.Get("sign-in/federal/csam?next=bank")
	flow := b.provider.flow
	if p := b.Get("come-back?state=" + flow.ID); p.Location() != "/fr/bank" || len(b.desk.begun) != 1 {
		t.Fatalf("signing in: %q, %v", p.Location(), p.Err)
	}
	if _, err := b.area.Proof(t.Context(), areatest.Login(), flow.ID, document); !errors.Is(err, federal.ErrNoProof) {
		t.Errorf("a sign-in served as a proof: %v", err)
	}
	if l := b.desk.begun[0]; l.Method != auth.Federal || l.Provider != "csam" || l.Level != 500 || l.Assurance != auth.High || l.Member != "mathieu" {
		t.Errorf("login %v", l)
	}
}

func TestAskRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*federal.Ask){
		"no such provider": func(a *federal.Ask) { a.Provider = "x" },
		"no document":      func(a *federal.Ask) { a.Size = 0 },
		"no request":       func(a *federal.Ask) { a.Request = "" },
		"a way out":        func(a *federal.Ask) { a.Return = "//evil.example" },
	} {
		b := newBed(t)
		spoil(&b.area.ask)
		if p := b.Get("ask"); p.Err == nil || p.Status == http.StatusSeeOther {
			t.Errorf("%s: %d to %q", name, p.Status, p.Location())
		}
	}
	b := newBed(t)
	if p := b.Post("ask", nil); p.Status != http.StatusOK || !strings.HasPrefix(p.Header.Get("Refresh"), "0; url=https://idp.example/?state=") {
		t.Errorf("from a form: %d, Refresh %q", p.Status, p.Header.Get("Refresh"))
	}
	b.provider.err = federation.ErrUnavailable
	var away *federal.TurnedAway
	if p := b.Get("ask"); !errors.As(p.Err, &away) || !strings.Contains(away.To, "/unavailable?") {
		t.Errorf("a dead provider: %v", p.Err)
	}
}

func TestAccountClosed(t *testing.T) {
	b := newBed(t)
	b.person("85073003328", 500)
	b.desk.unsettled = true
	b.area.Arrived = func(*gin.Context, auth.Login) (string, error) { return "sign-in/disabled", nil }
	b.Get("sign-in/federal/csam")
	if p := b.Get("come-back?state=" + b.provider.flow.ID); p.Location() != "/fr/sign-in/disabled" || len(b.desk.begun) != 0 {
		t.Errorf("a closed account: %d to %q, %v", p.Status, p.Location(), p.Err)
	}
}

// TestPagesInEachLanguage holds the pages to the rules of every page.
func TestPagesInEachLanguage(t *testing.T) {
	for _, lang := range locale.Languages() {
		b := newBed(t)
		b.Lang = lang
		for _, outcome := range []string{"cancelled", "level", "unavailable", "number", "unknown", "other", "over", "refused"} {
			p := b.Get("sign-in/answer/" + outcome + "?by=csam&next=bank&level=400&ref=ABCD-1234")
			if p.Err != nil || p.Text("h1") != locale.T(lang, "federal."+outcome+".title") || !strings.Contains(string(p.Body), "ABCD-1234") {
				t.Errorf("%s %s: %q, %v", lang, outcome, p.Text("h1"), p.Err)
			}
			if strings.Contains(string(p.Body), "{") {
				t.Errorf("%s %s has a placeholder left", lang, outcome)
			}
		}
		if p := b.Get("sign-in/answer/nonsense"); p.Err == nil {
			t.Error("a page of nothing")
		}
		if p := b.Post("ask", nil); p.Err != nil || p.Text("h1") == "" {
			t.Errorf("%s on the way: %v", lang, p.Err)
		}
	}
}

// What the address of a page says is not repeated unless it is ours.
func TestAnswerPageEchoesNothing(t *testing.T) {
	b := newBed(t)
	p := b.Get("sign-in/answer/refused?by=%3Cscript%3E&next=https%3A%2F%2Fevil.example&level=%3Cb%3E&ref=call+0900-123")
	for _, foreign := range []string{"script>", "evil.example", "<b>", "0900"} {
		if body := string(p.Body); strings.Contains(body[strings.Index(body, "<main"):], foreign) {
			t.Errorf("the page repeats %q", foreign)
		}
	}
}

// An answer at the door of another protocol, for another provider, or without the cookie
// of the browser that asked, begins nothing, and its flow is not there for a second try.
func TestAnswerAtAnotherDoor(t *testing.T) {
	for name, receive := range map[string]func(*bed) gin.HandlerFunc{
		"the door of another protocol": func(b *bed) gin.HandlerFunc {
			return func(c *gin.Context) {
				c.Request.PostForm = url.Values{"RelayState": {b.provider.flow.ID}, "SAMLResponse": {"x"}}
				_ = c.Error(b.area.ACS(c))
			}
		},
		"the door of another provider": func(b *bed) gin.HandlerFunc {
			return func(c *gin.Context) {
				c.Params = gin.Params{{Key: "provider", Value: "itsme"}}
				_ = c.Error(b.area.Callback(c))
			}
		},
		"a field given twice": func(b *bed) gin.HandlerFunc {
			return func(c *gin.Context) {
				c.Request.URL.RawQuery += "&code=1&code=2"
				_ = c.Error(b.area.Callback(c))
			}
		},
	} {
		b := newBed(t)
		b.person("85073003328", 500)
		b.Get("sign-in/federal/csam?next=bank")
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodGet, "https://counter.example/?state="+b.provider.flow.ID, nil)
		receive(b)(c)
		var away *federal.TurnedAway
		if err := c.Errors.Last(); err == nil || !errors.As(err.Err, &away) {
			t.Errorf("%s: %v, want to be turned away", name, err)
		}
		if len(b.desk.begun) != 0 {
			t.Errorf("%s: a session began", name)
		}
	}
}
