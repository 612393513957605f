package store_test

import (
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/orders"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
)

func TestCertificates(t *testing.T) {
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name, func(t *testing.T) { testCertificates(t, newBed(t, open)) })
	}
}

// orderFor signs an order of European cards for these people.
func (b *bed) orderFor(login auth.Login, whom ...auth.MemberID) string {
	b.t.Helper()
	r := b.cards()
	r.People = whom
	id, err := b.PutRequest(b.t.Context(), login, r, "")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.Complete(b.t.Context(), login, b.completion(b.prepared(login, id), "value")); err != nil {
		b.t.Fatal(err)
	}
	return id
}

// A certificate in place of a card: of who was ordered for, is seen, and may have one.
func testCertificates(t *testing.T, b *bed) {
	ctx := t.Context()
	h := &booklet{bed: b}
	nora := h.add("Nora", "2015-05-17", core.RoleChild)
	lou := h.add("Lou", "2017-03-02", core.RoleChild)
	const child, other = "00-7700001", "00-7700002"
	card := core.EuropeanCard{Institution: "319000", Number: "80056000000000000001", Until: day("2027-12-31"), Certificate: day("2027-02-18")}
	cardOf := func(affiliation string, change func(*core.EuropeanCard)) {
		c := card
		c.Member = affiliation
		change(&c)
		b.take(c)
	}
	same := func(*core.EuropeanCard) {}
	wantFor := func(what string, login auth.Login, names ...string) {
		t.Helper()
		list, err := b.Certificates(ctx, login)
		var got []string
		for _, one := range list {
			got = append(got, one.Name)
			if !one.Number.IsZero() {
				t.Errorf("%s: the list has a national number", what)
			}
		}
		if err != nil || !slices.Equal(got, names) {
			t.Errorf("%s: %q, %v, want %q", what, got, err, names)
		}
	}
	cardOf(ofClaire, same)
	cardOf(child, same)
	wantFor("nothing ordered", b.claire)
	_, err := b.Certificate(ctx, b.claire, b.claire.Member)
	wantErr(t, "nothing ordered", err, people.ErrNotVisible)

	unsigned := b.request()
	unsigned.People = []auth.MemberID{b.claire.Member}
	if _, err := b.PutRequest(ctx, b.claire, unsigned, ""); err != nil {
		t.Fatal(err)
	}
	request := b.orderFor(b.claire, nora.Member, lou.Member)
	wantFor("Nora has a card, Lou has none, she herself did not order", b.claire, "Nora Delcourt")
	wantFor("another member", b.bram)
	_, err = b.Certificate(ctx, b.bram, nora.Member)
	wantErr(t, "another member", err, people.ErrNotVisible)
	_, err = b.Certificate(ctx, b.claire, lou.Member)
	wantErr(t, "of whom the insurance system says nothing", err, people.ErrNotVisible)
	if r, err := b.Request(ctx, b.claire, request); err != nil || !r.Certificate {
		t.Errorf("the order offers a certificate: %v, %v", r.Certificate, err)
	}

	one, err := b.Certificate(ctx, b.claire, nora.Member)
	if err != nil || one.GivenNames != "Nora" || one.Surname != "Delcourt" || one.Number.IsZero() || one.Institution != "319000" ||
		one.Card != card.Number || !one.Expiry.Equal(card.Until) || !one.Until.Equal(card.Certificate) {
		t.Errorf("Certificate = %+v, %v", one, err)
	}
	var looked int
	for _, e := range b.rows() {
		if e.Action == audit.ReadEuropeanCard && e.Member == string(nora.Member) && e.Actor == string(b.claire.Member) {
			looked++
		}
	}
	if looked != 2 { // the list, and the certificate
		t.Errorf("%d looks at Nora in the trail, want 2", looked)
	}

	cardOf(other, func(c *core.EuropeanCard) { c.Certificate = time.Time{} })
	wantFor("Lou may have none", b.claire, "Nora Delcourt")
	cardOf(child, func(c *core.EuropeanCard) { c.Certificate = day("2026-11-19") })
	wantFor("over since yesterday", b.claire)
	if r, err := b.Request(ctx, b.claire, request); err != nil || r.Certificate {
		t.Errorf("the order offers what is over: %v, %v", r.Certificate, err)
	}
	cardOf(child, same)
	if err := b.Move(ctx, b.claire, request, []requests.State{requests.Signed}, requests.Withdrawn, ""); err != nil {
		t.Fatal(err)
	}
	wantFor("the order was taken back", b.claire)
	b.orderFor(b.claire, nora.Member)
	b.clock.add(orders.Period + time.Hour)
	wantFor("ordered long ago", b.claire)
}
