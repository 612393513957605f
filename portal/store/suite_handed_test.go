package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/credentials"
	"guichet.example/portal/handover"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// TestHandedOver holds what goes back to the insurance system besides changes of account
// and orders, and what a change of address or a doubtful card leaves behind.
func TestHandedOver(t *testing.T) {
	for engine, open := range map[string]opener{"sqlite": openSQLite, "postgres": openPostgreSQL} {
		for name, test := range map[string]func(*testing.T, *bed){
			"contact data":                            testContactHanded,
			"who may see":                             testAccessHanded,
			"an address replaced of late is told":     testReplacedTold,
			"a block by a revoked card is undone":     testBlockRevoked,
			"blocks in doubt lie one upon another":    testBlocksRevoked,
			"the home page has the office's question": testOverviewAsked,
		} {
			t.Run(engine+" "+name, func(t *testing.T) { test(t, newBed(t, open)) })
		}
	}
}

// handed are the lines that wait, as "kind affiliation fields", acknowledged by this.
func (b *bed) handed() (lines []string) {
	b.t.Helper()
	ctx := b.t.Context()
	batch, err := b.OpenBatch(ctx, "141", 50)
	if errors.Is(err, handover.ErrNothing) {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	err = b.EachItem(ctx, "141", batch.Number, func(i handover.Item) error {
		lines = append(lines, fmt.Sprintf("%s %s %s", i.Kind, i.Affiliation, i.Fields))
		return nil
	})
	if err == nil {
		err = b.AckBatch(ctx, "141", batch.Number)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return lines
}

func (b *bed) wantHanded(what string, want ...string) {
	b.t.Helper()
	if got := b.handed(); !slices.Equal(got, want) {
		b.t.Errorf("%s: handed over\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// newAddress has claire's address become another one.
func (b *bed) newAddress(n int, address string) {
	b.t.Helper()
	now := b.clock.Now()
	b.code(b.claire, credentials.ConfirmEmail, link(n), address)
	err := b.SwapEmail(b.t.Context(), credentials.Swap{Mutuality: "141", Purpose: credentials.ConfirmEmail, Secret: link(n), At: now,
		Undo:       credentials.Code{Mutuality: "141", Purpose: credentials.UndoEmail, Created: now, Expires: now.Add(72 * time.Hour)},
		UndoSecret: link(100 + n), UndoLink: "https://counter.example/fr/email/undo/" + link(100+n)})
	if err != nil {
		b.t.Fatal(err)
	}
}

func testContactHanded(t *testing.T, b *bed) {
	ctx := t.Context()
	for range 2 { // a form sent twice
		want(t, "home", b.ChangePhone(ctx, b.claire, account.Home, "+3243221101"), nil)
	}
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = claire.Email, b.clock.Now() })
	b.clock.add(time.Second)
	b.newAddress(1, "new@example.org")
	b.clock.add(time.Second)
	want(t, "mobile", b.ChangePhone(ctx, b.claire, account.Mobile, "+32470000142"), nil)
	b.clock.add(time.Second)
	want(t, "mobile", b.ChangePhone(ctx, b.claire, account.Mobile, ""), nil)
	of := "contact-change " + claire.Affiliation + " "
	b.wantHanded("contact data",
		of+`{"field":"home","new":"+3243221101","old":"`+claire.Phone+`"}`,
		of+`{"field":"email","new":"new@example.org","old":"`+claire.Email+`"}`,
		of+`{"field":"mobile","new":"+32470000142","old":""}`,
		of+`{"field":"mobile","new":"","old":"+32470000142"}`)
	b.wantHanded("once")
}

func testAccessHanded(t *testing.T, b *bed) {
	h, ctx := &booklet{bed: b}, t.Context()
	nora := h.add("Nora", "2008-11-20", core.RoleChild)
	h.add("Luc", "2008-11-20", core.RoleChild)
	if n := h.ageAll(rules); n != 2 {
		t.Fatalf("%d are asked, want 2", n)
	}
	b.wantHanded("asking decides nothing")
	want(t, "answer", b.AnswerAccess(ctx, nora, b.claire.Member, true, rules), nil)
	b.clock.add(40 * 24 * time.Hour)
	h.ageAll(rules)
	line := func(number, state, by, ground string) string {
		return fmt.Sprintf(`access %s {"by":%q,"ground":%q,"holder":%q,"request":"","state":%q}`, number, by, ground, b.claire.Member, state)
	}
	b.wantHanded("decisions", line("00-7700001", "kept", "person", "answer"), line("00-7700002", "stopped", "system", "silence"))
	// What the mutuality states of its own is no change, sealed or not.
	r := b.request()
	r.Act = document.RefundReceipt{Reference: r.Reference, Language: document.FR, Mutuality: bankChange(1).Mutuality, Member: bankChange(1).Member, Date: day("2026-11-20"),
		Payments: []document.Refund{{Reference: "R-3", Treated: day("2026-11-18"), Acts: []document.RefundAct{{Person: "Claire Delcourt", Nature: "Visite", From: day("2026-11-12"), Refunded: 2_000}}}}}
	if !requests.Issued(r.Act.Kind()) {
		t.Fatal("a receipt of refunds is not issued")
	}
	id, err := b.PutRequest(ctx, b.claire, r, "")
	want(t, "put", err, nil)
	s := b.sealed(id, "")
	s.Method = requests.ByStatement
	_, err = b.Seal(ctx, b.claire, s)
	want(t, "issue", err, nil)
	b.wantHanded("a statement")
}

func testReplacedTold(t *testing.T, b *bed) {
	b.enrolClassic(b.claire, func(e *credentials.Enrolment) { e.Email, e.Certified = "first@example.org", b.clock.Now() })
	told := func() (to []string) {
		t.Helper()
		b.sentMails()
		b.signed(b.claire)
		for _, m := range b.sentMails() {
			if m.Template == mail.BankAsked {
				to = append(to, m.To)
			}
		}
		slices.Sort(to)
		return to
	}
	b.newAddress(1, "second@example.org")
	b.clock.add(time.Hour)
	b.newAddress(2, "third@example.org")
	b.clock.add(96 * time.Hour) // no link undoes it any more
	if got := told(); !slices.Equal(got, []string{claire.Email, "first@example.org", "second@example.org", "third@example.org"}) {
		t.Errorf("told %q", got)
	}
	b.clock.add(27 * 24 * time.Hour)
	if got := told(); !slices.Equal(got, []string{claire.Email, "third@example.org"}) {
		t.Errorf("told a month later %q", got)
	}
}

// blocks has a person sign that claire sees her no more, with a card whose status is not
// known yet, and returns what settles it.
func (h *booklet) blocks(person auth.Login) (settle func(requests.State)) {
	h.t.Helper()
	ctx := h.t.Context()
	r := h.request()
	r.Act = document.AccessChange{Reference: r.Reference, Language: document.FR, Mutuality: bankChange(1).Mutuality, Member: bankChange(1).Member,
		Date: noon, Holder: "Claire Delcourt", Booklet: string(h.claire.Member)}
	id, err := h.PutRequest(ctx, person, r, "")
	if err != nil {
		h.t.Fatal(err)
	}
	c := h.completion(h.prepared(person, id), "value")
	c.State = requests.Pending
	if _, err := h.Complete(ctx, person, c); err != nil {
		h.t.Fatal(err)
	}
	return func(s requests.State) {
		h.t.Helper()
		h.clock.add(time.Second)
		defer h.clock.add(time.Second)
		due, err := h.DueDocument(ctx, person, c.Document)
		if err == nil {
			err = h.Raised(ctx, requests.Raised{Raise: due, State: s, Cause: "card was revoked"})
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

func testBlockRevoked(t *testing.T, b *bed) {
	h := &booklet{bed: b}
	nora, emma := h.add("Nora", "2000-05-01", core.RoleChild), h.add("Emma", "2010-05-01", core.RoleChild)
	want(t, "keep", b.AnswerAccess(t.Context(), nora, b.claire.Member, true, rules), nil)
	kept := h.access(nora)
	b.handed()
	for _, person := range []auth.Login{nora, emma} {
		settle := h.blocks(person)
		if a := h.access(person); a.State != people.Blocked {
			t.Errorf("in doubt: %+v", a)
		}
		settle(requests.Rejected)
	}
	if a := h.access(nora); a != kept {
		t.Errorf("undone: %+v, want %+v", a, kept)
	}
	if a := h.access(emma); a.State != people.Automatic || !a.At.IsZero() {
		t.Errorf("undone, of a minor: %+v", a)
	}
	h.wantSees("undone", b.claire, "Claire", "Nora", "Emma")
	var states []string
	for _, line := range b.handed() {
		states = append(states, line[strings.LastIndex(line, ":")+1:])
	}
	if !slices.Equal(states, []string{`"blocked"}`, `"kept"}`, `"blocked"}`, `"automatic"}`}) {
		t.Errorf("handed over: %q", states)
	}
	if rows := b.audited(audit.ChangeAccess); !slices.Contains(rows, "done holder/"+string(b.claire.Member)+" kept revoked") {
		t.Errorf("audit rows: %q", rows)
	}
	// One that holds stays, and so does what she decides after.
	h.blocks(nora)(requests.Signed)
	if a := h.access(nora); a.State != people.Blocked {
		t.Errorf("a block that holds: %+v", a)
	}
	settle := h.blocks(emma)
	young := rules
	young.BlockAge = 14
	want(t, "stop", b.AnswerAccess(t.Context(), emma, b.claire.Member, false, young), nil)
	settle(requests.Rejected)
	if a := h.access(emma); a.State != people.Stopped {
		t.Errorf("what she decided after: %+v", a)
	}
}

func testBlocksRevoked(t *testing.T, b *bed) {
	h := &booklet{bed: b}
	for n, c := range []struct {
		first, second requests.State
		turned        bool // the second is settled first
		want          people.State
	}{
		{requests.Rejected, requests.Rejected, false, people.Kept},
		{requests.Rejected, requests.Rejected, true, people.Kept},
		{requests.Rejected, requests.Signed, false, people.Blocked},
		{requests.Signed, requests.Rejected, true, people.Blocked},
		{requests.Signed, requests.Rejected, false, people.Blocked},
	} {
		person := h.add(fmt.Sprint("Person ", n), "2000-05-01", core.RoleChild)
		want(t, "keep", b.AnswerAccess(t.Context(), person, b.claire.Member, true, rules), nil)
		first, second := h.blocks(person), h.blocks(person)
		if c.turned {
			second(c.second)
			first(c.first)
		} else {
			first(c.first)
			second(c.second)
		}
		if a := h.access(person); a.State != c.want {
			t.Errorf("%+v: %+v", c, a)
		}
	}
}

func testOverviewAsked(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	request, _ := b.signed(b.claire)
	asked := func() string {
		t.Helper()
		o, err := b.Overview(ctx, b.claire, true)
		if err != nil {
			t.Fatal(err)
		}
		if o.Asked == nil {
			return ""
		}
		return o.Asked.ID
	}
	if got := asked(); got != "" {
		t.Errorf("asked before the office asks: %s", got)
	}
	want(t, "ask", b.CloseItem(ctx, ines, b.taken(ines, b.claire, request), office.Answer{What: office.EventAsked, Words: "Une copie ?"}), nil)
	if got := asked(); got != request {
		t.Errorf("asked: %q, want %q", got, request)
	}
	if o, err := b.Overview(ctx, b.bram, true); err != nil || o.Asked != nil {
		t.Errorf("of another: %+v, %v", o.Asked, err)
	}
	want(t, "answer", b.AnswerOffice(ctx, b.claire, request, requests.Answer{Text: "Voici."}), nil)
	if got := asked(); got != "" {
		t.Errorf("asked after the answer: %s", got)
	}
}
