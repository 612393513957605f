package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"guichet.example/portal/letters"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/signing/document"
)

// TestOrderRaces: a receipt asked for in two tabs, and an order that its member takes back
// while the office sends it, at once on two servers.
func TestOrderRaces(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		b := newBed(t, openSQLite)
		receiptRaces(t, b, b.DB, peek(t, b.cfg.Path))
		cancelRaces(t, b, b.DB, peek(t, b.cfg.Path))
	})
	t.Run("two servers", func(t *testing.T) {
		t.Parallel()
		b, other := newPair(t)
		pool := peekDatabase(t, b.cfg.Database)
		receiptRaces(t, b, other, pool)
		cancelRaces(t, b, other, pool)
	})
}

func counted(t *testing.T, pool *sql.DB, query string) (n int) {
	t.Helper()
	if err := pool.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// drawn is the act as it is frozen, with a PDF of its own.
func (b *bed) drawn(act func(reference string) document.Act) requests.Request {
	r := b.request()
	r.Act = act(r.Reference)
	r.Sheet, r.PDF = r.Act.Sheet(), []byte("%PDF-1.7 "+r.ID)
	r.SHA256 = sha256.Sum256(r.PDF)
	return r
}

func refundReceipt(reference string) document.Act {
	base := bankChange(1)
	return document.RefundReceipt{
		Reference: reference, Language: base.Language, Mutuality: base.Mutuality, Member: base.Member, Date: base.Date,
		Payments: []document.Refund{{Reference: "R-3", Treated: base.Date,
			Acts: []document.RefundAct{{Person: "Claire Delcourt", Nature: "Visite", From: base.Date, Refunded: 2_000}}}},
	}
}

// One form sent four times at once is one receipt, and all are told of the same document;
// another tab's form is another one.
func receiptRaces(t *testing.T, b *bed, other *store.DB, pool *sql.DB) {
	ctx, servers := context.Background(), []*store.DB{b.DB, other}
	const count = `SELECT count(*) FROM refund_receipts`
	for round := range soak(20, 1000) {
		before := counted(t, pool, count)
		var form [4]requests.Request // each call draws its own
		var sealed [4]requests.Sealed
		for i := range form {
			form[i], sealed[i] = b.drawn(refundReceipt), b.sealed("", "")
			sealed[i].Method = requests.ByStatement
		}
		var got [4]requests.Request
		errs := together(4, func(i int) error {
			s := servers[i%2]
			id, err := s.PutRequest(ctx, b.claire, form[i], fmt.Sprint("receipt ", round, " tab ", i/3))
			if err == nil {
				sealed[i].Request = id
				got[i], err = s.Seal(ctx, b.claire, sealed[i])
			}
			return err
		})
		if won := wins(t, errs); won != 4 {
			t.Fatalf("round %d: %v", round, errs)
		}
		if got[0].Document == "" || got[1].Document != got[0].Document || got[2].Document != got[0].Document || got[3].Document == got[0].Document || got[3].Document == "" {
			t.Fatalf("round %d: documents %s, %s, %s and %s of another tab", round, got[0].Document, got[1].Document, got[2].Document, got[3].Document)
		}
		if made := counted(t, pool, count) - before; made != 2 {
			t.Fatalf("round %d: %d receipts of two forms", round, made)
		}
		b.clock.add(48 * time.Hour) // a member makes so many a day
	}
}

func journeyOf(name string) func(string) document.Act {
	base := bankChange(1)
	return func(reference string) document.Act {
		return document.PostOrder{What: document.KindTravelPapers, Reference: reference, Language: base.Language, Mutuality: base.Mutuality,
			Member: base.Member, Date: base.Date, ForPersons: []string{name}, DeliverTo: []string{name, "Rue Neuve 1"},
			From: &base.Date, Until: &base.Date, Country: "Italie"}
	}
}

// The member takes an order back while an advisor accepts it and the mailroom prints: it
// is taken back and no letter goes, or it is sent once; whoever lost is told so, and the
// request says which it is.
func cancelRaces(t *testing.T, b *bed, other *store.DB, pool *sql.DB) {
	ctx, ines := context.Background(), b.ines()
	room := letters.By{Mutuality: "141", Orders: true}
	for round := range soak(20, 1000) {
		id, err := b.PutRequest(ctx, b.claire, b.drawn(journeyOf("Claire Delcourt")), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Seal(ctx, b.claire, b.sealed(id, "")); err != nil {
			t.Fatal(err)
		}
		item := b.taken(ines, b.claire, id)
		batches := [2]string{nextID(t, b), nextID(t, b)}
		printed := 0
		errs := together(4, func(i int) error {
			switch i {
			case 0:
				return b.Move(ctx, b.claire, id, []requests.State{requests.Signed, requests.Pending}, requests.Withdrawn, "")
			case 1:
				return other.CloseItem(ctx, ines, item, office.Answer{What: office.EventAccepted})
			case 2:
				return printOpen(ctx, b.DB, room, letters.Batch{ID: batches[0], Made: b.clock.Now(), Pages: 1})
			}
			return printOpen(ctx, other, room, letters.Batch{ID: batches[1], Made: b.clock.Now(), Pages: 1})
		})
		wins(t, errs[:1], requests.ErrNotOpen, requests.ErrChanged)
		wins(t, errs[1:2], office.ErrState, office.ErrHeld, requests.ErrNotOpen, requests.ErrChanged)
		wins(t, errs[2:], letters.ErrNothing, letters.ErrState)
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: taken back: %v, accepted: %v", round, errs[0], errs[1])
		}
		if err := printOpen(ctx, b.DB, room, letters.Batch{ID: nextID(t, b), Made: b.clock.Now(), Pages: 1}); err == nil {
			printed++
		}
		for _, err := range errs[2:] {
			if err == nil {
				printed++
			}
		}
		r, err := b.Request(ctx, b.claire, id)
		if err != nil {
			t.Fatal(err)
		}
		want, sent := requests.Withdrawn, 0
		if errs[1] == nil {
			want, sent = requests.Accepted, 1
		}
		if r.State != want || printed != sent || len(r.Shipments) != sent {
			t.Fatalf("round %d: %s, printed %d times, shipments %v; want %s and %d (%v)", round, r.State, printed, r.Shipments, want, sent, errs)
		}
		b.clock.add(48 * time.Hour)
	}
	if n := counted(t, pool, `SELECT count(*) FROM letters WHERE state = 'requested' AND kind = 'order'`); n != 0 {
		t.Errorf("%d letters of orders left waiting", n)
	}
}

func nextID(t *testing.T, b *bed) string {
	t.Helper()
	id, err := b.NewID()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// printOpen prints what waits, as the mailroom does.
func printOpen(ctx context.Context, s *store.DB, by letters.By, batch letters.Batch) error {
	open, err := s.OpenLetters(ctx, by, 10)
	if err != nil {
		return err
	}
	var locks []letters.Lock
	for _, l := range open {
		locks = append(locks, letters.Lock{Member: l.Member, Letter: l.ID})
	}
	return s.PrintLetters(ctx, by, batch, locks)
}
