package bank

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/calendar"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
)

// The shield of a change of account: when it is signed, every channel that was known
// before is told, with a link that stops it; two officers must agree; and it cannot be in
// force before a delay is over. Stopping needs no login: whoever took over a login must
// not be able to keep the person who lost it from stopping the theft.

// Working days of the delay, from the day after the signature.
const (
	// DefaultDelay leaves two working days to read and to call after the letter has come,
	// which takes up to letters.WorkingDays: she who reads no e-mail is protected too. That
	// is about the week in which an advisor answers, so that an honest change hardly waits.
	DefaultDelay = letters.WorkingDays + 2
	// MinDelay leaves one.
	MinDelay = letters.WorkingDays + 1
	// MaxDelay bounds how long money goes to an account that may be closed.
	MaxDelay = 20
)

// LinkLife is how long the link lives on after the change came to be in force: it stops
// nothing then, but calls the office.
const LinkLife = 30 * 24 * time.Hour

var (
	// ErrLink means that the link is unknown, used or too old.
	ErrLink = errors.New("link stops nothing any more")
	// ErrInForce means that the change is in force and nothing stops it here.
	ErrInForce = errors.New("change is in force")
)

// CheckDelay refuses a delay that protects nobody or holds money back for long: the letter,
// which takes so many working days, comes before it is over. Zero is the default of each.
func CheckDelay(days, letter int) error {
	if letter != 0 && cmp.Or(days, DefaultDelay) <= letter {
		return fmt.Errorf("a delay of %d working days: the letter that tells of it takes %d", cmp.Or(days, DefaultDelay), letter)
	}
	if days != 0 && (days < MinDelay || days > MaxDelay) {
		return fmt.Errorf("a delay of %d working days: want %d to %d", days, MinDelay, MaxDelay)
	}
	return nil
}

// NotBefore is the first moment at which a change signed then can be in force: midnight in
// Belgium after so many whole working days. Zero days: DefaultDelay.
func NotBefore(signed time.Time, days int, c calendar.Calendar) time.Time {
	if days == 0 {
		days = DefaultDelay
	}
	last := c.AddWorkingDays(signed.In(locale.Zone()), days)
	return midnight(last.AddDate(0, 0, 1))
}

// InForce is when a change comes to be in force: on the day that was asked for, but not
// before the delay is over.
func InForce(notBefore, from time.Time) time.Time {
	if day := midnight(from); day.After(notBefore) {
		return day
	}
	return notBefore
}

// belgianDay is the date in Belgium, as midnight UTC.
func belgianDay(at time.Time) time.Time {
	y, m, d := at.In(locale.Zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// midnight is when the date begins in Belgium.
func midnight(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, locale.Zone()).UTC()
}
