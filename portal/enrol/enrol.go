// Package enrol is every way to get an account at the counter, and the pages of each.
//
//	by letter     number ─▶ job ─▶ code by post ─▶ typed as first password ─▶ account
//	by card       right sign-in of an insured person ─▶ account, in one pass
//	by federal    the same
//	by code       member number, access code ─┐
//	by identity   number, name, birth date ───┴▶ e-mail ─▶ password ─▶ check ─▶ link ─▶ account
//	by six facts  job: all six right ─▶ link ─▶ password ─▶ account
//	at a counter  staff, in package office
//
// Which of them a mutuality has is its profile's matter. A way that is not in it has no
// page: it answers as an address that does not exist.
//
// # No hint
//
// Where a stranger may type somebody's number (by letter, by six facts) the page does
// the same for every number: it counts the try, queues a job and leads on. Whether the
// number is known is found out by the job, when the page has long been answered, and
// told to nobody but the address on file.
//
// # Before there is an account
//
// What somebody types before her link is opened is a draft: sealed, bound to the cookie
// of her browser, 30 minutes old at most, then as old as her link may become. No
// account, no identifier and no password of hers exist until the link is opened.
// Who opens it too late may have another sent to the same address, for RenewFor;
// then what waited for it is erased.
package enrol

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// Settings of a mutuality.
type Settings struct {
	// LetterAfterCard queues a letter with first credentials for who got her account by a
	// card or a federal token, so that she may sign in without them too.
	LetterAfterCard bool `json:"letter_after_card"`
	// Terms are the terms of use by language ("fr", "nl", "de", "en"), in paragraphs
	// parted by an empty line; empty: the neutral text that ships. Their version is the
	// profile's "terms".
	Terms map[string]string `json:"terms"`
}

// Check refuses settings that cannot be followed.
func (s Settings) Check() error {
	if len(s.Terms) == 0 {
		return nil
	}
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		if s.Terms[lang] == "" {
			return fmt.Errorf("%q: no text in %q", "enrol.terms", lang)
		}
	}
	return nil
}

var (
	// ErrNoWay means that the mutuality does not enrol this way.
	ErrNoWay = errors.New("no such way to enrol")
	// ErrNoDraft means that this browser is not enrolling anybody, or took too long.
	ErrNoDraft = errors.New("no enrolment under way")
	// ErrOften means that many links were sent to her within the hour.
	ErrOften = errors.New("many links were sent")
	// ErrNoMatch is the one answer to facts that belong to nobody who may enrol.
	ErrNoMatch = errors.New("nobody who may enrol has these facts")
)

// Store keeps what enrolment needs; *store.DB is the one in use. Each method is one
// transaction with its audit row.
type Store interface {
	// QueueEnrolment stores the job by which an enrolment goes on after its page was answered.
	QueueEnrolment(ctx context.Context, j jobs.Job) error
	// SendFirstLetter ends the job and, if the handle names somebody who may have one, makes
	// her account, the code and the letter, and tells her by mail.
	SendFirstLetter(ctx context.Context, j jobs.Job, o LetterOrder) error
	// OpenByProof opens the account of a member who has just proved who she is. opened is
	// false if it was open.
	OpenByProof(ctx context.Context, login auth.Login, p Proof) (opened bool, err error)

	// OnFile is what is known of a member, to be held against what was typed.
	OnFile(ctx context.Context, mutuality string, member auth.MemberID) (credentials.Person, error)
	// PutEnrolment keeps what a browser has typed until it ends.
	PutEnrolment(ctx context.Context, mutuality string, browser [32]byte, d Draft, ends time.Time) error
	// Enrolment returns it. ErrNoDraft.
	Enrolment(ctx context.Context, mutuality string, browser [32]byte, now time.Time) (Draft, error)
	// DropEnrolment erases it, if it is there.
	DropEnrolment(ctx context.Context, mutuality string, browser [32]byte) error
	// SendLink stores the code of a link and queues its mail; an older link dies. The draft
	// is kept until the link's hour. It does nothing if another press of the same button
	// has sent the mail that d counts last. ErrOften.
	SendLink(ctx context.Context, browser [32]byte, d Draft, code credentials.Code, secret string, m mail.Message) error
	// SendFactsLink ends the job and, if all that was typed is on file of one who may enrol,
	// sends her a link; where another address is on file it makes a task for staff instead.
	SendFactsLink(ctx context.Context, j jobs.Job, o FactsOrder) error
	// OpenByLink uses the code and opens the account. credentials.ErrCode, also where the
	// account is open already, and credentials.ErrCodeExpired.
	OpenByLink(ctx context.Context, o Opening) error
	// JustOpened says whether this link has opened an account since then: who presses twice
	// is told the same twice.
	JustOpened(ctx context.Context, mutuality, secret string, since time.Time) (bool, error)
	// RenewLink sends another link in the place of one whose hour is over, to the same
	// address. credentials.ErrCode for one that was used or replaced, and once what
	// waited for it was erased; ErrOften.
	RenewLink(ctx context.Context, r Renewal) error
}

// Desk is what the portal knows of the browser.
type Desk interface {
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
	// Bind ties the enrolment that begins to this browser, by a new cookie.
	Bind(c *gin.Context) [32]byte
	// Bound is the hash of that cookie.
	Bound(c *gin.Context) ([32]byte, bool)
	// Unbind drops it.
	Unbind(c *gin.Context)
}

// Enrol is the area. All fields are required.
type Enrol struct {
	Store     Store
	Desk      Desk
	Classic   *credentials.Service
	Settings  Settings
	Mutuality string
	Origin    string
	Federal   bool // there is a federal provider to enrol by
	House     letters.House
	Now       func() time.Time
	Rand      io.Reader
}

// Paths of the area, below the language.
const (
	waysPath   = "enrol"
	letterPath = "enrol/letter"
	askedPath  = "enrol/letter/asked"
	openedPath = "enrol/opened"

	codePath     = "enrol/code"
	identityPath = "enrol/identity"
	sixPath      = "enrol/facts"
)

// Route mounts the area. A way that the profile does not have is not mounted: its
// address is that of no page.
func (e *Enrol) Route(r page.Routes) {
	r.GET(waysPath, auth.Public, e.ways)
	if e.has(profile.ByLetter) {
		r.GET(letterPath, auth.Public, e.letterForm)
		r.POST(letterPath, auth.Public, e.askLetter)
		r.GET(askedPath, auth.Public, e.letterAsked)
	}
	if e.has(profile.ByAccessCode) {
		r.GET(codePath, auth.Public, e.codeForm)
		r.POST(codePath, auth.Public, e.takeCode)
	}
	if e.has(profile.ByIdentity) {
		r.GET(identityPath, auth.Public, e.identityForm)
		r.POST(identityPath, auth.Public, e.takeIdentity)
	}
	if e.has(profile.BySixFields) {
		r.GET(sixPath, auth.Public, e.factsForm)
		r.POST(sixPath, auth.Public, e.takeFacts)
		r.GET(sixPath+"/asked", auth.Public, e.factsAsked)
	}
	if e.has(profile.ByAccessCode) || e.has(profile.ByIdentity) {
		e.routeDraft(r)
	}
	if e.has(profile.ByAccessCode) || e.has(profile.ByIdentity) || e.has(profile.BySixFields) {
		r.GET(openPath+"/:secret", auth.Public, e.open)
		r.POST(openPath+"/:secret", auth.Public, e.activate)
		r.POST(openPath+"/:secret/again", auth.Public, e.renew)
		r.GET(renewedPath, auth.Public, e.renewed)
		r.GET(donePath, auth.Public, e.done)
	}
	if e.Classic.Profile.Terms != "" {
		r.GET(termsPath, auth.Public, e.terms)
	}
	if e.has(profile.ByCard) || e.has(profile.ByFederal) {
		r.GET(openedPath, auth.ReadFile, e.opened)
	}
}

// routeDraft mounts the steps after the first.
func (e *Enrol) routeDraft(r page.Routes) {
	r.GET(contactPath, auth.Public, e.under(contactPath, e.contactForm))
	r.POST(contactPath, auth.Public, e.under(contactPath, e.takeContact))
	r.POST(notMePath, auth.Public, e.under(notMePath, e.notMe))
	r.GET(passwordPath, auth.Public, e.under(passwordPath, e.passwordForm))
	r.POST(passwordPath, auth.Public, e.under(passwordPath, e.takePassword))
	r.GET(checkPath, auth.Public, e.under(checkPath, e.check))
	r.POST(checkPath, auth.Public, e.under(checkPath, e.send))
	r.GET(sentPath, auth.Public, e.under(sentPath, e.sent))
	r.POST(againPath, auth.Public, e.under(againPath, e.again))
}

func (e *Enrol) has(w profile.Way) bool { return e.Classic.Profile.Enrols(w) }
