package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

func testPutRefuses(t *testing.T, b *bed) {
	tests := []struct {
		name   string
		change func(*requests.Request)
	}{
		{"no act", func(r *requests.Request) { r.Act = nil }},
		{"act that does not hold", func(r *requests.Request) { r.Act = document.BankChange{} }},
		{"no sheet", func(r *requests.Request) { r.Sheet = document.Sheet{} }},
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

func testRequestForCard(t *testing.T, b *bed) {
	id := b.frozen(b.claire)
	before := len(b.rows())
	want, err := b.Request(t.Context(), b.claire, id)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.RequestForCard(t.Context(), b.claire, id)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("RequestForCard = %+v, %v, want what Request gives", got, err)
	}
	if n := len(b.rows()) - before; n != 1 {
		t.Errorf("%d rows of two looks, want that of Request", n)
	}
	_, err = b.RequestForCard(t.Context(), b.bram, id)
	wantErr(t, "RequestForCard of another", err, requests.ErrNotFound)
	rows := b.rows()
	if last := rows[len(rows)-1]; last.Action != audit.ReadRequest || last.Outcome != audit.Refused || last.Actor != string(b.bram.Member) {
		t.Errorf("row of the refusal: %+v", last)
	}
}

// The words of a request are those it was frozen with, whatever the program would
// write today.
func testSheet(t *testing.T, b *bed) {
	for name, change := range map[string]func(*document.Sheet){
		"as today":      func(*document.Sheet) {},
		"another title": func(s *document.Sheet) { s.Title = "Words of an older program" },
		"hard text": func(s *document.Sheet) {
			s.Blocks = append(s.Blocks, document.Block{Text: `<b>"&"</b>` + "\u00ad\u202f"}, document.Block{Rows: []document.Row{{Label: "{}", Value: newIBAN}}})
		},
		"almost nothing": func(s *document.Sheet) { *s = document.Sheet{Language: document.NL, Title: "x"} },
	} {
		r := b.request()
		change(&r.Sheet)
		id, err := b.PutRequest(t.Context(), b.claire, r, "")
		if err != nil {
			t.Fatal(err)
		}
		b.reopen()
		got, err := b.Request(t.Context(), b.claire, id)
		if err != nil || !reflect.DeepEqual(got.Sheet, r.Sheet) {
			t.Errorf("%s: Request has the sheet %+v, %v, want %+v", name, got.Sheet, err, r.Sheet)
		}
	}
	list, err := b.Requests(t.Context(), b.claire, "", 10)
	if err != nil || len(list) != 4 || list[0].Sheet.Title != "" {
		t.Errorf("a list of %d carries sheets, %v", len(list), err)
	}
}

// What a document accepts comes back, whatever it means to the forms it rests in.
func testHardText(t *testing.T, b *bed) {
	for _, holder := range []string{"M. & Mme Dupont", `<"O'Brien">`, "Andre\u0301", `back\slash`, "{}[],:"} {
		r := b.request()
		act := r.Act.(document.BankChange)
		act.Holder = holder
		r.Act = act
		id, err := b.PutRequest(t.Context(), b.claire, r, "")
		if err != nil {
			t.Fatalf("%q: %v", holder, err)
		}
		if got, err := b.Request(t.Context(), b.claire, id); err != nil || marshal(t, got.Act) != marshal(t, act) {
			t.Errorf("%q: Request = %v, %v", holder, got.Act, err)
		}
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

// A member fills nobody's disk: so many requests in 24 hours and no more.
func testDay(t *testing.T, b *bed) {
	b.cfg.RequestsPerDay = 3
	b.reopen()
	for n := range 3 {
		if _, err := b.PutRequest(t.Context(), b.claire, b.request(), fmt.Sprint("form-", n)); err != nil {
			t.Fatalf("request %d: %v", n+1, err)
		}
	}
	if _, err := b.PutRequest(t.Context(), b.claire, b.request(), "form-3"); !errors.Is(err, requests.ErrTooMany) {
		t.Errorf("the fourth request = %v, want ErrTooMany", err)
	}
	if _, err := b.PutRequest(t.Context(), b.claire, b.request(), "form-0"); err != nil {
		t.Errorf("a form sent again = %v, want its request", err)
	}
	if _, err := b.PutRequest(t.Context(), b.bram, b.request(), "form-0"); err != nil {
		t.Errorf("another member's request = %v", err)
	}
	b.clock.add(24*time.Hour + time.Second)
	if _, err := b.PutRequest(t.Context(), b.claire, b.request(), "form-4"); err != nil {
		t.Errorf("the day after = %v", err)
	}
}
