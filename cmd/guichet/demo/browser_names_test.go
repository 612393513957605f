package demo

import (
	"testing"

	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
)

// Names and addresses as long as they come, and in other scripts, on a screen of 320 pixels:
// nothing is wider than the window, on any page of a member who has them.
func TestBrowserLongNames(t *testing.T) {
	s := onStage(t)
	s.longNames(t, "karl")
	w := s.window(t)
	w.size(320, 800)
	w.signIn("karl", "de")
	for _, page := range []string{"home", "cover", "rights", "rights/dmg", "rights/maf", "rights/savings", "rights/agreements", "indemnities", "account", "account/people",
		"account/phone/mobile", "account/email", "account/notices", "requests/contact", "orders/ehic", "orders/labels-order", "orders/travel-papers", "bank", "refunds?since=all"} {
		if status := w.visit("/de/" + page); status != 200 {
			t.Errorf("%s answers %d", page, status)
		}
		w.judge("long names, "+page, "de")
	}
	w.visit("/de/cover")
	w.sees("main", "Ελευθερία")
}

// longNames gives the member of that card a long name, and children on his booklet.
func (s *stage) longNames(t *testing.T, key string) {
	t.Helper()
	var own core.Member
	for _, c := range s.people {
		if c.Key == key {
			own = c.record()
		}
	}
	own.GivenNames, own.Surname = "Đặng-Šarūnas", "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren"
	own.Street = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkstraße 1184"
	own.Email = "wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren@mail.example"
	members, booklet := []core.Row{own}, []core.Row{}
	for i, name := range []string{"Ελευθερία", "Александра", "عبد الرحمن"} {
		child := own
		child.Affiliation, child.GivenNames, child.Email, child.Phone = neighbour(own.Affiliation, i), name, "", ""
		child.Birth = day(2015, 4, 6)
		child.NationalNumber = seed.Number(child.Birth, 301+2*i)
		child.IBAN, child.AccountHolder = "", ""
		members = append(members, child)
		booklet = append(booklet, core.Household{Holder: own.Affiliation, Member: child.Affiliation, Role: core.RoleChild})
	}
	for _, b := range []core.Batch{{Kind: core.KindMember, Rows: members}, {Kind: core.KindHousehold, Rows: booklet}} {
		out, err := s.store.Load(t.Context(), mutualityID, b)
		if err != nil || len(out.Rejects) > 0 {
			t.Fatalf("taking in %s: %+v, %v", b.Kind, out, err)
		}
	}
}
