package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

func TestSQLite(t *testing.T) { runSuite(t, openSQLite) }

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	runSuite(t, openPostgreSQL)
}

// runSuite is the behaviour of a store, whatever engine is behind it. It knows the
// exported methods and nothing else. With names it is those tests alone.
func runSuite(t *testing.T, open opener, names ...string) {
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
		{"a draft is of its session", testDraft},
		{"drafts of a session are bounded", testDraftRoom},
		{"drafts end with their session", testDraftEnds},
		{"sign-ins are audited", testSignInAudit},
		{"refused signatures are audited", testRefusedSignature},
		{"refused sign-ins do not fill the trail", testRefusalsBounded},
		{"refusals of many sources are bounded", testRefusalsOfMany},
		{"accounts are revealed", testAccounts},
		{"what others have is not found", testOthers},
		{"requests that do not hold are refused", testPutRefuses},
		{"a form sent twice is one request", testIdempotency},
		{"requests of a day are bounded", testDay},
		{"a reference is taken once", testReference},
		{"a request comes back as it went in", testRequest},
		{"a request with hard text comes back", testHardText},
		{"the words of a request are frozen", testSheet},
		{"a look for the card leaves no row unless it fails", testRequestForCard},
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
		{"jobs are leased when they are due", testJobs},
		{"a job ends, comes back or is given up", testJobEnds},
		{"a dead letter makes room", testDeadMakesRoom},
		{"a clock that goes back delays no job", testJobClock},
		{"a job is of its act", testJobOfTheAct},
		{"a proof that does not serve is refused", testApprovalRefused},
		{"a proof comes back as it went in", testApproval},
		{"sealing is refused", testSealRefused},
		{"sealing makes a document, once", testSeal},
		{"a receipt makes a document, once", testReceipt},
		{"a seal is stored whole or not at all", testSealAllOrNothing},
		{"seal, card and refusal at once: one wins", testSealRaces},
		{"proofs that were not used are swept", testSweepApprovals},
		{"a bank change that was asked is shown", testAsked},
		{"the overview shows what is to do", testOverview},
		{"what ended is swept", testSweep},
		{"two tabs: one wins", testRaces},
		{"who left is not answered", testCancelled},
		{"every act has one audit row", testAuditRows},
		{"a closed store refuses", testClosed},
		{"figures count", testStats},
	} {
		if len(names) > 0 && !slices.Contains(names, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

// testOthers asks for everything of one member as another, as nobody, and as the same
// id in another mutuality: the answer is that of an id that does not exist.
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
		func() error { _, err := b.Overview(ctx, b.claire, true); return err },
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
		audit.FreezeRequest, audit.PrepareRequest, audit.RequestLetter, audit.CompleteRequest, audit.ReadMember, audit.ReadPerson,
		audit.ReadPerson, audit.ReadAccounts, audit.RevealAccount, audit.ReadOverview, audit.ListRequests,
		audit.ReadRequest, audit.ListDocuments, audit.ReadDocument, audit.OpenDocument,
	}
	var got []audit.Action
	for i, e := range b.rows()[before:] {
		got = append(got, e.Action)
		if e.Action == audit.RequestLetter { // of the counter's own: a change of account is told by letter too
			if e.Actor != "system" || e.Member != string(claire.ID) || e.Outcome != audit.Done {
				t.Errorf("row %+v", e)
			}
			continue
		}
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
