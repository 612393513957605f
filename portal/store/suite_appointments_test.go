package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/indemnities"
)

// shortly are the appointments of a page, in short.
func shortly(list indemnities.Day) string {
	var all []string
	for _, v := range list.Visits {
		all = append(all, v.Reference+" "+v.State)
	}
	if list.More {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}

func testAppointmentsOfDay(t *testing.T, f *family) {
	ctx, friday := t.Context(), day("2026-11-20")
	karin := f.hire("Karin Hoffmann", number("84031224813"), auth.MedicalDesk)
	read := func(o auth.Officer, on time.Time, after indemnities.VisitPlace, limit int) indemnities.Day {
		t.Helper()
		list, err := f.AppointmentsOf(ctx, o, on, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got := shortly(read(karin, friday, indemnities.VisitPlace{}, 10)); got != "" {
		t.Errorf("a day without anybody: %s", got)
	}
	if looks := f.lookedAt(audit.ListAppointments); !slices.Equal(looks, []string{""}) {
		t.Errorf("an empty day leaves rows of %q, want one of the reading", looks)
	}

	at := func(text string) time.Time {
		t.Helper()
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	put := func(member, reference, place, state string, moment time.Time) core.Row {
		return core.Appointment{Member: member, Reference: reference, At: moment, Place: place, Street: "Rue 1", Postcode: "4000", City: "Liège", Bring: "imaging", State: state}
	}
	f.whole(put(ofClaire, "M-1", "Namur", "set", at("2026-11-19T23:00:00Z")), // midnight in Belgium
		put(ofEmma, "M-2", "Liège", "cancelled", at("2026-11-20T22:59:00Z")),
		put(ofEmma, "M-3", "Liège", "moved", at("2026-11-20T08:00:00Z")),
		put(ofNora, "M-4", "Liège", "set", at("2026-11-20T08:00:00Z")),
		put(ofNora, "M-5", "Liège", "set", at("2026-11-20T23:00:00Z")),
		put(ofNora, "M-6", "Liège", "done", at("2026-11-19T22:59:00Z")))
	if _, err := f.Load(ctx, "141", core.Batch{Kind: core.KindAppointment, AsOf: noon}); err != nil {
		t.Fatal(err)
	}

	all := read(karin, friday, indemnities.VisitPlace{}, 10)
	if got, want := shortly(all), "M-3 moved, M-4 set, M-2 cancelled, M-1 set"; got != want {
		t.Errorf("the day: %s, want %s", got, want)
	}
	if v := all.Visits[3]; v.Name != "Claire Delcourt" || !v.Birth.Equal(claire.Birth) || v.City != "Liège" || !v.At.Equal(at("2026-11-19T23:00:00Z")) || v.Member != f.claire.Member {
		t.Errorf("hers: %+v", v)
	}
	if !all.AsOf.Equal(noon) {
		t.Errorf("data of %v", all.AsOf)
	}
	for name, o := range map[string]auth.Officer{"another mutuality": {Mutuality: "142", ID: karin.ID}, "none": {ID: karin.ID}} {
		if got := shortly(read(o, friday, indemnities.VisitPlace{}, 10)); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for on, want := range map[string]string{"2026-11-19": "M-6 done", "2026-11-21": "M-5 set", "2027-11-20": ""} {
		if got := shortly(read(karin, day(on), indemnities.VisitPlace{}, 10)); got != want {
			t.Errorf("%s: %s, want %s", on, got, want)
		}
	}

	// Pages hold each appointment once, also where one that ends a page has moved since.
	first := read(karin, friday, indemnities.VisitPlace{}, 2)
	f.whole(put(ofNora, "M-4", "Liège", "moved", at("2026-12-01T08:00:00Z")))
	next := read(karin, friday, first.Visits[1].VisitPlace, 2)
	if got := shortly(first) + " | " + shortly(next); got != "M-3 moved, M-4 set, … | M-2 cancelled, M-1 set" {
		t.Errorf("pages: %s", got)
	}
	for name, after := range map[string]indemnities.VisitPlace{"behind all": {Place: "Zzz"}, "hard text": {Place: "' OR 1=1 --", City: "\"", Member: "x"}} {
		if list := read(karin, friday, after, 10); name == "behind all" && len(list.Visits) > 0 {
			t.Errorf("%s: %s", name, shortly(list))
		}
	}
	testDeskLooks(t, f, karin)
}

// testDeskLooks holds what the readings of a desk leave: each of them a row with the day, each
// person who was shown one of her own for each page, which she can read; and one act each.
func testDeskLooks(t *testing.T, f *family, karin auth.Officer) {
	ctx := t.Context()
	before := len(f.lookedAt(audit.ListAppointments))
	for range 3 {
		if _, err := f.AppointmentsOf(ctx, karin, day("2026-11-20"), indemnities.VisitPlace{}, 1); err != nil { // of Emma alone
			t.Fatal(err)
		}
	}
	var own, hers int
	for _, row := range f.rows() {
		if row.Action != audit.ListAppointments || row.Actor != string(karin.ID) || row.Mutuality != "141" {
			continue
		}
		if row.Method != audit.Office || !strings.HasPrefix(row.Object, "day/20") || row.Outcome != audit.Done {
			t.Errorf("row %+v", row)
		}
		switch row.Member {
		case "":
			own++
		case string(f.emma.Member):
			hers++
		}
	}
	if after := len(f.lookedAt(audit.ListAppointments)); after != before+6 {
		t.Errorf("three readings of one person leave %d rows", after-before)
	}
	for _, login := range []auth.Login{f.emma, f.nora, f.claire} {
		list, err := f.Looks(ctx, login, account.LookPlace{}, 100)
		if err != nil || len(list) == 0 {
			t.Fatalf("looks at %s: %+v, %v", login.Member, list, err)
		}
		if l := list[0]; l.What != "appointment" || l.Holder || l.Roles != "medical-desk" || l.By != string(karin.ID) {
			t.Errorf("a look at %s: %+v", login.Member, l)
		}
		if login.Member == f.emma.Member && len(list) != hers {
			t.Errorf("she sees %d of %d looks", len(list), hers)
		}
	}
	acts, err := f.ActsOfStaff(ctx, f.ada(), day("2026-11-20"), day("2026-11-21"), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for _, e := range acts.Rows {
		if e.Action == audit.ListAppointments {
			listed++
		}
		if e.Action == audit.ListAppointments && e.Member != "" {
			t.Errorf("whom she saw is among the acts: %+v", e)
		}
	}
	if listed != own {
		t.Errorf("%d acts for %d readings", listed, own)
	}
}
