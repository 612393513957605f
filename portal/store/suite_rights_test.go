package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/cover"
	"guichet.example/portal/documents"
	"guichet.example/portal/indemnities"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
	"guichet.example/portal/rights"
	"guichet.example/signing/document"
)

func TestRightsSQLite(t *testing.T) { runRights(t, openSQLite) }

func TestRightsPostgreSQL(t *testing.T) {
	t.Parallel()
	runRights(t, openPostgreSQL)
}

func runRights(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *family)
	}{
		{"who may not be seen is not found", testRightsOfOthers},
		{"cover of each person", testCover},
		{"medical files and tariffs of the day", testMedicalFiles},
		{"maximum billing adds up", testMaf},
		{"youth savings open and end on birthdays", testSavings},
		{"agreements of one and of all", testAgreements},
		{"incapacity in order", testIndemnities},
		{"what was paid in a period", testPaid},
		{"an appointment that moves is told without a word of it", testAppointmentTold},
		{"the desk sees the appointments of a day and leaves its looks", testAppointmentsOfDay},
		{"a statement is sealed once and asks nobody", testStatement},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newFamily(t, newBed(t, open))) })
	}
}

// family is claire with Emma, a child she sees, and Nora, of age, whom she does not.
type family struct {
	*booklet
	emma, nora auth.Login
}

// Affiliation numbers of the family.
const (
	ofEmma = "00-7700001"
	ofNora = "00-7700002"
)

func newFamily(t *testing.T, b *bed) *family {
	f := &family{booklet: &booklet{bed: b}}
	f.emma = f.add("Emma", "2012-02-29", core.RoleChild)
	f.nora = f.add("Nora", "2006-05-01", core.RoleChild)
	return f
}

// whole loads rows and wants all of them taken.
func (f *family) whole(rows ...core.Row) {
	f.t.Helper()
	if out := f.load(rows...); len(out.Rejects) > 0 {
		f.t.Fatalf("refused: %+v", out.Rejects)
	}
}

// lookedAt are the members of whom there are rows of that action, in their order.
func (f *family) lookedAt(action audit.Action) (members []string) {
	for _, row := range f.rows() {
		if row.Action == action {
			members = append(members, row.Member)
		}
	}
	slices.Sort(members)
	return members
}

func (f *family) wantLooks(action audit.Action, of ...auth.Login) {
	f.t.Helper()
	var want []string
	for _, l := range of {
		want = append(want, string(l.Member))
	}
	slices.Sort(want)
	if got := f.lookedAt(action); !slices.Equal(got, want) {
		f.t.Errorf("%s: looks at %q, want %q", action, got, want)
	}
}

func testRightsOfOthers(t *testing.T, f *family) {
	ctx := t.Context()
	f.whole(core.Appointment{Member: ofNora, Reference: "M-1", At: noon.Add(time.Hour), Place: "Liège", Street: "Rue 1", Postcode: "4000", City: "Liège", State: "set"})
	hers := indemnities.Appointment{Person: people.Person{Member: f.nora.Member}, Appointment: core.Appointment{Reference: "M-1"}}.ID()
	elsewhere := auth.Login{Mutuality: "142", Member: f.claire.Member}
	for name, person := range map[string]auth.MemberID{"of age": f.nora.Member, "a stranger": f.bram.Member, "nobody": "nobody", "hard text": "' OR 1=1 --"} {
		_, err := f.Agreements(ctx, f.claire, person)
		wantErr(t, name+": agreements", err, people.ErrNotVisible)
		_, err = f.Paid(ctx, f.claire, person, day("2026-01-01"), day("2026-12-31"))
		wantErr(t, name+": what was paid", err, people.ErrNotVisible)
	}
	for name, id := range map[string]string{"of age": hers, "nobody's": "x", "empty": ""} {
		_, err := f.Appointment(ctx, f.claire, id)
		wantErr(t, name+": appointment", err, people.ErrNotVisible)
	}
	for name, read := range map[string]func(auth.Login) error{
		"cover":         func(l auth.Login) error { _, err := f.Cover(ctx, l); return err },
		"medical files": func(l auth.Login) error { _, err := f.MedicalFiles(ctx, l); return err },
		"maf":           func(l auth.Login) error { _, err := f.Maf(ctx, l); return err },
		"savings":       func(l auth.Login) error { _, err := f.Savings(ctx, l); return err },
		"indemnities":   func(l auth.Login) error { _, err := f.Indemnities(ctx, l); return err },
	} {
		wantErr(t, "in another mutuality: "+name, read(elsewhere), people.ErrNotVisible)
	}
	if a, err := f.Appointment(ctx, f.nora, hers); err != nil || a.Reference != "M-1" {
		t.Errorf("her own appointment: %+v, %v", a, err)
	}
	for _, row := range f.rows() {
		if row.Actor == string(f.claire.Member) && (row.Member == string(f.nora.Member) || row.Outcome == audit.Done && row.Action == audit.ReadAppointment) {
			t.Errorf("a look that was refused has the row %+v", row)
		}
	}
}

func testCover(t *testing.T, f *family) {
	f.whole(
		core.Cover{Member: ofClaire, Cover: core.Compulsory, Status: core.Increased, Since: day("2020-01-01"), Code: "111/111"},
		core.Cover{Member: ofClaire, Cover: core.Compulsory, Status: core.InForce, Since: day("2010-01-01"), Until: day("2019-12-31"), Code: "110/110"},
		core.Cover{Member: ofEmma, Cover: core.Dental, Status: core.Waiting, Since: day("2026-06-01")},
		core.Cover{Member: ofNora, Cover: core.Hospital, Status: core.Suspended, Since: day("2025-01-01")},
	)
	if _, err := f.Load(t.Context(), "141", core.Batch{Kind: core.KindCover, AsOf: noon}); err != nil {
		t.Fatal(err)
	}
	got, err := f.Cover(t.Context(), f.claire)
	if err != nil {
		t.Fatal(err)
	}
	if got.Affiliation != ofClaire || got.Street != "Rue Neuve 1" || got.Country != "BE" || !got.Imported.Equal(noon) || !got.CoverAs.Equal(noon) {
		t.Errorf("file: %+v", got)
	}
	if len(got.Persons) != 2 || !got.Persons[0].Self || got.Persons[1].Member != f.emma.Member || got.Persons[1].Affiliation != ofEmma {
		t.Fatalf("persons: %+v", got.Persons)
	}
	if shown := cover.Shown(got.Persons[0].Covers, people.Today(noon)); len(shown) != 1 || shown[0].Status != core.Increased || shown[0].Code != "111/111" {
		t.Errorf("her cover: %+v", shown)
	}
	if c := got.Persons[1].Covers; len(c) != 1 || c[0].Cover != core.Dental || !c[0].Until.IsZero() {
		t.Errorf("Emma's cover: %+v", c)
	}
	f.wantLooks(audit.ReadCover, f.claire, f.emma)
}

func testMedicalFiles(t *testing.T, f *family) {
	tariff := func(from string, increased bool, with, without int64) core.Row {
		return core.Tariff{Code: "101032", Nature: "consultation", From: day(from), Increased: increased, Fee: 3_000, With: with, Without: without}
	}
	f.whole(
		core.MedicalFile{Member: ofClaire, Since: day("2022-01-01"), Until: day("2024-12-31"), Doctor: "Dr Ancien", Number: "10000000001"},
		core.MedicalFile{Member: ofClaire, Since: day("2025-01-01"), Until: day("2026-12-31"), Doctor: "Dr Sarton", Number: "10000000002"},
		core.MedicalFile{Member: ofClaire, Since: day("2027-01-01"), Doctor: "Dr Suivant", Number: "10000000003"},
		core.MedicalFile{Member: ofNora, Since: day("2025-01-01"), Doctor: "Dr Autre", Number: "10000000004"},
	)
	f.whole(tariff("2025-01-01", false, 2_500, 2_300), tariff("2026-01-01", false, 2_600, 2_400), tariff("2026-11-21", false, 9_900, 1),
		tariff("2026-11-20", true, 2_900, 2_700))
	f.whole(core.Cover{Member: ofEmma, Cover: core.Compulsory, Status: core.Increased, Since: day("2020-01-01")})
	got, err := f.MedicalFiles(t.Context(), f.claire)
	if err != nil || len(got.Persons) != 2 {
		t.Fatalf("MedicalFiles = %+v, %v", got, err)
	}
	if one := got.Persons[0]; one.File == nil || one.File.Doctor != "Dr Sarton" || one.Increased || !one.File.Until.Equal(day("2026-12-31")) {
		t.Errorf("hers: %+v", one)
	}
	if one := got.Persons[1]; one.File != nil || !one.Increased {
		t.Errorf("Emma's: %+v", one)
	}
	if len(got.Tariffs) != 2 || got.Tariffs[0].With != 2_600 || !got.Tariffs[0].From.Equal(day("2026-01-01")) || got.Tariffs[1].With != 2_900 || !got.Tariffs[1].Increased {
		t.Errorf("tariffs of the day: %+v", got.Tariffs)
	}
	f.clock.add(12 * time.Hour) // midnight and more in Belgium
	if got, err = f.MedicalFiles(t.Context(), f.claire); err != nil || got.Tariffs[0].With != 9_900 {
		t.Errorf("tariffs of the next day: %+v, %v", got.Tariffs, err)
	}
	f.wantLooks(audit.ReadMedicalFiles, f.claire, f.emma, f.claire, f.emma)
}

func testMaf(t *testing.T, f *family) {
	share := func(year int, member string, counted, refunded, due int64) core.Row {
		return core.MafShare{Holder: ofClaire, Year: year, Member: member, Counted: counted, Refunded: refunded, Due: due, Expected: day("2026-12-10")}
	}
	for year := 2023; year <= 2026; year++ {
		f.whole(core.Maf{Holder: ofClaire, Year: year, Class: 3, Since: day("2024-01-01"), Ceiling: 50_000, Counted: 60_000, Closed: year < 2026})
		f.whole(share(year, ofClaire, 30_000, 4_000, 1_000), share(year, ofEmma, 10_000, 1_000, 0), share(year, ofNora, 20_000, 3_000, 1_000))
	}
	got, err := f.Maf(t.Context(), f.claire)
	if err != nil || got.Own || len(got.Years) != 3 || got.Years[0].Year != 2026 || got.Years[2].Year != 2024 || got.Years[0].Closed || !got.Years[1].Closed {
		t.Fatalf("Maf = %+v, %v", got, err)
	}
	for _, y := range got.Years {
		var counted, paid int64
		if !y.Since.Equal(day("2024-01-01")) || !y.Shares[0].Expected.Equal(day("2026-12-10")) || !y.Shares[2].Expected.Equal(day("2026-12-10")) {
			t.Errorf("%d: dates of %+v", y.Year, y)
		}
		for _, s := range y.Shares {
			counted, paid = counted+s.Counted, paid+s.Refunded+s.Due
		}
		if counted != y.Counted || paid != rights.Above(y.Maf) {
			t.Errorf("%d: parts of %d and %d, want %d and %d", y.Year, counted, paid, y.Counted, rights.Above(y.Maf))
		}
		if n := len(y.Shares); n != 3 || y.Shares[2].Person != (people.Person{}) || y.Shares[2].Counted != 20_000 {
			t.Errorf("%d: the others are %+v", y.Year, y.Shares)
		}
	}
	own, err := f.Maf(t.Context(), f.nora)
	if err != nil || !own.Own || len(own.Years) != 3 || own.Years[0].Counted != 0 || own.Years[0].Ceiling != 0 || own.Years[0].Class != 0 ||
		len(own.Years[0].Shares) != 1 || own.Years[0].Shares[0].Counted != 20_000 {
		t.Errorf("Nora's own part: %+v, %v", own, err)
	}
	if none, err := f.Maf(t.Context(), f.bram); err != nil || len(none.Years) != 0 {
		t.Errorf("a stranger's: %+v, %v", none, err)
	}
	f.clock.add(42 * 24 * time.Hour) // 1 January 2027 in Belgium
	if got, err = f.Maf(t.Context(), f.claire); err != nil || len(got.Years) != 2 || got.Years[0].Year != 2026 {
		t.Errorf("in the new year: %+v, %v", got, err)
	}
	f.cfg.MafYears = 4 // as the mutuality sets it
	f.reopen()
	for who, login := range map[string]auth.Login{"the holder": f.claire, "a person on the booklet": f.emma} {
		if got, err := f.Maf(t.Context(), login); err != nil || len(got.Years) != 3 || got.Years[2].Year != 2024 {
			t.Errorf("four years, of which one is empty, for %s: %+v, %v", who, got.Years, err)
		}
	}
}

func testSavings(t *testing.T, f *family) {
	saving := func(member string, year int, from, until string, total int64) core.Row {
		return core.Saving{Member: member, Year: year, From: day(from), Until: day(until), Total: total, Deposited: 1_000, Most: 5_000, Basis: 1_300}
	}
	// Emma was born on 29 February 2012: she is 14 on 1 March 2026, in a year without one.
	f.whole(saving(ofEmma, 2025, "2026-02-28", "2042-02-28", 1_000), saving(ofEmma, 2026, "2026-02-28", "2042-02-28", 2_000),
		saving(ofEmma, 2027, "2026-02-28", "2042-02-28", 9_000), saving(ofClaire, 2026, "1999-07-30", "2049-07-29", 3_000),
		saving(ofNora, 2026, "2020-05-01", "2036-04-30", 4_000))
	for _, test := range []struct {
		at   string
		want int64 // 0: nobody
	}{
		{"2026-02-28T12:00:00Z", 0}, // the data say yes, she is 13
		{"2026-02-28T22:59:00Z", 0},
		{"2026-02-28T23:00:00Z", 2_000}, // midnight in Belgium
		{"2026-11-20T12:00:00Z", 2_000},
		{"2026-12-31T23:00:00Z", 9_000}, // the new year
		{"2042-02-28T22:59:00Z", 9_000},
		{"2042-02-28T23:00:00Z", 0}, // the data say no
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		f.clock.add(at.Sub(f.clock.Now()))
		login := f.claire
		if at.Year() > 2030 { // her own, once she is of age
			login = f.emma
		}
		got, err := f.Savings(t.Context(), login)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case test.want == 0 && len(got.Persons) != 0:
			t.Errorf("%s: %+v is eligible", test.at, got.Persons)
		case test.want != 0 && (len(got.Persons) != 1 || got.Persons[0].Total != test.want):
			t.Errorf("%s: %+v, want a total of %d", test.at, got.Persons, test.want)
		}
	}
}

func testAgreements(t *testing.T, f *family) {
	agreement := func(member, reference, since string) core.Row {
		return core.Agreement{Member: member, Reference: reference, Kind: "medicine", Subject: "Subject " + reference, Since: day(since), State: "granted"}
	}
	f.whole(agreement(ofClaire, "A-1", "2025-01-01"), agreement(ofClaire, "A-2", "2026-01-01"), agreement(ofEmma, "A-1", "2026-05-01"), agreement(ofNora, "A-1", "2026-06-01"))
	all, err := f.Agreements(t.Context(), f.claire, "")
	if err != nil || len(all.List) != 3 || all.List[0].Reference != "A-2" || !all.List[0].Since.Equal(day("2026-01-01")) || all.List[2].Person.Member != f.emma.Member || len(all.Persons) != 2 {
		t.Errorf("of all: %+v, %v", all, err)
	}
	one, err := f.Agreements(t.Context(), f.claire, f.emma.Member)
	if err != nil || len(one.List) != 1 || one.List[0].Subject != "Subject A-1" || !one.List[0].Until.IsZero() {
		t.Errorf("of Emma: %+v, %v", one, err)
	}
	f.wantLooks(audit.ReadAgreements, f.claire, f.emma, f.claire, f.emma)
	if _, err := f.Agreements(t.Context(), f.claire, f.claire.Member); err != nil {
		t.Error(err)
	}
	f.wantLooks(audit.ReadAgreements, f.claire, f.emma, f.claire, f.emma, f.claire)
}

func testIndemnities(t *testing.T, f *family) {
	appointment := func(member, reference string, at time.Time) core.Row {
		return core.Appointment{Member: member, Reference: reference, At: at, Place: "Liège", Street: "Rue 1", Postcode: "4000", City: "Liège", State: "set"}
	}
	f.whole(core.Incapacity{Member: ofClaire, Since: day("2025-03-01"), Until: day("2025-03-20"), Kind: "primary", State: "ended"},
		core.Incapacity{Member: ofClaire, Since: day("2026-10-01"), Kind: "accident", State: "accepted"},
		core.Incapacity{Member: ofNora, Since: day("2026-10-02"), Kind: "accident", State: "accepted"})
	f.whole(appointment(ofClaire, "M-1", noon.AddDate(0, 0, -31)), appointment(ofClaire, "M-2", noon.AddDate(0, 0, -29)), appointment(ofEmma, "M-3", noon.AddDate(0, 0, 3)))
	f.whole(core.Indemnity{Member: ofClaire, Reference: "I-1", Paid: day("2025-11-20"), From: day("2025-11-01"), To: day("2025-11-10"), Days: 9, Daily: 100, Gross: 900, Tax: 100, Net: 800},
		core.Indemnity{Member: ofClaire, Reference: "I-2", Paid: day("2026-11-10"), From: day("2026-10-01"), To: day("2026-10-31"), Days: 27, Daily: 100, Gross: 2_700, Tax: 300, Net: 2_400, Last4: "7034"})
	got, err := f.Indemnities(t.Context(), f.claire)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Periods) != 2 || got.Periods[0].Kind != "accident" || !got.Periods[0].Until.IsZero() {
		t.Errorf("periods: %+v", got.Periods)
	}
	if len(got.Appointments) != 2 || got.Appointments[0].Reference != "M-3" || got.Appointments[1].Reference != "M-2" {
		t.Errorf("appointments: %+v", got.Appointments)
	}
	if len(got.Payments) != 1 || got.Payments[0].Net != 2_400 || got.Payments[0].Last4 != "7034" {
		t.Errorf("payments: %+v", got.Payments)
	}
	if a, err := f.Appointment(t.Context(), f.claire, got.Appointments[0].ID()); err != nil || !a.At.Equal(noon.AddDate(0, 0, 3)) || a.Name != "Emma Delcourt" {
		t.Errorf("Emma's appointment: %+v, %v", a, err)
	}
	f.wantLooks(audit.ReadIndemnities, f.claire, f.emma)
}

func testPaid(t *testing.T, f *family) {
	for i, paid := range []string{"2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"} {
		f.whole(core.Indemnity{Member: ofEmma, Reference: fmt.Sprintf("I-%d", i), Paid: day(paid), From: day("2025-11-01"), To: day("2025-11-10"), Days: 9, Daily: 100, Gross: 900, Tax: 100, Net: 800})
	}
	got, err := f.Paid(t.Context(), f.claire, f.emma.Member, day("2026-01-01"), day("2026-12-31"))
	if err != nil || len(got.Payments) != 2 || !got.Payments[0].Paid.Equal(day("2026-01-01")) || !got.Payments[1].Paid.Equal(day("2026-12-31")) {
		t.Errorf("Paid = %+v, %v", got, err)
	}
	if got.Member.Name != "Claire Delcourt" || got.Beneficiary.Name != "Emma Delcourt" || got.Beneficiary.Affiliation != ofEmma || !got.Beneficiary.Birth.Equal(day("2012-02-29")) {
		t.Errorf("persons: %+v", got)
	}
	f.wantLooks(audit.ReadStatement, f.claire, f.emma)
}

// testStatement stores a statement as Sealing.Issue does.
func testStatement(t *testing.T, f *family) {
	ctx := t.Context()
	own := document.Person{Name: "Claire Delcourt", Birth: claire.Birth, Affiliation: claire.Affiliation}
	r := f.request()
	asked := r.ID
	act := document.Indemnities{Reference: r.Reference, Language: document.DE, Mutuality: r.Act.Head().Mutuality, Member: own, Beneficiary: own,
		Date: day("2026-11-20"), From: day("2026-01-01"), To: day("2026-12-31"), DataAsOf: day("2026-11-19")}
	r.Act, r.Sheet = act, act.Sheet()
	r.SHA256 = sha256.Sum256(r.PDF)
	if _, err := f.PutRequest(ctx, f.claire, r, "key"); err != nil {
		t.Fatal(err)
	}
	_, err := f.Request(ctx, f.claire, asked)
	wantErr(t, "as a request of hers", err, requests.ErrNotFound)
	_, err = f.Statement(ctx, f.bram, asked)
	wantErr(t, "somebody else's statement", err, requests.ErrNotFound)
	_, err = f.Statement(ctx, f.claire, f.frozen(f.claire))
	wantErr(t, "a bank change as a statement", err, requests.ErrNotFound)
	for _, method := range []requests.Method{requests.ByReceipt, requests.ByApproval} {
		s := f.sealed(asked, "")
		s.Method = method
		if _, err := f.Seal(ctx, f.claire, s); err == nil {
			t.Errorf("a statement was sealed by %q", method)
		}
	}
	other := f.sealed(f.frozen(f.claire), "")
	other.Method = requests.ByStatement
	if _, err := f.Seal(ctx, f.claire, other); err == nil {
		t.Error("a bank change was stated")
	}
	s := f.sealed(asked, "")
	s.Method = requests.ByStatement
	first, err := f.Seal(ctx, f.claire, s)
	if err != nil || first.State != requests.Accepted || first.Document == "" {
		t.Fatalf("Seal = %+v, %v", first, err)
	}
	again := f.sealed(asked, "")
	again.Method = requests.ByStatement
	if second, err := f.Seal(ctx, f.claire, again); err != nil || second.Document != first.Document {
		t.Errorf("Seal again = %+v, %v", second, err)
	}
	if d, err := f.Document(ctx, f.claire, first.Document); err != nil || d.Kind != document.KindIndemnities || d.Method != documents.ByStatement || d.Language != document.DE {
		t.Errorf("Document = %+v, %v", d, err)
	}
	list, err := f.Requests(ctx, f.claire, "", 10)
	if err != nil || slices.ContainsFunc(list, func(r requests.Request) bool { return r.ID == asked }) {
		t.Errorf("the list of requests has the statement: %v", err)
	}
	if err := f.Move(ctx, f.claire, asked, []requests.State{requests.Accepted}, requests.Withdrawn, ""); !errors.Is(err, requests.ErrNotFound) {
		t.Errorf("Move of a statement = %v", err)
	}
	if rows := f.audited(audit.IssueDocument); len(rows) == 0 || rows[len(rows)-1] != "done request/"+asked {
		t.Errorf("audit rows: %q", rows)
	}
}

func testAppointmentTold(t *testing.T, f *family) {
	put := func(at time.Time, place, state string) {
		t.Helper()
		f.whole(core.Appointment{Member: ofClaire, Reference: "M-1", At: at, Place: place, Street: "Rue 1", Postcode: "4000", City: "Liège", State: state})
	}
	const told = "message claire@example.org"
	later := noon.AddDate(0, 2, 0)
	for i, step := range []struct {
		hours        time.Duration // after noon, which is 13:00 in Belgium
		at           time.Time
		place, state string
		mail         string
	}{
		{0, noon.Add(24 * time.Hour), "Liège", "set", ""}, // delivered first: a letter goes with it
		{0, noon.Add(24 * time.Hour), "Liège", "set", ""},
		{0, noon.Add(25 * time.Hour), "Liège", "moved", told}, // soon: at once
		{0, noon.Add(26 * time.Hour), "Liège", "moved", ""},   // and no more today
		{1, noon.Add(26 * time.Hour), "Namur", "moved", ""},
		{2, later, "Namur", "moved", ""},
		{18, later, "Liège", "moved", ""},   // 7:00 in Belgium
		{19, later, "Liège", "moved", told}, // one for all of them
		{20, later.Add(time.Hour), "Liège", "moved", ""},
		{21, noon.Add(47 * time.Hour), "Liège", "moved", ""}, // soon, but she was told today
		{43, noon.Add(47 * time.Hour), "Liège", "moved", told},
		{72, later, "Liège", "cancelled", ""}, // not soon: in the morning
		{91, later, "Liège", "done", told},
		{96, noon.AddDate(0, 0, -1), "Liège", "set", ""},
		{97, noon.AddDate(0, 0, -2), "Liège", "set", ""}, // over before and after
		{115, noon.AddDate(0, 0, -2), "Liège", "set", told},
		{140, noon.AddDate(0, 0, -2), "Namur", "set", ""},
		{164, noon.AddDate(0, 0, -2), "Namur", "set", ""},
	} {
		f.clock.add(noon.Add(step.hours * time.Hour).Sub(f.clock.Now()))
		put(step.at, step.place, step.state)
		if got := f.mails(); got != step.mail {
			t.Errorf("step %d: mails %q, want %q", i, got, step.mail)
		}
	}
}
