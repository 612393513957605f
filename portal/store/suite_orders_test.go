package store_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/orders"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

func TestOrdersSQLite(t *testing.T) { runOrders(t, openSQLite) }

func TestOrdersPostgreSQL(t *testing.T) {
	t.Parallel()
	runOrders(t, openPostgreSQL)
}

// Orders by post, and how far they got.
func runOrders(t *testing.T, open opener) {
	b := newBed(t, open)
	ctx := t.Context()
	put := func(login auth.Login, act document.PostOrder) (string, error) {
		r := b.request()
		base := bankChange(1)
		act.Reference, act.Language, act.Mutuality, act.Member, act.Date = r.Reference, base.Language, base.Mutuality, base.Member, base.Date
		act.DeliverTo = []string{"Claire Delcourt", "Rue Neuve 1"}
		r.Act, r.Sheet = act, act.Sheet()
		r.PDF = []byte(fmt.Sprintf("%%PDF-1.7 order %d", b.next()))
		r.SHA256 = sha256.Sum256(r.PDF)
		return b.PutRequest(ctx, login, r, "")
	}
	labels := document.PostOrder{What: document.KindLabels, ForPersons: []string{"Claire Delcourt", "Nora"}}
	first, err := put(b.claire, labels)
	if err != nil {
		t.Fatal(err)
	}
	_, err = put(b.claire, document.PostOrder{What: document.KindLabels, ForPersons: []string{"Nora"}})
	wantErr(t, "labels again", err, requests.ErrOrdered)
	if _, err = put(b.bram, labels); err != nil {
		t.Errorf("another's labels: %v", err)
	}
	if _, err = put(b.claire, document.PostOrder{What: document.KindLabels, ForPersons: []string{"Tom"}}); err != nil {
		t.Errorf("labels for another: %v", err)
	}
	envelopes := document.PostOrder{What: document.KindEnvelopes, ForPersons: []string{"Claire Delcourt"}, Quantity: 10}
	for n := range 3 {
		_, err := put(b.claire, envelopes)
		if (err != nil) != (n == 2) {
			t.Errorf("envelopes, order %d: %v", n+1, err)
		}
	}
	since := b.clock.Now().Add(-orders.Period)
	if list, err := b.Ordered(ctx, b.claire, document.KindEnvelopes, since); err != nil || len(list) != 2 || list[0].Act.Quantity != 10 {
		t.Errorf("Ordered = %+v, %v", list, err)
	}
	if list, err := b.Ordered(ctx, b.bram, document.KindEnvelopes, since); err != nil || len(list) != 0 {
		t.Errorf("another's orders: %+v, %v", list, err)
	}
	r, err := b.Request(ctx, b.claire, first)
	if err != nil || len(r.Shipments) != 0 {
		t.Errorf("Request = %+v, %v", r.Shipments, err)
	}
	back := core.Shipment{Reference: r.Reference, State: "returned", At: b.clock.Now()}
	b.take(core.Shipment{Reference: r.Reference, State: "posted", At: b.clock.Now().Add(-time.Hour)}, back)
	again, err := put(b.claire, document.PostOrder{What: document.KindLabels, ForPersons: []string{"Nora"}})
	if err != nil {
		t.Errorf("labels after the post brought them back: %v", err)
	}
	if err := b.Move(ctx, b.claire, again, []requests.State{requests.ToSign}, requests.Declined, ""); err != nil {
		t.Fatal(err)
	}
	b.take(core.Shipment{Reference: r.Reference, State: "posted", At: b.clock.Now().Add(time.Hour)})
	_, err = put(b.claire, document.PostOrder{What: document.KindLabels, ForPersons: []string{"Nora"}})
	wantErr(t, "labels that were posted once more", err, requests.ErrOrdered)
	if err := b.Move(ctx, b.claire, first, []requests.State{requests.ToSign}, requests.Declined, ""); err != nil {
		t.Fatal(err)
	}
	if _, err = put(b.claire, labels); err != nil {
		t.Errorf("labels after an order that was refused: %v", err)
	}
	b.clock.add(orders.Period + time.Hour)
	if _, err = put(b.claire, labels); err != nil {
		t.Errorf("labels a period later: %v", err)
	}
}
