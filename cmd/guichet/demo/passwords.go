package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/profile"
)

// classic is how someone of the demo signs in without a card. The passwords are no
// secret, and please every profile that ships.
type classic struct {
	Password   string
	AccessCode string
	UserNumber bool // has one of the mutuality's own: as a foreigner without a national number would
}

var classics = map[string]classic{
	"mathieu": {Password: "Trois hiboux mangent 1 fromage.", AccessCode: "mt4k7p"},
	"lotte":   {Password: "Twee vossen drinken 3 koffies.", AccessCode: "lv9w2c"},
	"emile":   {Password: "Le tramway 4 sent la cannelle.", AccessCode: "en3h8d"},
	"grace":   {Password: "Seven lanterns over 2 rivers.", AccessCode: "gk5r6t", UserNumber: true},
}

// profileOf is the profile that the demo runs: the one asked for, or the one whose
// journey is walked.
func (c Config) profileOf() (profile.Profile, error) {
	id := c.Profile
	if id == "" && slices.Contains(profile.IDs(), c.Journey) {
		id = c.Journey
	}
	return profile.Config{ID: id}.Profile()
}

// userNumber is the same at each start, as member ids are.
func userNumber(key string) string {
	seed := sha256.Sum256([]byte("made-up user number " + key))
	number, err := credentials.NewUserNumber(bytes.NewReader(seed[:]))
	if err != nil {
		panic(err) // 32 bytes are enough
	}
	return number
}

// givePasswords makes the classic accounts; who has one keeps it, with what was changed.
func (w *world) givePasswords(ctx context.Context, _ Config) error {
	service := w.portal.Classic()
	for _, p := range w.people {
		c, ok := classics[p.Key]
		if !ok {
			continue
		}
		id := memberID(p.Key)
		account, err := service.Account(ctx, id)
		if err != nil {
			return fmt.Errorf("reading the account of %s: %w", p.Key, err)
		}
		if account.State != credentials.None {
			continue
		}
		if err := w.enrolClassic(ctx, p, id, c); err != nil {
			return fmt.Errorf("making the account of %s: %w", p.Key, err)
		}
	}
	return nil
}

func (w *world) enrolClassic(ctx context.Context, p character, id auth.MemberID, c classic) error {
	service := w.portal.Classic()
	hash, err := service.Hash(ctx, id, c.Password)
	if err != nil {
		return err
	}
	e := credentials.Enrolment{Member: id, State: credentials.Active, Hash: hash, AccessCode: c.AccessCode,
		Email: p.Member.Email, Certified: time.Now()}
	if c.UserNumber {
		e.UserNumber = userNumber(p.Key)
	}
	return service.Enrol(ctx, e)
}

// identifiers is what the person types under the demo's profile.
func (w *world) identifiers(p character) string {
	prof := w.portal.Classic().Profile
	switch {
	case prof.Takes(profile.MutualityEmail):
		return prof.Number + ", " + p.Member.Email
	case prof.Takes(profile.NationalNumber):
		if classics[p.Key].UserNumber {
			return mustNumber(p.Person.NationalNumber).String() + " or " + credentials.Handle{Kind: credentials.KindUser, Value: userNumber(p.Key)}.Shown()
		}
		return mustNumber(p.Person.NationalNumber).String()
	case prof.Takes(profile.AccessCode):
		return classics[p.Key].AccessCode + " or " + p.Member.Email
	}
	return p.Member.Email
}

// listPasswords says who signs in with what.
func (w *world) listPasswords(out io.Writer) {
	fmt.Fprintf(out, "\nPasswords (profile %s):\n", w.portal.Classic().Profile.ID)
	for _, p := range w.people {
		if c, ok := classics[p.Key]; ok {
			fmt.Fprintf(out, "  %-8s %-38s %s\n", p.Key, w.identifiers(p), c.Password)
		}
	}
}
