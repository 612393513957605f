package credentials

import (
	"context"
	"errors"

	"guichet.example/auth"
	"guichet.example/auth/password"
)

// Renew sets the password that a right sign-in asked for and returns the login that now
// counts. ErrCode, ErrCodeExpired, *password.RefusedError, password.ErrBusy.
func (s *Service) Renew(ctx context.Context, ticket, typed string) (auth.Login, error) {
	return s.setByCode(ctx, Renew, ticket, typed)
}

// Reset sets the password by a link: afterwards the member signs in with it. The
// same errors as Renew.
func (s *Service) Reset(ctx context.Context, purpose Purpose, secret, typed string) (auth.Login, error) {
	return s.setByCode(ctx, purpose, secret, typed)
}

// setByCode lets a code stand in for the current password. A renewal's payload is the
// letter's code that was typed: both end together.
func (s *Service) setByCode(ctx context.Context, purpose Purpose, secret, typed string) (auth.Login, error) {
	code, err := s.Look(ctx, purpose, secret)
	if err != nil {
		return auth.Login{}, err
	}
	account, err := s.Account(ctx, code.Member)
	if err != nil {
		return auth.Login{}, err
	}
	hash, err := s.hash(ctx, code.Member, typed)
	if err != nil {
		return auth.Login{}, err
	}
	set := NewPassword{Mutuality: s.Mutuality, Member: code.Member, Hash: hash, Code: code.ID, Activate: true, At: s.Now()}
	if purpose == Renew {
		set.Letter = code.Payload
	}
	if err := s.Store.SetPassword(ctx, set); err != nil {
		return auth.Login{}, err
	}
	if account.State == Disabled {
		return auth.Login{}, ErrDisabled
	}
	account.PasswordSet = set.At
	return s.login(account), nil
}

// Change is a change to how a member gets in, with what shows that it is she.
type Change struct {
	Proven  bool   // the session is proof enough: a fresh sign-in by card
	Current string // else her current password
	Typed   string // the new one
}

// Change sets another password for who is signed in. Every other session ends.
// ErrRefused for a wrong current one, *WaitError, ErrClosed, ErrSame,
// *password.RefusedError, password.ErrBusy.
func (s *Service) Change(ctx context.Context, login auth.Login, c Change) error {
	if !c.Proven {
		if err := s.Prove(ctx, login, c.Current); err != nil {
			return err
		}
	}
	hash, err := s.hash(ctx, login.Member, c.Typed)
	if err != nil {
		return err
	}
	stored, err := s.Store.PasswordHash(ctx, s.Mutuality, login.Member)
	if err != nil {
		return err
	}
	if same, _, err := s.verify(ctx, stored, c.Typed); err != nil {
		return err
	} else if same {
		return ErrSame
	}
	return s.Store.SetPassword(ctx, NewPassword{
		Mutuality: s.Mutuality, Member: login.Member, Hash: hash, Activate: true,
		Keep: login.Session, Login: &login, At: s.Now(),
	})
}

// Prove asks who is signed in for her current password. Wrong ones are counted by
// member, so that a session left open is no place to guess. ErrRefused, *WaitError,
// ErrClosed, password.ErrBusy.
func (s *Service) Prove(ctx context.Context, login auth.Login, current string) error {
	stored, err := s.Store.PasswordHash(ctx, s.Mutuality, login.Member)
	if err != nil {
		return err
	}
	try := Try{Mutuality: s.Mutuality, Handle: Handle{Kind: "other current", Value: string(login.Member)},
		Limits: Limits{Known: maxFailures / 5, Unknown: maxFailures / 5}, At: s.Now(), Nobody: true}
	tried, err := s.Store.Try(ctx, try)
	if err != nil {
		return err
	}
	ok, _, err := s.verify(ctx, stored, current)
	if err != nil {
		return errors.Join(err, s.Store.Release(context.WithoutCancel(ctx), tried))
	}
	if !ok {
		return ErrRefused
	}
	return s.Store.Pass(ctx, Passed{Mutuality: s.Mutuality, Member: login.Member, Handle: try.Handle, Tried: tried, At: s.Now()})
}

func (s *Service) verify(ctx context.Context, stored, typed string) (ok, stale bool, err error) {
	text, err := password.Prepare(typed)
	if err != nil {
		return false, false, nil
	}
	return s.Gate.Verify(ctx, stored, text)
}

// Check judges a password for a member without setting it: *password.RefusedError.
func (s *Service) Check(ctx context.Context, member auth.MemberID, typed string) (string, error) {
	known, err := s.Store.Known(ctx, s.Mutuality, member)
	if err != nil {
		return "", err
	}
	return s.Profile.Password.Check(typed, append(known, s.Name))
}

// Hash judges a password for a member and hashes it, for an enrolment that keeps the
// hash until the account is active.
func (s *Service) Hash(ctx context.Context, member auth.MemberID, typed string) (string, error) {
	return s.hash(ctx, member, typed)
}

func (s *Service) hash(ctx context.Context, member auth.MemberID, typed string) (string, error) {
	text, err := s.Check(ctx, member, typed)
	if err != nil {
		return "", err
	}
	return s.Gate.Hash(ctx, text)
}

// Closed says of a member who has shown who she is, by whatever way, whether staff have
// switched her access off: the ticket with which she may ask for it, or "".
func (s *Service) Closed(ctx context.Context, member auth.MemberID) (ticket string, err error) {
	account, err := s.Account(ctx, member)
	if err != nil || account.State != Disabled {
		return "", err
	}
	return s.Issue(ctx, Grant{Member: member, Purpose: Reactivate, Life: renewLife})
}

// MaxSaid is how much a member may say to staff when she asks to be let in again, in
// characters.
const MaxSaid = 2000

// AskReactivation makes the task by which staff decide; ticket comes from DisabledError.
// ErrCode, ErrCodeExpired. It returns the reference the member is told.
func (s *Service) AskReactivation(ctx context.Context, ticket, said string) (reference string, err error) {
	return s.Store.AskReactivation(ctx, s.Mutuality, ticket, said, s.Now())
}

// Reactivation is what the member asked last, with its end if it has one.
func (s *Service) Reactivation(ctx context.Context, member auth.MemberID) (Reactivation, error) {
	return s.Store.Reactivation(ctx, s.Mutuality, member)
}
