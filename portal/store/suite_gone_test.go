package store_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
)

func TestGoneSQLite(t *testing.T) { runGoneSuite(t, openSQLite) }

func TestGonePostgreSQL(t *testing.T) {
	t.Parallel()
	runGoneSuite(t, openPostgreSQL)
}

func runGoneSuite(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a complete delivery that is not the newest takes nothing", testGoneRefused},
		{"newer data that are on their way are not taken away", testGoneNewerOnItsWay},
		{"a file that goes on as a complete delivery is read anew", testGoneReadAnew},
		{"what is not delivered goes or ends, once", testGoneKinds},
		{"what is delivered stays", testGoneDelivered},
		{"a member who is not delivered keeps what is hers", testGoneMember},
		{"lines that are delivered are all of a payment", testGoneLines},
		{"deliveries are held against those before them", testHeld},
		{"the same bytes again are no new delivery", testHeldAgain},
		{"shares add up to the household's year", testGoneShares},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

// delivered is what a complete delivery of the kind holds.
func (b *bed) delivered(kind core.Kind, keys ...[]string) *core.Delivered {
	b.t.Helper()
	d := core.NewDelivered(b.NumberOf("141"))
	for _, key := range keys {
		if err := d.Add(kind, key); err != nil {
			b.t.Fatal(err)
		}
	}
	return d
}

// complete begins the import of a complete delivery of the bed's day.
func (b *bed) complete(kind core.Kind, file string) core.Import {
	b.t.Helper()
	i, err := b.BeginImport(b.t.Context(), "141", core.Import{Kind: kind, File: file, SHA256: sha256.Sum256([]byte(file)), AsOf: b.clock.Now(), Complete: true})
	if err != nil {
		b.t.Fatal(err)
	}
	return i
}

// takeAway takes away what is not delivered, as was foretold.
func (b *bed) takeAway(kind core.Kind, d *core.Delivered) core.Gone {
	b.t.Helper()
	foretold, err := b.Gone(b.t.Context(), "141", kind, b.clock.Now(), d)
	if err != nil {
		b.t.Errorf("Gone of %s: %v", kind, err)
	}
	b.clock.add(time.Millisecond)
	i := b.complete(kind, string(kind)+b.clock.Now().String())
	gone, err := b.TakeAway(b.t.Context(), "141", i.ID, d)
	if err != nil {
		b.t.Errorf("TakeAway of %s: %v", kind, err)
	}
	if gone.Stand != foretold.Stand || gone.Ended != foretold.Ended || gone.Removed != foretold.Removed || len(gone.Rows) != len(foretold.Rows) {
		b.t.Errorf("%s: %+v, foretold %+v", kind, gone, foretold)
	}
	if err := b.EndImport(b.t.Context(), "141", i.ID, core.ImportDone); err != nil {
		b.t.Error(err)
	}
	list, err := b.Imports(b.t.Context(), auth.Officer{Mutuality: "141", ID: "admin"}, 1)
	if err != nil || len(list) != 1 || !list[0].Complete || list[0].EndedRows != gone.Ended || list[0].RemovedRows != gone.Removed {
		b.t.Errorf("the import of %s says %+v, %v", kind, list, err)
	}
	return gone
}

func testGoneRefused(t *testing.T, b *bed) {
	ctx := t.Context()
	b.load(payment("P1", 100, core.Refund))
	nothing := b.delivered(core.KindPayment)
	i := b.complete(core.KindPayment, "one")
	b.clock.add(time.Millisecond)
	later := b.complete(core.KindPayment, "two")
	if _, err := b.TakeAway(ctx, "141", i.ID, nothing); !errors.Is(err, core.ErrAnotherDelivery) {
		t.Errorf("another file came in meanwhile: %v", err)
	}
	if _, err := b.TakeAway(ctx, "142", later.ID, nothing); err == nil {
		t.Error("the import of another mutuality is taken")
	}
	b.clock.add(time.Hour)
	newer := b.complete(core.KindPayment, "three")
	if err := b.EndImport(ctx, "141", newer.ID, core.ImportDone); err != nil {
		t.Fatal(err)
	}
	if _, err := b.TakeAway(ctx, "141", later.ID, nothing); !errors.Is(err, core.ErrOlderDelivery) {
		t.Errorf("data of an hour before: %v", err)
	}
	if _, err := b.Gone(ctx, "141", core.KindPayment, b.clock.Now().Add(-time.Hour), nothing); !errors.Is(err, core.ErrOlderDelivery) {
		t.Errorf("foretold of data of an hour before: %v", err)
	}
	b.wantLoad(outcome(0, 0, 1), payment("P1", 100, core.Refund))
}

// A file of newer data began before the complete delivery, and is not at its end yet.
func testGoneNewerOnItsWay(t *testing.T, b *bed) {
	ctx := t.Context()
	newer, err := b.BeginImport(ctx, "141", core.Import{Kind: core.KindPayment, File: "newer", SHA256: sha256.Sum256([]byte("newer")), AsOf: b.clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	b.clock.add(time.Millisecond)
	nothing := b.delivered(core.KindPayment)
	b.load(payment("P1", 100, core.Refund))
	i := b.complete(core.KindPayment, "complete")
	if _, err := b.TakeAway(ctx, "141", i.ID, nothing); !errors.Is(err, core.ErrAnotherDelivery) {
		t.Errorf("newer data are being taken in: %v", err)
	}
	b.wantLoad(outcome(0, 0, 1), payment("P1", 100, core.Refund))
	if err := b.EndImport(ctx, "141", newer.ID, core.ImportRefused); err != nil {
		t.Fatal(err)
	}
	if got, err := b.TakeAway(ctx, "141", i.ID, nothing); err != nil || got.Removed != 1 {
		t.Errorf("after the newer file was refused: %+v, %v", got, err)
	}
}

// What was taken in of a file before it was said to be complete is not all of its payments.
func testGoneReadAnew(t *testing.T, b *bed) {
	ctx := t.Context()
	b.load(payment("P1", 100, core.Refund))
	file := core.Import{Kind: core.KindLine, File: "lines", SHA256: sha256.Sum256([]byte("lines")), AsOf: b.clock.Now()}
	begin := func(complete bool) core.Import {
		b.clock.add(time.Millisecond)
		file.Complete = complete
		i, err := b.BeginImport(ctx, "141", file)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	i := begin(false)
	part := core.Part{Batch: core.Batch{Kind: core.KindLine, Rows: []core.Row{line("P1", 1, ofClaire, 100)}}, LineOf: []int64{1}, Lines: 1, Bytes: 10}
	if _, err := b.LoadPart(ctx, "141", i.ID, part); err != nil {
		t.Fatal(err)
	}
	if got := begin(false); got.ID != i.ID || got.Lines != 1 {
		t.Errorf("the same command goes on at line %d", got.Lines)
	}
	if got := begin(true); got.Lines != 0 || !got.Complete {
		t.Errorf("as a complete delivery it goes on at line %d", got.Lines)
	}
}

// fatesOfEach are what becomes of the rows of oneOfEach when none is delivered any more.
var fatesOfEach = map[core.Kind]core.Gone{
	core.KindHousehold: {Ended: 2}, core.KindCover: {Ended: 1}, core.KindPayment: {Removed: 1}, core.KindIncapacity: {Ended: 1}, core.KindIndemnity: {Removed: 1},
	core.KindAppointment: {Ended: 1}, core.KindMedicalFile: {Ended: 1}, core.KindTariff: {Removed: 1}, core.KindMaf: {Removed: 1}, core.KindSaving: {Removed: 1},
	core.KindAgreement: {Ended: 1}, core.KindEuropeanCard: {Removed: 1}, core.KindProvider: {Removed: 1}, core.KindBranch: {Removed: 1}, core.KindPostcode: {Removed: 1}, core.KindMember: {Ended: 3},
}

func (b *bed) loadEach() map[core.Kind][]core.Row {
	rows, _ := oneOfEach()
	soon := rows[core.KindAppointment][0].(core.Appointment)
	soon.At = noon.Add(48 * time.Hour)
	rows[core.KindAppointment] = []core.Row{soon}
	for _, kind := range core.Kinds() {
		b.load(rows[kind]...)
	}
	return rows
}

func testGoneKinds(t *testing.T, b *bed) {
	rows := b.loadEach()
	kinds := core.Kinds()
	slices.Reverse(kinds)
	for _, kind := range kinds {
		want := fatesOfEach[kind]
		got := b.takeAway(kind, b.delivered(kind))
		if got.Ended != want.Ended || got.Removed != want.Removed || got.Stand != want.Count() {
			t.Errorf("%s: %+v, want %+v", kind, got, want)
		}
		if again := b.takeAway(kind, b.delivered(kind)); again.Count() != 0 {
			t.Errorf("%s once more: %+v", kind, again)
		}
	}
	if got := b.audited(audit.TakeAway); len(got) != len(fatesOfEach) || !slices.Contains(got, "done import/cover") {
		t.Errorf("audit rows: %q", got)
	}
	// What comes back is new where it went, and changed where it had ended.
	for _, kind := range core.Kinds() {
		n := len(rows[kind])
		want := outcome(0, 0, n)
		switch {
		case fatesOfEach[kind].Ended > 0:
			want = outcome(0, n, 0)
		case fatesOfEach[kind].Removed > 0 || core.FateOf(kind) == core.Replaced: // with its payment, its year
			want = outcome(n, 0, 0)
		}
		b.wantLoad(want, rows[kind]...)
	}
	// What has not begun goes, whatever its kind; what is over stays.
	future := core.Cover{Member: ofBram, Cover: core.Dental, Status: core.Waiting, Since: day("2027-01-01")}
	over := core.Cover{Member: ofBram, Cover: core.Hospital, Status: core.InForce, Since: day("2020-01-01"), Until: day("2026-11-19")}
	b.load(future, over)
	if got := b.takeAway(core.KindCover, b.delivered(core.KindCover, []string{core.Unspaced(ofClaire), "compulsory", "2010-01-01"})); got.Removed != 1 || got.Ended != 0 || got.Stand != 2 {
		t.Errorf("covers to come and over: %+v", got)
	}
	b.wantLoad(outcome(0, 0, 1), over)
}

func testGoneDelivered(t *testing.T, b *bed) {
	b.loadEach()
	claire, bram := core.Unspaced(ofClaire), core.Unspaced(ofBram)
	for kind, keys := range map[core.Kind][][]string{
		core.KindMember:    {{claireNumber}, {bramNumber}, {"93051822361"}},
		core.KindHousehold: {{claire, claire}, {claire, bram}}, core.KindCover: {{claire, "compulsory", "2010-01-01"}}, core.KindPayment: {{"P1"}},
		core.KindIncapacity: {{claire, "2026-09-01"}}, core.KindIndemnity: {{claire, "I1"}}, core.KindAppointment: {{claire, "A1"}}, core.KindMedicalFile: {{claire, "2026-01-01"}},
		core.KindTariff: {{"101076", "2026-01-01", "false"}}, core.KindMaf: {{claire, "2026"}}, core.KindSaving: {{bram, "2026"}}, core.KindAgreement: {{claire, "G1"}}, core.KindEuropeanCard: {{claire}},
		core.KindProvider: {{"10000000004"}}, core.KindBranch: {{"LG1"}}, core.KindPostcode: {{"4000", "Liège"}},
	} {
		if got := b.takeAway(kind, b.delivered(kind, keys...)); got.Count() != 0 || got.Stand != int64(len(keys)) {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if got := b.takeAway(core.KindHousehold, b.delivered(core.KindHousehold, []string{claire, claire})); got.Ended != 1 || !slices.Equal(got.Rows[0].Key, []string{claire, bram}) {
		t.Errorf("one of a household: %+v", got)
	}
}

func testGoneMember(t *testing.T, b *bed) {
	ctx := t.Context()
	_, doc := b.signed(b.claire)
	b.load(core.Incapacity{Member: ofClaire, Since: day("2026-09-01"), Kind: "primary", State: "accepted"})
	wantErr(t, "ChangePhone", b.ChangePhone(ctx, b.claire, account.Home, "+3243221101"), nil)
	got := b.takeAway(core.KindMember, b.delivered(core.KindMember, []string{bramNumber}))
	if got.Ended != 1 || got.Stand != 2 || !slices.Equal(got.Rows[0].Key, []string{ofClaire}) || strings.Contains(got.Rows[0].Key[0], claireNumber) {
		t.Errorf("%+v", got)
	}
	if m, err := b.Member(ctx, b.claire); err != nil || !m.Until.Equal(day("2026-11-19")) {
		t.Errorf("a former member: %+v, %v", m.Until, err)
	}
	if m, err := b.Member(ctx, b.bram); err != nil || !m.Until.IsZero() {
		t.Errorf("who is delivered: %+v, %v", m.Until, err)
	}
	if _, err := b.Document(ctx, b.claire, doc); err != nil {
		t.Errorf("her document: %v", err)
	}
	if c, err := b.Contacts(ctx, b.claire); err != nil || c.Home != "+3243221101" {
		t.Errorf("a number she gave: %+v, %v", c, err)
	}
	if got := b.audited(audit.Import); !slices.Contains(got, "done membership/ended") {
		t.Errorf("audit rows: %q", got)
	}
	b.wantLoad(outcome(0, 0, 1), core.Incapacity{Member: ofClaire, Since: day("2026-09-01"), Kind: "primary", State: "accepted"})
	b.wantLoad(outcome(0, 1, 0), core.Member{NationalNumber: number(claireNumber), Affiliation: ofClaire, GivenNames: "Claire", Surname: "Delcourt", Language: "fr"})
	if m, err := b.Member(ctx, b.claire); err != nil || !m.Until.IsZero() {
		t.Errorf("who came back: %+v, %v", m.Until, err)
	}
}

// loadWhole loads lines, or shares, that are all of what they belong to.
func (b *bed) loadWhole(refused [][]string, rows ...core.Row) core.Outcome {
	b.t.Helper()
	batch := core.Batch{Kind: rows[0].Of(), Rows: rows, Whole: true, Refused: refused}
	preview, err := b.Preview(b.t.Context(), "141", batch, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	out, err := b.Load(b.t.Context(), "141", batch)
	if err != nil || out.Removed != preview.Removed || out.Added != preview.Added {
		b.t.Fatalf("Load = %+v, %v; foretold %+v", out, err, preview)
	}
	return out
}

func testGoneLines(t *testing.T, b *bed) {
	one, two, three := line("P1", 1, ofClaire, 100), line("P1", 2, ofBram, 200), line("P1", 3, ofClaire, 200)
	b.load(payment("P1", 300, core.Refund), payment("P2", 50, core.Refund), payment("P3", -50, core.Contribution))
	b.load(one, two, line("P2", 1, ofBram, 50), line("P3", 1, ofClaire, 0), line("P3", 2, ofClaire, 0))
	if got := b.loadWhole(nil, one); got.Removed != 0 || len(got.Rejects) != 1 || got.Rejects[0].Reason != core.ReasonPaymentSum {
		t.Errorf("a payment cut in two: %+v", got)
	}
	if got := b.loadWhole([][]string{{"P1", "2"}}, one); got.Removed != 0 || got.Unchanged != 1 {
		t.Errorf("a line that was refused: %+v", got)
	}
	stranger := line("P1", 2, "99", 200)
	if got := b.loadWhole(nil, one, stranger); got.Removed != 0 || got.Unchanged != 1 || len(got.Rejects) != 1 {
		t.Errorf("a line of nobody: %+v", got)
	}
	if got := b.loadWhole(nil, line("P3", 1, ofClaire, 0)); got.Removed != 0 || got.Unchanged != 1 {
		t.Errorf("what adds up to nothing: %+v", got)
	}
	if got := b.loadWhole(nil, one, three); got.Removed != 1 || got.Added != 1 || got.Unchanged != 1 || got.Rejects != nil {
		t.Errorf("another line in place of one: %+v", got)
	}
	b.wantLoad(outcome(0, 0, 2), one, three)
	b.load(payment("P4", 300, core.Refund))
	b.load(line("P4", 1, ofClaire, 100), line("P4", 2, ofBram, 200))
	renumbered := []core.Row{line("P4", 1, ofClaire, 100), line("P4", 3, ofBram, 200)}
	if got := b.loadWhole(nil, renumbered...); got.Removed != 1 || got.Added != 1 || got.Unchanged != 1 {
		t.Errorf("another number for the line of somebody else: %+v", got)
	}
	b.wantLoad(outcome(0, 0, 2), renumbered...)
	if got := b.loadWhole(nil, one, three); got.Removed != 0 || got.Unchanged != 2 {
		t.Errorf("once more: %+v", got)
	}
	if got := b.takeAway(core.KindPayment, b.delivered(core.KindPayment, []string{"P1"}, []string{"P3"}, []string{"P4"})); got.Removed != 1 || got.Rows[0].Key[0] != "P2" {
		t.Errorf("a payment that is gone: %+v", got)
	}
	b.wantLoad(outcome(0, 0, 0, core.Reject{Row: 0, Field: "payment", Reason: core.ReasonNoPayment}), line("P2", 1, ofBram, 50))
	b.load(payment("P2", 50, core.Refund))
	b.wantLoad(outcome(1, 0, 0), line("P2", 1, ofBram, 50))
}

func testGoneShares(t *testing.T, b *bed) {
	share := func(member string, counted int64) core.MafShare {
		return core.MafShare{Holder: ofClaire, Year: 2026, Member: member, Counted: counted}
	}
	sum := core.Reject{Row: 0, Field: "counted", Reason: core.ReasonYearSum}
	b.wantLoad(outcome(0, 0, 0, core.Reject{Row: 0, Field: "year", Reason: core.ReasonNoYear}), share(ofClaire, 300))
	b.load(core.Maf{Holder: ofClaire, Year: 2026, Class: 2, Ceiling: 80000, Counted: 300})
	b.wantLoad(outcome(0, 0, 0, sum), share(ofClaire, 299))
	b.wantLoad(outcome(2, 0, 0), share(ofClaire, 100), share(ofBram, 200))
	b.wantLoad(outcome(0, 0, 0, sum), share(ofBram, 300))
	b.wantLoad(outcome(0, 2, 0), share(ofClaire, 0), share(ofBram, 300))
	if got := b.loadWhole([][]string{{core.Unspaced(ofClaire), "2026", core.Unspaced(ofClaire)}}, share(ofBram, 300)); got.Removed != 0 || got.Unchanged != 1 {
		t.Errorf("a share that was refused: %+v", got)
	}
	if got := b.loadWhole(nil, share(ofBram, 200)); got.Removed != 0 || len(got.Rejects) != 1 {
		t.Errorf("shares that do not add up: %+v", got)
	}
	if got := b.loadWhole(nil, share(ofBram, 300)); got.Removed != 1 || got.Unchanged != 1 {
		t.Errorf("who left the household: %+v", got)
	}
	ahead := core.NewAhead()
	ctx := t.Context()
	year := core.Maf{Holder: ofBram, Year: 2027, Class: 2, Ceiling: 80000, Counted: 50}
	if _, err := b.Preview(ctx, "141", core.Batch{Kind: core.KindMaf, Rows: []core.Row{year}}, ahead); err != nil {
		t.Fatal(err)
	}
	for counted, rejects := range map[int64]int{50: 0, 51: 1} {
		row := core.MafShare{Holder: ofBram, Year: 2027, Member: ofBram, Counted: counted}
		if got, err := b.Preview(ctx, "141", core.Batch{Kind: core.KindMafShare, Rows: []core.Row{row}}, ahead); err != nil || len(got.Rejects) != rejects {
			t.Errorf("%d of a year that would be there: %+v, %v", counted, got, err)
		}
	}
}

// Files of one time are one delivery; what was refused, is not complete, is of another kind
// or mutuality, or is older, does not count.
// postcodes takes in a file of so many postcodes and a wrong line, takes away what it does
// not hold if that is wanted, and tells how many went.
func (b *bed) postcodes(i core.Import, rows int, state core.ImportState, taking bool) int64 {
	b.t.Helper()
	ctx := b.t.Context()
	i.Kind, i.SHA256 = core.KindPostcode, sha256.Sum256([]byte(i.File))
	begun, err := b.BeginImport(ctx, "141", i)
	if err != nil {
		b.t.Fatal(err)
	}
	part, keys := core.Part{Batch: core.Batch{Kind: i.Kind}, Lines: int64(rows) + 1}, [][]string{}
	for n := range rows {
		p := core.Postcode{Code: strconv.Itoa(4000 + n), Name: "Liège", Latitude: 50_600_000, Longitude: 5_500_000}
		part.Rows, part.LineOf, keys = append(part.Rows, p), append(part.LineOf, int64(n)+1), append(keys, []string{p.Code, p.Name})
	}
	part.Rejects = []core.LineReject{{Line: part.Lines, Reason: "wrong"}}
	if _, err := b.LoadPart(ctx, "141", begun.ID, part); err != nil {
		b.t.Fatal(err)
	}
	var gone core.Gone
	if taking {
		if gone, err = b.TakeAway(ctx, "141", begun.ID, b.delivered(i.Kind, keys...)); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := b.EndImport(ctx, "141", begun.ID, state); err != nil {
		b.t.Fatal(err)
	}
	b.clock.add(time.Millisecond)
	return gone.Count()
}

// The same bytes, delivered again, do not make the first time undone: what they took away
// counts on, and their rows count once for each time of the data.
func testHeldAgain(t *testing.T, b *bed) {
	day, began := 24*time.Hour, b.clock.Now()
	full := core.Import{File: "full", AsOf: began.Add(-5 * day), Complete: true}
	less := core.Import{File: "less", AsOf: began.Add(-4 * day), Complete: true}
	if gone := b.postcodes(full, 9, core.ImportDone, true); gone != 0 {
		t.Fatalf("the first took away %d", gone)
	}
	if gone := b.postcodes(less, 7, core.ImportDone, true); gone != 2 {
		t.Fatalf("two rows less took away %d", gone)
	}
	want := []core.Held{{Rows: 10}, {Rows: 8, Gone: 2}}
	check := func(when string) {
		t.Helper()
		if held, err := b.Held(t.Context(), "141", core.KindPostcode, began.Add(-core.ShrinkWindow)); err != nil || !slices.Equal(held, want) {
			t.Errorf("%s: Held = %+v, %v, want %+v", when, held, err, want)
		}
	}
	check("once")
	b.postcodes(less, 7, core.ImportDone, true)
	check("twice in a night")
	less.AsOf = began.Add(-3 * day)
	b.postcodes(less, 7, core.ImportDone, true)
	want = append(want, core.Held{Rows: 8})
	check("the next night")
	less.AsOf = began.Add(-2 * day)
	b.postcodes(less, 7, core.ImportRefused, false)
	check("refused")
	less.Complete = false
	b.postcodes(less, 7, core.ImportDone, false)
	check("not as a complete one")
	less.Complete, less.AsOf = true, began.Add(90*day)
	b.postcodes(less, 7, core.ImportDone, true)
	b.postcodes(less, 7, core.ImportDone, true)
	if held, err := b.Held(t.Context(), "141", core.KindPostcode, time.Time{}); err != nil || !slices.Equal(held, []core.Held{{Rows: 10}, {Rows: 8}}) {
		t.Errorf("what is past is kept: %+v, %v", held, err)
	}
}

func testHeld(t *testing.T, b *bed) {
	ctx, began := t.Context(), b.clock.Now()
	day := 24 * time.Hour
	b.postcodes(core.Import{File: "old", AsOf: began.Add(-40 * day), Complete: true}, 9, core.ImportDone, false)
	b.postcodes(core.Import{File: "first-1", AsOf: began.Add(-3 * day), Complete: true}, 4, core.ImportDone, false)
	b.postcodes(core.Import{File: "first-2", AsOf: began.Add(-3 * day), Complete: true}, 2, core.ImportDone, false)
	b.postcodes(core.Import{File: "refused", AsOf: began.Add(-2 * day), Complete: true}, 5, core.ImportRefused, false)
	b.postcodes(core.Import{File: "a change", AsOf: began.Add(-2 * day)}, 3, core.ImportDone, false)
	b.load(core.Postcode{Code: "9999", Name: "Gent", Latitude: 51_000_000, Longitude: 4_000_000})
	if gone := b.takeAway(core.KindPostcode, b.delivered(core.KindPostcode, []string{"4000"})); gone.Removed == 0 {
		t.Fatalf("nothing went: %+v", gone)
	}
	held, err := b.Held(ctx, "141", core.KindPostcode, began.Add(-core.ShrinkWindow))
	if err != nil || len(held) != 2 || held[0] != (core.Held{Rows: 8}) || held[1].Gone == 0 {
		t.Errorf("Held = %+v, %v", held, err)
	}
	for _, of := range []struct {
		mutuality string
		kind      core.Kind
	}{{"142", core.KindPostcode}, {"141", core.KindBranch}} {
		if held, err := b.Held(ctx, of.mutuality, of.kind, began.Add(-core.ShrinkWindow)); err != nil || len(held) != 0 {
			t.Errorf("Held of %+v = %+v, %v", of, held, err)
		}
	}
}
