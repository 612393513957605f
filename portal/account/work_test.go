package account

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/locale"
)

func workAnswers(change ...string) url.Values {
	v := url.Values{"company": {"Imprimerie du Pont"}, "street": {" Quai de  l'Ourthe 3 "}, "postcode": {"4020"}, "city": {"Liège"}, "country": {""}}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// What is wrong with the address is told beside its field, and what was typed is kept.
func TestWorkAddressRefuses(t *testing.T) {
	for _, tt := range []struct {
		field, value string
		more         []string
	}{
		{"street", "", nil}, {"postcode", "", nil}, {"city", " ", nil}, {"postcode", "402", nil}, {"postcode", "F-59000", nil},
		{"postcode", "F-59000", []string{"country", "België"}}, {"postcode", "", []string{"country", "France"}},
		{"company", strings.Repeat("x", 81), nil}, {"country", strings.Repeat("é", 81), nil}, {"city", "Li\x00ge", nil},
		{"postcode", strings.Repeat("1", 13), []string{"country", "France"}},
	} {
		c, s := newDesk(t)
		p := c.Post(workPath, workAnswers(append(tt.more, tt.field, tt.value)...))
		if got := p.Links(".errors"); p.Status != http.StatusUnprocessableEntity || !slices.Equal(got, []string{"#" + tt.field}) || len(p.All("#"+tt.field)) != 1 {
			t.Errorf("%s %q: %d, %v", tt.field, tt.value, p.Status, got)
		}
		if s.workplace != (WorkAddress{}) {
			t.Errorf("%s %q is taken: %+v", tt.field, tt.value, s.workplace)
		}
		if kept := p.Form("/fr/" + workPath); tt.field != "street" && kept.Get("street") != "Quai de l'Ourthe 3" {
			t.Errorf("%s: kept %v", tt.field, kept)
		}
	}
}

func TestWorkAddress(t *testing.T) {
	c, s := newDesk(t)
	if p := c.Get("account"); !strings.Contains(p.Text("main"), locale.T(locale.FR, "people.work.why")) {
		t.Error("no invitation to give the address")
	}
	p := c.Post(workPath, workAnswers())
	if p.Status != http.StatusSeeOther || p.Location() != "/fr/account?done=work-address" {
		t.Fatalf("%d to %q, %v", p.Status, p.Location(), p.Err)
	}
	want := WorkAddress{Company: "Imprimerie du Pont", Street: "Quai de l'Ourthe 3", Postcode: "4020", City: "Liège"}
	if s.workplace != want {
		t.Errorf("kept %+v", s.workplace)
	}
	for _, text := range []string{"Imprimerie du Pont", "Quai de l'Ourthe 3", "4020 Liège", "Adresse enregistrée"} {
		if p := c.Get("account?done=work-address"); !strings.Contains(p.Text("main"), text) {
			t.Errorf("the account does not show %q", text)
		}
	}
	if form := c.Get(workPath).Form("/fr/" + workPath); form.Get("street") != want.Street || form.Get("city") != "Liège" {
		t.Errorf("the form holds %v", form)
	}
	if p := c.Post(workPath, workAnswers("postcode", "EC1A 1BB", "city", "London", "country", "United Kingdom")); p.Status != http.StatusSeeOther {
		t.Errorf("abroad: %d", p.Status)
	}
	if p := c.Post(workPath, workAnswers("switch", "1", "postcode", "x")); p.Status != http.StatusOK || s.workplace.City != "London" {
		t.Errorf("a switch of language saves: %d, %+v", p.Status, s.workplace)
	}
	none := url.Values{}
	if p := c.Post(workPath, none); p.Status != http.StatusSeeOther || s.workplace != (WorkAddress{}) {
		t.Errorf("taken out: %d, %+v", p.Status, s.workplace)
	}
}
