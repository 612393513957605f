package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// enrolByCard is the first sign-in with a card of somebody who is insured: the account is
// there at once, and once. A stranger's card opens nothing.
func (j *journey) enrolByCard(ctx context.Context) error {
	j.prefix = "/nl/"
	var problem Problem
	if err := j.signIn(ctx, "louise"); !errors.As(err, &problem) || !strings.Contains(problem.Text, " ") {
		return fmt.Errorf("a stranger's card: %v", err)
	}
	j.say("card of somebody whom nobody insures here: %s", problem.State)
	if err := j.signIn(ctx, "nele"); err != nil {
		return err
	}
	if !strings.HasSuffix(j.browser.at.Path, "/enrol/opened") {
		return fmt.Errorf("the first sign-in led to %s", j.browser.at.Path)
	}
	if err := j.mailSays(ctx, "nele"); err != nil {
		return err
	}
	if err := j.browser.open(ctx, j.prefix+"account/access"); err != nil {
		return err
	}
	j.say("her account: %s", j.browser.heading())
	if err := j.leave(ctx); err != nil {
		return err
	}
	if err := j.signIn(ctx, "nele"); err != nil {
		return err
	}
	if !strings.HasSuffix(j.browser.at.Path, "/home") {
		return fmt.Errorf("the second sign-in led to %s", j.browser.at.Path)
	}
	return j.leave(ctx)
}

// mailSays waits for the mail that tells somebody of her new account.
func (j *journey) mailSays(ctx context.Context, who string) error {
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	m, err := j.world.post.mailTo(ctx, j.person(who).Member.Email)
	if err != nil {
		return err
	}
	j.say("mail to %s: %s", m.To, m.Subject)
	return nil
}

// enrolAtCounter is somebody who comes to a contact point: an officer checks who he is
// and hands over a sealed code.
func (j *journey) enrolAtCounter(ctx context.Context) error {
	const who, password = "karl", "Acht Igel trinken 3 Tassen Tee."
	if err := j.toOffice(ctx, "sofia"); err != nil {
		return err
	}
	number := j.typedNumber(who)
	err := j.fill(ctx, "office/person", map[string]string{"way": "number", "number": number, "why": "visit", "words": "Vient au guichet"})
	if err != nil {
		return err
	}
	j.say("file of the visitor opened, with a reason: %s", j.browser.heading())
	file := strings.TrimPrefix(j.browser.at.Path, j.prefix)
	if err := j.browser.open(ctx, j.prefix+file+"/enrol"); err != nil {
		return err
	}
	if !strings.HasSuffix(j.browser.at.Path, "/identity") {
		return errors.New("an account is given without an identity check")
	}
	err = j.browser.submit(ctx, "/identity", map[string]string{"place": "Verviers", "proof-eid": "1", "proof-photo": "1"})
	if err != nil {
		return err
	}
	j.say("identity checked: %s", j.browser.heading())
	if err := j.browser.submit(ctx, file+"/enrol", nil); err != nil {
		return err
	}
	j.say("code on its way into a sealed letter: %s", j.browser.heading())
	letter, err := j.letterOf(ctx, who)
	if err != nil {
		return err
	}
	if strings.Contains(text(j.browser.page), letter.Secret) {
		return errors.New("the officer sees the code")
	}
	j.say("letter %s handed over unopened", letter.Reference)
	if err := j.browser.submit(ctx, "/office/sign-out", nil); err != nil {
		return err
	}
	j.prefix = "/de/"
	if err := j.redeemCode(ctx, number, letter.Secret, password); err != nil {
		return err
	}
	return j.openedOnce(ctx, number, letter.Secret, password)
}

// fill opens a page and sends its own form.
func (j *journey) fill(ctx context.Context, path string, values map[string]string) error {
	if err := j.browser.open(ctx, j.prefix+path); err != nil {
		return err
	}
	return j.browser.submit(ctx, "/"+path, values)
}

// refused is fill for what must not pass.
func (j *journey) refused(ctx context.Context, path string, values map[string]string) error {
	err := j.fill(ctx, path, values)
	var status *statusError
	if errors.As(err, &status) && status.status == http.StatusUnprocessableEntity {
		return nil
	}
	return fmt.Errorf("%s was not refused: %v", path, err)
}

// toOffice signs an officer in at the office's own door.
func (j *journey) toOffice(ctx context.Context, card string) error {
	if err := j.world.desk.Insert(card); err != nil {
		return fmt.Errorf("inserting a card: %w", err)
	}
	door := j.prefix + "office/sign-in"
	if err := j.browser.open(ctx, door); err != nil {
		return err
	}
	var challenge struct{ Nonce string }
	if err := j.browser.postJSON(ctx, door+"/challenge", struct{}{}, &challenge); err != nil {
		return err
	}
	token, err := j.agent.Authenticate(ctx, challenge.Nonce)
	if err != nil {
		return fmt.Errorf("authenticating: %w", err)
	}
	var entered struct{ Next string }
	if err := j.browser.postJSON(ctx, door, rawJSON(token), &entered); err != nil {
		return err
	}
	if err := j.browser.open(ctx, entered.Next); err != nil {
		return err
	}
	j.say("%s of the staff, by card: %s", card, j.browser.heading())
	return nil
}
