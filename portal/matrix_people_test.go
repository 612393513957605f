package portal_test

import (
	"fmt"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/portal/core"
)

// holder is whose booklet a member is on, in the matrix.
const holder kind = "holder"

// holderOf puts the member on a booklet of somebody new, and returns the holder's id.
func (w *town) holderOf(m *inhabitant) string {
	w.t.Helper()
	w.wrote++
	one := certstest.Person{GivenNames: "Tita", Surname: "Laire", NationalNumber: number(700 + w.wrote), Algorithm: certstest.P384,
		Street: "Rue du Pont 9", Postcode: "4000", Municipality: "Liège", Birth: m.Birth}
	affiliation := fmt.Sprintf("0999 118 %d", 700+w.wrote)
	h := w.settle(one, affiliation)
	file, err := w.store.Member(w.t.Context(), auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: m.id, Session: "none"})
	ok(w.t, err)
	out, err := w.store.Load(w.t.Context(), w.cfg.Mutuality.ID, core.Batch{Kind: core.KindHousehold, AsOf: w.cfg.Now(), Rows: []core.Row{
		core.Household{Holder: affiliation, Member: file.Affiliation, Role: core.RoleChild}}})
	if ok(w.t, err); out.Added != 1 {
		w.t.Fatalf("nobody is on a booklet: %+v", out)
	}
	return string(h.id)
}
