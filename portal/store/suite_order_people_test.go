package store_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/orders"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

func TestOrderPeopleSQLite(t *testing.T) { runOrderPeople(t, openSQLite) }

func TestOrderPeoplePostgreSQL(t *testing.T) {
	t.Parallel()
	runOrderPeople(t, openPostgreSQL)
}

func runOrderPeople(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *booklet)
	}{
		{"who blocks after the text is frozen stops the order", testOrderBlocked},
		{"two people of one name have labels each", testLabelsOfOneName},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, &booklet{bed: newBed(t, open)}) })
	}
}

// order freezes an order of labels by claire for these people.
func (h *booklet) order(names []string, whom ...auth.Login) (string, error) {
	h.t.Helper()
	r, base := h.request(), bankChange(1)
	act := document.PostOrder{What: document.KindLabels, Reference: r.Reference, Language: base.Language, Mutuality: base.Mutuality,
		Member: base.Member, Date: base.Date, ForPersons: names, DeliverTo: []string{"Claire Delcourt", "Rue Neuve 1"}}
	r.Act, r.Sheet, r.PDF = act, act.Sheet(), []byte("%PDF-1.7 order "+r.ID)
	r.SHA256 = sha256.Sum256(r.PDF)
	for _, one := range whom {
		r.People = append(r.People, one.Member)
	}
	return h.PutRequest(h.t.Context(), h.claire, r, "")
}

func testOrderBlocked(t *testing.T, h *booklet) {
	ctx := t.Context()
	nora := h.add("Nora", "2006-05-01", core.RoleChild)
	tom := h.add("Tom", "2012-05-01", core.RoleChild)
	_, err := h.order([]string{"Nora"}, nora)
	wantErr(t, "ordered for who is not seen", err, requests.ErrNoAccess)
	if list, err := h.Requests(ctx, h.claire, "", 10); err != nil || len(list) != 0 {
		t.Errorf("an order that was refused is there: %v, %v", list, err)
	}
	h.decide(nora, people.Kept)
	freeze := func() string {
		t.Helper()
		id, err := h.order([]string{"Claire", "Nora", "Tom"}, h.claire, nora, tom)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	id := freeze()
	card, proof := h.completion(h.prepared(h.claire, id), "value"), h.approved(id)
	h.decide(nora, people.Stopped)
	for what, try := range map[string]func() error{
		"prepared for the card": func() error { return h.Prepare(ctx, h.claire, h.preparation(id)) },
		"signed":                func() error { _, err := h.Complete(ctx, h.claire, card); return err },
		"approved":              func() error { _, err := h.Seal(ctx, h.claire, h.sealed(id, proof.ID)); return err },
		"sent":                  func() error { _, err := h.Seal(ctx, h.claire, h.sealed(id, "")); return err },
	} {
		wantErr(t, what, try(), requests.ErrNoAccess)
	}
	r, err := h.Request(ctx, h.claire, id)
	if err != nil || r.State != requests.ToSign || r.Document != "" || r.Method != "" || !r.SignedAt.IsZero() {
		t.Errorf("after refusals the order is %s, %q, %v", r.State, r.Document, err)
	}
	if s, err := h.Stats(ctx); err != nil || s.Documents != 0 {
		t.Errorf("%d documents of an order that was refused, %v", s.Documents, err)
	}
	refused := 0
	for _, action := range []audit.Action{audit.PrepareRequest, audit.CompleteRequest, audit.ApproveRequest, audit.ReceiveRequest} {
		for _, row := range h.audited(action) {
			if strings.HasPrefix(row, "refused") {
				refused++
			}
		}
	}
	if refused != 4 {
		t.Errorf("%d audit rows of refusals, want 4", refused)
	}
	if err := h.Move(ctx, h.claire, id, []requests.State{requests.ToSign}, requests.Declined, ""); err != nil {
		t.Errorf("an order that cannot be sent is not taken back: %v", err)
	}
	h.decide(nora, people.Kept)
	id = freeze()
	if _, err := h.Seal(ctx, h.claire, h.sealed(id, "")); err != nil {
		t.Errorf("for those who are seen: %v", err)
	}
	h.decide(nora, people.Stopped)
	if again, err := h.Seal(ctx, h.claire, h.sealed(id, "")); err != nil || again.Document == "" {
		t.Errorf("what was sent before the block is lost to who sends it twice: %v", err)
	}
}

func testLabelsOfOneName(t *testing.T, h *booklet) {
	ctx := t.Context()
	first := h.add("Nora", "2019-05-01", core.RoleChild)
	second := h.add("Nora", "2019-05-01", core.RoleChild)
	if _, err := h.order([]string{"Nora Delcourt (1er mai 2019, n° 1)"}, first); err != nil {
		t.Fatal(err)
	}
	// In another language her name reads otherwise: she is the same.
	_, err := h.order([]string{"Nora Delcourt (1 May 2019, no. 1)"}, first)
	wantErr(t, "labels again", err, requests.ErrOrdered)
	if _, err := h.order([]string{"Nora Delcourt (1er mai 2019, n° 2)"}, second); err != nil {
		t.Errorf("labels for the other: %v", err)
	}
	list, err := h.Ordered(ctx, h.claire, document.KindLabels, h.clock.Now().Add(-orders.Period))
	if err != nil || len(list) != 2 {
		t.Fatalf("Ordered = %+v, %v", list, err)
	}
	seen, err := h.Visible(context.Background(), h.claire)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range seen {
		had := 0
		for _, e := range list {
			if e.For(p) {
				had++
			}
		}
		if want := map[auth.MemberID]int{first.Member: 1, second.Member: 1}[p.Member]; had != want {
			t.Errorf("%s (%s) had labels %d times, want %d", p.Name, p.Member, had, want)
		}
	}
}
