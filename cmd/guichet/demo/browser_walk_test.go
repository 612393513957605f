package demo

import (
	"context"
	"strings"
	"testing"
)

// A French member opens her access on a telephone, by keyboard alone, from the first page
// to her own home; each page is held to the rules of accessibility, and the focus can be
// seen and leads where one goes on.
func TestBrowserEnrolsByKeyboard(t *testing.T) {
	s := elsewhere(t, "mutame-plus")
	w := s.window(t)
	w.size(telephone, 800)
	const send, password = sendForm + "[data-kind=first]", "Neuf lucioles dorment sous 1 pont."
	w.visit("/fr/enrol")
	w.hit(`main a[href="/fr/enrol/code"]`, enter)
	w.at("enrol/code")
	w.stop("#number")
	w.press("0305611208")
	w.stop("#code")
	w.press("OD7X2Q")
	w.hit(send, enter)
	w.at("enrol/contact")
	w.focused("h1")
	w.judge("walk address", "fr")
	w.stop("#email")
	w.press(newcomerEmail("odile"))
	w.hit("#private", space)
	w.hit(send, enter)
	w.at("enrol/password")
	w.focused("h1")
	w.expectComplaint("422")
	w.hit(send, enter) // nothing typed
	w.until("the errors", `document.querySelector("#errors")`)
	w.focused("#errors")
	w.judge("walk errors", "fr")
	w.stop("#new")
	w.press(password)
	w.stop("#again")
	w.press(password)
	w.hit("#question-1", space)
	w.stop("#answer")
	w.press("École du Centre")
	w.hit(send, enter)
	w.at("enrol/check")
	w.focused("h1")
	w.hit("#terms", space)
	w.hit(send, enter)
	w.at("enrol/sent")
	w.focused("h1")
	w.judge("walk link on its way", "fr")

	wait, cancel := context.WithTimeout(t.Context(), deliveryTime)
	defer cancel()
	m, err := s.post.mailTo(wait, newcomerEmail("odile"))
	if err != nil {
		t.Fatal(err)
	}
	link := strings.TrimPrefix(linkIn(m), s.origin)
	w.visit(link)
	w.judge("walk link", "fr")
	w.hit(send, enter)
	w.at("enrol/done")
	w.judge("walk done", "fr")
	w.expectComplaint("410")
	if status := w.visit(link); status != 410 {
		t.Errorf("the link opens twice: %d", status)
	}
	w.judge("walk link over", "fr")

	w.visit("/fr/sign-in/password")
	w.stop("#identifier")
	w.press(printedCode("odile"))
	w.stop("#password")
	w.press(password)
	w.hit(send, enter)
	w.at("home")
}

// Staff work on a small screen, by keyboard alone: a person's file, an identity check, a
// code in a letter, an item of the queue, and the way out.
func TestBrowserOfficeByKeyboard(t *testing.T) {
	s := onStage(t)
	s.filled(t)
	s.everything(t, "Inès Collard")
	s.insert(t, "ines")
	w := s.window(t)
	w.size(telephone, 800)
	w.visit("/fr/office/sign-in")
	w.hit(startCard, enter)
	w.pinPage().typePIN()
	w.at("office")
	w.judge("walk desk", "fr")

	w.hit(`a[href="/fr/office/person"]`, enter)
	w.at("office/person")
	for way, want := range map[string]string{"user": "way user why words", "name": "way surname birth-day why words", "card": "way why words", "number": "way number why words"} {
		w.click("[name=way][value=" + way + "]")
		if got := eval[string](w, shownFields); got != want {
			t.Errorf("to search by %s the form asks %q, want %q", way, got, want)
		}
	}
	w.click("[name=way][value=number]")
	w.stop("#number")
	w.press("72.02.29-118.53")
	w.stop("#why")
	w.run(`document.getElementById("why").value = "visit"`) // what an arrow does is the browser's matter
	w.stop("#words")
	w.press("Vient au guichet")
	w.hit(sendForm+"[data-kind=first]", enter)
	w.at("office/files/[a-z0-9]+")
	w.focused("h1")
	w.judge("walk file", "fr")

	w.hit(`main a[href$="/identity"]`, enter)
	w.at("office/files/[a-z0-9]+/identity")
	w.expectComplaint("422")
	w.hit(sendForm+"[data-kind=first]", enter)
	w.until("the errors", `document.querySelector("#errors")`)
	w.focused("#errors")
	w.judge("walk check refused", "fr")
	w.stop("#place")
	w.press("Verviers")
	w.hit("#proof-eid", space)
	w.hit("#proof-photo", space)
	w.hit(sendForm+"[data-kind=first]", enter)
	w.at("office/files/[a-z0-9]+/enrol")
	w.hit(enrolByCode, enter)
	w.until("the code is ordered", `document.readyState === "complete" && !location.pathname.endsWith("/enrol")`)
	w.judge("walk code ordered", "fr")

	w.visit("/fr/office/queue")
	w.hit("main table a", enter)
	w.at("office/queue/[a-z0-9-]+")
	const hers = `document.readyState === "complete" && document.querySelector("main form textarea, main form input[name=answer]")`
	if !eval[bool](w, "!!("+hers+")") { // an item may be hers from before
		w.hit("main form button[data-kind=first]", enter)
	}
	w.until("the item is hers", hers)
	w.judge("walk item", "fr")
	w.visit("/fr/office")
	w.hit("a.menu-link", enter)
	w.hit(`form[action$="/office/sign-out"] button`, enter)
	w.at("office/sign-in")
}

// shownFields are the names of the first input of each field that is to be seen.
const shownFields = `[...document.querySelectorAll("main form .field")].filter((f) => f.checkVisibility()).map((f) => f.querySelector("input, select, textarea").name).join(" ")`
