package demo

import (
	"testing"

	"guichet.example/portal/locale"
)

const fillByCard = `document.querySelector("input[name=way][value=card]").checked = true; document.getElementById("why").value = "visit"; document.getElementById("words").value = "Vient au guichet"`

// At the counter, an officer gives a reason and the person puts a card into the reader: one
// that nobody is insured under opens nothing, hers opens the file, which says so.
func TestBrowserStaffCard(t *testing.T) {
	s := onStage(t)
	s.everything(t, "Inès Collard")
	officer := s.window(t)
	officer.toOffice("ines", "fr")
	for _, lang := range locale.Languages() {
		officer.send("/"+string(lang)+"/office/person", fillByCard, sendForm)
		officer.at("office/person/card")
		officer.sees("main", "Vient au guichet")
		officer.judge("her card is awaited", string(lang))
	}
	s.insert(t, "louise")
	officer.send("/fr/office/person", fillByCard, sendForm)
	officer.at("office/person/card")
	officer.click(startCard)
	officer.pinPage().give(PIN)
	officer.panelSays(locale.FR, "unknown_person", "alert")
	officer.judge("a card of nobody", "fr")

	s.insert(t, "lotte")
	officer.click(tryAgain)
	officer.pinPage().give(PIN)
	officer.at("office/files/[a-z0-9]+")
	officer.sees("main", "Lotte Vermeulen")
	officer.sees("main", "La personne est au guichet, avec sa carte")
	officer.judge("file opened by card", "fr")
}
