package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// recoverAccess is a password forgotten twice: a link by mail, then a code by post.
func (j *journey) recoverAccess(ctx context.Context) error {
	const who, byLink, byLetter = "mathieu", "Cinq marmottes sifflent 2 airs.", "Six castors portent 7 troncs."
	link, err := j.linkByMail(ctx, who)
	if err != nil {
		return err
	}
	if err := j.redeem(ctx, link, byLink); err != nil {
		return err
	}
	if err := j.enter(ctx, who, byLink, http.StatusOK); err != nil {
		return err
	}
	j.say("signed in with the new password: %s", j.browser.heading())
	if err := j.linkIsOver(ctx, link); err != nil {
		return err
	}
	if err := j.leave(ctx); err != nil {
		return err
	}
	if err := j.codeByPost(ctx, who, byLetter); err != nil {
		return err
	}
	return j.putBack(ctx, byLetter, classics[who].Password)
}

// forget fills the page of a forgotten password.
func (j *journey) forget(ctx context.Context, who, way string) error {
	if err := j.browser.open(ctx, j.prefix+"sign-in/password"); err != nil {
		return err
	}
	if err := j.browser.follow(ctx, "/recover/password"); err != nil {
		return err
	}
	typed := j.typed(who, j.world.portal.Classic().Profile.Identifiers[0])
	return j.browser.submit(ctx, "/recover/password", map[string]string{"identifier": typed, "way": way})
}

func (j *journey) linkByMail(ctx context.Context, who string) (string, error) {
	if err := j.forget(ctx, who, "link"); err != nil {
		return "", err
	}
	j.say("forgotten password, by e-mail: %s", j.browser.heading())
	m, err := j.world.post.mailTo(ctx, j.person(who).Member.Email, "/recover/link/")
	if err != nil {
		return "", err
	}
	j.say("mail: %s", m.Subject)
	link, err := url.Parse(linkIn(m))
	if err != nil {
		return "", errors.New("the mail's link is none") // it holds a secret
	}
	return link.Path, nil
}

// redeem sets a password with a link.
func (j *journey) redeem(ctx context.Context, link, next string) error {
	if err := j.browser.open(ctx, link); err != nil {
		return fmt.Errorf("opening the link: %w", err)
	}
	j.say("the link opens a page that asks: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/recover/link/", map[string]string{"new": next, "again": next}); err != nil {
		return err
	}
	if !strings.HasSuffix(j.browser.at.Path, "/sign-in/password") {
		return fmt.Errorf("after the new password comes %s", j.browser.at.Path)
	}
	return nil
}

// linkIsOver opens the link once more.
func (j *journey) linkIsOver(ctx context.Context, link string) error {
	var status *statusError
	if err := j.browser.open(ctx, link); !errors.As(err, &status) || status.status != http.StatusGone {
		return fmt.Errorf("the link opens twice: %v", err)
	}
	j.say("the link a second time: %s", j.browser.heading())
	return nil
}

// codeByPost asks for a letter, and types its code as the password.
func (j *journey) codeByPost(ctx context.Context, who, next string) error {
	if err := j.forget(ctx, who, "letter"); err != nil {
		return err
	}
	j.say("forgotten again, by post: %s", j.browser.heading())
	p := j.person(who)
	if _, err := j.world.post.mailTo(ctx, p.Member.Email, "lettre"); err != nil {
		return err
	}
	if err := j.world.deliver(ctx); err != nil {
		return err
	}
	letter, ok := j.world.post.letterTo(p.Member.Name())
	if !ok {
		return errors.New("no letter came")
	}
	j.say("letter %s printed, posted and in the letter box", letter.Reference)
	if err := j.enter(ctx, who, letter.Secret, http.StatusOK); err != nil {
		return err
	}
	j.say("its code opens one page: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/sign-in/password/new", map[string]string{"new": next, "again": next}); err != nil {
		return err
	}
	j.say("signed in: %s", j.browser.heading())
	return nil
}
