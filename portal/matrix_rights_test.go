package portal_test

import (
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/indemnities"
	"guichet.example/portal/people"
)

// appointment of a member with the medical adviser.
const appointment kind = "appointment"

// appointed gives a member an appointment with the medical adviser.
func (w *town) appointed(who *inhabitant) string {
	w.t.Helper()
	var affiliation string
	ok(w.t, w.db.QueryRowContext(w.t.Context(), `SELECT affiliation FROM members WHERE mutuality = '`+w.cfg.Mutuality.ID+`' AND member = '`+string(who.id)+`'`).Scan(&affiliation))
	_, err := w.store.Load(w.t.Context(), w.cfg.Mutuality.ID, core.Batch{Kind: core.KindAppointment, AsOf: w.cfg.Now(), Rows: []core.Row{core.Appointment{
		Member: affiliation, Reference: "M-1", At: w.cfg.Now().Add(9 * 24 * time.Hour), Place: "Liège", Street: "Rue du Pont 1", Postcode: "4000", City: "Liège",
		Bring: "identity", State: "set",
	}}})
	ok(w.t, err)
	return indemnities.Appointment{Person: people.Person{Member: who.id}, Appointment: core.Appointment{Reference: "M-1"}}.ID()
}
