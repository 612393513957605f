package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/certs"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

func TestOffice(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		for name, test := range map[string]func(*testing.T, *bed){
			"who works here is found by her card":      testStaff,
			"roles and leaving":                        testStaffChanges,
			"an officer's session":                     testOfficeSession,
			"a task waits and is answered":             testTask,
			"signed requests wait by their own state":  testRequestWaits,
			"the queue in pages and filters":           testQueuePages,
			"one of many takes an item":                testTakeRace,
			"an open file is one officer's":            testOpening,
			"an open file says that it was by card":    testOpeningByCard,
			"people are found":                         testPeople,
			"searches have a bound":                    testSearchesBounded,
			"a check at the counter opens a way in":    testCounter,
			"another address after a check":            testEmailAtCounter,
			"two officers for a certified address":     testSecondOfficer,
			"an item is given to a colleague":          testAssign,
			"the member is told what was answered":     testTold,
			"wrong answers are forgotten":              testQuestionForgotten,
			"nobody works on her own file or request":  testOwn,
			"what staff did, by day":                   testActs,
			"tasks that are none":                      testNoTask,
			"what was said rests sealed, none is lost": testTaskSealed,
			"a file is open in one session":            testOpeningOfSession,
			"a session in use keeps one alive":         testOfficeSessionAlone,
			"who has left has left":                    testDisabledStaff,
			"an act of staff is on one member":         testOfficeOneMember,
		} {
			t.Run(engine+" "+name, func(t *testing.T) { test(t, newBed(t, open)) })
		}
	}
}

var house = office.By{Mutuality: "141"}

// hire adds somebody and signs her in.
func (b *bed) hire(name string, number nrn.Number, roles ...auth.Role) auth.Officer {
	b.t.Helper()
	id, err := b.AddStaff(b.t.Context(), house, office.NewColleague{
		Colleague: office.Colleague{Name: name, Language: "fr", Place: "Liège", Roles: roles}, Number: number})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.atWork(auth.Officer{Mutuality: "141", ID: id, Name: name, Language: "fr", Roles: roles,
		Holder: certs.Holder{Country: "BE", SerialNumber: number.Digits(), Surname: name}, At: b.clock.Now()})
}

// atWork is the officer as her session gives her.
func (b *bed) atWork(o auth.Officer) auth.Officer {
	b.t.Helper()
	hash := b.officeHash(o)
	now := b.clock.Now()
	o.Session = ""
	err := b.StartOfficeSession(b.t.Context(), hash, hash, office.Session{Officer: o, Created: now, LastSeen: now, Idle: 10 * time.Minute, Ends: now.Add(8 * time.Hour)})
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := b.OfficeSession(b.t.Context(), hash, now)
	if err != nil {
		b.t.Fatal(err)
	}
	return s.Officer
}

func (b *bed) officeHash(o auth.Officer) [32]byte {
	return sha256.Sum256([]byte("office " + string(o.ID)))
}

var (
	inesNumber = number("79042118497")
	adaNumber  = number("88061421789")
)

func (b *bed) ines() auth.Officer { return b.hire("Inès Collard", inesNumber, auth.Advisor) }
func (b *bed) ada() auth.Officer {
	return b.hire("Ada Min", adaNumber, auth.Administrator, auth.ContactPoint)
}

func want(t *testing.T, what string, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("%s = %v, want %v", what, err, wanted)
	}
}

func testStaff(t *testing.T, b *bed) {
	ctx := t.Context()
	_, err := b.StaffByNumber(ctx, "141", inesNumber)
	want(t, "StaffByNumber of nobody", err, office.ErrUnknownStaff)
	o := b.ines()
	found, err := b.StaffByNumber(ctx, "141", inesNumber)
	if err != nil || found.ID != o.ID || found.Name != o.Name || !slices.Equal(found.Roles, o.Roles) || found.Place != "Liège" {
		t.Errorf("StaffByNumber = %+v, %v", found, err)
	}
	_, err = b.StaffByNumber(ctx, "142", inesNumber)
	want(t, "StaffByNumber elsewhere", err, office.ErrUnknownStaff)
	_, err = b.AddStaff(ctx, house, office.NewColleague{Colleague: office.Colleague{Name: "X", Language: "fr"}, Number: inesNumber})
	want(t, "AddStaff again", err, office.ErrStaffExists)
	for _, c := range []office.Colleague{{Language: "fr"}, {Name: "X", Language: "it"}, {Name: "X", Language: "fr", Roles: []auth.Role{"root"}}, {Name: strings.Repeat("x", 81), Language: "fr"}} {
		_, err = b.AddStaff(ctx, house, office.NewColleague{Colleague: c, Number: adaNumber})
		want(t, fmt.Sprintf("AddStaff of %+v", c), err, office.ErrColleague)
	}
	if list, err := b.Staff(ctx, house); err != nil || len(list) != 1 {
		t.Errorf("Staff = %v, %v", list, err)
	}
}

func testStaffChanges(t *testing.T, b *bed) {
	ctx := t.Context()
	ines, ada := b.ines(), b.ada()
	byAda := office.By{Mutuality: "141", Officer: &ada}
	change := func(id auth.StaffID, revision int, roles ...auth.Role) error {
		return b.ChangeStaff(ctx, byAda, office.Colleague{ID: id, Name: "N", Language: "nl", Revision: revision, Roles: roles})
	}
	want(t, "own roles", change(ada.ID, 1, auth.Administrator), office.ErrOwnRoles)
	want(t, "own end", b.DisableStaff(ctx, byAda, ada.ID, true), office.ErrOwnRoles)
	want(t, "old revision", change(ines.ID, 0, auth.Mailroom), office.ErrChanged)
	want(t, "nobody", change("nobody", 1), office.ErrNotFound)
	want(t, "last administrator by command", b.DisableStaff(ctx, house, ada.ID, true), office.ErrLastAdministrator)
	want(t, "her roles by command", b.ChangeStaff(ctx, house, office.Colleague{ID: ada.ID, Name: "N", Language: "nl", Revision: 1}), office.ErrLastAdministrator)
	want(t, "roles", change(ines.ID, 1, auth.Mailroom, auth.Administrator), nil)
	want(t, "first administrator again", b.DisableStaff(ctx, house, ada.ID, true), nil)
	want(t, "disabled twice", b.DisableStaff(ctx, house, ada.ID, true), office.ErrChanged)
	if _, err := b.OfficeSession(ctx, b.officeHash(ada), b.clock.Now()); !errors.Is(err, office.ErrNoSession) {
		t.Errorf("session of who was disabled: %v", err)
	}
	s, err := b.OfficeSession(ctx, b.officeHash(ines), b.clock.Now())
	if err != nil || s.Officer.Name != "N" || !s.Officer.Is(auth.Mailroom) || s.Officer.Is(auth.Advisor) {
		t.Errorf("session with new roles = %+v, %v", s.Officer, err)
	}
	_, err = b.StaffByNumber(ctx, "141", adaNumber)
	want(t, "disabled at the door", err, office.ErrUnknownStaff)
}

func testOfficeSession(t *testing.T, b *bed) {
	ctx, o := t.Context(), b.ines()
	hash := b.officeHash(o)
	if o.Holder.SerialNumber != inesNumber.Digits() || o.Session == "" || !o.At.Equal(b.clock.Now()) {
		t.Errorf("officer = %+v", o.Holder)
	}
	b.clock.add(9 * time.Minute)
	if _, err := b.OfficeSession(ctx, hash, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.clock.add(10*time.Minute + time.Second)
	_, err := b.OfficeSession(ctx, hash, b.clock.Now())
	want(t, "idle", err, office.ErrNoSession)
	b.atWork(o)
	want(t, "EndOfficeSession", b.EndOfficeSession(ctx, hash, "signed out"), nil)
	want(t, "twice", b.EndOfficeSession(ctx, hash, "signed out"), nil)
	_, err = b.OfficeSession(ctx, hash, b.clock.Now())
	want(t, "ended", err, office.ErrNoSession)
	b.atWork(o)
	b.clock.add(9 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Error(err)
	}
}

// task is one of Claire's.
func (b *bed) task(kind office.Kind, member auth.MemberID, lang string) office.Task {
	b.t.Helper()
	made, err := b.MakeTask(b.t.Context(), office.Task{Mutuality: "141", Kind: kind, Member: member, Language: lang,
		Said: map[string]string{"text": sentence, "phone": "+3243221100"}})
	if err != nil {
		b.t.Fatal(err)
	}
	return made
}

func testTask(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	made := b.task(office.Reactivation, claire.ID, "fr")
	if !strings.HasPrefix(made.Reference, "T-") || made.Deadline.Before(made.Created) {
		t.Errorf("task = %+v", made)
	}
	i, err := b.Item(ctx, ines, made.ID)
	if err != nil || i.Said != nil || i.Member != "" || i.Hold.Staff != "" {
		t.Errorf("item before it is taken = %+v, %v", i, err)
	}
	want(t, "close", b.CloseItem(ctx, ines, made.ID, office.Answer{What: office.EventClosed, Words: "x"}), office.ErrState)
	want(t, "release", b.ReleaseItem(ctx, ines, made.ID), office.ErrState)
	want(t, "take", b.TakeItem(ctx, ines, made.ID, office.Hold{}, ""), nil)
	var held office.HeldError
	if err := b.TakeItem(ctx, ada, made.ID, office.Hold{}, ""); !errors.As(err, &held) || held.Hold.Name != "Inès Collard" || !held.Hold.Since.Equal(b.clock.Now()) {
		t.Errorf("second take = %v, %+v", err, held)
	}
	want(t, "close by another", b.CloseItem(ctx, ada, made.ID, office.Answer{What: office.EventClosed, Words: "x"}), office.ErrHeld)
	if i, err = b.Item(ctx, ines, made.ID); err != nil || i.Said["text"] != sentence || i.Member != claire.ID {
		t.Errorf("item when taken = %+v, %v", i, err)
	}
	if i, err = b.Item(ctx, ada, made.ID); err != nil || i.Said != nil || i.Member != "" {
		t.Errorf("a colleague's item = %+v, %v", i, err)
	}
	want(t, "taken over without a word", b.TakeItem(ctx, ada, made.ID, held.Hold, ""), office.ErrReason)
	want(t, "taken over", b.TakeItem(ctx, ada, made.ID, held.Hold, "holiday"), nil)
	want(t, "an acceptance", b.CloseItem(ctx, ada, made.ID, office.Answer{What: office.EventAccepted}), office.ErrState)
	want(t, "no words", b.CloseItem(ctx, ada, made.ID, office.Answer{What: office.EventClosed}), office.ErrReason)
	want(t, "closed", b.CloseItem(ctx, ada, made.ID, office.Answer{What: office.EventClosed, Words: "done"}), nil)
	want(t, "closed twice", b.CloseItem(ctx, ada, made.ID, office.Answer{What: office.EventClosed, Words: "done"}), office.ErrState)
	i, err = b.Item(ctx, ines, made.ID)
	if err != nil || i.Closed.IsZero() || len(i.History) != 3 || i.History[1].Words != "holiday" || i.History[2].Name != "Ada Min" {
		t.Errorf("closed item = %+v, %v", i, err)
	}
	_, err = b.Item(ctx, ines, "06h029gerwqtfcfprcxr1ynme4")
	want(t, "no item", err, office.ErrNotFound)
	hers := map[audit.Action]bool{}
	err = b.AuditRows(ctx, func(e audit.Entry) error {
		hers[e.Action] = hers[e.Action] || e.Member == string(claire.ID)
		return nil
	})
	for _, action := range []audit.Action{audit.ReadTask, audit.TakeTask, audit.CloseTask} {
		if !hers[action] || err != nil {
			t.Errorf("no row of %s says whose task it was, %v", action, err)
		}
	}
}

func testRequestWaits(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	request, _ := b.signed(b.claire)
	list, err := b.Queue(ctx, ines, office.Filter{}, 10)
	if err != nil || len(list) != 1 || list[0].Kind != office.BankChange || list[0].Language != "fr" || !list[0].Deadline.Equal(list[0].Created.Add(office.AnswerTime)) {
		t.Fatalf("Queue = %+v, %v", list, err)
	}
	id := list[0].ID
	if _, err := b.ItemPDF(ctx, ines, id); !errors.Is(err, office.ErrState) {
		t.Errorf("PDF before it is taken: %v", err)
	}
	want(t, "take", b.TakeItem(ctx, ines, id, office.Hold{}, ""), nil)
	i, err := b.Item(ctx, ines, id)
	if err != nil || i.Request == nil || i.Request.Name != "Claire Delcourt" || i.Request.Act == nil {
		t.Fatalf("Item = %+v, %v", i, err)
	}
	if pdf, err := b.ItemPDF(ctx, ines, id); err != nil || len(pdf) == 0 {
		t.Errorf("PDF = %d bytes, %v", len(pdf), err)
	}
	want(t, "reject", b.CloseItem(ctx, ines, id, office.Answer{What: office.EventRejected, Reason: "doubt", Told: "The holder is not you"}), nil)
	r, err := b.Request(ctx, b.claire, request)
	if err != nil || r.State != requests.Rejected || r.Reason != "The holder is not you" {
		t.Errorf("request = %s, %q, %v", r.State, r.Reason, err)
	}
	if i, err := b.Item(ctx, ines, id); err != nil || i.Closed.IsZero() || i.Request != nil {
		t.Errorf("closed item = %+v, %v", i, err)
	}
	if got := b.audited(audit.RejectRequest); len(got) != 1 {
		t.Errorf("rows of the refusal: %q", got)
	}
	// One that its member took back is not the office's any more.
	second, _ := b.signed(b.bram)
	want(t, "take", b.TakeItem(ctx, ines, string(b.bram.Member)+"-"+second, office.Hold{}, ""), nil)
	b.clock.add(time.Hour)
	want(t, "withdraw", b.Move(ctx, b.bram, second, []requests.State{requests.Signed}, requests.Withdrawn, ""), nil)
	back, err := b.Item(ctx, ines, string(b.bram.Member)+"-"+second)
	if err != nil || !back.Closed.Equal(b.clock.Now()) || back.Hold.Staff != "" || back.History[len(back.History)-1].What != office.EventWithdrawn {
		t.Errorf("taken back: closed at %s, held by %q, %+v, %v", back.Closed, back.Hold.Staff, back.History, err)
	}
	want(t, "late", b.CloseItem(ctx, ines, string(b.bram.Member)+"-"+second, office.Answer{What: office.EventRejected, Words: "x"}), office.ErrState)
}

func testQueuePages(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	var ids []string
	for n := range 7 {
		kind, lang := office.CannotConnect, "fr"
		if n%2 == 1 {
			kind, lang = office.LostCode, "nl"
		}
		ids = append(ids, b.task(kind, "", lang).ID)
		b.clock.add(time.Hour)
	}
	b.signed(b.claire)
	seen := map[string]bool{}
	after, last := "", time.Time{}
	for range 10 {
		page, err := b.Queue(ctx, ines, office.Filter{After: after}, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page {
			if seen[i.ID] || i.Deadline.Before(last) {
				t.Errorf("%s comes twice, or out of order", i.ID)
			}
			seen[i.ID], last = true, i.Deadline
			after = office.Cursor(i)
		}
		if len(page) < 3 {
			break
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d items in all pages, want 8", len(seen))
	}
	want(t, "take", b.TakeItem(ctx, ines, ids[0], office.Hold{}, ""), nil)
	b.clock.add(24 * time.Hour)
	ref, err := b.Item(ctx, ines, ids[3])
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		f office.Filter
		n int
	}{
		"kind": {office.Filter{Kind: office.LostCode}, 3}, "language": {office.Filter{Language: "nl"}, 3},
		"free": {office.Filter{Who: "free"}, 7}, "mine": {office.Filter{Who: "mine"}, 1},
		"age": {office.Filter{Age: 1}, 8}, "older": {office.Filter{Age: 3}, 0},
		"requests": {office.Filter{Kind: office.BankChange}, 1}, "not late": {office.Filter{Due: "overdue"}, 0},
		"reference": {office.Filter{Reference: ref.Reference}, 1}, "no reference": {office.Filter{Reference: "T-0000-000"}, 0},
		"both": {office.Filter{Kind: office.LostCode, Language: "fr"}, 0},
	} {
		list, err := b.Queue(ctx, ines, test.f, 50)
		if err != nil || len(list) != test.n {
			t.Errorf("%s: %d items, %v, want %d", name, len(list), err, test.n)
		}
	}
	b.clock.add(30 * 24 * time.Hour)
	if list, err := b.Queue(ctx, ines, office.Filter{Due: "overdue"}, 50); err != nil || len(list) != 8 {
		t.Errorf("overdue: %d, %v", len(list), err)
	}
	elsewhere := ines
	elsewhere.Mutuality = "142"
	if list, err := b.Queue(ctx, elsewhere, office.Filter{}, 50); err != nil || len(list) != 0 {
		t.Errorf("another mutuality's queue: %d, %v", len(list), err)
	}
}

func testTakeRace(t *testing.T, b *bed) {
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	made := b.task(office.CannotConnect, "", "fr")
	var wg sync.WaitGroup
	taken := make(chan auth.StaffID, 16)
	for n := range 16 {
		o := ines
		if n%2 == 1 {
			o = ada
		}
		wg.Go(func() {
			if err := b.TakeItem(ctx, o, made.ID, office.Hold{}, ""); err == nil {
				taken <- o.ID
			} else if !errors.Is(err, office.ErrHeld) {
				t.Errorf("TakeItem = %v", err)
			}
		})
	}
	wg.Wait()
	close(taken)
	holders := map[auth.StaffID]bool{}
	for id := range taken {
		holders[id] = true
	}
	if len(holders) != 1 {
		t.Errorf("%d officers hold one item", len(holders))
	}
}

func testNoTask(t *testing.T, b *bed) {
	for name, task := range map[string]office.Task{
		"no mutuality": {Kind: office.LostCode, Language: "fr"},
		"a request":    {Mutuality: "141", Kind: office.BankChange, Language: "fr"},
		"no language":  {Mutuality: "141", Kind: office.LostCode},
		"other word":   {Mutuality: "141", Kind: office.LostCode, Language: "fr", Said: map[string]string{"pin": "1234"}},
		"too long":     {Mutuality: "141", Kind: office.LostCode, Language: "fr", Said: map[string]string{"text": strings.Repeat("x", 2001)}},
	} {
		if _, err := b.MakeTask(t.Context(), task); !errors.Is(err, office.ErrTask) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.MakeTask(t.Context(), office.Task{Mutuality: "141", Kind: office.LostCode, Language: "fr", Member: "nobody"}); err == nil {
		t.Error("a task of no member is made")
	}
}

func testTaskSealed(t *testing.T, b *bed) {
	ines := b.ines()
	one, two := b.task(office.EmailCheck, claire.ID, "fr"), b.task(office.CannotConnect, "", "nl")
	b.reopen()
	for _, task := range []office.Task{one, two} {
		want(t, "take", b.TakeItem(t.Context(), ines, task.ID, office.Hold{}, ""), nil)
		if i, err := b.Item(t.Context(), ines, task.ID); err != nil || i.Said["text"] != sentence {
			t.Errorf("said = %v, %v", i.Said, err)
		}
	}
	for _, e := range b.rows() {
		if strings.Contains(e.Object+e.Reason, sentence) {
			t.Errorf("row %s holds what was said", e.Action)
		}
	}
}

// What one server took or ended, the other refuses at once.
func TestOfficeOnTwoServers(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	ctx, ines, ada := t.Context(), b.ines(), b.ada()
	if _, err := other.OfficeSession(ctx, b.officeHash(ines), b.clock.Now()); err != nil {
		t.Errorf("a session of A on B: %v", err)
	}
	made := b.task(office.LostCode, "", "fr")
	want(t, "take on A", b.TakeItem(ctx, ines, made.ID, office.Hold{}, ""), nil)
	want(t, "take on B", other.TakeItem(ctx, ada, made.ID, office.Hold{}, ""), office.ErrHeld)
	opening := b.opened(ines)
	want(t, "disable on B", other.DisableStaff(ctx, house, ines.ID, true), nil)
	_, err := b.OfficeSession(ctx, b.officeHash(ines), b.clock.Now())
	want(t, "session on A", err, office.ErrNoSession)
	_, err = b.File(ctx, ines, opening)
	want(t, "file on A", err, office.ErrNoOpening)
	want(t, "free again", b.TakeItem(ctx, ada, made.ID, office.Hold{}, ""), nil)
}
