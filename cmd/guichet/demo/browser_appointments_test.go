package demo

import (
	"strings"
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
)

// received gives two members an appointment with the medical adviser yesterday.
func (s *stage) received(t *testing.T) time.Time {
	t.Helper()
	now := time.Now().In(locale.Zone())
	yesterday := time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, locale.Zone())
	at := func(member, reference, place, state string, hour int) core.Row {
		return core.Appointment{Member: member, Reference: reference, At: yesterday.Add(time.Duration(hour) * time.Hour), Place: place,
			Street: "Rue du Pont 1", Postcode: "4000", City: "Liège", Bring: "imaging", State: state}
	}
	out, err := s.store.Load(t.Context(), mutualityID, core.Batch{Kind: core.KindAppointment, AsOf: now, Rows: []core.Row{
		at("0305 118 422", "M-desk-1", "Liège", "moved", 9), at("0305 207 915", "M-desk-2", "Médecin-conseil", "cancelled", 10), at("0305 118 422", "M-desk-3", "Médecin-conseil", "set", 11)}})
	if err != nil || len(out.Rejects) > 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	return yesterday
}

// The medical adviser's desk sees who comes on a day, in each language, narrow, on paper,
// by keyboard and without a script; nothing else is open to it, and whom it saw reads so.
func TestBrowserAppointments(t *testing.T) {
	s := onStage(t)
	yesterday := s.received(t)
	o := s.window(t)
	o.toOffice("karin", "de")
	o.judge("medical adviser's desk, start", "de")
	if n := eval[int](o, `document.querySelectorAll("nav.main-nav a").length`); n != 1 {
		t.Errorf("the menu has %d entries, want one", n)
	}
	for _, path := range []string{"queue", "person", "letters", "staff", "templates", "system", "system/acts", "kiosks"} {
		if status := o.visit("/de/office/" + path); status != 403 {
			t.Errorf("%s answers %d", path, status)
		}
	}
	o.visit("/de/office")
	o.hit(`main a[href="/de/office/appointments"]`, enter)
	o.at("office/appointments")
	o.sees("main", locale.T(locale.DE, "indemnities.desk.none"))
	o.hit(`main nav a`, enter) // the day before
	o.until("yesterday", `document.querySelectorAll("main table").length === 2`)

	day := "/office/appointments" + yesterday.Format("?on-day=2&on-month=1&on-year=2006")
	for _, lang := range locale.Languages() {
		o.visit("/" + string(lang) + day)
		for _, want := range []string{"Mathieu Delcourt", "Lotte Vermeulen", strings.ReplaceAll(locale.Date(lang, time.Date(1985, 7, 30, 12, 0, 0, 0, time.UTC)), "\u00a0", " "),
			locale.T(lang, "indemnities.appointment.moved"), locale.T(lang, "indemnities.appointment.cancelled"), locale.T(lang, "indemnities.appointment.set")} {
			o.sees("main", want)
		}
		o.judge("appointments of a day", string(lang))
		o.visit("/" + string(lang) + "/office/appointments")
		o.judge("appointments, nobody", string(lang))
		o.expectComplaint("422")
		if status := o.visit("/" + string(lang) + "/office/appointments?on-day=31&on-month=11&on-year=2026"); status != 422 {
			t.Errorf("a day that is none answers %d", status)
		}
		o.judge("appointments, a day that is none", string(lang))
	}
	o.visit("/fr" + day)
	for _, want := range []string{"Mathieu Delcourt", "Lotte Vermeulen", "30 juillet 1985", "Rendez-vous du", "Médecin-conseil, Liège"} {
		if paper := strings.Join(o.printed(), " "); !strings.Contains(paper, want) {
			t.Errorf("the paper lacks %q: %s", want, paper)
		}
	}
	o.size(320, 800)
	o.judge("appointments narrow", "fr")
	o.scriptOff()
	o.visit("/nl/office/appointments")
	for part, text := range map[string]string{"day": "2", "month": "1", "year": "2006"} {
		o.write("#on-"+part, yesterday.Format(text))
	}
	o.hit("main form.filters button", enter)
	o.until("yesterday", `document.querySelectorAll("main table").length === 2`)
	o.judgeUnscripted()

	member := s.window(t)
	member.signIn("mathieu", "fr")
	member.visit("/fr/account/looks")
	member.sees("main", locale.T(locale.FR, "people.looks.role.medical-desk"))
	member.sees("main", locale.T(locale.FR, "people.look.appointment"))
	member.judge("looks of the medical adviser's desk", "fr")
}
