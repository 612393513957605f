package main

import (
	"errors"
	"fmt"
	"time"
)

// Bounds of a session: pages warn two minutes before it ends, and nobody works through a
// day with one sign-in (NIST SP 800-63B-4, 2.2.3).
const (
	leastSession = 3 * time.Minute
	mostSession  = 24 * time.Hour
)

// checkBounds refuses spans and counts that would undo what they are for.
func (s *Settings) checkBounds() error {
	for _, b := range []struct {
		key         string
		span        *Duration
		least, most time.Duration
	}{
		{"idle", s.Idle, leastSession, mostSession},
		{"total", s.Total, leastSession, mostSession},
		{"office_idle", s.OfficeIdle, leastSession, mostSession},
		{"office_total", s.OfficeTotal, leastSession, mostSession},
		{"revocation_max_age", s.RevocationMaxAge, 0, 24 * time.Hour},            // a card is out within a day
		{"archive.renew_before", s.Archive.RenewBefore, 24 * time.Hour, 1 << 62}, // the rounds of renewal
	} {
		switch span := b.span.or(b.least); {
		case span < b.least:
			return fmt.Errorf("%q is shorter than %s", b.key, b.least)
		case span > b.most:
			return fmt.Errorf("%q is longer than %s", b.key, b.most)
		}
	}
	switch {
	case s.Idle.or(15*time.Minute) > s.Total.or(8*time.Hour):
		return errors.New(`"idle" is longer than "total"`)
	case s.OfficeIdle.or(10*time.Minute) > s.OfficeTotal.or(8*time.Hour):
		return errors.New(`"office_idle" is longer than "office_total"`)
	case s.Connections != 0 && (s.Connections < leastConnections || s.Connections > mostConnections):
		return fmt.Errorf("%q is not from %d to %d", "connections", leastConnections, mostConnections)
	case s.RequestsPerDay < 0:
		return errors.New(`"requests_per_day" is negative`)
	case s.SearchesPerHour < 0:
		return errors.New(`"searches_per_hour" is negative`)
	}
	return nil
}
