package signin

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/portal/areatest"
	"guichet.example/portal/credentials"
	"guichet.example/portal/door"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// fake is store, sessions and verifier of the door; each test sets what they answer.
type fake struct {
	Store
	member    Member
	memberErr error
	takeErr   error
	verify    error
	holder    certs.Holder
	sessions  error

	kept    []string // browsers whose challenge was kept
	took    int
	begun   []auth.Login
	ended   int
	refused []Refusal

	state  credentials.State
	ticket string
}

// accounts knows of each member the state that the test sets.
type accounts struct {
	credentials.Store
	f *fake
}

func (a accounts) Account(context.Context, string, auth.MemberID) (credentials.Account, error) {
	return credentials.Account{State: a.f.state}, nil
}

func (a accounts) PutCode(context.Context, credentials.Code, string, string) error { return nil }

func (f *fake) Known(*gin.Context) ([32]byte, func())   { return [32]byte{}, func() {} }
func (f *fake) Remembered(*gin.Context) string          { return "" }
func (f *fake) Remember(*gin.Context, string)           {}
func (f *fake) Ticket(*gin.Context) string              { return f.ticket }
func (f *fake) SetTicket(_ *gin.Context, ticket string) { f.ticket = ticket }
func (f *fake) Shared(*gin.Context) bool                { return false }

func (f *fake) Put(_ context.Context, browser string, _ webeid.Challenge) error {
	f.kept = append(f.kept, browser)
	return nil
}

func (f *fake) Take(context.Context, string) (webeid.Challenge, error) {
	f.took++
	return webeid.Challenge{Nonce: "n"}, f.takeErr
}

func (f *fake) MemberByNationalNumber(context.Context, string, nrn.Number) (Member, error) {
	return f.member, f.memberErr
}

func (f *fake) RecordRefusal(_ context.Context, r Refusal) error {
	f.refused = append(f.refused, r)
	return nil
}

func (f *fake) Browser(*gin.Context) string { return "b1" }
func (f *fake) Network(*gin.Context) string { return "192.0.2.1" }
func (f *fake) End(*gin.Context) error      { f.ended++; return f.sessions }
func (f *fake) Begin(_ *gin.Context, login auth.Login) error {
	f.begun = append(f.begun, login)
	if f.sessions == ErrClosed { // closed between the look at the account and the session
		f.state = credentials.Disabled
	}
	return f.sessions
}

func (f *fake) Verify(context.Context, *webeid.Token, webeid.Challenge) (*webeid.Verified, error) {
	if f.verify != nil {
		return nil, f.verify
	}
	return &webeid.Verified{Holder: f.holder}, nil
}

func newDesk(t *testing.T) (*areatest.Counter, *fake) {
	f := &fake{member: Member{ID: "mathieu", Name: "Mathieu Delcourt", Language: "fr"},
		holder: certs.Holder{Country: "BE", SerialNumber: "85073003328"}}
	now := func() time.Time { return areatest.Noon }
	card := &door.Card{Challenges: f, Verifier: f, Browser: f.Browser, Now: now, Rand: zeros{}}
	emut, err := profile.Load(profile.Default)
	if err != nil {
		t.Fatal(err)
	}
	classic := &credentials.Service{Store: accounts{f: f}, Profile: emut, Mutuality: "tilleuls", Now: now, Rand: zeros{}}
	return areatest.New(t, &SignIn{Store: f, Sessions: f, Card: card, Classic: classic, Cookies: f, Mutuality: "tilleuls", Now: now,
		First: LinkTo{Path: "enrol", Key: "enrol.link"}}), f
}

// zeros is a source of randomness that is none.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// token is one that parses; whether it proves anything the verifier says.
var token = sync.OnceValue(func() string {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		panic(err)
	}
	card, err := pki.Issue(certstest.Person{GivenNames: "Mathieu", Surname: "Delcourt", NationalNumber: "85073003328", Algorithm: certstest.P384})
	if err != nil {
		panic(err)
	}
	return `{"unverifiedCertificate":"` + base64.StdEncoding.EncodeToString(card.Authentication.Certificate.Raw) +
		`","algorithm":"ES384","signature":"` + strings.Repeat("AAAA", 32) + `","format":"web-eid:1.0"}`
})

func TestRefusals(t *testing.T) {
	ended := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	at := func(reason int) error { return fmt.Errorf("x: %w", revocation.RevokedError{Reason: reason}) }
	for _, tt := range []struct {
		name   string
		change func(*fake)
		body   string
		state  string
		status int
	}{
		{"no challenge", func(f *fake) { f.takeErr = webeid.ErrChallengeNotFound }, token(), "timeout", http.StatusConflict},
		{"challenge too old", func(f *fake) { f.verify = webeid.ErrChallengeExpired }, token(), "timeout", http.StatusConflict},
		{"no token", func(*fake) {}, "", "refused", http.StatusForbidden},
		{"endless token", func(*fake) {}, strings.Repeat("x", 2*10_001), "refused", http.StatusForbidden},
		{"wrong signature", func(f *fake) { f.verify = webeid.ErrSignature }, token(), "refused", http.StatusForbidden},
		{"unknown issuer", func(f *fake) { f.verify = webeid.ErrCertificateNotTrusted }, token(), "refused", http.StatusForbidden},
		{"wrong purpose", func(f *fake) { f.verify = webeid.ErrWrongPurpose }, token(), "refused", http.StatusForbidden},
		{"expired", func(f *fake) { f.verify = certs.ExpiredError{NotAfter: ended} }, token(), "cert_expired", http.StatusForbidden},
		{"revoked", func(f *fake) { f.verify = at(1) }, token(), "cert_revoked", http.StatusForbidden},
		{"on hold", func(f *fake) { f.verify = at(revocation.CertificateHold) }, token(), "cert_suspended", http.StatusForbidden},
		{"no answer", func(f *fake) { f.verify = webeid.ErrOCSPCheckFailed }, token(), "status_unknown", http.StatusServiceUnavailable},
		{"no member", func(f *fake) { f.memberErr = ErrUnknownMember }, token(), "unknown_member", http.StatusForbidden},
		{"card of another country", func(f *fake) { f.holder.Country = "FR" }, token(), "refused", http.StatusForbidden},
		{"no national number", func(f *fake) { f.holder.SerialNumber = "85073003329" }, token(), "refused", http.StatusForbidden},
		{"our own fault", func(f *fake) { f.verify = errors.New("disk full") }, token(), "technical", http.StatusInternalServerError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, f := newDesk(t)
			tt.change(f)
			p := c.PostBody(cardPath, tt.body)
			var got *door.Problem
			if !errors.As(p.Err, &got) || got.State != tt.state || got.Status() != tt.status {
				t.Fatalf("refused with %v, want %s, %d", p.Err, tt.state, tt.status)
			}
			if tt.state == "cert_expired" && !got.Date.Equal(ended) {
				t.Errorf("expired on %v", got.Date)
			}
			if len(f.begun) != 0 {
				t.Error("a session began")
			}
			if f.took != 1 {
				t.Errorf("the challenge was taken %d times, want once whatever the outcome", f.took)
			}
			want := Refusal{Mutuality: "tilleuls", Method: auth.Card, Cause: tt.state, Source: "192.0.2.1"}
			if len(f.refused) == 1 {
				want.Member = f.refused[0].Member
			}
			if len(f.refused) != 1 || f.refused[0] != want {
				t.Errorf("recorded %+v, want %+v", f.refused, want)
			}
		})
	}
}

func TestEnter(t *testing.T) {
	c, f := newDesk(t)
	var answer struct{ Nonce, Next string }
	c.PostBody(challengePath, "{}").JSON(&answer)
	if answer.Nonce == "" || len(f.kept) != 1 || f.kept[0] != "b1" {
		t.Fatalf("challenge %q kept for %v", answer.Nonce, f.kept)
	}
	c.PostBody(cardPath+"?next=bank/change", token()).JSON(&answer)
	if answer.Next != "/fr/bank/change" || len(f.begun) != 1 {
		t.Fatalf("next is %q, %d sessions", answer.Next, len(f.begun))
	}
	if login := f.begun[0]; login.Member != "mathieu" || login.Method != auth.Card || login.Assurance != auth.High ||
		!login.At.Equal(areatest.Noon) || login.Mutuality != "tilleuls" || login.Holder != f.holder {
		t.Errorf("login %+v", login)
	}
	f.sessions = errors.New("disk full")
	if p := c.PostBody(cardPath, token()); !errors.Is(p.Err, f.sessions) {
		t.Errorf("a session that cannot be stored: %d, %v", p.Status, p.Err)
	}
}

// TestNextStaysHere: after signing in one is led to a page of ours and nowhere else.
func TestNextStaysHere(t *testing.T) {
	c, _ := newDesk(t)
	for wished, want := range map[string]string{
		"": "home", "bank": "bank", "requests/06h029gerwqtfcfprcxr1ynme4/sign": "requests/06h029gerwqtfcfprcxr1ynme4/sign",
		"//evil.example": "home", "https://evil.example": "home", "/evil": "home", "../admin": "home", "bank/../x": "home",
		"bank?x=1": "home", "bank#x": "home", "a\\b": "home", "evil.example": "home", "bank/": "home", "\r\nSet-Cookie: x": "home",
		strings.Repeat("a", 201): "home",
	} {
		var answer struct{ Next string }
		c.PostBody(cardPath+"?next="+url.QueryEscape(wished), token()).JSON(&answer)
		if answer.Next != "/fr/"+want {
			t.Errorf("next=%q leads to %q, want /fr/%s", wished, answer.Next, want)
		}
		if p := c.Get(doorsPath + "?next=" + url.QueryEscape(wished)); p.Location() != "/fr/"+want {
			t.Errorf("who is signed in already and wishes %q is led to %q", wished, p.Location())
		}
	}
}

func TestSignOut(t *testing.T) {
	c, f := newDesk(t)
	for range 2 {
		if p := c.Post(outPath, nil); p.Status != http.StatusSeeOther || p.Location() != "/fr/"+signedOutPath {
			t.Errorf("sign-out = %d to %q", p.Status, p.Location())
		}
	}
	if f.ended != 2 {
		t.Errorf("%d sessions ended", f.ended)
	}
	f.sessions = errors.New("disk full")
	if p := c.Post(outPath, nil); !errors.Is(p.Err, f.sessions) {
		t.Errorf("sign-out that fails = %d, %v", p.Status, p.Err)
	}
	var answer struct{ Seconds int }
	if c.PostBody(stayPath, "{}").JSON(&answer); answer.Seconds != 15*60 {
		t.Errorf("the session lasts %d s", answer.Seconds)
	}
}

// TestPagesInEachLanguage holds the pages to the rules of every page.
func TestPagesInEachLanguage(t *testing.T) {
	for _, lang := range locale.Languages() {
		c, _ := newDesk(t)
		c.Lang = lang
		for path, key := range map[string]string{cardPath: "signin.step.title", signedOutPath: "signin.out.title"} {
			if p := c.Get(path); p.Status != http.StatusOK || p.Text("h1") != locale.T(lang, key) {
				t.Errorf("%s %s = %d, %q, %v", lang, path, p.Status, p.Text("h1"), p.Err)
			}
		}
	}
}

// TestDisabledIsToldAfterTheCard: staff closed the account; the card was right all the
// same, and nobody is let in.
func TestDisabledIsToldAfterTheCard(t *testing.T) {
	c, f := newDesk(t)
	f.state = credentials.Disabled
	p := c.PostBody("sign-in/card", token())
	if p.Status != http.StatusOK || !strings.Contains(string(p.Body), "/fr/sign-in/disabled") || f.ticket == "" || len(f.begun) > 0 {
		t.Errorf("POST sign-in/card = %d %s, ticket %q, begun %d", p.Status, p.Body, f.ticket, len(f.begun))
	}
}

// TestClosedMeanwhile: closed after the card was checked, she is told so all the same.
func TestClosedMeanwhile(t *testing.T) {
	c, f := newDesk(t)
	f.sessions = ErrClosed
	p := c.PostBody("sign-in/card", token())
	if p.Status != http.StatusOK || !strings.Contains(string(p.Body), "/fr/sign-in/disabled") || f.ticket == "" {
		t.Errorf("POST sign-in/card = %d %s, ticket %q, %v", p.Status, p.Body, f.ticket, p.Err)
	}
}

// Who has no access yet finds where she opens one under a heading of its own, before what
// helps those who have.
func TestFirstVisitHasAHeading(t *testing.T) {
	for _, l := range locale.Languages() {
		v := page.View{Lang: l, Brand: page.DefaultBrand()}
		enrol := page.Link{URL: v.URL("enrol"), Text: v.T("enrol.link")}
		for _, doors := range [][]page.Door{{{Title: "a"}}, {{Title: "a"}, {Title: "b"}}} {
			var b strings.Builder
			if err := doorsPage(v, doors, enrol, nil).Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			first, link := strings.Index(b.String(), v.T("signin.first.title")), strings.Index(b.String(), `"`+enrol.URL+`"`)
			if trouble := strings.Index(b.String(), v.T("signin.trouble.title")); first < 0 || link < first || trouble < link {
				t.Errorf("%s, %d doors: heading at %d, link at %d, what helps at %d", l, len(doors), first, link, trouble)
			}
		}
		s := &SignIn{First: LinkTo{Path: "enrol", Key: "enrol.link"}}
		if got := s.formLinks(v); len(got) != 1 || got[0] != enrol {
			t.Errorf("%s: under the password form: %+v", l, got)
		}
	}
}
