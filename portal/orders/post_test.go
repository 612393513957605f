package orders

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/signing/document"
)

// sent are answers that hold, for each kind; change replaces some.
func sent(k document.Kind, change ...string) url.Values {
	v := url.Values{}
	switch k {
	case document.KindEnvelopes:
		v.Set(quantityField, "5")
	case document.KindTravelPapers:
		for field, value := range map[string]string{"from-day": "15", "from-month": "2", "from-year": "2027",
			"until-day": "1", "until-month": "3", "until-year": "2027", countryField: "Türkiye", tick("nora"): "1"} {
			v.Set(field, value)
		}
	default:
		v.Set(tick("mathieu"), "1")
		v.Set(tick("nora"), "1")
	}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// What is wrong is told beside its field, and nothing is frozen.
func TestPostRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		kind   document.Kind
		change []string
		field  string
		want   string
	}{
		{"labels for nobody", document.KindLabels, []string{tick("mathieu"), "", tick("nora"), ""}, whoField, "Cochez au moins"},
		{"labels for a stranger", document.KindLabels, []string{tick("mathieu"), "", tick("nora"), "", tick("bram"), "1"}, whoField, "Cochez au moins"},
		{"labels for who has some", document.KindLabels, []string{tick("nora"), "1"}, whoField, "Enlevez Nora Delcourt"},
		{"no envelope", document.KindEnvelopes, []string{quantityField, "0"}, quantityField, "de 1 à 10"},
		{"many envelopes", document.KindEnvelopes, []string{quantityField, "11"}, quantityField, "de 1 à 10"},
		{"envelopes in words", document.KindEnvelopes, []string{quantityField, "cinq"}, quantityField, "de 1 à 10"},
		{"more than are left", document.KindEnvelopes, []string{quantityField, "9"}, quantityField, "il vous reste 8"},
		{"a journey of nobody", document.KindTravelPapers, []string{tick("nora"), ""}, whoField, "Cochez au moins"},
		{"no day", document.KindTravelPapers, []string{"from-day", ""}, fromField, "complétez la date"},
		{"30 February", document.KindTravelPapers, []string{"from-day", "30"}, fromField, "elle n’existe pas"},
		{"29 February of no leap year", document.KindTravelPapers, []string{"from-day", "29"}, fromField, "elle n’existe pas"},
		{"yesterday", document.KindTravelPapers, []string{"from-day", "19", "from-month", "11", "from-year", "2026"}, fromField, "à partir d’aujourd’hui"},
		{"back before leaving", document.KindTravelPapers, []string{"until-day", "14", "until-month", "2"}, untilField, "après le départ"},
		{"no country", document.KindTravelPapers, []string{countryField, " "}, countryField, "nom du pays"},
		{"nothing of a journey", document.KindTravelPapers, []string{"from-day", "", "until-day", "", countryField, ""}, countryField, "nom du pays"},
		{"a number for a country", document.KindTravelPapers, []string{countryField, "85.07.30-033.28"}, countryField, "sans numéro national"},
		{"a form for nobody", document.KindIncapacityForm, []string{tick("mathieu"), "", tick("nora"), ""}, whoField, "Cochez au moins"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			switch {
			case strings.Contains(tt.name, "has some"):
				d.store.earlier = []Earlier{{At: areatest.Noon, Act: document.PostOrder{ForPersons: []string{"Nora Delcourt"}}}}
			case strings.Contains(tt.name, "left"):
				d.store.earlier = []Earlier{{At: areatest.Noon, Act: document.PostOrder{Quantity: 10}}, {At: areatest.Noon, Act: document.PostOrder{Quantity: 2}}}
			}
			form := ordersPath + "/" + string(tt.kind)
			p := d.Submit(form+"/check", sent(tt.kind, tt.change...))
			if p.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(p.At, form+"?draft=") {
				t.Fatalf("leads to %d at %q, %v", p.Status, p.At, p.Err)
			}
			if got := p.Text(".errors a"); !strings.Contains(got, tt.want) {
				t.Errorf("says %q, want %q", got, tt.want)
			}
			if got := p.Links(".errors"); len(got) == 0 || got[0] != "#"+tt.field || len(p.All(got[0])) != 1 {
				t.Errorf("leads to %v, want #%s", got, tt.field)
			}
			_, draft, _ := strings.Cut(p.At, "?draft=")
			if p := d.Submit(form+"/send", url.Values{"draft": {draft}, "key": {strings.Repeat("a", 26)}}); p.Status != http.StatusUnprocessableEntity || len(d.freezer.posts) != 0 {
				t.Errorf("sent past the check page: %d, %v", p.Status, d.freezer.posts)
			}
		})
	}
}

func TestPostSend(t *testing.T) {
	for _, k := range document.PostKinds() {
		d := newDesk(t)
		path := ordersPath + "/" + string(k)
		check := d.Submit(path+"/check", sent(k))
		if check.Status != http.StatusOK {
			t.Fatalf("%s: %d, %v, %q", k, check.Status, check.Err, check.Text("main"))
		}
		form := check.Form("/fr/" + path + "/send")
		for range 2 { // sent twice
			if p := d.Post(path+"/send", form); p.Location() != "/fr/requests/request-of-"+form.Get("key")+"/read" {
				t.Fatalf("%s: send = %d to %q, %v", k, p.Status, p.Location(), p.Err)
			}
		}
		act, ok := d.freezer.posts[form.Get("key")].WithReference("GC-2026-4K7P-118").(document.PostOrder)
		if err := act.Validate(); !ok || err != nil || act.What != k {
			t.Errorf("%s: frozen %+v, %v", k, act, err)
		}
		if k == document.KindLabels && !slices.Equal(act.ForPersons, []string{"Mathieu Delcourt", "Nora Delcourt"}) {
			t.Errorf("labels for %q", act.ForPersons)
		}
		if again := d.Get(path + "?draft=" + form.Get("draft")); again.Status != http.StatusOK {
			t.Errorf("%s: going back = %d", k, again.Status)
		}
		// Another tab changes the order: what is sent is what was shown.
		other := sent(k, quantityField, "7", tick("mathieu"), "1", tick("nora"), "")
		other.Set("draft", form.Get("draft"))
		d.Submit(path+"/check", other)
		before := len(d.freezer.posts)
		if p := d.Submit(path+"/send", form); len(d.freezer.posts) != before || !strings.Contains(p.Text(".banner"), "ont changé") {
			t.Errorf("%s: an order was sent that the page did not show: %d", k, p.Status)
		}
	}
}

// The blank form at once, for who is in a hurry.
func TestBlankForm(t *testing.T) {
	d := newDesk(t)
	p := d.Get(blankPath)
	if p.Status != http.StatusOK || p.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(string(p.Body), "%PDF-1.7") ||
		!strings.HasPrefix(p.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("blank form = %d, %v", p.Status, p.Header)
	}
	if page := d.Open(ordersPath + "/incapacity-form"); !strings.Contains(page.Text("main"), "dans les 7 jours") {
		t.Errorf("the form does not warn of the delay: %q", page.Text("main"))
	}
}

func TestPostPagesInEachLanguage(t *testing.T) {
	for _, l := range locale.Languages() {
		d := newDesk(t)
		d.Lang = l
		for _, k := range document.PostKinds() {
			path := ordersPath + "/" + string(k)
			for _, p := range []*areatest.Page{d.Get(ordersPath), d.Open(path), d.Submit(path+"/check", sent(k)), d.Submit(path+"/check", url.Values{})} {
				if strings.Contains(p.Text("main"), "orders.") {
					t.Errorf("%s in %s lacks words: %q", k, l, p.Text("main"))
				}
			}
		}
	}
}
