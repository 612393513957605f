package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/webeid"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
	"guichet.example/portal/store"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

func TestSQLite(t *testing.T) { runSuite(t, openSQLite) }

// runSuite is the behaviour of a store, whatever engine is behind it. It knows the
// exported methods and nothing else.
func runSuite(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"members are not mixed up", testMembers},
		{"a number belongs to one member", testNumberTaken},
		{"members are imported once", testImport},
		{"a challenge is taken once", testChallenge},
		{"a challenge is taken by one of many", testChallengeRace},
		{"sessions end", testSessionEnds},
		{"a clock that goes back lengthens no session", testSessionClock},
		{"a session replaces another", testSessionReplaces},
		{"sign-ins are audited", testSignInAudit},
		{"accounts are revealed", testAccounts},
		{"what others have is not found", testOthers},
		{"requests that do not hold are refused", testPutRefuses},
		{"a form sent twice is one request", testIdempotency},
		{"a reference is taken once", testReference},
		{"a request comes back as it went in", testRequest},
		{"lists come in pages", testPages},
		{"preparing needs an open request", testPrepareRefuses},
		{"a preparation comes back as it went in", testPreparation},
		{"open preparations are bounded", testPreparationRoom},
		{"completing is refused", testCompleteRefuses},
		{"completing twice is completing once", testCompleteAgain},
		{"completing makes a document", testComplete},
		{"a pending signature is settled", testPending},
		{"a request moves only from where it is", testMove},
		{"documents are filtered", testDocuments},
		{"versions stay", testRaised},
		{"a lease is held by one", testLease},
		{"a bank change that was asked is shown", testAsked},
		{"the overview shows what is to do", testOverview},
		{"what ended is swept", testSweep},
		{"two tabs: one wins", testRaces},
		{"who left is not answered", testCancelled},
		{"every act has one audit row", testAuditRows},
		{"a closed store refuses", testClosed},
		{"figures count", testStats},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

func testMembers(t *testing.T, b *bed) {
	if _, err := b.MemberByNationalNumber(t.Context(), "141", number("93051822361")); !errors.Is(err, signin.ErrUnknownMember) {
		t.Errorf("unknown number: %v, want ErrUnknownMember", err)
	}
	if _, err := b.MemberByNationalNumber(t.Context(), "142", claire.NationalNumber); !errors.Is(err, signin.ErrUnknownMember) {
		t.Errorf("other mutuality: %v, want ErrUnknownMember", err)
	}
	got, err := b.MemberByNationalNumber(t.Context(), "141", claire.NationalNumber)
	if want := (signin.Member{ID: claire.ID, Name: "Claire Delcourt", Language: "fr"}); err != nil || got != want {
		t.Errorf("MemberByNationalNumber = %+v, %v, want %+v", got, err, want)
	}
	m, err := b.Member(t.Context(), b.claire)
	if err != nil || m != claire {
		t.Errorf("Member = %+v, %v, want %+v", m, err, claire)
	}
	if _, err := b.Member(t.Context(), auth.Login{Mutuality: "142", Member: claire.ID}); err == nil {
		t.Error("Member of another mutuality is found")
	}
	p, err := b.Person(t.Context(), b.claire)
	if want := (bank.Person{Name: "Claire Delcourt", Birth: claire.Birth, Affiliation: claire.Affiliation}); err != nil || p != want {
		t.Errorf("Person = %+v, %v, want %+v", p, err, want)
	}
	o, err := b.Orderer(t.Context(), b.bram)
	if err != nil || o.Name != "Bram Janssens" || o.Street != claire.Street {
		t.Errorf("Orderer = %+v, %v", o, err)
	}
	if got := b.audited(audit.ReadMember); !slices.Equal(got, []string{"done", "failed  internal error"}) {
		t.Errorf("audit rows of reading: %q", got)
	}
}

func testNumberTaken(t *testing.T, b *bed) {
	m, a := bram()
	m.NationalNumber = claire.NationalNumber
	err := b.AddMember(t.Context(), m, []bank.Account{a})
	wantErr(t, "AddMember with another's number", err, store.ErrNumberTaken)
	m.ID = "dddddddddddddddddddddddddd"
	wantErr(t, "AddMember again", b.AddMember(t.Context(), m, nil), store.ErrNumberTaken)
	m.Mutuality = "142"
	if err := b.AddMember(t.Context(), m, nil); err != nil {
		t.Errorf("the same person in another mutuality: %v", err)
	}
	if err := b.AddMember(t.Context(), account.Member{Mutuality: "141", ID: "x"}, nil); err == nil {
		t.Error("a member without a number is added")
	}
}

func testImport(t *testing.T, b *bed) {
	m, a := claire, claireAccount
	m.Email, a.Holder = "new@example.org", "C. Delcourt"
	for range 3 {
		if err := b.AddMember(t.Context(), m, []bank.Account{a}); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := b.Member(t.Context(), b.claire); got != m {
		t.Errorf("after import: %+v, want %+v", got, m)
	}
	if got, _ := b.Reveal(t.Context(), b.claire, bank.Benefits); got != a {
		t.Errorf("account with the same number: %+v, want %+v", got, a)
	}
	a.IBAN = newIBAN
	if err := b.AddMember(t.Context(), m, []bank.Account{a}); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Reveal(t.Context(), b.claire, bank.Benefits); got.IBAN != newIBAN || got.Version != 2 {
		t.Errorf("account with another number: %s, version %d, want version 2", got.IBAN.Last4(), got.Version)
	}
	m.NationalNumber = number("93051822361")
	if err := b.AddMember(t.Context(), m, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Member(t.Context(), b.claire); got.NationalNumber != m.NationalNumber {
		t.Error("a corrected national number is not taken over")
	}
	if _, err := b.MemberByNationalNumber(t.Context(), "141", claire.NationalNumber); !errors.Is(err, signin.ErrUnknownMember) {
		t.Errorf("the old number still finds her: %v", err)
	}
}

func testChallenge(t *testing.T, b *bed) {
	_, err := b.Take(t.Context(), "browser")
	wantErr(t, "Take without Put", err, webeid.ErrChallengeNotFound)
	first := webeid.Challenge{Nonce: "first", Expires: noon.Add(5 * time.Minute)}
	second := webeid.Challenge{Nonce: "second", Expires: noon.Add(6 * time.Minute)}
	for _, c := range []webeid.Challenge{first, second} {
		if err := b.Put(t.Context(), "browser", c); err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.Take(t.Context(), "another")
	wantErr(t, "Take of another browser", err, webeid.ErrChallengeNotFound)
	b.clock.add(time.Hour)
	if got, err := b.Take(t.Context(), "browser"); err != nil || got != second {
		t.Errorf("Take = %v, %v, want the newest, expired or not", got.Expires, err)
	}
	_, err = b.Take(t.Context(), "browser")
	wantErr(t, "Take twice", err, webeid.ErrChallengeNotFound)
	if err := b.Put(t.Context(), "browser", first); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	if got, err := b.Take(t.Context(), "browser"); err != nil || got != first {
		t.Errorf("Take after a restart = %v, %v", got.Expires, err)
	}
	b.reopen()
	_, err = b.Take(t.Context(), "browser")
	wantErr(t, "Take of a taken one after a restart", err, webeid.ErrChallengeNotFound)
}

func testChallengeRace(t *testing.T, b *bed) {
	for range soak(50, 1000) {
		if err := b.Put(t.Context(), "browser", webeid.Challenge{Nonce: "n", Expires: noon}); err != nil {
			t.Fatal(err)
		}
		errs := together(4, func(int) error {
			_, err := b.Take(context.Background(), "browser")
			return err
		})
		if won := wins(t, errs, webeid.ErrChallengeNotFound); won != 1 {
			t.Fatalf("%d callers took the same challenge", won)
		}
	}
}

func testSessionEnds(t *testing.T, b *bed) {
	_, err := b.Session(t.Context(), [32]byte{1}, b.clock.Now())
	wantErr(t, "unknown session", err, signin.ErrNoSession)
	tests := []struct {
		name  string
		steps []time.Duration
		alive bool
	}{
		{"at once", []time.Duration{0}, true},
		{"at the end of idle", []time.Duration{15 * time.Minute}, true},
		{"idle too long", []time.Duration{15*time.Minute + time.Second}, false},
		{"used in time, then idle", []time.Duration{14 * time.Minute, 14 * time.Minute}, true},
		{"used often", slices.Repeat([]time.Duration{10 * time.Minute}, 48), true},
		{"past its end", append(slices.Repeat([]time.Duration{10 * time.Minute}, 48), time.Second), false},
		{"used every 20 seconds", slices.Repeat([]time.Duration{20 * time.Second}, 200), true},
	}
	for _, tt := range tests {
		hash := b.session(tt.name, b.claire)
		var s signin.Session
		for _, step := range tt.steps {
			b.clock.add(step)
			s, err = b.Session(t.Context(), hash, b.clock.Now())
		}
		if tt.alive && (err != nil || s.Login != b.claire) {
			t.Errorf("%s: %v, %v, want it alive", tt.name, s.Login, err)
		}
		if !tt.alive && !errors.Is(err, signin.ErrNoSession) {
			t.Errorf("%s: %v, want ErrNoSession", tt.name, err)
		}
	}
	hash := b.session("signed out", b.bram)
	for range 2 {
		if err := b.EndSession(t.Context(), hash, "signed out"); err != nil {
			t.Errorf("EndSession: %v", err)
		}
	}
	_, err = b.Session(t.Context(), hash, b.clock.Now())
	wantErr(t, "session after sign-out", err, signin.ErrNoSession)
}

func testSessionClock(t *testing.T, b *bed) {
	hash := b.session("clock", b.claire)
	b.clock.add(time.Minute)
	if _, err := b.Session(t.Context(), hash, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.clock.add(-2 * time.Hour)
	lived := time.Minute
	for ; lived < 20*time.Hour; lived += 10 * time.Minute {
		if _, err := b.Session(t.Context(), hash, b.clock.Now()); err != nil {
			break
		}
		b.clock.add(10 * time.Minute)
	}
	if lived > 8*time.Hour+10*time.Minute {
		t.Errorf("a session of 8 hours lived %v across a clock set back by 2 hours", lived)
	}
	hash = b.session("jitter", b.claire)
	if _, err := b.Session(t.Context(), hash, b.clock.Now().Add(-time.Second)); err != nil {
		t.Errorf("server whose clock is a second behind: %v", err)
	}
}

func testSessionReplaces(t *testing.T, b *bed) {
	old := b.session("old", b.claire)
	now := b.clock.Now()
	s := signin.Session{Login: b.claire, Created: now, LastSeen: now, Idle: time.Minute, Ends: now.Add(time.Hour)}
	s.Login.Session = ""
	if err := b.StartSession(t.Context(), [32]byte{7}, old, s); err != nil {
		t.Fatal(err)
	}
	_, err := b.Session(t.Context(), old, now)
	wantErr(t, "the old session", err, signin.ErrNoSession)
	got, err := b.Session(t.Context(), [32]byte{7}, now)
	if err != nil || got.Login.Session == "" || got.Login.Holder != b.claire.Holder {
		t.Errorf("the new session: %v, %v", got.Login, err)
	}
	if err := b.StartSession(t.Context(), [32]byte{7}, [32]byte{}, s); err == nil {
		t.Error("two sessions under one token")
	}
	s.Login.Member = "nobody"
	if err := b.StartSession(t.Context(), [32]byte{8}, [32]byte{}, s); err == nil {
		t.Error("a session of nobody")
	}
}

func testSignInAudit(t *testing.T, b *bed) {
	ctx := audit.WithRequestID(t.Context(), "K7-042")
	hash := b.session("a", b.claire)
	if err := b.EndSession(ctx, hash, "signed out"); err != nil {
		t.Fatal(err)
	}
	err := b.RecordRefusal(ctx, signin.Refusal{Mutuality: "141", Method: auth.Card, Cause: "certificate is revoked: 85.07.30-033.28"})
	if err != nil {
		t.Fatal(err)
	}
	var got []audit.Entry
	for _, e := range b.rows() {
		if e.Action == audit.SignIn || e.Action == audit.SignOut {
			got = append(got, e)
		}
	}
	if len(got) != 3 {
		t.Fatalf("%d rows, want 3", len(got))
	}
	in, out, refused := got[0], got[1], got[2]
	if in.Actor != string(claire.ID) || in.Method != "card" || in.Assurance != "high" || in.Session != b.claire.Session || in.Outcome != audit.Done {
		t.Errorf("sign-in: %+v", in)
	}
	if out.Reason != "signed out" || out.RequestID != "K7-042" || out.Session != b.claire.Session {
		t.Errorf("sign-out: %+v", out)
	}
	if refused.Outcome != audit.Refused || refused.Actor != "unknown" || refused.Reason != "certificate is revoked: ###############" {
		t.Errorf("refusal: %+v", refused)
	}
}

func testAccounts(t *testing.T, b *bed) {
	_, err := b.Reveal(t.Context(), b.claire, "pension")
	wantErr(t, "Reveal of no account", err, bank.ErrNoAccount)
	list, err := b.Accounts(t.Context(), b.claire)
	if err != nil || !slices.Equal(list, []bank.Account{claireAccount}) {
		t.Errorf("Accounts = %v, %v", list, err)
	}
	other := claireAccount
	other.IBAN, other.Version = newIBAN, 77
	if err := b.ChangeAccount(t.Context(), "141", claire.ID, other); err != nil {
		t.Fatal(err)
	}
	got, err := b.Reveal(t.Context(), b.claire, bank.Benefits)
	if err != nil || got.IBAN != newIBAN || got.Version != 2 {
		t.Errorf("after a change: %v version %d, %v, want version 2", got.IBAN, got.Version, err)
	}
	if err := b.ChangeAccount(t.Context(), "141", "nobody", other); err == nil {
		t.Error("account of nobody changed")
	}
	want := []string{"refused account/pension no such bank account", "done account/benefits"}
	if got := b.audited(audit.RevealAccount); !slices.Equal(got, want) {
		t.Errorf("audit rows: %q, want %q", got, want)
	}
}

// testOthers asks for everything of one member as another, as nobody, and as the same
// id in another mutuality: the answer is that of an id that does not exist.
func testOthers(t *testing.T, b *bed) {
	ctx := t.Context()
	open := b.frozen(b.claire)
	prep := b.prepared(b.claire, open)
	request, doc := b.signed(b.claire)
	for _, login := range []auth.Login{b.bram, {Mutuality: "142", Member: claire.ID}, {Mutuality: "141", Member: "nobody"}, {}} {
		for _, id := range []string{request, "01hzzzzzzzzzzzzzzzzzzzzzzz", "", "../etc/passwd", "' OR 1=1 --"} {
			_, err := b.Request(ctx, login, id)
			wantErr(t, "Request of another", err, requests.ErrNotFound)
			if login == b.bram {
				wantErr(t, "Move of another's", b.Move(ctx, login, id, []requests.State{requests.Signed}, requests.Withdrawn, ""), requests.ErrNotFound)
			}
		}
		for _, id := range []string{doc, "01hzzzzzzzzzzzzzzzzzzzzzzz", ""} {
			_, err := b.Document(ctx, login, id)
			wantErr(t, "Document of another", err, documents.ErrNotFound)
			_, err = b.Open(ctx, login, id, 0)
			wantErr(t, "Open of another's", err, documents.ErrNotFound)
			_, err = b.DueDocument(ctx, login, id)
			wantErr(t, "DueDocument of another's", err, requests.ErrNotFound)
		}
		_, err := b.Preparation(ctx, login, prep)
		wantErr(t, "Preparation of another", err, requests.ErrNotFound)
		_, err = b.Complete(ctx, login, b.completion(prep, "value"))
		wantErr(t, "Complete of another's", err, requests.ErrNotFound)
		list, _ := b.Documents(ctx, login, documents.Filter{}, "", 10)
		if len(list) != 0 {
			t.Errorf("%v lists %d documents of another", login, len(list))
		}
	}
	wantErr(t, "Prepare of another's", b.Prepare(ctx, b.bram, b.preparation(open)), requests.ErrNotFound)
	if s := b.state(b.claire, open); s != requests.ToSign {
		t.Errorf("request is %s after all that", s)
	}
}

func testPutRefuses(t *testing.T, b *bed) {
	tests := []struct {
		name   string
		change func(*requests.Request)
	}{
		{"no act", func(r *requests.Request) { r.Act = nil }},
		{"act that does not hold", func(r *requests.Request) { r.Act = document.BankChange{} }},
		{"no PDF", func(r *requests.Request) { r.PDF = nil }},
		{"digest of another PDF", func(r *requests.Request) { r.SHA256[0] ^= 1 }},
		{"id with a slash", func(r *requests.Request) { r.ID = "a/b" }},
		{"no reference", func(r *requests.Request) { r.Reference = "" }},
		{"no time", func(r *requests.Request) { r.Created = time.Time{} }},
	}
	for _, tt := range tests {
		r := b.request()
		tt.change(&r)
		if id, err := b.PutRequest(t.Context(), b.claire, r, "k"); err == nil {
			t.Errorf("%s: stored as %s", tt.name, id)
		}
	}
	if _, err := b.PutRequest(t.Context(), b.claire, b.request(), string(make([]byte, 200))); err == nil {
		t.Error("a key of 200 bytes is taken")
	}
	if _, err := b.PutRequest(t.Context(), auth.Login{Mutuality: "141", Member: "nobody"}, b.request(), ""); err == nil {
		t.Error("a request of nobody is stored")
	}
	if list, err := b.Requests(t.Context(), b.claire, "", 10); err != nil || len(list) != 0 {
		t.Errorf("%d requests, %v, want none", len(list), err)
	}
}

func testIdempotency(t *testing.T, b *bed) {
	first := b.request()
	id, err := b.PutRequest(t.Context(), b.claire, first, "form-1")
	if err != nil || id != first.ID {
		t.Fatalf("PutRequest = %s, %v", id, err)
	}
	for range 3 {
		if again, err := b.PutRequest(t.Context(), b.claire, b.request(), "form-1"); err != nil || again != id {
			t.Errorf("the same form again = %s, %v, want %s", again, err, id)
		}
		b.reopen()
	}
	if other, err := b.PutRequest(t.Context(), b.bram, b.request(), "form-1"); err != nil || other == id {
		t.Errorf("another member's form with the same key = %s, %v", other, err)
	}
	if list, _ := b.Requests(t.Context(), b.claire, "", 10); len(list) != 1 {
		t.Errorf("%d requests, want 1", len(list))
	}
	const clients = 8
	ids := make([]string, clients)
	errs := together(clients, func(i int) (err error) {
		b := *b
		b.count = 1000 * (i + 1)
		ids[i], err = b.PutRequest(context.Background(), b.claire, b.request(), "form-2")
		return err
	})
	for i, err := range errs {
		if err != nil || ids[i] != ids[0] {
			t.Errorf("client %d: %s, %v, want %s", i, ids[i], err, ids[0])
		}
	}
	if got := b.audited(audit.FreezeRequest); len(got) != 3 {
		t.Errorf("audit rows: %q, want one for each of 3 requests", got)
	}
}

func testReference(t *testing.T, b *bed) {
	r := b.request()
	if _, err := b.PutRequest(t.Context(), b.claire, r, "a"); err != nil {
		t.Fatal(err)
	}
	other := b.request()
	other.Reference = r.Reference
	_, err := b.PutRequest(t.Context(), b.bram, other, "b")
	wantErr(t, "PutRequest with a reference in use", err, requests.ErrReferenceTaken)
	other.Reference = "GC-2026-FREE-001"
	if _, err := b.PutRequest(t.Context(), b.bram, other, "b"); err != nil {
		t.Errorf("after a taken reference the same form fails: %v", err)
	}
}

func testRequest(t *testing.T, b *bed) {
	want := b.request()
	id, err := b.PutRequest(t.Context(), b.claire, want, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Request(t.Context(), b.claire, id)
	if err != nil {
		t.Fatal(err)
	}
	wantAct, gotAct := marshal(t, want.Act), marshal(t, got.Act)
	if wantAct != gotAct || string(got.PDF) != string(want.PDF) || got.SHA256 != want.SHA256 || got.Mark != want.Mark ||
		got.Pages != want.Pages || got.State != requests.ToSign || got.Revision != 1 || !got.Created.Equal(want.Created) ||
		got.Reference != want.Reference {
		t.Errorf("Request = %+v, want %+v", got, want)
	}
}

func marshal(t *testing.T, a document.Act) string {
	t.Helper()
	text, err := document.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func testPages(t *testing.T, b *bed) {
	var want []string
	for range 7 {
		request, doc := b.signed(b.claire)
		want = append(want, request+" "+doc)
		b.signed(b.bram)
	}
	slices.Reverse(want)
	var got []string
	beforeRequest, beforeDocument := "", ""
	for len(got) < len(want) {
		page, err := b.Requests(t.Context(), b.claire, beforeRequest, 3)
		if err != nil || len(page) == 0 {
			t.Fatalf("page after %q: %d rows, %v", beforeRequest, len(page), err)
		}
		vault, err := b.Documents(t.Context(), b.claire, documents.Filter{}, beforeDocument, 3)
		if err != nil || len(vault) != len(page) {
			t.Fatalf("page after %q: %d rows, %v", beforeDocument, len(vault), err)
		}
		for i, r := range page {
			got = append(got, r.ID+" "+vault[i].ID)
			if len(r.PDF) != 0 || r.Act == nil || r.Document != vault[i].ID || vault[i].Request != r.ID {
				t.Errorf("row %+v, document %+v", r, vault[i])
			}
		}
		beforeRequest, beforeDocument = page[len(page)-1].ID, vault[len(vault)-1].ID
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages = %q, want %q", got, want)
	}
	if rest, err := b.Requests(t.Context(), b.claire, beforeRequest, 3); err != nil || len(rest) != 0 {
		t.Errorf("after the last page: %d rows, %v", len(rest), err)
	}
}

func testPrepareRefuses(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	p := b.preparation(id)
	p.Revision = 2
	wantErr(t, "Prepare at another revision", b.Prepare(ctx, b.claire, p), requests.ErrChanged)
	wantErr(t, "Prepare of no request", b.Prepare(ctx, b.claire, b.preparation("nothing")), requests.ErrNotFound)
	p = b.preparation(id)
	p.Prepared = nil
	if err := b.Prepare(ctx, b.claire, p); err == nil {
		t.Error("Prepare without bytes is stored")
	}
	if err := b.Move(ctx, b.claire, id, []requests.State{requests.ToSign}, requests.Declined, ""); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Prepare of a declined request", b.Prepare(ctx, b.claire, b.preparation(id)), requests.ErrNotOpen)
	want := []string{
		"refused request/" + id + " request or account changed meanwhile",
		"refused request/nothing no such request",
		"refused request/" + id + " request is not open for signing",
	}
	if got := b.audited(audit.PrepareRequest); !slices.Equal(got, want) {
		t.Errorf("audit rows: %q, want %q", got, want)
	}
}

func testPreparation(t *testing.T, b *bed) {
	_, err := b.Preparation(t.Context(), b.claire, "none")
	wantErr(t, "Preparation", err, requests.ErrNotFound)
	want := b.preparation(b.frozen(b.claire))
	if err := b.Prepare(t.Context(), b.claire, want); err != nil {
		t.Fatal(err)
	}
	if err := b.Prepare(t.Context(), b.claire, want); err == nil {
		t.Error("two preparations under one id")
	}
	b.reopen()
	got, err := b.Preparation(t.Context(), b.claire, want.ID)
	if err != nil {
		t.Fatal(err)
	}
	p := got.Prepared
	if string(p.PDF) != string(want.Prepared.PDF) || p.ByteRange != want.Prepared.ByteRange || len(p.Path) != 2 ||
		!p.At.Equal(want.Prepared.At) || p.Field != "Signature1" || string(p.Certificate) != string(want.Prepared.Certificate) {
		t.Errorf("Prepared = %+v", p)
	}
	if got.Request != want.Request || got.Revision != 1 || !got.Expires.Equal(want.Expires) || got.Done {
		t.Errorf("Preparation = %+v", got)
	}
}

func testPreparationRoom(t *testing.T, b *bed) {
	id := b.frozen(b.claire)
	var preps []string
	for range 12 {
		preps = append(preps, b.prepared(b.claire, id))
		b.clock.add(time.Second)
	}
	kept := 0
	for _, p := range preps {
		got, err := b.Preparation(t.Context(), b.claire, p)
		if err != nil {
			t.Fatal(err)
		}
		if got.Prepared != nil {
			kept++
		}
	}
	if last, _ := b.Preparation(t.Context(), b.claire, preps[11]); kept != 8 || last.Prepared == nil {
		t.Errorf("%d preparations kept, want the newest 8", kept)
	}
}

func testCompleteRefuses(t *testing.T, b *bed) {
	ctx := t.Context()
	_, err := b.Complete(ctx, b.claire, b.completion("none", "v"))
	wantErr(t, "Complete of nothing", err, requests.ErrNotFound)

	late := b.prepared(b.claire, b.frozen(b.claire))
	c := b.completion(late, "v")
	c.At = c.At.Add(requests.PreparationLife)
	_, err = b.Complete(ctx, b.claire, c)
	wantErr(t, "Complete too late", err, requests.ErrPreparationExpired)

	id := b.frozen(b.claire)
	declined := b.prepared(b.claire, id)
	if err := b.Move(ctx, b.claire, id, []requests.State{requests.ToSign}, requests.Declined, "no"); err != nil {
		t.Fatal(err)
	}
	_, err = b.Complete(ctx, b.claire, b.completion(declined, "v"))
	wantErr(t, "Complete of a declined request", err, requests.ErrNotOpen)

	for name, change := range map[string]func(*requests.Completion){
		"no PDF":      func(c *requests.Completion) { c.PDF = nil },
		"huge PDF":    func(c *requests.Completion) { c.PDF = make([]byte, signing.MaxPDF+1) },
		"other state": func(c *requests.Completion) { c.State = requests.Accepted },
		"bad id":      func(c *requests.Completion) { c.Document = "a b" },
	} {
		c := b.completion(late, "v")
		change(&c)
		if _, err := b.Complete(ctx, b.claire, c); err == nil {
			t.Errorf("%s: completed", name)
		}
	}

	changed := b.prepared(b.claire, b.frozen(b.claire))
	other := claireAccount
	other.IBAN = newIBAN
	if err := b.ChangeAccount(ctx, "141", claire.ID, other); err != nil {
		t.Fatal(err)
	}
	_, err = b.Complete(ctx, b.claire, b.completion(changed, "v"))
	wantErr(t, "Complete after the account changed", err, requests.ErrChanged)

	if list, _ := b.Documents(ctx, b.claire, documents.Filter{}, "", 10); len(list) != 0 {
		t.Errorf("%d documents after refusals alone", len(list))
	}
	if got := b.audited(audit.CompleteRequest); len(got) != 4 || got[1] != "refused preparation/"+late+" preparation expired" {
		t.Errorf("audit rows: %q", got)
	}
}

func testCompleteAgain(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	one, two := b.prepared(b.claire, id), b.prepared(b.claire, id)
	first, err := b.Complete(ctx, b.claire, b.completion(one, "value"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b.clock.add(time.Hour)
		again, err := b.Complete(ctx, b.claire, b.completion(one, "value"))
		if err != nil || again.Document != first.Document || again.ID != id || again.State != requests.Signed || !again.SignedAt.Equal(first.SignedAt) {
			t.Errorf("the same value again = %+v, %v, want %+v", again, err, first)
		}
		_, err = b.Complete(ctx, b.claire, b.completion(one, "another value"))
		wantErr(t, "another value", err, requests.ErrAnotherValue)
		_, err = b.Complete(ctx, b.claire, b.completion(two, "value"))
		wantErr(t, "the other tab's preparation", err, requests.ErrNotOpen)
		b.reopen()
	}
	p, err := b.Preparation(ctx, b.claire, one)
	if err != nil || !p.Done || p.Document != first.Document || p.Prepared == nil {
		t.Errorf("Preparation = %+v, %v", p, err)
	}
	if list, _ := b.Documents(ctx, b.claire, documents.Filter{}, "", 10); len(list) != 1 {
		t.Errorf("%d documents, want 1", len(list))
	}
	done := 0
	for _, row := range b.audited(audit.CompleteRequest) {
		if row[:4] == "done" {
			done++
		}
	}
	if done != 1 {
		t.Errorf("%d audit rows of completion, want 1", done)
	}
}

func testComplete(t *testing.T, b *bed) {
	ctx := t.Context()
	id := b.frozen(b.claire)
	c := b.completion(b.prepared(b.claire, id), "value")
	r, err := b.Complete(ctx, b.claire, c)
	if err != nil {
		t.Fatal(err)
	}
	if r.State != requests.Signed || r.Document != c.Document || r.Revision != 2 || !r.SignedAt.Equal(c.At) {
		t.Errorf("Complete = %+v", r)
	}
	d, err := b.Document(ctx, b.claire, c.Document)
	if err != nil || d.Request != id || d.Version != 1 || d.Level != signing.LevelB || d.Status != documents.Valid ||
		d.Kind != document.KindBankChange || d.Language != document.FR || d.Size != len(c.PDF) || d.Reference != r.Reference {
		t.Errorf("Document = %+v, %v", d, err)
	}
	for _, version := range []int{0, 1} {
		if pdf, err := b.Open(ctx, b.claire, c.Document, version); err != nil || string(pdf) != string(c.PDF) {
			t.Errorf("Open(%d) = %d bytes, %v", version, len(pdf), err)
		}
	}
	for _, version := range []int{2, -1} {
		_, err := b.Open(ctx, b.claire, c.Document, version)
		wantErr(t, "Open of a version there is not", err, documents.ErrNotFound)
	}
	if got, _ := b.Reveal(ctx, b.claire, bank.Benefits); got != claireAccount {
		t.Errorf("the account is %v before anybody accepted", got)
	}
}

func testPending(t *testing.T, b *bed) {
	for _, tt := range []struct {
		learnt requests.State
		status documents.Status
	}{{requests.Signed, documents.Valid}, {requests.Rejected, documents.Invalid}} {
		id := b.frozen(b.claire)
		c := b.completion(b.prepared(b.claire, id), "value")
		c.State = requests.Pending
		if r, err := b.Complete(t.Context(), b.claire, c); err != nil || r.State != requests.Pending {
			t.Fatalf("Complete = %s, %v", r.State, err)
		}
		if d, _ := b.Document(t.Context(), b.claire, c.Document); d.Status != documents.Checking {
			t.Errorf("status is %s while pending", d.Status)
		}
		due, err := b.DueDocument(t.Context(), b.claire, c.Document)
		if err != nil || !due.Pending || len(due.Signer) != 2 || due.Attempts != 0 {
			t.Fatalf("DueDocument = %+v, %v", due, err)
		}
		if err := b.Raised(t.Context(), requests.Raised{Raise: due, State: tt.learnt, Cause: "card was revoked"}); err != nil {
			t.Fatal(err)
		}
		if got := b.state(b.claire, id); got != tt.learnt {
			t.Errorf("state = %s, want %s", got, tt.learnt)
		}
		if d, _ := b.Document(t.Context(), b.claire, c.Document); d.Status != tt.status || d.Version != 1 {
			t.Errorf("document is %s, version %d, want %s", d.Status, d.Version, tt.status)
		}
		_, err = b.DueDocument(t.Context(), b.claire, c.Document)
		wantErr(t, "DueDocument after the last attempt", err, requests.ErrNotFound)
	}
}

func testMove(t *testing.T, b *bed) {
	ctx := t.Context()
	open := []requests.State{requests.ToSign}
	signed := []requests.State{requests.Signed, requests.Pending}
	id := b.frozen(b.claire)
	wantErr(t, "withdraw before signing", b.Move(ctx, b.claire, id, signed, requests.Withdrawn, ""), requests.ErrNotOpen)
	for _, to := range []requests.State{requests.Signed, requests.Pending, requests.ToSign, "sold"} {
		if err := b.Move(ctx, b.claire, id, open, to, ""); err == nil {
			t.Errorf("moved to %s", to)
		}
	}
	if err := b.Move(ctx, b.claire, id, open, requests.Declined, "the account is wrong: "+newIBAN); err != nil {
		t.Fatal(err)
	}
	r, err := b.Request(ctx, b.claire, id)
	if err != nil || r.State != requests.Declined || r.Reason != "the account is wrong: "+newIBAN || r.Revision != 2 {
		t.Errorf("after declining: %s %q revision %d, %v", r.State, r.Reason, r.Revision, err)
	}
	wantErr(t, "decline again", b.Move(ctx, b.claire, id, open, requests.Declined, ""), requests.ErrNotOpen)
	request, _ := b.signed(b.claire)
	if err := b.Move(ctx, b.claire, request, signed, requests.Withdrawn, ""); err != nil {
		t.Fatal(err)
	}
	want := []string{"done request/" + id, "refused request/" + id + " request is not open for signing"}
	if got := b.audited(audit.DeclineRequest); !slices.Equal(got, want) {
		t.Errorf("audit rows: %q, want %q", got, want)
	}
}

func testDocuments(t *testing.T, b *bed) {
	ctx := t.Context()
	b.signed(b.claire)
	b.clock.add(time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC).Sub(b.clock.Now())) // 2027 in Brussels
	b.signed(b.claire)
	count := func(f documents.Filter) int {
		list, err := b.Documents(ctx, b.claire, f, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for _, tt := range []struct {
		filter documents.Filter
		want   int
	}{
		{documents.Filter{}, 2},
		{documents.Filter{Year: 2026}, 1},
		{documents.Filter{Year: 2027}, 1},
		{documents.Filter{Year: 2025}, 0},
		{documents.Filter{Kind: document.KindBankChange}, 2},
		{documents.Filter{Kind: document.KindBankChange, Year: 2027}, 1},
		{documents.Filter{Kind: document.KindEHICOrder}, 0},
	} {
		if got := count(tt.filter); got != tt.want {
			t.Errorf("Documents(%+v) = %d rows, want %d", tt.filter, got, tt.want)
		}
	}
}

func testRaised(t *testing.T, b *bed) {
	ctx := t.Context()
	_, doc := b.signed(b.claire)
	first, err := b.Open(ctx, b.claire, doc, 0)
	if err != nil {
		t.Fatal(err)
	}
	due, err := b.DueDocument(ctx, b.claire, doc)
	if err != nil || string(due.PDF) != string(first) || due.Version != 1 || due.Pending {
		t.Fatalf("DueDocument = %+v, %v", due, err)
	}
	second := append(slices.Clone(first), "timestamp"...)
	raised := requests.Raised{Raise: due, PDF: second, Level: signing.LevelT, NextTry: b.clock.Now().Add(time.Minute), Cause: "no answer"}
	if err := b.Raised(ctx, raised); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "Raised from the old version", b.Raised(ctx, raised), requests.ErrChanged)
	if list, err := b.Due(ctx, b.clock.Now(), 10); err != nil || len(list) != 0 {
		t.Errorf("due before its time: %d, %v", len(list), err)
	}
	b.clock.add(time.Minute)
	list, err := b.Due(ctx, b.clock.Now(), 10)
	if err != nil || len(list) != 1 || list[0].Attempts != 1 || list[0].Version != 2 || string(list[0].PDF) != string(second) || list[0].Request == "" {
		t.Fatalf("Due = %d, %v", len(list), err)
	}
	third := append(slices.Clone(second), "evidence"...)
	if err := b.Raised(ctx, requests.Raised{Raise: list[0], PDF: third, Level: signing.LevelLT}); err != nil {
		t.Fatal(err)
	}
	d, err := b.Document(ctx, b.claire, doc)
	if err != nil || d.Version != 3 || d.Level != signing.LevelLT || d.Size != len(third) {
		t.Errorf("Document = %+v, %v", d, err)
	}
	for version, want := range map[int][]byte{0: third, 1: first, 2: second, 3: third} {
		if got, err := b.Open(ctx, b.claire, doc, version); err != nil || string(got) != string(want) {
			t.Errorf("Open(%d) = %d bytes, %v, want %d", version, len(got), err, len(want))
		}
	}
	b.clock.add(24 * time.Hour)
	if list, err := b.Due(ctx, b.clock.Now(), 10); err != nil || len(list) != 0 {
		t.Errorf("due with nothing left to do: %d, %v", len(list), err)
	}
}

func testLease(t *testing.T, b *bed) {
	ctx := t.Context()
	_, doc := b.signed(b.claire)
	if list, err := b.Due(ctx, b.clock.Now(), 10); err != nil || len(list) != 0 {
		t.Errorf("a fresh document is taken from who completes it: %d, %v", len(list), err)
	}
	if _, err := b.DueDocument(ctx, b.claire, doc); err != nil {
		t.Fatal(err)
	}
	_, err := b.DueDocument(ctx, b.claire, doc)
	wantErr(t, "DueDocument of a leased one", err, requests.ErrNotFound)
	b.clock.add(59 * time.Second)
	if list, _ := b.Due(ctx, b.clock.Now(), 10); len(list) != 0 {
		t.Error("a leased document is leased again")
	}
	b.clock.add(time.Second)
	got := make([]int, 4)
	together(4, func(i int) error {
		list, err := b.Due(context.Background(), b.clock.Now(), 10)
		got[i] = len(list)
		return err
	})
	if sum := got[0] + got[1] + got[2] + got[3]; sum != 1 {
		t.Errorf("leased %d times at the end of a lease, want once", sum)
	}
}

func testAsked(t *testing.T, b *bed) {
	ctx := t.Context()
	if got, err := b.Asked(ctx, b.claire); err != nil || got != nil {
		t.Errorf("Asked = %v, %v, want nil", got, err)
	}
	request, _ := b.signed(b.claire)
	if got, err := b.Asked(ctx, b.claire); err != nil || got == nil || got.Request != request || !got.Signed {
		t.Errorf("Asked = %+v, %v", got, err)
	}
	id := b.frozen(b.claire)
	if got, err := b.Asked(ctx, b.claire); err != nil || got == nil || got.Request != id || got.Signed {
		t.Errorf("Asked = %+v, %v, want the newest", got, err)
	}
	for id, from := range map[string]requests.State{id: requests.ToSign, request: requests.Signed} {
		to := requests.Declined
		if from == requests.Signed {
			to = requests.Withdrawn
		}
		if err := b.Move(ctx, b.claire, id, []requests.State{from}, to, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := b.Asked(ctx, b.claire); err != nil || got != nil {
		t.Errorf("Asked = %v, %v, want nil", got, err)
	}
}

func testOverview(t *testing.T, b *bed) {
	o, err := b.Overview(t.Context(), b.bram)
	if err != nil || o.ToSign != nil || len(o.Requests) != 0 || len(o.Documents) != 0 || o.Last4 != "6769" {
		t.Errorf("Overview of one who did nothing = %+v, %v", o, err)
	}
	oldest := b.frozen(b.claire)
	b.frozen(b.claire)
	for range 6 {
		b.signed(b.claire)
	}
	o, err = b.Overview(t.Context(), b.claire)
	if err != nil || o.ToSign == nil || o.ToSign.ID != oldest || len(o.Requests) != 5 || len(o.Documents) != 5 || o.Last4 != "7034" {
		t.Errorf("Overview = %+v, %v", o, err)
	}
	if i := o.Documents[0]; i.State != string(documents.Valid) || i.Kind != document.KindBankChange || i.Pages != 1 || i.Date.IsZero() {
		t.Errorf("document of the overview = %+v", i)
	}
}

func testSweep(t *testing.T, b *bed) {
	ctx := t.Context()
	b.session("a", b.claire)
	if err := b.Put(ctx, "browser", webeid.Challenge{Nonce: "n", Expires: noon.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	id := b.frozen(b.claire)
	prep := b.prepared(b.claire, id)
	request, doc := b.signed(b.claire)
	sweep := func() store.Stats {
		t.Helper()
		if err := b.Sweep(ctx, b.clock.Now()); err != nil {
			t.Fatal(err)
		}
		s, err := b.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := sweep(); s.Sessions != 1 || s.Challenges != 1 || s.ToSign != 1 {
		t.Errorf("swept too early: %+v", s)
	}
	b.clock.add(26 * time.Hour)
	if s := sweep(); s.Sessions != 0 || s.Challenges != 0 || s.ToSign != 1 {
		t.Errorf("after a day: %+v", s)
	}
	if p, err := b.Preparation(ctx, b.claire, prep); err != nil || p.Prepared != nil {
		t.Errorf("preparation after a day: %v, %v, want its bytes swept", p.Prepared, err)
	}
	b.clock.add(30 * 24 * time.Hour)
	if s := sweep(); s.ToSign != 0 || s.Signed != 1 {
		t.Errorf("after a month: %+v", s)
	}
	if s := b.state(b.claire, id); s != requests.Expired {
		t.Errorf("unsigned request is %s, want expired", s)
	}
	if s := b.state(b.claire, request); s != requests.Signed {
		t.Errorf("signed request is %s", s)
	}
	if _, err := b.Open(ctx, b.claire, doc, 0); err != nil {
		t.Errorf("document after a sweep: %v", err)
	}
	if got := b.audited(audit.ExpireRequest); !slices.Equal(got, []string{"done request/" + id}) {
		t.Errorf("audit rows: %q", got)
	}
}

func testCancelled(t *testing.T, b *bed) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.PutRequest(ctx, b.claire, b.request(), "")
	wantErr(t, "PutRequest for who left", err, context.Canceled)
	_, err = b.Member(ctx, b.claire)
	wantErr(t, "Member for who left", err, context.Canceled)
	if list, _ := b.Requests(t.Context(), b.claire, "", 10); len(list) != 0 {
		t.Error("a request of who left is stored")
	}
}

// testAuditRows does one of each and counts the rows.
func testAuditRows(t *testing.T, b *bed) {
	ctx := audit.WithRequestID(t.Context(), "R1")
	before := len(b.rows())
	id := b.frozen(b.claire)
	c := b.completion(b.prepared(b.claire, id), "v")
	for _, step := range []func() error{
		func() error { _, err := b.Complete(ctx, b.claire, c); return err },
		func() error { _, err := b.Member(ctx, b.claire); return err },
		func() error { _, err := b.Person(ctx, b.claire); return err },
		func() error { _, err := b.Orderer(ctx, b.claire); return err },
		func() error { _, err := b.Accounts(ctx, b.claire); return err },
		func() error { _, err := b.Reveal(ctx, b.claire, bank.Benefits); return err },
		func() error { _, err := b.Overview(ctx, b.claire); return err },
		func() error { _, err := b.Requests(ctx, b.claire, "", 5); return err },
		func() error { _, err := b.Request(ctx, b.claire, id); return err },
		func() error { _, err := b.Documents(ctx, b.claire, documents.Filter{}, "", 5); return err },
		func() error { _, err := b.Document(ctx, b.claire, c.Document); return err },
		func() error { _, err := b.Open(ctx, b.claire, c.Document, 1); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	want := []audit.Action{
		audit.FreezeRequest, audit.PrepareRequest, audit.CompleteRequest, audit.ReadMember, audit.ReadPerson,
		audit.ReadPerson, audit.ReadAccounts, audit.RevealAccount, audit.ReadOverview, audit.ListRequests,
		audit.ReadRequest, audit.ListDocuments, audit.ReadDocument, audit.OpenDocument,
	}
	var got []audit.Action
	for i, e := range b.rows()[before:] {
		got = append(got, e.Action)
		if e.Actor != string(claire.ID) || e.Mutuality != "141" || e.Method != "card" || e.Assurance != "high" ||
			e.Outcome != audit.Done || i > 1 && e.RequestID != "R1" || e.At.Nanosecond()%1e6 != 0 {
			t.Errorf("row %+v", e)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("audit rows %q, want %q", got, want)
	}
}

func testClosed(t *testing.T, b *bed) {
	if err := b.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
	for range 2 {
		if err := b.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	_, err := b.PutRequest(t.Context(), b.claire, b.request(), "")
	wantErr(t, "PutRequest", err, store.ErrClosed)
	_, err = b.Member(t.Context(), b.claire)
	wantErr(t, "Member", err, store.ErrClosed)
	wantErr(t, "Ping", b.Ping(t.Context()), store.ErrClosed)
}

func testStats(t *testing.T, b *bed) {
	b.frozen(b.claire)
	b.signed(b.claire)
	b.session("a", b.claire)
	s, err := b.Stats(t.Context())
	if err != nil || s.ToSign != 1 || s.Signed != 1 || s.Documents != 1 || s.Raises != 1 || s.Sessions != 1 || s.Bytes == 0 || s.Commits == 0 || s.Stopped {
		t.Errorf("Stats = %+v, %v", s, err)
	}
}
