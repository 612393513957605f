package credentials

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/portal/profile"
)

// Service is the classic way in of one mutuality. All fields but Log are required. Safe
// for concurrent use.
type Service struct {
	Store     Store
	Gate      *password.Gate
	Profile   profile.Profile
	Mutuality string
	Name      string // of the mutuality: no password holds it
	Now       func() time.Time
	Rand      io.Reader
	Log       *slog.Logger
}

// Attempt is a sign-in as it was typed.
type Attempt struct {
	Number     string // of the mutuality; empty where the profile does not ask
	Identifier string
	Password   string
	Browser    [32]byte // hash of the cookie that marks browsers known to members; zero: none
	Source     string   // network it comes from
}

// SignedIn is what came of a sign-in. Of one that was refused Login holds the member,
// if there was one, for the audit trail alone.
type SignedIn struct {
	Login auth.Login
	// Weak says that the password no longer is what the mutuality asks for: the member is
	// in, and asked for a better one.
	Weak bool
}

// SignIn judges a sign-in. Errors: ErrHandle (told beside the field), password.ErrBusy,
// *WaitError, ErrClosed, ErrRefused, *DisabledError, *RenewError.
func (s *Service) SignIn(ctx context.Context, a Attempt) (SignedIn, error) {
	handle, err := ParseHandle(s.Profile, a.Identifier)
	if err != nil {
		return SignedIn{}, err
	}
	text, err := password.Prepare(a.Password)
	if err != nil {
		text = "" // matches nothing, at the same cost
	}
	place, err := s.Gate.Enter()
	if err != nil {
		return SignedIn{}, err
	}
	defer place.Leave()
	try := Try{
		Mutuality: s.Mutuality, Handle: handle, Typed: a.Password, Browser: a.Browser, Source: a.Source,
		Limits: LimitsOf(s.Profile), At: s.Now(),
		Nobody: s.Profile.Takes(profile.MutualityEmail) && !SameMutuality(s.Profile, a.Number),
	}
	tried, err := s.Store.Try(ctx, try)
	if err != nil {
		return SignedIn{}, err
	}
	found := SignedIn{Login: auth.Login{Mutuality: s.Mutuality, Member: tried.Account.Member}}
	right, stale, err := place.Verify(ctx, tried.Hash, text)
	if err != nil {
		return found, errors.Join(err, s.Store.Release(context.WithoutCancel(ctx), tried))
	}
	switch {
	case right:
		return s.enter(ctx, place, try, tried, text, stale)
	case tried.Code != "":
		return found, s.renew(ctx, tried.Account.Member, tried.Code)
	}
	return found, ErrRefused
}

// enter is a right password: what remains is the state of the account.
func (s *Service) enter(ctx context.Context, place *password.Place, try Try, tried Tried, text string, stale bool) (SignedIn, error) {
	a := tried.Account
	in := SignedIn{Login: s.login(a)}
	pass := Passed{Mutuality: s.Mutuality, Member: a.Member, Handle: try.Handle, Tried: tried, Browser: try.Browser, Source: try.Source, At: try.At}
	g := Grant{Member: a.Member, Life: renewLife}
	switch {
	case a.State == Disabled:
		g.Purpose = Reactivate
	case a.MustChange:
		g.Purpose = Renew
	}
	var err error
	if g.Purpose != "" {
		if pass.Ticket, pass.Secret, err = s.NewCode(g); err != nil {
			return in, err
		}
	}
	if err := s.Store.Pass(ctx, pass); err != nil {
		return in, err
	}
	switch {
	case g.Purpose == Reactivate:
		return in, &DisabledError{Ticket: pass.Secret}
	case g.Purpose == Renew:
		return in, &RenewError{Ticket: pass.Secret}
	case stale:
		if hash, err := place.Hash(ctx, text); err == nil { // else at the next sign-in
			if err := s.Store.Rehash(ctx, s.Mutuality, a.Member, tried.Hash, hash); err != nil {
				return in, err
			}
		}
	}
	_, err = s.Profile.Password.Check(text, nil)
	in.Weak = err != nil
	return in, nil
}

// login is the login of a right password: low assurance.
func (s *Service) login(a Account) auth.Login {
	return auth.Login{
		Mutuality: s.Mutuality, Member: a.Member, Name: a.Name, Language: a.Language,
		Method: auth.Password, Assurance: auth.Low, At: s.Now(), PasswordSet: a.PasswordSet,
	}
}

// renew hands out the ticket to the page of the new password to who typed the code of a
// letter.
func (s *Service) renew(ctx context.Context, member auth.MemberID, code string) error {
	ticket, err := s.Issue(ctx, Grant{Member: member, Purpose: Renew, Payload: code})
	if err != nil {
		return err
	}
	return &RenewError{Ticket: ticket}
}

// Issue makes a code and returns its secret, which is kept nowhere: it goes into a
// letter, a link or a sealed envelope. An older one of the same purpose dies.
func (s *Service) Issue(ctx context.Context, g Grant) (secret string, err error) {
	code, secret, err := s.NewCode(g)
	if err != nil {
		return "", err
	}
	return secret, s.Store.PutCode(ctx, code, secret, g.Actor)
}

// NewCode is Issue without storing, for an act that stores the code in its own
// transaction together with the letter or mail that carries it.
func (s *Service) NewCode(g Grant) (Code, string, error) {
	secret, err := newSecret(g.Purpose, s.Rand)
	if err != nil {
		return Code{}, "", err
	}
	if g.Life <= 0 {
		g.Life = s.life(g.Purpose)
	}
	now := s.Now()
	return Code{Mutuality: s.Mutuality, Member: g.Member, Purpose: g.Purpose, Created: now, Expires: now.Add(g.Life), Payload: g.Payload}, secret, nil
}

// Look finds a living code without using it, so that a page can be shown. ErrCode,
// ErrCodeExpired.
func (s *Service) Look(ctx context.Context, p Purpose, secret string) (Code, error) {
	return s.Store.FindCode(ctx, s.Mutuality, p, secret, s.Now())
}

// Redeem uses a code. ErrCode, ErrCodeExpired.
func (s *Service) Redeem(ctx context.Context, p Purpose, secret string) (Code, error) {
	return s.Store.UseCode(ctx, s.Mutuality, p, secret, s.Now())
}

// Allow counts a try at something else than a password, by what it names and where it
// comes from: an access code at enrolment, an answer to a question. *WaitError, ErrClosed.
func (s *Service) Allow(ctx context.Context, what, value, source string) error {
	_, err := s.Store.Try(ctx, Try{Mutuality: s.Mutuality, Handle: Handle{Kind: Kind("other " + what), Value: value},
		Source: source, Limits: LimitsOf(s.Profile), At: s.Now(), Nobody: true})
	return err
}

// Account returns the classic access of a member; its State is None if she has none.
func (s *Service) Account(ctx context.Context, member auth.MemberID) (Account, error) {
	return s.Store.Account(ctx, s.Mutuality, member)
}
