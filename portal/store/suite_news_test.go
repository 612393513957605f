package store_test

import (
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

func TestNewsSQLite(t *testing.T) { runNews(t, openSQLite) }

func TestNewsPostgreSQL(t *testing.T) {
	t.Parallel()
	runNews(t, openPostgreSQL)
}

// What the mutuality did with a request or a message stands on its member's first page until
// she opens it, and on nobody else's.
func runNews(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a request that was looked at by another stays new", testNewsOfOthers},
		{"what an officer did is new until it is opened", testNewsOfDecisions},
		{"an order on its way is new at each step", testNewsOfOrders},
		{"a change of account is new when it is in force", testNewsOfAccounts},
		{"a change of account that its member stops is no news to her", testNewsOfStops},
		{"a message is new until it is opened", testNewsOfMessages},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

// wantNews are the changes on the member's first page, the newest first.
func (b *bed) wantNews(what string, login auth.Login, wanted ...string) {
	b.t.Helper()
	o, err := b.Overview(b.t.Context(), login, true)
	if err != nil {
		b.t.Fatal(err)
	}
	var got []string
	for _, c := range o.Changes {
		if c.ID == "" || c.Reference == "" || c.At.IsZero() || c.At.After(b.clock.Now()) {
			b.t.Errorf("%s: %+v", what, c)
		}
		got = append(got, c.About+" "+c.State)
	}
	if !slices.Equal(got, wanted) {
		b.t.Errorf("%s: news %q, want %q", what, got, wanted)
	}
	b.clock.add(time.Second)
}

// opens is the member's look at a request; new says what it was before.
func (b *bed) opens(login auth.Login, request string, fresh bool) {
	b.t.Helper()
	list, err := b.Requests(b.t.Context(), login, "", 10)
	if i := slices.IndexFunc(list, func(r requests.Request) bool { return r.ID == request }); err != nil || i < 0 || list[i].New != fresh {
		b.t.Errorf("listed as %+v, %v, want new: %t", list, err, fresh)
	}
	if _, err := b.Request(b.t.Context(), login, request); err != nil {
		b.t.Fatal(err)
	}
}

func testNewsOfOthers(t *testing.T, b *bed) {
	ctx, o := t.Context(), b.ines()
	request, _ := b.order(b.claire)
	want(t, "accept", b.agreed(o, b.claire, request), nil)
	abroad := b.claire
	abroad.Mutuality = "319"
	for name, login := range map[string]auth.Login{"another": b.bram, "another mutuality": abroad} {
		_, err := b.Request(ctx, login, request)
		want(t, name, err, requests.ErrNotFound)
	}
	b.wantNews("another member", b.bram)
	b.wantNews("after a stranger's look", b.claire, "ehic-order accepted")
	if _, err := b.RequestForCard(ctx, b.claire, request); err != nil { // shows her nothing of it
		t.Fatal(err)
	}
	b.wantNews("after a step of the card", b.claire, "ehic-order accepted")
}

func testNewsOfDecisions(t *testing.T, b *bed) {
	ctx, o := t.Context(), b.ines()
	first, _ := b.order(b.claire)
	second, _ := b.order(b.claire)
	b.wantNews("before", b.claire)
	id := b.taken(o, b.claire, first)
	b.wantNews("taken", b.claire)
	want(t, "ask", b.CloseItem(ctx, o, id, office.Answer{What: office.EventAsked, Words: "For which country?"}), nil)
	b.wantNews("asked", b.claire, "ehic-order asked")
	want(t, "refuse", b.CloseItem(ctx, o, b.taken(o, b.claire, second), office.Answer{What: office.EventRejected, Reason: "papers", Words: "No cover."}), nil)
	b.wantNews("refused", b.claire, "ehic-order rejected", "ehic-order asked")
	b.opens(b.claire, first, true)
	b.wantNews("one opened", b.claire, "ehic-order rejected")
	want(t, "answer", b.AnswerOffice(ctx, b.claire, first, requests.Answer{Text: "Spain."}), nil)
	b.opens(b.claire, first, false)
	want(t, "accept", b.agreed(o, b.claire, first), nil)
	b.wantNews("accepted", b.claire, "ehic-order accepted", "ehic-order rejected")
	b.opens(b.claire, first, true)
	b.opens(b.claire, second, true)
	b.opens(b.claire, second, false)
	b.wantNews("all opened", b.claire)
}

func testNewsOfOrders(t *testing.T, b *bed) {
	request, r := b.order(b.claire)
	want(t, "accept", b.agreed(b.ines(), b.claire, request), nil)
	b.opens(b.claire, request, true)
	step := func(state string, age time.Duration) {
		t.Helper()
		b.take(core.Shipment{Reference: r.Reference, State: state, At: b.clock.Now().Add(-age)})
	}
	step("prepared", time.Hour)
	b.wantNews("prepared", b.claire)
	step("posted", 30*24*time.Hour)
	b.wantNews("posted long ago", b.claire)
	step("returned", time.Minute)
	b.wantNews("came back", b.claire, "ehic-order returned")
	b.opens(b.claire, request, true)
	b.take(core.Shipment{Reference: "GC-NOBODY", State: "posted", At: b.clock.Now()})
	b.wantNews("an order of nobody", b.claire)
}

func testNewsOfAccounts(t *testing.T, b *bed) {
	request, _ := b.signed(b.claire)
	want(t, "first yes", b.agreed(b.ines(), b.claire, request), nil)
	b.wantNews("one of two officers", b.claire)
	want(t, "second yes", b.agreed(b.bob(), b.claire, request), nil)
	b.wantNews("accepted", b.claire, "bank-change accepted")
	b.clock.add(30 * 24 * time.Hour)
	if n := b.apply(); n != 1 {
		t.Fatalf("%d changes applied", n)
	}
	b.wantNews("in force", b.claire, "bank-change done")
	b.opens(b.claire, request, true)
	b.wantNews("opened", b.claire)
}

func testNewsOfStops(t *testing.T, b *bed) {
	request, _ := b.signed(b.claire)
	want(t, "first yes", b.agreed(b.ines(), b.claire, request), nil)
	want(t, "second yes", b.agreed(b.bob(), b.claire, request), nil)
	b.wantNews("accepted", b.claire, "bank-change accepted")
	want(t, "stop", b.StopChange(b.t.Context(), b.claire, request), nil)
	b.wantNews("stopped by herself", b.claire)
}

func testNewsOfMessages(t *testing.T, b *bed) {
	ctx, o := t.Context(), b.ines()
	m := b.writes(b.claire, "draft")
	b.wantNews("sent", b.claire)
	want(t, "take", b.TakeItem(ctx, o, m.ID, office.Hold{}, ""), nil)
	want(t, "ask", b.CloseItem(ctx, o, m.ID, office.Answer{What: office.EventAsked, Words: "Which dentist?"}), nil)
	b.wantNews("asked", b.claire, "refund asked")
	b.wantNews("another member", b.bram)
	want(t, "answer", b.AnswerMessage(ctx, b.claire, m.ID, "Doctor Peeters."), nil)
	b.wantNews("her own answer", b.claire)
	want(t, "take", b.TakeItem(ctx, o, m.ID, office.Hold{}, ""), nil)
	want(t, "answer", b.CloseItem(ctx, o, m.ID, office.Answer{What: office.EventAnswered, Words: "It is paid tomorrow."}), nil)
	b.wantNews("answered", b.claire, "refund answered")
	if _, err := b.Message(ctx, b.claire, m.ID); err != nil {
		t.Fatal(err)
	}
	b.wantNews("opened", b.claire)
}
