package store

import (
	"time"

	"guichet.example/auth"
	"guichet.example/portal/feature"
	"guichet.example/portal/mail"
	"guichet.example/portal/people"
)

// Places of columns of appointments, as coreTables lists them.
const (
	appointmentMember = 0
	appointmentAt     = 2
	appointmentState  = 8
)

// tellAppointment writes to a member that there is something new in her space, when an
// appointment that is still to come, or was, has been delivered changed. The mail says
// nothing of it: the page does, as it stands when she reads it. What was over before is
// only corrected.
func tellAppointment(l *load, old, now []any) error {
	present := micros(l.db.cfg.Now())
	before, _ := old[appointmentAt].(int64)
	after, _ := now[appointmentAt].(int64)
	state, _ := now[appointmentState].(string)
	member, _ := now[appointmentMember].(string)
	if before < present && after < present || state == "done" {
		return nil
	}
	next := min(before, after)
	if next < present {
		next = max(before, after)
	}
	return l.db.appointmentNotice(l.t, l.mutuality, auth.MemberID(member), fromMicros(next))
}

// ahead is how long before an appointment a member is told in the morning: later than that,
// she is told at once.
const ahead = 24 * time.Hour

// noticedAppointment is the kind of notice_days.
const noticedAppointment = "appointment"

// appointmentNotice tells a member, once a day at most however often it moves, that an
// appointment has changed: in the morning, or at once if it is soon and she has not been
// told today.
func (db *DB) appointmentNotice(t *tx, mutuality string, member auth.MemberID, soonest time.Time) error {
	if db.cfg.Off.Has(feature.Indemnities) {
		return nil
	}
	now := db.cfg.Now()
	due := nextMorning(now)
	today := people.Today(now).Format(time.DateOnly)
	var last string
	err := t.get(`SELECT coalesce(max(day), '') FROM notice_days WHERE mutuality = ? AND member = ? AND notice = ?`,
		[]any{mutuality, string(member), noticedAppointment}, &last)
	if err != nil {
		return err
	}
	if last < today && soonest.Before(due.Add(ahead)) {
		due = now
	}
	day := people.Today(due).Format(time.DateOnly)
	if day <= last {
		return nil
	}
	if err := db.noticeAt(t, mutuality, member, mail.MessageInSpace, due); err != nil {
		return err
	}
	_, err = t.exec(`
		INSERT INTO notice_days (mutuality, member, notice, day) VALUES (?, ?, ?, ?)
		ON CONFLICT (mutuality, member, notice) DO UPDATE SET day = excluded.day`,
		mutuality, string(member), noticedAppointment, day)
	return err
}
