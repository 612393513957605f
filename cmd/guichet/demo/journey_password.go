package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"guichet.example/portal/profile"
)

// byPassword is the classic way in: a wrong password, the right one, what it opens and
// what not, another password, and the old one that opens nothing any more.
func (j *journey) byPassword(ctx context.Context) error {
	const who, next = "mathieu", "Quatre loutres jouent aux 5 cartes."
	if err := j.enter(ctx, who, "not this one, surely", http.StatusUnprocessableEntity); err != nil {
		return err
	}
	j.say("a wrong password: %s", strings.TrimSpace(j.browser.heading()))
	if err := j.enter(ctx, who, classics[who].Password, http.StatusOK); err != nil {
		return err
	}
	j.say("signed in by password (Argon2id, low assurance): %s", j.browser.heading())
	var closed *statusError
	if err := j.browser.open(ctx, j.prefix+"bank/change"); !errors.As(err, &closed) || closed.status != http.StatusForbidden {
		return fmt.Errorf("a password opens the bank account: %v", err)
	}
	j.say("the bank account stays closed to a password")
	if err := j.sendOrder(ctx); err != nil {
		return err
	}
	if err := j.browser.open(ctx, j.prefix+"account/password"); err != nil {
		return err
	}
	err := j.browser.submit(ctx, "/account/password", map[string]string{"current": classics[who].Password, "new": next, "again": next})
	if err != nil {
		return err
	}
	j.say("another password: %s", j.browser.heading())
	if err := j.leave(ctx); err != nil {
		return err
	}
	if err := j.enter(ctx, who, classics[who].Password, http.StatusUnprocessableEntity); err != nil {
		return err
	}
	if err := j.enter(ctx, who, next, http.StatusOK); err != nil {
		return err
	}
	j.say("the old password opens nothing, the new one: %s", j.browser.heading())
	return j.putBack(ctx, next, classics[who].Password)
}

// putBack restores the password that the desk shows, for who tries the demo afterwards.
func (j *journey) putBack(ctx context.Context, current, before string) error {
	if err := j.browser.open(ctx, j.prefix+"account/password"); err != nil {
		return err
	}
	err := j.browser.submit(ctx, "/account/password", map[string]string{"current": current, "new": before, "again": before})
	if err != nil {
		return err
	}
	j.say("and the first one again")
	return j.leave(ctx)
}

// byProfile signs in with each identifier that the profile of this name takes.
func (j *journey) byProfile(ctx context.Context) error {
	const who = "lotte"
	prof := j.world.portal.Classic().Profile
	for _, identifier := range prof.Identifiers {
		if identifier == profile.UserNumber {
			continue // grace has one
		}
		typed := j.typed(who, identifier)
		if err := j.enterAs(ctx, typed, classics[who].Password, http.StatusOK); err != nil {
			return fmt.Errorf("signing in by %s: %w", identifier, err)
		}
		j.say("profile %s, signed in by %s: %s", prof.ID, identifier, j.browser.heading())
		if err := j.browser.open(ctx, j.prefix+"account/access"); err != nil {
			return err
		}
		j.say("%s", j.browser.heading())
		if err := j.leave(ctx); err != nil {
			return err
		}
	}
	if prof.Takes(profile.UserNumber) {
		if err := j.enterAs(ctx, userNumber("grace"), classics["grace"].Password, http.StatusOK); err != nil {
			return fmt.Errorf("signing in by user number: %w", err)
		}
		j.say("profile %s, signed in by a user number of the mutuality: %s", prof.ID, j.browser.heading())
	}
	return j.enrolByProfile(ctx)
}

// typed is what the person types as that identifier, not as tidily as we keep it.
func (j *journey) typed(key string, identifier profile.Identifier) string {
	p := j.person(key)
	switch identifier {
	case profile.NationalNumber:
		return mustNumber(p.Person.NationalNumber).String()
	case profile.AccessCode:
		return strings.ToUpper(classics[key].AccessCode)
	}
	return " " + strings.ToUpper(p.Member.Email)
}

func (j *journey) person(key string) character {
	for _, p := range j.world.people {
		if p.Key == key {
			return p
		}
	}
	return character{}
}

func (j *journey) enter(ctx context.Context, key, password string, want int) error {
	return j.enterAs(ctx, j.typed(key, j.world.portal.Classic().Profile.Identifiers[0]), password, want)
}

// enterAs fills the form of the password door. want is the status of the page it leads to.
func (j *journey) enterAs(ctx context.Context, identifier, password string, want int) error {
	if err := j.browser.open(ctx, j.prefix+"sign-in/password"); err != nil {
		return err
	}
	fill := map[string]string{"identifier": identifier, "password": password}
	if p := j.world.portal.Classic().Profile; p.Takes(profile.MutualityEmail) {
		fill["mutuality"] = strings.TrimLeft(p.Number, "0")
	}
	err := j.browser.submit(ctx, "/sign-in/password", fill)
	var status *statusError
	if errors.As(err, &status) && status.status == want {
		return nil
	}
	if err == nil && want != http.StatusOK {
		return fmt.Errorf("the answer is a page, not status %d", want)
	}
	return err
}

func (j *journey) leave(ctx context.Context) error {
	return j.browser.submit(ctx, "/sign-out", nil)
}
