// Package federal is the door of the counter for those who prove who they are at a
// federal identity provider (SAML or OpenID Connect): signing in, stepping up for one
// document, and signing out there as well.
//
// # The flow
//
//	browser                        counter                              provider
//	   │ GET sign-in/federal/ID       │                                     │
//	   ├─────────────────────────────▶│ flow kept, sealed; cookie           │
//	   │◀──────────── 303, __Host-federal                                   │
//	   ├───────────────────────────────────────────────────────────────────▶│ she proves
//	   │◀───────────────────────────────────────────────────────────────────┤ who she is
//	   │ POST /federation/saml/acs    │                                     │
//	   │ GET /federation/oidc/ID/callback                                   │
//	   ├─────────────────────────────▶│ 1 cookie, handle: which flow        │
//	   │                              │ 2 Provider.Finish: every check      │
//	   │                              │ 3 member by her national number     │
//	   │◀──────────── 303, new session│ 4 flow gone, answer used, session,  │
//	   │                              │   the old one ends: one commit      │
//
// It begins with a link and not with a form: the content security policy of all pages
// says form-action 'self', and browsers hold a form to it through every redirect. The
// answer of SAML is a form that another site has the browser send: the one address
// outside the cross-origin protection. It brings no session cookie along (SameSite
// Lax), so what it is for stands in the flow, and the flow is found only by whoever
// holds both halves: the handle that went through the provider and the cookie that did
// not (SameSite None, so that it comes along). An answer without its flow, or for the
// flow of another browser, is refused before anything in it is read.
//
// A flow counts once, whatever comes of it. An answer counts once on all servers: its
// issuer and id are remembered until it is refused as expired, in the transaction that
// removes the flow and begins the session: a crash leaves all of it or nothing. Where
// more is to be done than to begin a session (an account is opened, a closed one gets its
// page) the flow goes first and the answer is used, in a transaction of their own: what
// comes next happens at most once. Between the question and that transaction nothing is
// written: a crash there leaves a flow that was not answered. The code of an OpenID
// answer is spent by then, a SAML answer may be sent again.
//
// Nobody waits long for a provider: all that a page asks of one together takes Patience
// at most, well below the time in which the server must have answered.
//
// # Two tabs
//
// An answer comes without the session cookie, so it cannot say which session it takes the
// place of. If the member signed in meanwhile by another door of the same browser, that
// session noted itself in the flows which the browser has under way (signin.Session.Bound),
// and ends in the commit of the new one.
//
// # What is not trusted
//
// Where the browser goes afterwards stands in the flow and was checked when it began;
// nothing of an answer is an address. Who comes back as another person than the one
// signed in, or than the one whose document is to be approved, is told so: the session
// stays as it is. Refusals that would help an attacker share one page; the cause goes
// to the log, and a word of it to the audit trail.
//
// SAML 2.0 profiles, 4.1; OpenID Connect Core 1.0, 3.1; Back-Channel Logout 1.0.
package federal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/portal/page"
)

var (
	// ErrNoFlow means that no flow waits for such an answer from this browser: it never
	// began, its time is up, or it was answered.
	ErrNoFlow = errors.New("no flow waits for this answer")
	// ErrReplayed means that the answer was used before.
	ErrReplayed = errors.New("answer was used before")
	// ErrNoProof means that there is no proof under that handle for this session: it was
	// taken, its ten minutes are up, or it is another's.
	ErrNoProof = errors.New("no proof waits for this approval")
	// ErrNoLogout means that the session has none at a provider.
	ErrNoLogout = errors.New("session has none at a provider")
	// ErrUnsettled means that more is to be done than to begin a session: there is no
	// account yet, or it is closed.
	ErrUnsettled = errors.New("account is not open")
	// ErrUnknownMember means that the person is not insured here.
	ErrUnknownMember = errors.New("no member with this national number")
	// ErrOtherPerson means that she who proved who she is is not the one signed in.
	ErrOtherPerson = errors.New("proved to be another person than the one signed in")
	// ErrPrefetch refuses to begin a flow that nobody asked for: a browser that loads
	// ahead, or an address put into a page as a picture.
	ErrPrefetch = errors.New("not asked for by a person")
)

// ProofLife is how long a proof waits for the approval it was given for.
const ProofLife = 10 * time.Minute

// Way is a configured provider and what it is used for.
type Way struct {
	federation.Provider
	// SignIn and Approve are the CSAM levels asked at least, to sign in and to approve
	// a document. 0: the provider is not used for that.
	SignIn, Approve int
	// Top is the highest CSAM level that the provider's keys reach: what its door may
	// promise, and what a step-up may ask of it.
	Top int
}

// Patience is how long a page waits for a provider, whatever it asks of it: token
// endpoint, keys and userinfo together. The server's own time-out is 30 seconds.
const Patience = 10 * time.Second

// Answer is an answer that began a session: its flow and what must not come again.
type Answer struct {
	Flow federation.Flow
	Used Used
}

// Used is an answer that counts once.
type Used struct {
	Issuer, ID string
	Until      time.Time // from then on it is refused as expired
}

// Proof is what a member proved for one document.
type Proof struct {
	Identity federation.Identity
	Request  string
	Document [32]byte // SHA-256 of the first Size bytes
	Size     int      // in bytes
	Began    time.Time
}

// Kept is what goes with a session that began at a provider.
type Kept struct {
	Logout federation.Logout // zero: nothing to log out of there
	// Replaces is the public id of the session of the same member that this one takes
	// the place of; empty: none. The cookie of it did not come with the answer.
	Replaces string
	// Answer is removed and remembered in the transaction of the session, which then begins
	// for an account that is open only (ErrUnsettled). nil: all that was done before.
	Answer *Answer
}

// Ending is a provider's word that sessions are over.
type Ending struct {
	Mutuality string
	Provider  string
	Subject   string   // NameID or sub; empty: whoever the sessions are of
	Sessions  []string // SessionIndex or sid; empty: all of the subject
	Used      Used     // its id: the same word counts once
}

// Member is what the door needs of a member.
type Member struct {
	ID       auth.MemberID
	Name     string
	Language string
}

// Store keeps flows, proofs and logouts. *store.DB is the one in use.
type Store interface {
	// PutFlow keeps a flow, sealed, until its answer or its end.
	PutFlow(ctx context.Context, f federation.Flow) error
	// Flow returns the flow of that handle if it was begun by that browser and its time
	// is not up. ErrNoFlow.
	Flow(ctx context.Context, id string, browser [32]byte) (federation.Flow, error)
	// FinishFlow removes the flow, remembers that the answer was used and, with a proof,
	// keeps that for the flow's session: all or nothing, in one transaction. ErrNoFlow,
	// ErrReplayed.
	FinishFlow(ctx context.Context, f federation.Flow, u Used, p *Proof) error
	// DropFlow removes a flow whose answer was refused. None there is no error.
	DropFlow(ctx context.Context, f federation.Flow) error
	// TakeProof returns the proof kept under the handle for the login's session, and
	// removes it. ErrNoProof.
	TakeProof(ctx context.Context, login auth.Login, flow string) (Proof, error)
	// Logout is what the provider needs to end its session behind the login's. ErrNoLogout.
	Logout(ctx context.Context, login auth.Login) (federation.Logout, error)
	// EndSessions ends the sessions the provider speaks of and says how many. ErrReplayed.
	EndSessions(ctx context.Context, e Ending) (int, error)
}

// Desk is the side of the counter: cookies, sessions, members, the audit trail.
type Desk interface {
	// Bind gives the browser its binding cookie, if it has none, and returns its hash.
	Bind(c *gin.Context) [32]byte
	// Bound returns the hash of the binding cookie; false without one.
	Bound(c *gin.Context) ([32]byte, bool)
	// Member finds a member by national number. ErrUnknownMember.
	Member(ctx context.Context, n nrn.Number) (Member, error)
	// Begin starts a session under a new token, in one transaction with all of k.
	// ErrNoFlow, ErrReplayed, ErrUnsettled: nothing happened.
	Begin(c *gin.Context, login auth.Login, k Kept) error
	// End ends the browser's session and clears what it kept.
	End(c *gin.Context) error
	// Refused writes the audit line of a refused sign-in; cause is one of our words.
	Refused(c *gin.Context, member auth.MemberID, cause string) error
}

// Federal is the area. Fields are required unless they say otherwise.
type Federal struct {
	Store     Store
	Desk      Desk
	Ways      []Way // in the order of their doors
	Mutuality string
	Origin    string // of the counter, without a slash at the end
	Now       func() time.Time
	Rand      io.Reader
	// Arrived is told of a login whose account is not open, before its session begins. If it returns a path below the
	// language, there is no session and the browser goes there: the account is closed. nil:
	// nothing is kept of accounts.
	Arrived func(c *gin.Context, login auth.Login) (instead string, err error)
	// Landing is asked next where such a login goes, and makes the account that is not there
	// yet. nil: where it was going.
	Landing func(ctx context.Context, login auth.Login, next string) (string, error)
}

// Addresses of the area below the language.
const (
	startPath      = "sign-in/federal/:provider"
	answerPath     = "sign-in/answer/:outcome"
	everywherePath = "sign-out/everywhere"
	returnedPath   = "signed-out/everywhere"
)

// Addresses outside the language: they are told to providers, who know one of each.
const (
	ACSPath        = "/federation/saml/acs"
	MetadataPath   = "/federation/saml/metadata"
	SAMLLogoutPath = "/federation/saml/logout"
	CallbackPath   = "/federation/oidc/:provider/callback"
	OIDCLogoutPath = "/federation/oidc/:provider/logout"
	ReturnPath     = "/federation/signed-out" // where OIDC providers send the browser back
)

// Route mounts the pages below the language.
func (f *Federal) Route(r page.Routes) {
	if len(f.Ways) == 0 {
		return // a way in that nobody configured is not there
	}
	r.GET(startPath, auth.Public, f.start)
	r.GET(answerPath, auth.Public, f.answer)
	r.POST(everywherePath, auth.Public, f.signOutEverywhere)
	r.GET(returnedPath, auth.Public, f.signedOutEverywhere)
}

// way finds a configured provider.
func (f *Federal) way(id string) (Way, bool) {
	for _, w := range f.Ways {
		if w.ID() == id {
			return w, true
		}
	}
	return Way{}, false
}

// Check refuses ways that contradict themselves.
func (f *Federal) Check() error {
	seen := map[string]bool{}
	for _, w := range f.Ways {
		switch {
		case w.Provider == nil:
			return errors.New("federal sign-in: a way without a provider")
		case seen[w.ID()]:
			return fmt.Errorf("federal sign-in: two providers %q", w.ID())
		case w.SignIn == 0 && w.Approve == 0:
			return fmt.Errorf("federal sign-in: %s is used neither to sign in nor to approve", w.ID())
		}
		seen[w.ID()] = true
		for _, level := range []int{w.SignIn, w.Approve} {
			if level != 0 && (!federation.Known(level) || auth.OfCSAM(level) < auth.Low) {
				return fmt.Errorf("federal sign-in: %s asks level %d, which opens nothing", w.ID(), level)
			}
		}
		switch {
		case w.Approve != 0 && auth.OfCSAM(w.Approve) < auth.Substantial:
			return fmt.Errorf("federal sign-in: %s approves at level %d, 400 at least is wanted", w.ID(), w.Approve)
		case !federation.Known(w.Top) || w.Top < max(w.SignIn, w.Approve):
			return fmt.Errorf("federal sign-in: the highest level of %s is below what it is asked", w.ID())
		}
	}
	return nil
}
