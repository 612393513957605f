package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"guichet.example/portal/profile"
)

// enrolByProfile is the profile's own way to enrol, as a newcomer walks it: facts she
// has on paper, an address, a password, a link; then the account, once.
func (j *journey) enrolByProfile(ctx context.Context) error {
	const who, password = "odile", "Neuf lucioles dorment sous 1 pont."
	prof := j.world.portal.Classic().Profile
	var err error
	switch {
	case prof.Enrols(profile.ByAccessCode):
		err = j.enrolByPair(ctx, who, password)
	case prof.Enrols(profile.ByIdentity):
		err = j.enrolByIdentity(ctx, who, password)
	case prof.Enrols(profile.BySixFields):
		err = j.enrolByFacts(ctx, who, password)
	default:
		return nil // emut: enrol-letter, enrol-card and enrol-counter
	}
	if err != nil {
		return err
	}
	if err := j.enterAs(ctx, j.identifierOf(who), password, http.StatusOK); err != nil {
		return fmt.Errorf("signing in with the new account: %w", err)
	}
	j.say("signed in with the new account: %s", j.browser.heading())
	return j.leave(ctx)
}

// identifierOf is what a newcomer types to sign in under the profile.
func (j *journey) identifierOf(who string) string {
	if j.world.portal.Classic().Profile.Takes(profile.AccessCode) {
		return printedCode(who)
	}
	return newcomerEmail(who)
}

func (j *journey) enrolByPair(ctx context.Context, who, password string) error {
	number := strings.TrimLeft(strings.ReplaceAll(j.person(who).Member.Affiliation, " ", ""), "0")
	if err := j.refused(ctx, "enrol/code", map[string]string{"number": number, "code": "zz99zz"}); err != nil {
		return err
	}
	j.say("a wrong pair of number and code is refused")
	pair := map[string]string{"number": number, "code": strings.ToUpper(printedCode(who))}
	if err := j.fill(ctx, "enrol/code", pair); err != nil {
		return err
	}
	if err := j.finishDraft(ctx, who, password); err != nil {
		return err
	}
	if err := j.refused(ctx, "enrol/code", pair); err != nil {
		return err
	}
	j.say("the pair enrols nobody a second time")
	return nil
}

func (j *journey) enrolByIdentity(ctx context.Context, who, password string) error {
	p := j.person(who)
	facts := map[string]string{"number": p.Member.Affiliation, "surname": strings.ToUpper(p.Member.Surname), "given": "odile-marie",
		"birth-day": "11", "birth-month": "9", "birth-year": "1956"}
	if err := j.refused(ctx, "enrol/identity", facts); err != nil {
		return err
	}
	j.say("facts of which one is wrong are refused")
	facts["given"] = "ODÎLE"
	if err := j.fill(ctx, "enrol/identity", facts); err != nil {
		return err
	}
	return j.finishDraft(ctx, who, password)
}

// finishDraft walks the steps after the first, and the link.
func (j *journey) finishDraft(ctx context.Context, who, password string) error {
	j.say("found: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/enrol/contact", map[string]string{"email": newcomerEmail(who), "private": "1"}); err != nil {
		return err
	}
	fill := map[string]string{"new": password, "again": password}
	if j.browser.choice("question") != "" {
		fill["question"], fill["answer"] = "2", "Rue de l’Église"
	}
	if err := j.browser.submit(ctx, "/enrol/password", fill); err != nil {
		return err
	}
	j.say("address and password given: %s", j.browser.heading())
	var status *statusError
	if err := j.browser.submit(ctx, "/enrol/check", nil); !errors.As(err, &status) || status.status != http.StatusUnprocessableEntity {
		return fmt.Errorf("enrolled without the terms: %v", err)
	}
	if err := j.browser.submit(ctx, "/enrol/check", map[string]string{"terms": "1"}); err != nil {
		return err
	}
	j.say("terms accepted: %s", j.browser.heading())
	if err := j.enterAs(ctx, j.identifierOf(who), password, http.StatusUnprocessableEntity); err != nil {
		return fmt.Errorf("signing in before the link: %w", err)
	}
	j.say("no account before the link is opened")
	return j.openLink(ctx, newcomerEmail(who), nil)
}

func (j *journey) enrolByFacts(ctx context.Context, who, password string) error {
	p := j.person(who)
	facts := map[string]string{"mutuality": "700", "number": p.Member.Affiliation, "surname": p.Member.Surname,
		"birth-day": "11", "birth-month": "9", "birth-year": "1956", "postcode": "9999", "email": newcomerEmail(who)}
	if err := j.fill(ctx, "enrol/facts", facts); err != nil {
		return err
	}
	wrong := text(j.browser.page)
	facts["postcode"] = p.Person.Postcode
	if err := j.fill(ctx, "enrol/facts", facts); err != nil {
		return err
	}
	if len(wrong) != len(text(j.browser.page)) {
		return errors.New("the page tells whether the facts are right")
	}
	j.say("six facts, wrong and right: %s, word for word", j.browser.heading())
	return j.openLink(ctx, newcomerEmail(who), map[string]string{"new": password, "again": password})
}

// openLink opens the link of the newest mail, twice, and presses its button.
func (j *journey) openLink(ctx context.Context, address string, fill map[string]string) error {
	wait, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	m, err := j.world.post.mailTo(wait, address)
	if err != nil {
		return err
	}
	for range 2 { // a scanner of mails came first
		if err := j.browser.open(ctx, linkIn(m)); err != nil {
			return err
		}
	}
	j.say("the link of the mail: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "", fill); err != nil {
		return err
	}
	j.say("pressed: %s", j.browser.heading())
	var gone *statusError
	if err := j.browser.open(ctx, linkIn(m)); !errors.As(err, &gone) || gone.status != http.StatusGone {
		return fmt.Errorf("the link opens twice: %v", err)
	}
	return nil
}
