package store

import (
	"guichet.example/auth"
)

// Places of columns of appointments, as coreTables lists them.
const (
	appointmentMember = 0
	appointmentAt     = 2
	appointmentState  = 8
)

// tellAppointment writes to a member that there is something new in her space, when an
// appointment that is still to come, or was, has been delivered changed. The mail says
// nothing of it: the page does. What was over before is only corrected.
func tellAppointment(l *load, old, now []any) error {
	present := micros(l.db.cfg.Now())
	before, _ := old[appointmentAt].(int64)
	after, _ := now[appointmentAt].(int64)
	state, _ := now[appointmentState].(string)
	member, _ := now[appointmentMember].(string)
	if before < present && after < present || state == "done" {
		return nil
	}
	return l.db.tellNews(l.t, l.mutuality, auth.MemberID(member))
}
