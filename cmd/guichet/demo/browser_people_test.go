package demo

import (
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/core"
)

func init() {
	memberStops = append(memberStops, plain("account/people"), plain("account/looks"),
		plain("account/phone/mobile"), plain("account/phone/home"), plain("account/phone/work"), plain("account/work-address"), plain("account/notices"))
	for route, why := range map[string]string{
		"POST account/notices":                "redirect",
		"POST account/phone/mobile":           "redirect; its 422 is among those of the people",
		"POST account/phone/home":             "redirect; its 422 is that of the mobile number",
		"POST account/phone/work":             "redirect; its 422 is that of the mobile number",
		"POST account/work-address":           "redirect; its 422 is among those of the people",
		"GET account/people/:holder/form.pdf": "PDF",
		"GET account/people/:holder/answer":   "among those of the people",
		"POST account/people/:holder/answer":  "among those of the people",
		"GET account/people/:holder/block":    "among those of the people",
		"POST account/people/:holder/block":   "redirect",
		"GET account/people/:holder/allow":    "the words of block, the other way round",
		"POST account/people/:holder/allow":   "redirect",
		"GET office/files/:id/access":         "held by tests of the pages",
		"POST office/files/:id/access":        "held by tests of the pages",
	} {
		notPages[route] = why
	}
}

// The holder sees minors and is told nothing of others; a minor is refused
// with the reason; a person of age answers, and signs the end of an access, by herself.
// A number is refused with an example, and holds at once.
func TestBrowserPeople(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.signIn("mathieu", "fr")
	w.visit("/fr/account")
	w.click(`main a[href="/fr/account/people"]`)
	w.at("account/people")
	w.sees("main", "Nora")
	w.sees("main", "Données non affichées") // Sacha, of age
	if strings.Contains(w.text("main"), "2005") {
		t.Error("the birth of a child of age is shown to the holder")
	}
	w.visit("/fr/account/phone/mobile")
	w.scriptOff()
	w.write("#phone", "04 322 11 00")
	w.expectComplaint("422")
	w.leave(func() { w.press(enter) })
	w.sees(".errors", "0470 12 34 56")
	w.write("#phone", "0470 12 34 57")
	w.leave(func() { w.press(enter) })
	w.at("account")
	w.sees("main", "0470 12 34 57")
	w.visit("/fr/account/work-address")
	w.write("#street", "Quai de l'Ourthe 3")
	w.write("#postcode", "402")
	w.expectComplaint("422")
	w.leave(func() { w.press(enter) })
	w.sees(".errors", "quatre chiffres")
	w.write("#postcode", "4020")
	w.write("#city", "Liège")
	w.leave(func() { w.press(enter) })
	w.at("account")
	w.sees("main", "4020 Liège")
	w.close()
	narrow := s.window(t)
	narrow.signIn("mathieu", "fr")
	narrow.size(360, 800)
	narrow.visit("/fr/account")
	narrow.judge("account with an address of work, narrow", "fr")
	narrow.visit("/fr/account/work-address")
	narrow.expectComplaint("422")
	narrow.write("#postcode", "402")
	narrow.leave(func() { narrow.press(enter) })
	narrow.judge("address of work, refused", "fr")
	narrow.close()

	hanna := s.window(t)
	hanna.signIn("hanna", "de")
	hanna.visit("/de/account/people")
	hanna.sees("main", "Brigitte Schmitz")
	hanna.sees("main", "minderjährig")
	hanna.judge("people of a minor", "de")
	hanna.expectComplaint("403")
	hanna.visit("/de/account/people/" + string(holderOf(t, s, "hanna")) + "/block")
	hanna.sees("main", "ab dem")
	hanna.judge("too young", "de")
	hanna.close()

	on(t, s, "odile", "nele") // Nele is of age, on the booklet of Odile
	nele := s.window(t)
	nele.signIn("nele", "nl")
	nele.visit("/nl/account/people/" + string(holderOf(t, s, "nele")) + "/answer")
	nele.judge("answer", "nl")
	nele.run(`document.getElementById("choice-2").checked = true`)
	nele.leave(func() { nele.click("main form.form button[data-kind=first]") })
	nele.at("account/people")
	nele.sees("main", "ziet uw gegevens")
	nele.click(`main a[href$="/block"]`)
	nele.judge("end of access", "nl")
	nele.size(320, 800)
	nele.judge("end of access narrow", "nl")
	nele.size(desk, 900)
	nele.leave(func() { nele.click("main form.form button[data-kind=first]") })
	nele.at("requests/[a-z0-9-]+/read")
	nele.sees("main", "Einde van de toegang")
}

// on puts a member on the booklet of another.
func on(t *testing.T, s *stage, holder, member string) {
	t.Helper()
	number := func(who string) string {
		m, err := s.store.Member(t.Context(), auth.Login{Mutuality: mutualityID, Member: memberID(who)})
		if err != nil {
			t.Fatal(err)
		}
		return m.Affiliation
	}
	out, err := s.store.Load(t.Context(), mutualityID, core.Batch{Kind: core.KindHousehold, Rows: []core.Row{
		core.Household{Holder: number(holder), Member: number(member), Role: core.RoleOther}}})
	if err != nil || len(out.Rejects) > 0 {
		t.Fatalf("nobody is on a booklet: %+v, %v", out, err)
	}
}

// holderOf is on whose booklet a member is.
func holderOf(t *testing.T, s *stage, who string) auth.MemberID {
	t.Helper()
	h, err := s.store.Household(t.Context(), auth.Login{Mutuality: mutualityID, Member: memberID(who)})
	if err != nil || len(h.Holders) != 1 {
		t.Fatalf("%s is on no booklet: %v", who, err)
	}
	return h.Holders[0].Holder
}
