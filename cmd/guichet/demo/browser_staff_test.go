package demo

import (
	"io"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

// A change of account on its way: the member sees from when it is in
// force and can stop it, one officer agrees, another sees the signed PDF with its verdict
// and agrees too, and the member stops it all the same.
func TestBrowserStaff(t *testing.T) {
	s := onStage(t)
	ctx := t.Context()
	j, err := s.journey(io.Discard, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return j.signIn(ctx, "odile") }, func() error { return j.ask(ctx) }, func() error { return j.sign(ctx) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	member := s.window(t)
	member.signIn("odile", "fr")
	for _, lang := range locale.Languages() {
		for _, page := range []string{"bank", "bank/stop", "bank/stopped"} {
			member.visit("/" + string(lang) + "/" + page)
			member.judge(page, string(lang))
		}
		if status := member.visit("/" + string(lang) + "/bank/stop/none"); status != 410 {
			t.Errorf("a link that is none answers %d", status)
		}
		member.judge("a link that stops nothing", string(lang))
	}

	s.everything(t, "Inès Collard")
	staff, err := s.store.Staff(ctx, office.By{Mutuality: mutualityID})
	if err != nil {
		t.Fatal(err)
	}
	var other auth.Officer
	for _, k := range staff {
		if k.Name != "Inès Collard" && k.Disabled.IsZero() {
			other = auth.Officer{Mutuality: mutualityID, ID: k.ID, Name: k.Name, Roles: auth.Roles(), Session: "test"}
		}
	}
	list, err := s.store.Queue(ctx, other, office.Filter{Kind: office.BankChange}, 50)
	if err != nil || len(list) == 0 {
		t.Fatalf("queue: %v, %v", list, err)
	}
	item := list[len(list)-1].ID
	if err := s.store.TakeItem(ctx, other, item, office.Hold{}, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.store.CloseItem(ctx, other, item, office.Answer{What: office.EventAccepted}); err != nil {
		t.Fatal(err)
	}

	officer := s.window(t)
	officer.toOffice("ines", "fr")
	officer.visit("/fr/office/queue?kind=bank-change")
	officer.judge("queue with a second agreement", "fr")
	officer.visit("/fr/office/queue/" + item)
	officer.leave(func() { officer.click("main form button[data-kind=first]") })
	for _, lang := range locale.Languages() {
		for _, page := range []string{"office/queue/" + item, "office/templates", "office/templates/new", "office/letters"} {
			officer.visit("/" + string(lang) + "/" + page)
			officer.judge(strings.ReplaceAll(page, item, "item"), string(lang))
		}
	}
	officer.templateUnscripted()
	officer.visit("/fr/office/queue/" + item)
	officer.hit("input[name=answer][value=accepted]", space)
	officer.leave(func() { officer.hit(`form[action$="/close"] button`, enter) })

	member.visit("/fr/bank/stop")
	member.leave(func() { member.click("main form button") })
	member.at("bank/stopped")
	id := item[strings.Index(item, "-")+1:]
	r, err := s.store.Request(ctx, auth.Login{Mutuality: mutualityID, Member: auth.MemberID(item[:strings.Index(item, "-")])}, id)
	if err != nil || r.State != requests.Rejected {
		t.Errorf("request is %s, %v", r.State, err)
	}
}

// templateUnscripted writes an answer that advisors begin with, by keyboard alone and
// without a script; what lacks words is refused, and what was typed is kept.
func (w *window) templateUnscripted() {
	w.t.Helper()
	w.scriptOff()
	w.visit("/fr/office/templates/new")
	w.stop("#name")
	w.press("Adresse reçue")
	w.expectComplaint("422")
	w.hit(sendForm+"[data-kind=first]", enter)
	w.until("the errors", `document.querySelector("#errors")`)
	w.judgeUnscripted()
	for _, l := range locale.Languages() {
		w.stop("#text-" + string(l))
		w.press("OK {reference}")
	}
	w.hit(sendForm+"[data-kind=first]", enter)
	w.until("it is kept", `document.readyState === "complete" && !location.pathname.endsWith("/new") && !document.querySelector("#errors")`)
	w.script(true)
	w.visit("/fr/office/templates")
	w.sees("main", "Adresse reçue")
	w.judge("templates, one", "fr")
}
