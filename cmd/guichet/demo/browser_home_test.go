package demo

import (
	"strings"
	"testing"
)

// The first page answers what is new: the last money as the figure, refunds of hers and
// of her children, documents to read, dates to keep in mind, the counter of the household;
// in each language, narrow, and without a script. A child of age is not on it.
func TestBrowserHome(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.byPassword("mathieu", "85.07.30-033.28", "fr")
	w.sees(".figure", "Votre dernier remboursement")
	w.sees("main", "Derniers remboursements")
	w.sees("main", "documents à lire")
	w.sees("main", "Maximum à facturer")
	if strings.Contains(w.text("main"), "Sacha") {
		t.Error("the first page tells the holder of a child of age")
	}
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		w.visit("/" + lang + "/home")
		w.judge("home with a past", lang)
		if inFrench := w.text(`.ledger a span[lang=fr]`) != ""; inFrench != (lang != "fr") {
			t.Errorf("care in French is marked on the page in %s: %v", lang, inFrench)
		}
	}
	w.size(320, 800)
	w.judge("home with a past narrow", "en")
	w.size(desk, 900)
	w.visit("/fr/home")
	w.leave(func() { w.click(`main .ledger a[href^="/fr/refunds/payments/"]`) })
	w.sees("main", "À votre charge")
	w.close()

	ill := s.window(t)
	ill.byPassword("grace", "79.09.02-452.46", "en")
	ill.sees("main", "Appointment with the medical adviser")
	ill.judge("home of who is ill", "en")
	ill.close()

	plain := s.window(t)
	plain.byPassword("lotte", "72.02.29-118.53", "nl")
	plain.scriptOff()
	plain.visit("/nl/home")
	plain.sees("main", "Uw globaal medisch dossier loopt binnenkort af")
	plain.sees("main", "Plafond bereikt")
	plain.click(`main a[href="/nl/rights/dmg"]`)
	plain.at("rights/dmg")
	plain.close()
}
