package recovery

import (
	"context"
	"fmt"
	"time"

	"guichet.example/auth"
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
	Task   *Task // instead of a code
	// Bounds of what a stranger can have sent to her. Beyond them nothing is made, and
	// what is on its way stays good.
	Window  time.Duration
	Most    int // links made within Window
	Letters letters.Bounds
}

// Task is a lost access code, for staff. Their answer goes to what is on file and never
// to the address that was typed.
type Task struct {
	Mutuality string
	Member    auth.MemberID // "": staff find out
	Language  string
	Number    string // of the member, as typed
	Email     string // as typed
}

// Bounds of links, for one member; those of letters are in package letters.
const (
	linkWindow = time.Hour
	mostLinks  = 5
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
	found, err := w.find(ctx, ask)
	if err != nil {
		return Answer{}, err
	}
	if ask.Way == profile.ByLostCode { // staff look further than we do
		return w.task(ctx, ask, found)
	}
	if len(found) != 1 { // a shared address names nobody
		return Answer{}, nil
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
	case profile.BySixFields:
		return w.match(ctx, account, ask)
	}
	return Answer{}, nil
}

func (w *Work) find(ctx context.Context, ask Ask) ([]auth.MemberID, error) {
	if ask.Nobody {
		return nil, nil
	}
	return w.Classic.Find(ctx, ask.Handle)
}

// match sends a link, not a password, if all that was typed is on file; it goes
// to the address on file, which is the one that was typed.
func (w *Work) match(ctx context.Context, a credentials.Account, ask Ask) (Answer, error) {
	person, err := w.Store.OnFile(ctx, a.Mutuality, a.Member)
	if err != nil || ask.Person == nil || !person.Is(*ask.Person) {
		return Answer{}, err
	}
	return w.linkTo(a, person.Email)
}

// task is that of a lost access code. The member is in it only if number and
// address are those on file: then her file is one step away for who answers.
func (w *Work) task(ctx context.Context, ask Ask, found []auth.MemberID) (Answer, error) {
	if ask.Person == nil {
		return Answer{}, nil
	}
	answer := Answer{Task: &Task{Mutuality: ask.Mutuality, Language: ask.Lang, Number: ask.Person.Number, Email: ask.Person.Email}}
	if len(found) != 1 {
		return answer, nil
	}
	person, err := w.Store.OnFile(ctx, ask.Mutuality, found[0])
	if err != nil {
		return Answer{}, err
	}
	have, bad := credentials.FoldEmail(person.Email)
	typed, _ := credentials.FoldEmail(ask.Person.Email)
	if bad == nil && have == typed {
		answer.Task.Member = found[0]
	}
	return answer, nil
}

// link goes to her certified address and nowhere else.
func (w *Work) link(a credentials.Account) (Answer, error) {
	if !a.Certified() {
		return Answer{}, nil
	}
	return w.linkTo(a, a.Email)
}

func (w *Work) linkTo(a credentials.Account, address string) (Answer, error) {
	if _, err := mail.ParseAddress(address); err != nil {
		return Answer{}, nil
	}
	code, secret, err := w.Classic.NewCode(credentials.Grant{Member: a.Member, Purpose: credentials.ResetLink, Life: linkLife(w.Classic)})
	if err != nil {
		return Answer{}, fmt.Errorf("drawing a link: %w", err)
	}
	return Answer{Code: code, Secret: secret, Window: linkWindow, Most: mostLinks, Mail: &mail.Message{
		Mutuality: a.Mutuality, Member: a.Member, To: address, Template: mail.ResetLink, Lang: a.Language, Until: code.Expires,
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
	answer := Answer{Code: code, Secret: secret, Letters: w.House.Bounds(w.Now()),
		Letter: &letters.Letter{Mutuality: a.Mutuality, Member: a.Member, Kind: letters.NewPassword, Lang: a.Language,
			Deadline: code.Expires, Secret: secret}}
	if a.Certified() {
		answer.Mail = &mail.Message{Mutuality: a.Mutuality, Member: a.Member, To: a.Email, Template: mail.LetterOnItsWay, Lang: a.Language,
			Values: map[string]string{string(mail.By): w.House.ExpectedBy(w.Now()).Format(time.DateOnly)}}
	}
	return answer, nil
}
