package credentials

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/profile"
)

// questionLife is how long the page of the new password is open after a right answer.
const questionLife = 15 * time.Minute

// Answered is a secret question as somebody answers it, with what must go with it: the
// question alone opens nothing.
type Answered struct {
	Number     string // of the member
	AccessCode string
	Question   int // 1 to 4
	Answer     string
	Source     string // network it comes from
}

// String leaves everything out.
func (a Answered) String() string { return "answer to a secret question" }

// GoString is String.
func (a Answered) GoString() string { return a.String() }

// ByQuestion is a right answer, as Store.PassQuestion keeps it.
type ByQuestion struct {
	Tried  Tried
	Code   Code
	Secret string
	At     time.Time
}

// Answer judges an answer to a secret question and returns the secret of a ResetLink for
// a new password. Who has confirmed an address takes the link to it, unless the mutuality
// allows both (profile.QuestionBesideLink). ErrHandle for what cannot be a number or a
// code; ErrRefused for anything else that is wrong, at one cost; *WaitError, ErrClosed,
// password.ErrBusy.
func (s *Service) Answer(ctx context.Context, a Answered) (secret string, err error) {
	number, bad := ParseMemberNumber(a.Number)
	code, wrong := ParseAccessCode(a.AccessCode)
	if bad != nil || wrong != nil {
		return "", ErrHandle
	}
	place, err := s.Gate.Enter()
	if err != nil {
		return "", err
	}
	defer place.Leave()
	tried, err := s.Store.Try(ctx, Try{Mutuality: s.Mutuality, Handle: Handle{Kind: KindQuestion, Value: number},
		Source: a.Source, Limits: LimitsOf(s.Profile), At: s.Now(), Nobody: true})
	if err != nil {
		return "", err
	}
	account, question, hash, err := s.asked(ctx, number)
	if err != nil {
		return "", err
	}
	right, _, err := place.Verify(ctx, hash, FoldAnswer(a.Answer))
	if err != nil {
		return "", errors.Join(err, s.Store.Release(context.WithoutCancel(ctx), tried))
	}
	same := subtle.ConstantTimeCompare([]byte(code), []byte(account.AccessCode)) == 1
	if !right || !same || question != a.Question || !s.mayAnswer(account) {
		return "", ErrRefused
	}
	made, secret, err := s.NewCode(Grant{Member: account.Member, Purpose: ResetLink, Life: questionLife})
	if err != nil {
		return "", err
	}
	return secret, s.Store.PassQuestion(ctx, ByQuestion{Tried: tried, Code: made, Secret: secret, At: s.Now()})
}

// asked is the account of that member number with its question; nobody's is empty.
func (s *Service) asked(ctx context.Context, number string) (Account, int, string, error) {
	found, err := s.Find(ctx, Handle{Kind: KindMemberNumber, Value: number})
	member := auth.MemberID("")
	if len(found) == 1 {
		member = found[0]
	}
	if err != nil || member == "" {
		return Account{}, 0, "", err
	}
	account, err := s.Account(ctx, member)
	if err != nil {
		return Account{}, 0, "", err
	}
	question, hash, err := s.Store.Question(ctx, s.Mutuality, member)
	return account, question, hash, err
}

func (s *Service) mayAnswer(a Account) bool {
	return a.State == Active && a.AccessCode != "" && s.Profile.Recovers(profile.ByQuestion) &&
		(!a.Certified() || s.Profile.Has(profile.QuestionBesideLink))
}
