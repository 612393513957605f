package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/html"

	"guichet.example/portal/credentials"
)

// deliveryTime is how long a journey waits for what the counter does by a job.
const deliveryTime = 30 * time.Second

// enrolByLetter is the way of who has neither card reader nor digital key: her number, a
// code by post, a password of her own.
func (j *journey) enrolByLetter(ctx context.Context) error {
	const who, password = "odile", "Neuf lucioles dorment sous 1 pont."
	number := j.typedNumber(who)
	stranger := mustNumber(j.person("louise").Person.NationalNumber).String()
	answers := map[string]string{}
	for _, typed := range []string{stranger, number} {
		if err := j.askLetter(ctx, typed); err != nil {
			return err
		}
		answers[typed] = text(j.browser.find(func(n *html.Node) bool { return n.Data == "main" }))
	}
	if answers[stranger] != answers[number] {
		return errors.New("the page tells which number is known")
	}
	j.say("number asked for, of a member and of a stranger: %s, word for word", j.browser.heading())
	letter, err := j.letterOf(ctx, who)
	if err != nil {
		return err
	}
	j.say("letter %s printed and posted to %s, %s %s", letter.Reference, letter.Street, letter.Postcode, letter.Municipality)
	if err := j.enterAs(ctx, number, "0000-0000-0000", http.StatusUnprocessableEntity); err != nil {
		return fmt.Errorf("trying a wrong code: %w", err)
	}
	if err := j.redeemCode(ctx, number, letter.Secret, password); err != nil {
		return err
	}
	return j.openedOnce(ctx, number, letter.Secret, password)
}

// askLetter asks for a letter to the address of whose number this is.
func (j *journey) askLetter(ctx context.Context, typed string) error {
	if err := j.browser.open(ctx, j.prefix+"enrol"); err != nil {
		return err
	}
	if err := j.browser.follow(ctx, "/enrol/letter"); err != nil {
		return err
	}
	return j.browser.submit(ctx, "/enrol/letter", map[string]string{"number": typed})
}

// letterOf waits until the counter has made a letter to the person, has the mailroom
// print and post all that waits, and opens hers.
func (j *journey) letterOf(ctx context.Context, who string) (opened, error) {
	p := j.person(who)
	name := p.Member.GivenNames + " " + p.Member.Surname
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	for {
		if err := j.world.deliver(ctx); err != nil {
			return opened{}, err
		}
		if letter, ok := j.world.post.letterTo(name); ok {
			return letter, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return opened{}, fmt.Errorf("no letter to %s: %w", who, ctx.Err())
		}
	}
}

// redeemCode types the code of a letter as the first password and chooses another.
func (j *journey) redeemCode(ctx context.Context, identifier, code, password string) error {
	if err := j.enterAs(ctx, identifier, strings.ToLower(strings.ReplaceAll(code, "-", " ")), http.StatusOK); err != nil {
		return fmt.Errorf("signing in with the code: %w", err)
	}
	j.say("the code of the letter, typed as the first password: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/sign-in/password/new", map[string]string{"new": password, "again": password}); err != nil {
		return err
	}
	j.say("password chosen, signed in: %s", j.browser.heading())
	return nil
}

// openedOnce sees that the code is dead and the password opens.
func (j *journey) openedOnce(ctx context.Context, identifier, code, password string) error {
	if err := j.leave(ctx); err != nil {
		return err
	}
	if err := j.enterAs(ctx, identifier, code, http.StatusUnprocessableEntity); err != nil {
		return fmt.Errorf("typing the code again: %w", err)
	}
	if err := j.enterAs(ctx, identifier, password, http.StatusOK); err != nil {
		return err
	}
	j.say("the code opens nothing any more, the password: %s", j.browser.heading())
	return j.leave(ctx)
}

// typedNumber is what the person types to say who she is: her national number, or the
// user number of who has none.
func (j *journey) typedNumber(who string) string {
	p := j.person(who)
	if classics[who].UserNumber {
		return credentials.Handle{Kind: credentials.KindUser, Value: userNumber(who)}.Shown()
	}
	return mustNumber(p.Person.NationalNumber).String()
}
