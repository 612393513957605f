package store_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
)

func TestCoreSQLite(t *testing.T) { runCoreSuite(t, openSQLite) }

func TestCorePostgreSQL(t *testing.T) {
	t.Parallel()
	runCoreSuite(t, openPostgreSQL)
}

func runCoreSuite(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"rows that refer to nothing are refused alone", testLoadRefuses},
		{"rows of every kind are stored once", testLoadEveryKind},
		{"a row of each kind is replaced by a newer", testLoadChanges},
		{"a payment takes its lines along", testLoadMoves},
		{"lines add up to their payment", testLoadSums},
		{"many rows are loaded in pieces", testLoadMany},
		{"rows are found close together and far apart", testLoadRanges},
		{"members come as they are delivered", testLoadMembers},
		{"members are told of news once a day", testLoadNews},
		{"numbers that a member gave are confirmed", testLoadContacts},
		{"data have an age", testAges},
		{"a file goes on where it was cut short", testImportFile},
		{"a preview writes nothing", testPreview},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// Affiliation numbers of the bed's members.
const (
	ofClaire = "00-1234567"
	ofBram   = "00-7654321"
)

// load loads rows of one kind.
func (b *bed) load(rows ...core.Row) core.Outcome {
	b.t.Helper()
	out, err := b.Load(b.t.Context(), "141", core.Batch{Kind: rows[0].Of(), Rows: rows})
	if err != nil {
		b.t.Fatalf("Load of %T: %v", rows[0], err)
	}
	return out
}

func outcome(added, changed, unchanged int, rejects ...core.Reject) core.Outcome {
	return core.Outcome{Added: added, Changed: changed, Unchanged: unchanged, Rejects: rejects}
}

func (b *bed) wantLoad(want core.Outcome, rows ...core.Row) {
	b.t.Helper()
	got := b.load(rows...)
	if got.Added != want.Added || got.Changed != want.Changed || got.Unchanged != want.Unchanged || !slices.Equal(got.Rejects, want.Rejects) {
		b.t.Errorf("Load of %d %T = %+v, want %+v", len(rows), rows[0], got, want)
	}
}

func payment(reference string, cents int64, kind core.PaymentKind) core.Payment {
	return core.Payment{Member: ofClaire, Reference: reference, Kind: kind, Treated: day("2026-11-02"), Payee: "Claire Delcourt", Last4: "7034", Cents: cents}
}

func line(reference string, n int, member string, refund int64) core.Line {
	return core.Line{Payment: reference, Line: n, Member: member, Nature: "Consultation", Code: "101076", Provider: "Dr. Lambert",
		From: day("2026-10-20"), Quantity: 1, Fee: refund + 400, Refund: refund, Own: 400}
}

func testLoadRefuses(t *testing.T, b *bed) {
	b.wantLoad(outcome(0, 0, 0, core.Reject{Row: 0, Field: "payment", Reason: core.ReasonNoPayment}), line("P1", 1, ofClaire, 100))
	stranger := payment("P2", 100, core.Refund)
	stranger.Member = "99"
	b.wantLoad(outcome(1, 0, 0, core.Reject{Row: 0, Field: "member", Reason: core.ReasonNoMember},
		core.Reject{Row: 2, Reason: core.ReasonDuplicate}), stranger, payment("P1", 100, core.Refund), payment("P1", 100, core.Refund))
	b.wantLoad(outcome(0, 0, 0, core.Reject{Row: 0, Field: "member", Reason: core.ReasonNoMember}), line("P1", 1, "99", 100))
	b.wantLoad(outcome(1, 0, 0), payment("P3", 100, core.Allowance))
	if got := b.load(line("P3", 1, ofClaire, 100)); len(got.Rejects) != 1 {
		t.Errorf("a line of an indemnity: %+v", got)
	}
	if _, err := b.Load(t.Context(), "", core.Batch{Kind: core.KindPayment}); err == nil {
		t.Error("a batch of no mutuality is loaded")
	}
	if _, err := b.Load(t.Context(), "141", core.Batch{Kind: core.KindLine, Rows: []core.Row{payment("P1", 1, core.Refund)}}); err == nil {
		t.Error("a payment among lines is loaded")
	}
	if _, err := b.Load(t.Context(), "141", core.Batch{Kind: "nothing", Rows: nil}); err == nil {
		t.Error("a kind that does not exist is loaded")
	}
	if got := b.load(core.Household{Holder: ofClaire, Member: "7", Role: core.RoleChild}); len(got.Rejects) != 1 || got.Rejects[0].Field != "member" {
		t.Errorf("an unknown child: %+v", got)
	}
	for name, wrong := range map[string]core.Received{
		"nothing":    received(nil),
		"a picture":  received([]byte("GIF89a")),
		"too large":  received(append([]byte("%PDF-1.7"), make([]byte, core.MaxPDF)...)),
		"other file": {Member: ofClaire, Reference: "D1", PDF: []byte("%PDF-1.7 one"), SHA256: hex.EncodeToString(make([]byte, 32))},
	} {
		if got := b.load(wrong); len(got.Rejects) != 1 || got.Added != 0 {
			t.Errorf("%s as a PDF: %+v", name, got)
		}
	}
}

func received(pdf []byte) core.Received {
	sum := sha256.Sum256(pdf)
	return core.Received{Member: ofClaire, Reference: "D1", Kind: "letter", Title: "Lettre", Language: "fr", Issued: day("2026-11-01"), File: "d1.pdf",
		SHA256: hex.EncodeToString(sum[:]), PDF: pdf}
}

// oneOfEach has rows of every kind, in order, and the same changed.
func oneOfEach() (rows, changed map[core.Kind][]core.Row) {
	two := int64(200)
	first := line("P1", 1, ofClaire, 1000)
	second := core.Line{Payment: "P1", Line: 2, Member: ofBram, Nature: "Visite", From: day("2026-10-20"), To: day("2026-10-22"), Quantity: 3, Fee: 1800, Supplement: &two, Refund: 1640, Own: 360}
	later := second
	later.Nature = "Visite à domicile"
	rows = map[core.Kind][]core.Row{
		core.KindMember:       {core.Member{NationalNumber: number("93051822361"), Affiliation: "00-5", GivenNames: "Ann", Surname: "Peeters", Language: "nl", IBAN: newIBAN, AccountHolder: "Ann Peeters", AccessCode: "abcd1234"}},
		core.KindHousehold:    {core.Household{Holder: ofClaire, Member: ofClaire, Role: core.RoleHolder}, core.Household{Holder: ofClaire, Member: ofBram, Role: core.RoleChild, Since: day("2017-07-30")}},
		core.KindCover:        {core.Cover{Member: ofClaire, Cover: core.Compulsory, Status: core.InForce, Since: day("2010-01-01"), Code: "110/110"}},
		core.KindPayment:      {payment("P1", 2640, core.Refund)},
		core.KindLine:         {first, second},
		core.KindIncapacity:   {core.Incapacity{Member: ofClaire, Since: day("2026-09-01"), Kind: "primary", State: "accepted"}},
		core.KindIndemnity:    {core.Indemnity{Member: ofClaire, Reference: "I1", Paid: day("2026-10-01"), From: day("2026-09-01"), To: day("2026-09-30"), Days: 26, Daily: 7000, Gross: 182000, Tax: 20000, Net: 162000, Last4: "7034"}},
		core.KindAppointment:  {core.Appointment{Member: ofClaire, Reference: "A1", At: noon, Place: "Liège", Street: "Rue 1", Postcode: "4000", City: "Liège", Bring: "identity", State: "set"}},
		core.KindMedicalFile:  {core.MedicalFile{Member: ofClaire, Since: day("2026-01-01"), Until: day("2026-12-31"), Doctor: "Dr. Lambert", Number: "10000000004"}},
		core.KindTariff:       {core.Tariff{Code: "101076", Nature: "consultation", From: day("2026-01-01"), Fee: 3000, With: 2600, Without: 2000}},
		core.KindMaf:          {core.Maf{Holder: ofClaire, Year: 2026, Class: 2, Ceiling: 80000, Counted: 36000}},
		core.KindMafShare:     {core.MafShare{Holder: ofClaire, Year: 2026, Member: ofBram, Counted: 36000}},
		core.KindSaving:       {core.Saving{Member: ofBram, Year: 2026, From: day("2031-07-30"), Until: day("2047-07-30"), Total: 1000, Deposited: 500, Most: 600, Basis: 1300}},
		core.KindAgreement:    {core.Agreement{Member: ofClaire, Reference: "G1", Kind: "medicine", Subject: "Produit", Since: day("2026-01-01"), State: "granted"}},
		core.KindProvider:     {core.Provider{Number: "10000000004", Name: "Émile Lambert", Profession: "doctor", Postcode: "4000", City: "Liège", Status: "full"}},
		core.KindBranch:       {core.Branch{Code: "LG1", Name: "Liège", Postcode: "4000", City: "Liège", Latitude: 50640000, Longitude: 5570000, Wheelchair: true}},
		core.KindPostcode:     {core.Postcode{Code: "4000", Name: "Liège", Latitude: 50640000, Longitude: 5570000}},
		core.KindShipment:     {core.Shipment{Reference: "R1", State: "posted", At: noon}},
		core.KindReceived:     {received([]byte("%PDF-1.7 one"))},
		core.KindEuropeanCard: {core.EuropeanCard{Member: ofClaire, Institution: "319000", Number: "80056000000123456789", Until: day("2027-12-31")}},
	}
	changed = map[core.Kind][]core.Row{
		core.KindMember:       {core.Member{NationalNumber: number("93051822361"), Affiliation: "00-5", GivenNames: "Ann", Surname: "Peeters", Language: "nl", Email: "ann@example.org"}},
		core.KindHousehold:    {core.Household{Holder: ofClaire, Member: ofBram, Role: core.RoleOther, Since: day("2017-07-30")}},
		core.KindCover:        {core.Cover{Member: ofClaire, Cover: core.Compulsory, Status: core.Increased, Since: day("2010-01-01"), Code: "111/111"}},
		core.KindPayment:      {core.Payment{Member: ofClaire, Reference: "P1", Kind: core.Refund, Treated: day("2026-11-03"), Paid: day("2026-11-05"), Payee: "Claire Delcourt", Last4: "7034", Cents: 2640}},
		core.KindLine:         {later},
		core.KindIncapacity:   {core.Incapacity{Member: ofClaire, Since: day("2026-09-01"), Until: day("2026-10-01"), Kind: "primary", State: "ended"}},
		core.KindIndemnity:    {core.Indemnity{Member: ofClaire, Reference: "I1", Paid: day("2026-10-02"), From: day("2026-09-01"), To: day("2026-09-30"), Days: 26, Daily: 7000, Gross: 182000, Tax: 20000, Net: 162000, Last4: "7034"}},
		core.KindAppointment:  {core.Appointment{Member: ofClaire, Reference: "A1", At: noon.Add(time.Hour), Place: "Liège", Street: "Rue 1", Postcode: "4000", City: "Liège", Bring: "identity", State: "moved"}},
		core.KindMedicalFile:  {core.MedicalFile{Member: ofClaire, Since: day("2026-01-01"), Until: day("2027-12-31"), Doctor: "Dr. Lambert", Number: "10000000004"}},
		core.KindTariff:       {core.Tariff{Code: "101076", Nature: "consultation", From: day("2026-01-01"), Fee: 3100, With: 2700, Without: 2000}},
		core.KindMaf:          {core.Maf{Holder: ofClaire, Year: 2026, Class: 2, Ceiling: 80000, Counted: 36000, Closed: true}},
		core.KindMafShare:     {core.MafShare{Holder: ofClaire, Year: 2026, Member: ofBram, Counted: 36000, Due: 100, Expected: day("2026-12-01")}},
		core.KindSaving:       {core.Saving{Member: ofBram, Year: 2026, From: day("2031-07-30"), Until: day("2047-07-30"), Total: 1100, Deposited: 600, Most: 600, Basis: 1300}},
		core.KindAgreement:    {core.Agreement{Member: ofClaire, Reference: "G1", Kind: "medicine", Subject: "Produit", Since: day("2026-01-01"), State: "ended"}},
		core.KindProvider:     {core.Provider{Number: "10000000004", Name: "Émile Lambert", Profession: "doctor", Postcode: "4000", City: "Liège", Status: "partial", Hours: "mon"}},
		core.KindBranch:       {core.Branch{Code: "LG1", Name: "Liège", Postcode: "4000", City: "Liège", Latitude: 50640000, Longitude: 5570000, Kiosk: true}},
		core.KindPostcode:     {core.Postcode{Code: "4000", Name: "Liège", Latitude: 50640001, Longitude: 5570000}},
		core.KindShipment:     {core.Shipment{Reference: "R1", State: "posted", At: noon.Add(time.Hour)}},
		core.KindReceived:     {received([]byte("%PDF-1.7 two"))},
		core.KindEuropeanCard: {core.EuropeanCard{Member: ofClaire, Institution: "319000", Number: "80056000000123456789", Until: day("2027-12-31"), Certificate: day("2027-02-18")}},
	}
	return rows, changed
}

func testLoadEveryKind(t *testing.T, b *bed) {
	rows, _ := oneOfEach()
	for _, kind := range core.Kinds() {
		if len(rows[kind]) == 0 {
			t.Fatalf("no row of kind %s", kind)
		}
		b.wantLoad(outcome(len(rows[kind]), 0, 0), rows[kind]...)
	}
	for _, kind := range core.Kinds() {
		b.wantLoad(outcome(0, 0, len(rows[kind])), rows[kind]...)
	}
	if got := b.audited(audit.ImportBatch); !slices.Contains(got, "done import/line") {
		t.Errorf("audit rows of imports: %q", got)
	}
}

func testLoadChanges(t *testing.T, b *bed) {
	rows, changed := oneOfEach()
	for _, kind := range core.Kinds() {
		b.load(rows[kind]...)
	}
	for _, kind := range core.Kinds() {
		b.wantLoad(outcome(0, len(changed[kind]), 0), changed[kind]...)
		b.wantLoad(outcome(0, 0, len(changed[kind])), changed[kind]...)
	}
}

// testLoadMoves: a payment dealt with on another day, and then found to be another
// member's, keeps its lines; a line whose patient was wrong leaves no copy behind.
func testLoadMoves(t *testing.T, b *bed) {
	rows, changed := oneOfEach()
	b.load(rows[core.KindPayment]...)
	b.wantLoad(outcome(2, 0, 0), rows[core.KindLine]...)
	b.wantLoad(outcome(0, 1, 0), changed[core.KindPayment]...)
	b.wantLoad(outcome(0, 0, 2), rows[core.KindLine]...)
	p := changed[core.KindPayment][0].(core.Payment)
	p.Member = ofBram
	b.wantLoad(outcome(0, 1, 0), p)
	b.wantLoad(outcome(0, 0, 2), rows[core.KindLine]...)
	wrong := rows[core.KindLine][1].(core.Line)
	wrong.Member = ofClaire
	b.wantLoad(outcome(0, 1, 1), rows[core.KindLine][0], wrong)
	b.wantLoad(outcome(0, 0, 2), rows[core.KindLine][0], wrong)
	b.wantLoad(outcome(0, 1, 0), rows[core.KindLine][1])
	b.wantLoad(outcome(0, 0, 2), rows[core.KindLine]...)
}

func testLoadSums(t *testing.T, b *bed) {
	b.load(payment("P1", 300, core.Refund), payment("P2", 100, core.Refund), payment("P3", 500, core.Contribution))
	sum := func(row int) core.Reject {
		return core.Reject{Row: row, Field: "refund", Reason: core.ReasonPaymentSum}
	}
	b.wantLoad(outcome(2, 0, 0, sum(0), sum(1)), line("P1", 1, ofClaire, 100), line("P1", 2, ofClaire, 199), line("P2", 1, ofClaire, 100), line("P3", 1, ofClaire, 1))
	b.wantLoad(outcome(2, 0, 0), line("P1", 1, ofClaire, 100), line("P1", 2, ofClaire, 200))
	b.wantLoad(outcome(0, 0, 0, sum(0)), line("P1", 2, ofClaire, 201))
	b.wantLoad(outcome(0, 1, 1), line("P1", 1, ofClaire, 100), func() core.Line { l := line("P1", 2, ofClaire, 200); l.Provider = "Dr. B"; return l }())
}

func testLoadMany(t *testing.T, b *bed) {
	var payments, lines []core.Row
	for i := range 137 {
		member := []string{ofClaire, ofBram}[i%2]
		p := payment(fmt.Sprintf("P%d", i), 300, core.Refund)
		p.Member = member
		payments = append(payments, p)
		lines = append(lines, line(p.Reference, 1, ofClaire, 100), line(p.Reference, 2, ofBram, 200))
	}
	b.wantLoad(outcome(137, 0, 0), payments...)
	b.wantLoad(outcome(100, 0, 0), lines[:100]...)
	b.wantLoad(outcome(174, 0, 100), lines...)
	for i := range lines {
		l := lines[i].(core.Line)
		l.Provider = strings.Repeat("x", i%7)
		lines[i] = l
	}
	b.wantLoad(outcome(0, 274, 0), lines...)
	b.wantLoad(outcome(0, 0, 274), lines...)
}

// testLoadRanges looks for references among few others, among many, and among both.
func testLoadRanges(t *testing.T, b *bed) {
	const all = 6000
	paid := func(every, from, to int) (payments, lines []core.Row) {
		for i := from; i < to; i += every {
			p := payment(fmt.Sprintf("P%05d", i), 300, core.Refund)
			payments = append(payments, p)
			lines = append(lines, line(p.Reference, 2, ofBram, 200), line(p.Reference, 1, ofClaire, 100))
		}
		return payments, lines
	}
	even, _ := paid(2, 0, all)
	b.wantLoad(outcome(all/2, 0, 0), even...)
	dense, denseLines := paid(1, 0, 400)
	b.wantLoad(outcome(200, 0, 200), dense...)
	b.wantLoad(outcome(800, 0, 0), denseLines...)
	b.wantLoad(outcome(0, 0, 800), denseLines...)
	thin, thinLines := paid(15, 0, all)
	b.wantLoad(outcome(187, 0, 213), thin...) // of 200 odd numbers 13 are below 400
	b.wantLoad(outcome(746, 0, 54), thinLines...)
	b.wantLoad(outcome(0, 0, 800), thinLines...)
	more, moreLines := paid(1, 500, 900)
	apart, apartLines := paid(60, 900, all)
	b.wantLoad(outcome(187, 0, 298), append(more, apart...)...) // of 200 odd numbers 15 divides 13
	b.wantLoad(outcome(2*(485-26-85), 0, 2*(26+85)), append(moreLines, apartLines...)...)
}

func testLoadMembers(t *testing.T, b *bed) {
	ann := core.Member{NationalNumber: number("93051822361"), Affiliation: "00-5", GivenNames: "Ann", Surname: "Peeters", Language: "nl", AccessCode: "abcd1234"}
	other := ann
	other.NationalNumber = number("17073003384") // Bram's
	b.wantLoad(outcome(1, 0, 0), ann)
	b.wantLoad(outcome(0, 0, 0, core.Reject{Row: 0, Field: "access_code", Reason: "another member has it"}, core.Reject{Row: 1, Field: "national_number", Reason: core.ReasonMissing}), other, core.Member{})
	other.AccessCode = ""
	b.wantLoad(outcome(0, 0, 0, core.Reject{Row: 0, Field: "affiliation", Reason: core.ReasonNumberTaken}), other)
	ann.IBAN = "BE00000000000000"
	if got := b.load(ann); len(got.Rejects) != 1 || got.Rejects[0].Field != "account.iban" {
		t.Errorf("a wrong account number: %+v", got)
	}
	ann.IBAN, ann.AccountHolder = newIBAN, "Ann Peeters"
	b.wantLoad(outcome(0, 1, 0), ann)
	b.wantLoad(outcome(0, 0, 1), ann)
	twin := core.Member{NationalNumber: number("75021500270"), Affiliation: "005", GivenNames: "Eva", Surname: "Peeters", Language: "nl"}
	b.wantLoad(outcome(1, 0, 0), twin)
	b.wantLoad(outcome(0, 0, 0, core.Reject{Row: 0, Field: "member", Reason: core.ReasonManyMembers}), core.Incapacity{Member: "00.5", Since: day("2026-01-01")})
}

// testLoadNews: one mail a member, kind and day, in the morning, to who has an account; none
// of a history, nor of what she stopped.
func testLoadNews(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, nil)
	b.sentMails()
	told := func() (list []string) {
		b.clock.add(24 * time.Hour)
		for _, m := range b.sentMails() {
			list = append(list, string(m.Member)+" "+string(m.Template))
		}
		slices.Sort(list)
		return list
	}
	old, owed, brams := payment("P0", 100, core.Refund), payment("P9", -100, core.Contribution), payment("P8", 100, core.Refund)
	old.Treated, brams.Member = day("2026-10-01"), ofBram // who has no account
	b.load(old, owed, brams)
	history := received([]byte("%PDF-1.7 old"))
	history.Reference, history.Issued = "D0", day("2026-09-01")
	b.load(history)
	if got := told(); got != nil {
		t.Errorf("told of a history: %q", got)
	}
	b.load(payment("P1", 100, core.Refund), payment("P2", 100, core.ThirdParty))
	b.load(payment("P3", 100, core.Refund))
	b.load(received([]byte("%PDF-1.7 one")))
	b.load(received([]byte("%PDF-1.7 two")))
	if early := b.sentMails(); len(early) != 0 {
		t.Errorf("told at once: %v", early)
	}
	hers := string(b.claire.Member)
	if got, want := told(), []string{hers + " new-document", hers + " new-refunds"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	b.load(payment("P1", 100, core.Refund), payment("P2", 100, core.ThirdParty))
	b.load(received([]byte("%PDF-1.7 two")))
	if got := told(); got != nil {
		t.Errorf("told of what is there: %q", got)
	}
}

func testLoadContacts(t *testing.T, b *bed) {
	row := core.Member{NationalNumber: number(claireNumber), Affiliation: ofClaire, GivenNames: "Claire", Surname: "Delcourt", Language: "fr", Phone: "+3243221100"}
	b.load(row)
	holds := func(when, home string) {
		t.Helper()
		if c, err := b.Contacts(t.Context(), b.claire); err != nil || c.Home != home {
			t.Errorf("%s: %+v, %v", when, c, err)
		}
	}
	for _, number := range []string{"+3243221101", "+3243221100"} { // and back
		wantErr(t, "ChangePhone", b.ChangePhone(t.Context(), b.claire, account.Home, number), nil)
		b.clock.add(time.Minute)
	}
	b.wantLoad(outcome(0, 0, 1), row)
	holds("delivered as it was", "+3243221100")
	row.Phone = "+3243221102"
	b.wantLoad(outcome(0, 1, 0), row)
	holds("a newer one", "+3243221102")
}

func testAges(t *testing.T, b *bed) {
	rows, _ := oneOfEach()
	at := noon.Add(-time.Hour)
	for _, asOf := range []time.Time{at, {}, at.Add(-time.Hour)} {
		if _, err := b.Load(t.Context(), "141", core.Batch{Kind: core.KindPayment, Rows: rows[core.KindPayment], AsOf: asOf}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.Ages(t.Context(), "141")
	if want := map[core.Kind]time.Time{core.KindPayment: at}; err != nil || !maps.Equal(got, want) {
		t.Errorf("Ages = %v, %v, want %v", got, err, want)
	}
}

// part is lines of a file, up to one.
func part(last int64, rows ...core.Row) core.Part {
	p := core.Part{Batch: core.Batch{Kind: rows[0].Of(), Rows: rows}, Lines: last, Bytes: 100 * last}
	for i := range rows {
		p.LineOf = append(p.LineOf, last-int64(len(rows)-1-i))
	}
	return p
}

func testImportFile(t *testing.T, b *bed) {
	ctx := t.Context()
	file := core.Import{Kind: core.KindPayment, File: "payment.ndjson", SHA256: sha256.Sum256([]byte("one")), AsOf: noon.Add(-time.Hour)}
	i, err := b.BeginImport(ctx, "141", file)
	if err != nil || i.State != core.ImportRunning || i.Lines != 0 {
		t.Fatalf("BeginImport = %+v, %v", i, err)
	}
	stranger := payment("P2", 100, core.Refund)
	stranger.Member = "99"
	first := part(3, payment("P1", 100, core.Refund), stranger)
	first.Rejects = []core.LineReject{{Line: 1, Reason: "one"}, {Line: 1, Field: "cents", Reason: "two"}}
	if _, err := b.LoadPart(ctx, "141", i.ID, first); err != nil {
		t.Fatal(err)
	}
	if _, err := b.LoadPart(ctx, "141", i.ID, first); err == nil {
		t.Error("the same part is taken in twice")
	}
	again, err := b.BeginImport(ctx, "141", file)
	if err != nil || again.ID != i.ID || again.Lines != 3 || again.Bytes != 300 || again.Added != 1 || again.Rejected != 2 {
		t.Errorf("cut short: %+v, %v", again, err)
	}
	if _, err := b.LoadPart(ctx, "141", i.ID, part(4, payment("P3", 100, core.Refund))); err != nil {
		t.Error(err)
	}
	if ages, err := b.Ages(ctx, "141"); len(ages) != 0 || err != nil {
		t.Errorf("ages before the end: %v, %v", ages, err)
	}
	if err := b.EndImport(ctx, "141", i.ID, core.ImportDone); err != nil {
		t.Error(err)
	}
	if ages, err := b.Ages(ctx, "141"); !ages[core.KindPayment].Equal(file.AsOf) || err != nil {
		t.Errorf("ages at the end: %v, %v", ages, err)
	}
	again, err = b.BeginImport(ctx, "141", file)
	if err != nil || again.Lines != 0 || again.Added != 0 || again.State != core.ImportRunning {
		t.Errorf("once more: %+v, %v", again, err)
	}
	admin := auth.Officer{Mutuality: "141", ID: "admin"}
	if list, err := b.Imports(ctx, admin, 10); err != nil || len(list) != 1 || list[0].File != "payment.ndjson" {
		t.Errorf("Imports = %+v, %v", list, err)
	}
	if list, err := b.ImportRejects(ctx, admin, again.ID, 10); err != nil || len(list) != 0 {
		t.Errorf("rejects of a file that begins again: %v, %v", list, err)
	}
	if _, err := b.LoadPart(ctx, "141", again.ID, first); err != nil {
		t.Error(err)
	}
	if list, err := b.ImportRejects(ctx, admin, again.ID, 10); err != nil || len(list) != 3 || list[0].Reason != "one" {
		t.Errorf("rejects = %v, %v", list, err)
	}
	other := auth.Officer{Mutuality: "142", ID: "admin"}
	if list, err := b.ImportRejects(ctx, other, again.ID, 10); err != nil || len(list) != 0 {
		t.Errorf("rejects of another mutuality: %v, %v", list, err)
	}
	wantErr(t, "EndImport of none", b.EndImport(ctx, "141", "none", core.ImportDone), sql.ErrNoRows)
}

func testPreview(t *testing.T, b *bed) {
	ctx := t.Context()
	rows, changed := oneOfEach()
	ahead := core.NewAhead()
	for _, kind := range core.Kinds() {
		out, err := b.Preview(ctx, "141", core.Batch{Kind: kind, Rows: rows[kind]}, ahead)
		if err != nil || out.Added != len(rows[kind]) {
			t.Errorf("Preview of %s = %+v, %v", kind, out, err)
		}
	}
	ofAnn := core.Incapacity{Member: "005", Since: day("2026-01-01")}
	if out, err := b.Preview(ctx, "141", core.Batch{Kind: ofAnn.Of(), Rows: []core.Row{ofAnn}}, ahead); err != nil || out.Added != 1 {
		t.Errorf("Preview of a member who comes in the same delivery = %+v, %v", out, err)
	}
	if out, err := b.Preview(ctx, "141", core.Batch{Kind: core.KindLine, Rows: rows[core.KindLine]}, nil); err != nil || len(out.Rejects) != 2 {
		t.Errorf("Preview without what comes first = %+v, %v", out, err)
	}
	for _, kind := range core.Kinds() {
		b.wantLoad(outcome(len(rows[kind]), 0, 0), rows[kind]...)
		out, err := b.Preview(ctx, "141", core.Batch{Kind: kind, Rows: changed[kind]}, nil)
		if err != nil || out.Changed != len(changed[kind]) {
			t.Errorf("Preview of changed %s = %+v, %v", kind, out, err)
		}
		b.wantLoad(outcome(0, 0, len(rows[kind])), rows[kind]...)
	}
	for _, r := range []core.Row{payment("P1", 2740, core.Refund), line("P1", 3, ofClaire, 100)} {
		out, err := b.Preview(ctx, "141", core.Batch{Kind: r.Of(), Rows: []core.Row{r}}, ahead)
		if err != nil || out.Added+out.Changed != 1 {
			t.Errorf("Preview of a payment that is corrected with its lines: %s %+v, %v", r.Of(), out, err)
		}
	}
}
