package recovery

import (
	"context"
	"fmt"
	"time"

	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/profile"
)

// Work does what was asked, out of sight of who asked. All fields are required.
type Work struct {
	Store   Store
	Classic *credentials.Service
	House   letters.House
	Now     func() time.Time
}

// Plan is how the jobs of JobKind are done.
func (w *Work) Plan() jobs.Plan {
	return jobs.Plan{Do: w.Do, First: 10 * time.Second, Last: 10 * time.Minute, Tries: 200}
}

// Answer is what comes of an ask: a code and what carries it. The zero Answer is
// nothing, for who is not known or has not this way.
type Answer struct {
	Code   credentials.Code // of no member: no code
	Secret string
	Mail   *mail.Message
	Letter *letters.Letter
	// Bounds of what a stranger can have sent to her. Beyond them nothing is made, and
	// what is on its way stays good.
	Rest   time.Duration // no second code while one that is younger is still good
	Window time.Duration
	Most   int // codes of the purpose made within Window
}

// Bounds of links and letters, for one member.
const (
	linkWindow   = time.Hour
	mostLinks    = 5
	letterRest   = 4 * 24 * time.Hour // longer than a letter takes: a second one would kill its code
	letterWindow = 30 * 24 * time.Hour
	mostLetters  = 4
)

// Do is the handler of jobs of JobKind.
func (w *Work) Do(ctx context.Context, j jobs.Job) error {
	ask, err := unmarshal(j.Payload)
	if err != nil {
		return jobs.Never(err)
	}
	answer, err := w.answer(ctx, ask)
	if err != nil {
		return err
	}
	if err := w.Store.Answer(ctx, j, answer); err != nil {
		return err
	}
	return jobs.ErrSettled
}

func (w *Work) answer(ctx context.Context, ask Ask) (Answer, error) {
	found, err := w.Classic.Find(ctx, ask.Handle)
	if err != nil || len(found) != 1 { // a shared address names nobody
		return Answer{}, err
	}
	account, err := w.Classic.Account(ctx, found[0])
	if err != nil {
		return Answer{}, err
	}
	// Who never finished enrolling enrols again; recovery is no short cut to it.
	if account.State != credentials.Active && account.State != credentials.Disabled {
		return Answer{}, nil
	}
	switch ask.Way {
	case profile.ByLink:
		return w.link(account)
	case profile.ByLetter:
		return w.letter(account)
	}
	return Answer{}, nil
}

// link goes to her certified address and nowhere else.
func (w *Work) link(a credentials.Account) (Answer, error) {
	if !a.Certified() {
		return Answer{}, nil
	}
	code, secret, err := w.Classic.NewCode(credentials.Grant{Member: a.Member, Purpose: credentials.ResetLink, Life: linkLife(w.Classic)})
	if err != nil {
		return Answer{}, fmt.Errorf("drawing a link: %w", err)
	}
	return Answer{Code: code, Secret: secret, Window: linkWindow, Most: mostLinks, Mail: &mail.Message{
		Mutuality: a.Mutuality, Member: a.Member, To: a.Email, Template: mail.ResetLink, Lang: a.Language, Until: code.Expires,
		Values: map[string]string{
			string(mail.Link):  w.House.Origin + "/" + a.Language + "/" + linkPath + "/" + secret,
			string(mail.Until): code.Expires.UTC().Format(time.RFC3339)},
	}}, nil
}

// letter goes to the address on file; a mail tells of it, if her address is certified,
// so that one she did not ask for does not come unseen.
func (w *Work) letter(a credentials.Account) (Answer, error) {
	code, secret, err := w.Classic.NewCode(credentials.Grant{Member: a.Member, Purpose: credentials.ResetLetter})
	if err != nil {
		return Answer{}, fmt.Errorf("drawing a code: %w", err)
	}
	answer := Answer{Code: code, Secret: secret, Rest: letterRest, Window: letterWindow, Most: mostLetters,
		Letter: &letters.Letter{Mutuality: a.Mutuality, Member: a.Member, Kind: letters.NewPassword, Lang: a.Language,
			Deadline: code.Expires, Secret: secret}}
	if a.Certified() {
		answer.Mail = &mail.Message{Mutuality: a.Mutuality, Member: a.Member, To: a.Email, Template: mail.LetterOnItsWay, Lang: a.Language,
			Values: map[string]string{string(mail.By): w.House.ExpectedBy(w.Now()).Format(time.DateOnly)}}
	}
	return answer, nil
}
