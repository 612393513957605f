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

// Reset sets the password by a link (F48): afterwards the member signs in with it. The
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
	return s.login(account), nil
}

// Change sets another password for who is signed in (F56): by the current one, or by a
// card session, which is the stronger proof. Every other session ends. ErrRefused for a
// wrong current one, *WaitError, ErrClosed, ErrSame, *password.RefusedError, ErrBusy.
func (s *Service) Change(ctx context.Context, login auth.Login, current, typed string) error {
	stored, err := s.Store.PasswordHash(ctx, s.Mutuality, login.Member)
	if err != nil {
		return err
	}
	if login.Method != auth.Card {
		if err := s.prove(ctx, login, stored, current); err != nil {
			return err
		}
	}
	hash, err := s.hash(ctx, login.Member, typed)
	if err != nil {
		return err
	}
	if same, _, err := s.verify(ctx, stored, typed); err != nil {
		return err
	} else if same {
		return ErrSame
	}
	return s.Store.SetPassword(ctx, NewPassword{
		Mutuality: s.Mutuality, Member: login.Member, Hash: hash, Activate: login.Method == auth.Card,
		Keep: login.Session, Login: &login, At: s.Now(),
	})
}

// prove asks for the current password. Wrong ones are counted by member, so that a
// session left open is no place to guess.
func (s *Service) prove(ctx context.Context, login auth.Login, stored, current string) error {
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

// AskReactivation makes the task by which staff decide; ticket comes from DisabledError.
// ErrCode, ErrCodeExpired. It returns the reference the member is told.
func (s *Service) AskReactivation(ctx context.Context, ticket, said string) (reference string, err error) {
	return s.Store.AskReactivation(ctx, s.Mutuality, ticket, said, s.Now())
}
