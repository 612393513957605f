package portal_test

import (
	"testing"
	"time"

	"guichet.example/portal"
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

func TestRightsSettings(t *testing.T) {
	for name, s := range map[string]portal.RightsSettings{
		"negative": {FileUrgent: -1}, "longer than a year": {AgreementEnding: 367}, "soon is later than urgent": {FileUrgent: 30, FileSoon: 20},
		"years of no archive": {StatementYears: 31}, "years to come": {StatementYears: -1}, "a ceiling of next year": {MafYears: -1}, "ceilings of no archive": {MafYears: 11}, "a period that is no choice": {RefundMonths: 2},
	} {
		if s.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for _, s := range []portal.RightsSettings{{}, {FileUrgent: 10, FileSoon: 40, AgreementEnding: 14}, {StatementYears: 5, RefundMonths: 12, MafYears: 5}} {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
}
