package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/indemnities"
	"guichet.example/portal/locale"
)

var _ indemnities.DeskStore = (*DB)(nil)

// appointmentsOfDay is found by appointments_at; what is to be brought is not read.
const appointmentsOfDay = `
	SELECT a.member, a.appointment, a.at, a.place, a.city, a.state, m.given_names, m.surname, m.birth
	FROM appointments a JOIN members m ON m.mutuality = a.mutuality AND m.member = a.member
	WHERE a.mutuality = ? AND a.at >= ? AND a.at < ?`

// AppointmentsOf implements indemnities.DeskStore.
func (db *DB) AppointmentsOf(ctx context.Context, o auth.Officer, day time.Time, after indemnities.VisitPlace, limit int) (indemnities.Day, error) {
	var list indemnities.Day
	note := db.officerEntry(ctx, o, "", audit.ListAppointments, "day/"+day.Format(dateLayout))
	err := db.revealEach(ctx, note, func(c *conn) (of []auth.MemberID, err error) {
		if list, err = appointmentsOf(c, o.Mutuality, day, after, bounded(limit)); err != nil {
			return nil, err
		}
		for _, v := range list.Visits {
			if !slices.Contains(of, v.Member) {
				of = append(of, v.Member)
			}
		}
		return of, nil
	})
	if err != nil {
		return indemnities.Day{}, fmt.Errorf("reading the appointments of a day: %w", err)
	}
	return list, nil
}

func appointmentsOf(c *conn, mutuality string, day time.Time, after indemnities.VisitPlace, limit int) (list indemnities.Day, err error) {
	ages, err := agesOf(c, mutuality)
	if err != nil {
		return list, err
	}
	list.AsOf = ages[core.KindAppointment]
	from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, locale.Zone())
	query, args := appointmentsOfDay, []any{mutuality, micros(from), micros(from.AddDate(0, 0, 1))}
	if after != (indemnities.VisitPlace{}) {
		query += ` AND (a.place, a.city, a.at, a.member, a.appointment) > (?, ?, ?, ?, ?)`
		args = append(args, after.Place, after.City, micros(after.At), string(after.Member), after.Reference)
	}
	query += ` ORDER BY a.place, a.city, a.at, a.member, a.appointment LIMIT ?`
	err = c.each(query, append(args, limit+1), func(scan func(...any) error) error {
		v, err := scanVisit(scan)
		list.Visits = append(list.Visits, v)
		return err
	})
	if len(list.Visits) > limit {
		list.Visits, list.More = list.Visits[:limit], true
	}
	return list, err
}

func scanVisit(scan func(...any) error) (v indemnities.Visit, err error) {
	var at int64
	var given, surname string
	var d dates
	err = scan(&v.Member, &v.Reference, &at, &v.Place, &v.City, &v.State, &given, &surname, d.at(&v.Birth))
	if err == nil {
		err = d.read()
	}
	v.At, v.Name = fromMicros(at), account.Member{GivenNames: given, Surname: surname}.Name()
	return v, err
}
