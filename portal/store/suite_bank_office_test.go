package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/handover"
	"guichet.example/portal/letters"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// testAdvisorsRace: two advisors want one request and say different things; one wins, and
// the other reads who has it, or how it ended.
func testAdvisorsRace(t *testing.T, b *bed) {
	ctx, ines, bob := context.Background(), b.ines(), b.bob()
	for round := range soak(100, 300) {
		request, _ := b.signed(b.claire)
		id := b.item(b.claire, request)
		errs := together(2, func(i int) error {
			o, a := ines, office.Answer{What: office.EventAccepted}
			if i == 1 {
				o, a = bob, office.Answer{What: office.EventRejected, Reason: "doubt"}
			}
			if err := b.TakeItem(ctx, o, id, office.Hold{}, ""); err != nil {
				return err
			}
			return b.CloseItem(ctx, o, id, a)
		})
		wins(t, errs, office.ErrHeld, office.ErrState)
		i, err := b.Item(ctx, ines, id)
		if err != nil {
			t.Fatal(err)
		}
		s := b.state(b.claire, request)
		refused := errs[1] == nil
		if refused != (s == requests.Rejected) || refused != !i.Closed.IsZero() || !refused && errs[0] == nil && i.Agreed.Staff != ines.ID {
			t.Fatalf("round %d: %v, request %s, item %+v", round, errs, s, i)
		}
	}
}

func testAskMember(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	request, _ := b.signed(b.claire)
	answer := requests.Answer{Text: sentence, Files: []requests.AnswerFile{{Media: "pdf", Content: []byte("%PDF-1.7 " + sentence)}}}
	want(t, "not asked", b.AnswerOffice(ctx, b.claire, request, answer), requests.ErrNotOpen)
	id := b.taken(ines, b.claire, request)
	want(t, "asking nothing", b.CloseItem(ctx, ines, id, office.Answer{What: office.EventAsked}), office.ErrReason)
	want(t, "ask", b.CloseItem(ctx, ines, id, office.Answer{What: office.EventAsked, Words: "Une copie ?"}), nil)
	if list, err := b.Queue(ctx, ines, office.Filter{}, 10); err != nil || len(list) != 0 {
		t.Errorf("the queue has what waits for the member: %v, %v", list, err)
	}
	if list, err := b.Queue(ctx, ines, office.Filter{Who: "member"}, 10); err != nil || len(list) != 1 || list[0].Asked.IsZero() {
		t.Errorf("what waits for the member: %v, %v", list, err)
	}
	if r, err := b.Request(ctx, b.claire, request); err != nil || r.Asked.IsZero() || r.State != requests.Signed {
		t.Errorf("request %+v, %v", r.State, err)
	}
	want(t, "another's", b.AnswerOffice(ctx, b.bram, request, answer), requests.ErrNotFound)
	want(t, "empty", b.AnswerOffice(ctx, b.claire, request, requests.Answer{}), requests.ErrNotOpen)
	want(t, "answer", b.AnswerOffice(ctx, b.claire, request, answer), nil)
	want(t, "answer twice", b.AnswerOffice(ctx, b.claire, request, answer), requests.ErrNotOpen)
	thread, err := b.Thread(ctx, b.claire, request)
	if err != nil || len(thread) != 2 || thread[0].Mine || thread[0].Text != "Une copie ?" || !thread[1].Mine || thread[1].Text != sentence {
		t.Errorf("Thread = %+v, %v", thread, err)
	}
	if thread, err := b.Thread(ctx, b.bram, request); err != nil || len(thread) != 0 {
		t.Errorf("another reads %v, %v", thread, err)
	}
	_, _, err = b.ItemAttachment(ctx, ines, id, 1)
	want(t, "without holding it", err, office.ErrState)
	b.taken(ines, b.claire, request)
	i, err := b.Item(ctx, ines, id)
	if err != nil || len(i.Enclosed) != 1 || i.Request == nil {
		t.Fatalf("item %+v, %v", i, err)
	}
	f, content, err := b.ItemAttachment(ctx, ines, id, 1)
	if err != nil || f.Media != "pdf" || string(content) != "%PDF-1.7 "+sentence {
		t.Errorf("file %+v, %v", f, err)
	}
	for _, n := range []int{0, 2, -1} {
		_, _, err = b.ItemAttachment(ctx, ines, id, n)
		want(t, "no such file", err, office.ErrState)
	}
}

// cards is an order of a European card, frozen but not stored.
func (b *bed) cards() requests.Request {
	b.t.Helper()
	r := b.request()
	change := bankChange(1)
	order := document.EHICOrder{Reference: r.Reference, Language: document.FR, Mutuality: change.Mutuality, Member: change.Member,
		Date: change.Date, ForPersons: []string{"Claire Delcourt"}, DeliverTo: []string{"Claire Delcourt", "Rue Neuve 1", "4000 Liège"}}
	r.Act, r.Sheet = order, order.Sheet()
	return r
}

// order signs an order of the member.
func (b *bed) order(login auth.Login) (string, requests.Request) {
	b.t.Helper()
	r := b.cards()
	id, err := b.PutRequest(b.t.Context(), login, r, "")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.Complete(b.t.Context(), login, b.completion(b.prepared(login, id), "value")); err != nil {
		b.t.Fatal(err)
	}
	return id, r
}

func testOrders(t *testing.T, b *bed) {
	ctx, ines := t.Context(), b.ines()
	room := letters.By{Mutuality: "141", Orders: true}
	first, r := b.order(b.claire)
	second, _ := b.order(b.claire)
	_, err := b.OpenLetters(ctx, room, 10)
	want(t, "not accepted", err, letters.ErrNothing)
	for _, id := range []string{first, second} {
		want(t, "accept", b.agreed(ines, b.claire, id), nil)
		b.clock.add(time.Second) // so that letters sort
	}
	_, err = b.OpenLetters(ctx, letters.By{Mutuality: "141"}, 10)
	want(t, "among the other letters", err, letters.ErrNothing)
	w, err := b.WaitingLetters(ctx, "141")
	if err != nil || w.Letters != 0 || w.Orders["ehic-order"] != 2 {
		t.Errorf("waiting %+v, %v", w, err)
	}
	open, err := b.OpenLetters(ctx, room, 10)
	if err != nil || len(open) != 2 || open[0].Matter == nil || open[0].Matter.Reference != r.Reference || len(open[0].Matter.Rows) == 0 {
		t.Fatalf("OpenLetters = %+v, %v", open, err)
	}
	batch := letters.Batch{Mutuality: "141", ID: "batch1", Made: b.clock.Now(), Letters: 2, Pages: 4}
	locks := []letters.Lock{{Member: claire.ID, Letter: open[0].ID}, {Member: claire.ID, Letter: open[1].ID}}
	want(t, "print", b.PrintLetters(ctx, room, batch, locks), nil)
	batch.ID = "batch2"
	want(t, "print twice", b.PrintLetters(ctx, room, batch, locks), letters.ErrState)
	again, err := b.RemakeLetter(ctx, room, open[1].ID, "torn", credentials.Code{}, "")
	if err != nil || again.Kind != letters.Order {
		t.Fatalf("RemakeLetter = %v, %v", again, err)
	}
	want(t, "wrong count", b.PostBatch(ctx, room, "batch1", 2), letters.ErrCount)
	b.mails()
	want(t, "post", b.PostBatch(ctx, room, "batch1", 1), nil)
	b.wantText("told that it was posted", b.mails(), "request-changed claire@example.org")
	_, err = b.ReturnLetter(ctx, room, open[0].ID, "address")
	want(t, "came back", err, nil)
	b.taskOf(ines, office.ReturnedLetter)
	if got := b.shipped(r.Reference); !slices.Equal(got, []string{"posted", "prepared", "returned"}) {
		t.Errorf("shipped %v", got)
	}
	if open, err := b.OpenLetters(ctx, room, 10); err != nil || len(open) != 1 || len(open[0].Matter.Rows) == 0 {
		t.Errorf("made again: %v, %v", open, err)
	}
}

func (b *bed) shipped(reference string) []string {
	b.t.Helper()
	list, err := b.Shipped("141", reference)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func testTemplates(t *testing.T, b *bed) {
	ctx, bob := t.Context(), b.bob()
	texts := map[string]string{"fr": "Bonjour {name}", "nl": "Dag {name}", "de": "Guten Tag {name}", "en": "Hello {name}"}
	for name, bad := range map[string]office.Template{
		"no name": {Texts: texts}, "no kind": {Name: "n", Kind: "other", Texts: texts},
		"one language": {Name: "n", Texts: map[string]string{"fr": "Bonjour"}},
		"other value":  {Name: "n", Texts: map[string]string{"fr": "{iban}", "nl": "x", "de": "x", "en": "x"}},
	} {
		_, err := b.PutTemplate(ctx, bob, bad)
		want(t, name, err, office.ErrTemplate)
	}
	id, err := b.PutTemplate(ctx, bob, office.Template{Name: "Copie", Kind: office.BankChange, Texts: texts})
	want(t, "put", err, nil)
	offered := func(k office.Kind) int {
		list, err := b.OfferedTemplates(ctx, bob, k)
		want(t, "offered", err, nil)
		return len(list)
	}
	if offered(office.BankChange) != 0 {
		t.Error("a draft is offered")
	}
	want(t, "use an older version", b.SetTemplate(ctx, bob, id, 0, office.TemplateUsed), office.ErrChanged)
	want(t, "use nothing", b.SetTemplate(ctx, bob, "none", 1, office.TemplateUsed), office.ErrNotFound)
	want(t, "use", b.SetTemplate(ctx, bob, id, 1, office.TemplateUsed), nil)
	if offered(office.BankChange) != 1 || offered(office.Order) != 0 {
		t.Error("it is not offered where it is for")
	}
	_, err = b.PutTemplate(ctx, bob, office.Template{ID: id, Version: 0, Name: "n", Texts: texts})
	want(t, "over another's change", err, office.ErrChanged)
	_, err = b.PutTemplate(ctx, bob, office.Template{ID: id, Version: 1, Name: "n", Texts: texts})
	want(t, "change", err, nil)
	if offered(office.BankChange) != 1 {
		t.Error("a draft takes the version before out of use")
	}
	want(t, "use the second", b.SetTemplate(ctx, bob, id, 2, office.TemplateUsed), nil)
	list, err := b.Templates(ctx, bob, id)
	if err != nil || len(list) != 2 || list[0].State != office.TemplateUsed || list[1].State != office.TemplateRetired || list[1].By != bob.Name {
		t.Errorf("versions %+v, %v", list, err)
	}
	if got := list[0].Fill("nl", map[string]string{"name": "{reference}"}); got != "Dag {reference}" {
		t.Errorf("Fill = %q", got)
	}
	elsewhere := bob
	elsewhere.Mutuality = "142"
	_, err = b.Templates(ctx, elsewhere, id)
	want(t, "elsewhere", err, office.ErrNotFound)
	templatesOnce(t, b, bob, office.Template{Name: "Copie", Kind: office.BankChange, Texts: texts}, id)
}

// templatesOnce sends the form of a new template twice at once, and again when it was changed.
func templatesOnce(t *testing.T, b *bed, bob auth.Officer, tpl office.Template, used string) {
	ctx, ids := t.Context(), make([]string, 3)
	put := func(i int) (err error) {
		ids[i], err = b.PutTemplate(ctx, bob, tpl)
		return err
	}
	want(t, "the form sent twice", errors.Join(together(2, put)...), nil)
	if ids[0] != ids[1] || ids[0] == used {
		t.Errorf("a form sent twice makes %q", ids)
	}
	want(t, "use", b.SetTemplate(ctx, bob, ids[0], 1, office.TemplateUsed), nil)
	want(t, "the same words later", put(2), nil)
	if ids[2] == ids[0] {
		t.Error("a template in use is given for a new one")
	}
}

func testHandover(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	dir := t.TempDir()
	_, err := handover.Give(ctx, b, "141", dir)
	want(t, "nothing", err, handover.ErrNothing)
	want(t, "no batch", b.AckBatch(ctx, "141", 1), handover.ErrNoBatch)
	stopped, _ := b.signed(b.claire)
	want(t, "stop", b.StopChange(ctx, b.claire, stopped), nil)
	change, _ := b.signed(b.claire)
	want(t, "first", b.agreed(ines, b.claire, change), nil)
	want(t, "second", b.agreed(bob, b.claire, change), nil)
	order, _ := b.order(b.bram)
	want(t, "order", b.agreed(ines, b.bram, order), nil)
	b.clock.add(30 * 24 * time.Hour)
	b.apply()
	first, err := handover.Give(ctx, b, "141", dir)
	if err != nil || first.Batch.Batch != 1 || first.Batch.Items != 2 || first.Batch.Counts["bank-change"] != 1 || first.Batch.Counts["order"] != 1 || len(first.Batch.Files) != 3 {
		t.Fatalf("Give = %+v, %v", first, err)
	}
	// Not acknowledged: the same again, wherever it goes, though more waits by now.
	more, _ := b.order(b.claire)
	want(t, "order", b.agreed(ines, b.claire, more), nil)
	for _, to := range []string{dir, t.TempDir()} {
		again, err := handover.Give(ctx, b, "141", to)
		if err != nil || again.Manifest != first.Manifest || again.Again != (to == dir) {
			t.Fatalf("again: %+v, %v", again, err)
		}
	}
	want(t, "ack", b.AckBatch(ctx, "141", 1), nil)
	want(t, "ack twice", b.AckBatch(ctx, "141", 1), nil)
	next, err := handover.Give(ctx, b, "141", dir)
	if err != nil || next.Batch.Batch != 2 || next.Batch.Items != 1 {
		t.Fatalf("Give = %+v, %v", next, err)
	}
	b.reopen()
	same, err := handover.Give(ctx, b, "141", t.TempDir())
	if err != nil || same.Manifest != next.Manifest {
		t.Errorf("after a start: %+v, %v", same, err)
	}
	want(t, "ack", b.AckBatch(ctx, "141", 2), nil)
	_, err = handover.Give(ctx, b, "141", dir)
	want(t, "all given", err, handover.ErrNothing)
	_, err = handover.Give(ctx, b, "142", dir)
	want(t, "another mutuality", err, handover.ErrNothing)
}
