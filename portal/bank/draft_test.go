package bank

import (
	"net/http"
	"strings"
	"testing"
)

// TestEveryPageAnswersAGet: no page of the change is the answer to a POST, so that Back
// and reload show it again without asking.
func TestEveryPageAnswersAGet(t *testing.T) {
	d := newDesk(t)
	for name, form := range map[string][]string{"right": nil, "wrong": {"iban", "BE68"}, "switch": {"switch", "1"}} {
		for _, path := range []string{checkPath, sendPath} {
			if p := d.Post(path, answers(form...)); p.Status != http.StatusSeeOther {
				t.Errorf("POST %s with %s answers = %d, want 303", path, name, p.Status)
			}
		}
	}
	first := d.Open(changePath)
	form := first.Form("/fr/" + checkPath)
	if id := form.Get("draft"); len(id) != 26 || first.At != changePath+"?draft="+id {
		t.Fatalf("a new form is at %q with draft %q", first.At, id)
	}
	check := d.Submit(checkPath, with(form, "iban", "be68 5390 0754 7034", "from", "2026-12"))
	if check.At != checkPath+"?draft="+form.Get("draft") || strings.Contains(check.At, "BE68") {
		t.Errorf("check page is at %q", check.At)
	}
	for range 2 { // Back to the form, and reload
		back := d.Get(first.At)
		if kept := back.Form("/fr/" + checkPath); back.Status != http.StatusOK || kept.Get("iban") != "be68 5390 0754 7034" || kept.Get("from") != "2026-12" {
			t.Errorf("Back to the form = %d with %v", back.Status, kept)
		}
	}
	again := d.Get(check.At)
	if again.Text("main") != check.Text("main") {
		t.Error("reload of the check page shows something else")
	}
	if again.Form("/fr/"+sendPath).Get("key") != check.Form("/fr/"+sendPath).Get("key") {
		t.Error("reload of the check page draws another key: sent twice, there would be two requests")
	}
}

// TestSecondTab: answers changed in one tab are not sent from another that shows those
// of before.
func TestSecondTab(t *testing.T) {
	d := newDesk(t)
	first := d.Submit(checkPath, answers())
	shown := first.Form("/fr/" + sendPath)
	second := d.Submit(checkPath, answers("draft", shown.Get("draft"), "holder", "Nora Delcourt"))
	if second.At != first.At {
		t.Fatalf("the same draft is at %q and %q", first.At, second.At)
	}
	p := d.Submit(sendPath, shown)
	if p.Status != http.StatusOK || len(d.freezer.acts) != 0 {
		t.Fatalf("answers were sent that the page did not show: %d", p.Status)
	}
	if !strings.Contains(p.Text(".banner"), "Vos réponses ont changé") || !strings.Contains(p.Text("main"), "Nora Delcourt") {
		t.Errorf("the page says %q", p.Text("main"))
	}
	if p = d.Submit(sendPath, p.Form("/fr/"+sendPath)); p.Status != http.StatusSeeOther || len(d.freezer.acts) != 1 {
		t.Errorf("sent after a look: %d, %d acts", p.Status, len(d.freezer.acts))
	}
	// Two forms begun in two tabs do not mix.
	one, two := d.Open(changePath).Form("/fr/"+checkPath), d.Open(changePath).Form("/fr/"+checkPath)
	d.Submit(checkPath, with(one, "holder", "One"))
	d.Submit(checkPath, with(two, "holder", "Two"))
	if got := d.Get(changePath + "?draft=" + one.Get("draft")).Form("/fr/" + checkPath).Get("holder"); got != "One" {
		t.Errorf("the first tab shows %q", got)
	}
}

// TestSentAgain: Back from the document and on again is the same request, with other
// answers another one.
func TestSentAgain(t *testing.T) {
	d := newDesk(t)
	check := d.Submit(checkPath, answers())
	form := check.Form("/fr/" + sendPath)
	to := d.Post(sendPath, form).Location()
	same := d.Submit(checkPath, answers("draft", form.Get("draft")))
	if got := d.Post(sendPath, same.Form("/fr/"+sendPath)).Location(); got != to {
		t.Errorf("the same answers lead to %q and %q", to, got)
	}
	other := d.Submit(checkPath, answers("draft", form.Get("draft"), "from", "2027-01"))
	if got := d.Post(sendPath, other.Form("/fr/"+sendPath)).Location(); got == to || len(d.freezer.acts) != 2 {
		t.Errorf("other answers lead to %q again", got)
	}
}

// TestDraftIsGone: what another session kept, or this one no longer does, is not shown;
// the form says so.
func TestDraftIsGone(t *testing.T) {
	d := newDesk(t)
	check := d.Submit(checkPath, answers())
	form := check.Form("/fr/" + sendPath)
	d.Login.Session = "s2"
	for _, p := range []string{"by address", "sent"} {
		got := d.Get(check.At)
		if p == "sent" {
			got = d.Submit(sendPath, form)
		}
		if got.Status != http.StatusOK || got.Text("h1") != "Votre nouveau compte" ||
			!strings.Contains(got.Text(".banner"), "Rien n’a été envoyé") {
			t.Errorf("%s: %d, %q, %q", p, got.Status, got.Text("h1"), got.Text(".banner"))
		}
		if strings.Contains(string(got.Body), "5390") {
			t.Errorf("%s: another session reads the draft", p)
		}
	}
	if got := d.Get(changePath + "?draft=" + form.Get("draft")); strings.Contains(string(got.Body), "5390") {
		t.Error("another session reads the draft in the form")
	}
	if len(d.freezer.acts) != 0 {
		t.Error("another session sent the draft")
	}
	if p := d.Submit(checkPath, with(d.Get(check.At).Form("/fr/"+checkPath), "iban", newIBAN, "from", "2026-12")); p.Text("h1") != "Vérifiez vos réponses" {
		t.Errorf("typed again: %q", p.Text("h1"))
	}
}
