package credentials

import (
	"context"
	"time"

	"guichet.example/auth"
)

// Enrolment makes or changes an account before its member can sign in. What is empty
// stays as it was.
type Enrolment struct {
	Mutuality  string
	Member     auth.MemberID
	State      State // Pending or Active; an account that is active or disabled keeps its state
	Hash       string
	MustChange bool
	UserNumber string // ErrTaken if another member has it
	AccessCode string
	Email      string
	Certified  time.Time // of the address; zero: not certified
	Actor      string    // staff id; empty: the member or the system
	At         time.Time
}

// Enrol stores an enrolment. ErrTaken.
func (s *Service) Enrol(ctx context.Context, e Enrolment) error {
	e.Mutuality, e.At = s.Mutuality, s.Now()
	return s.Store.PutAccount(ctx, e)
}

// Activate uses the code of an activation link: the account becomes active,
// its address certified. ErrCode, ErrCodeExpired.
func (s *Service) Activate(ctx context.Context, secret string) (Code, error) {
	code, err := s.Redeem(ctx, ActivateLink, secret)
	if err != nil {
		return Code{}, err
	}
	account, err := s.Account(ctx, code.Member)
	if err != nil {
		return Code{}, err
	}
	return code, s.Enrol(ctx, Enrolment{Member: code.Member, State: Active, Email: account.Email, Certified: s.Now()})
}

// Find returns the members a handle names: more than one where an address is shared.
// It is no proof of anything.
func (s *Service) Find(ctx context.Context, h Handle) ([]auth.MemberID, error) {
	return s.Store.MembersByHandle(ctx, s.Mutuality, h)
}
