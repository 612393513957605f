package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/mail"
)

// In the place of a certified address another is not even sent its link before a
// second officer has read what was asked, and by whose check, and agreed.
func TestSecondOfficerForAnAddress(t *testing.T) {
	c := open(t)
	c.enrolled(t, certified)
	c.mails(t)
	first, _ := c.officer(t, auth.Advisor)
	_, card := c.colleague(t, bea, auth.Advisor)
	second := c.visitor(t)
	second.atOffice(card)
	file := first.openMathieu()
	if page := first.wants("GET", file+"/identity?for=email", nil, http.StatusOK); !strings.Contains(page, "Avant de changer l’adresse e-mail") {
		t.Error("who came to change the address does not read why her identity is checked first")
	}
	first.wants("POST", file+"/identity?for=email", url.Values{"place": {"Liège"}, "proof-eid": {"1"}, "proof-photo": {"1"}, "for": {"email"}}, http.StatusSeeOther)
	resp, _ := first.send(file+"/email", url.Values{"email": {"neuf@mail.example"}})
	if resp.StatusCode != http.StatusSeeOther || !strings.HasSuffix(resp.Header.Get("Location"), "?done=second") {
		t.Fatalf("asked: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	if page := first.wants("GET", resp.Header.Get("Location"), nil, http.StatusOK); !strings.Contains(page, "Un collègue doit donner son accord") {
		t.Error("the file does not say that a colleague has to agree")
	}
	if list := c.mails(t); len(list) != 1 || list[0].Template != mail.EmailAsked || list[0].To != herAddress {
		t.Errorf("told: %+v", list)
	}
	item := itemLink.FindStringSubmatch(second.wants("GET", "/fr/office/queue?kind=email-second", nil, http.StatusOK))
	if item == nil {
		t.Fatal("the queue does not hold it")
	}
	if page := first.wants("POST", item[1]+"/take", nil, http.StatusConflict); !strings.Contains(page, "Un collègue doit confirmer") {
		t.Errorf("taken by who asked: %s", title(page))
	}
	if strings.Contains(second.wants("GET", item[1], nil, http.StatusOK), "neuf@mail.example") {
		t.Error("the address shows before the item is taken")
	}
	second.wants("POST", item[1]+"/take", nil, http.StatusSeeOther)
	page := second.wants("GET", item[1], nil, http.StatusOK)
	for _, want := range []string{"neuf@mail.example", herAddress, "Premier accord", "le lien part", `value="accepted"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the second officer does not read %q", want)
		}
	}
	if strings.Contains(page, "office.") || strings.Contains(page, ">eid photo<") {
		t.Error("the item lacks words")
	}
	second.wants("POST", item[1]+"/close", url.Values{"answer": {"accepted"}}, http.StatusSeeOther)
	if list := c.mails(t); len(list) != 1 || list[0].Template != mail.ConfirmEmail || list[0].To != "neuf@mail.example" {
		t.Errorf("the link: %+v", list)
	}
	second.wants("POST", item[1]+"/close", url.Values{"answer": {"accepted"}}, http.StatusConflict)
}

// Who leaves out the texts of a template reads of each in which language, in her own.
func TestTemplateNamesItsLanguages(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Administrator)
	for lang, want := range map[string][]string{
		"fr": {"Écrivez le texte en français,", "Écrivez le texte en néerlandais,"},
		"nl": {"Schrijf de tekst in het Nederlands,", "Schrijf de tekst in het Duits,"},
		"de": {"Schreiben Sie den Text auf Deutsch,", "Schreiben Sie den Text auf Französisch,"},
		"en": {"Write the text in English,", "Write the text in French,"},
	} {
		body := v.wants("POST", "/"+lang+"/office/templates/new", url.Values{"name": {"x"}}, http.StatusUnprocessableEntity)
		for _, text := range want {
			if !strings.Contains(body, text) {
				t.Errorf("%s: the page lacks %q", lang, text)
			}
		}
	}
}
