package demo

import (
	"fmt"
	"path"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/letters"
	"guichet.example/portal/office"
)

// officePlace is what the tour of the office has open: a person's file, an item that the
// officer holds, a colleague, a batch of letters and one of them, posted.
type officePlace struct{ file, item, colleague, batch, letter string }

// everything gives the card's officer every role, so that one of them sees all pages.
func (s *stage) everything(t *testing.T, name string) {
	t.Helper()
	by := office.By{Mutuality: mutualityID}
	list, err := s.store.Staff(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Name == name {
			c.Roles = auth.Roles()
			if err := s.store.ChangeStaff(t.Context(), by, c); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%s does not work here", name)
}

// toOffice signs an officer in at the office's own door.
func (w *window) toOffice(card, lang string) {
	w.t.Helper()
	w.stage.insert(w.t, card)
	w.visit("/" + lang + "/office/sign-in")
	w.click(startCard)
	w.pinPage().give(PIN)
	w.at("office")
}

// send fills a form with a script and sends it with its own first button.
func (w *window) send(from, fill, button string) {
	w.t.Helper()
	w.visit(from)
	w.run(fill)
	w.leave(func() { w.click(button) })
}

const (
	fillSearch  = `document.getElementById("number").value = "72.02.29-118.53"; document.getElementById("why").value = "visit"; document.getElementById("words").value = "Vient au guichet"`
	fillProofs  = `document.getElementById("place").value = "Verviers"; document.getElementById("proof-eid").checked = true; document.getElementById("proof-photo").checked = true`
	enrolByCode = "main form button[data-kind=second]"
)

// printOut has a letter made for the person whose file was opened last, and prints it.
// The file of the batch is saved, which leaves the page as it is.
func (w *window) printOut() {
	w.t.Helper()
	before := len(w.batches())
	w.visit("/fr/office/letters")
	w.run(`document.querySelector("main form").submit()`)
	for deadline := time.Now().Add(patience); len(w.batches()) == before; time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.fail("waiting for a batch of letters")
		}
	}
}

func (w *window) batches() []letters.Batch {
	w.t.Helper()
	list, err := w.stage.store.Batches(w.t.Context(), mutualityID, "", 10)
	if err != nil {
		w.fail("batches: %v", err)
	}
	return list
}

// settleIn opens what the tour looks at.
func (w *window) settleIn() officePlace {
	w.t.Helper()
	var p officePlace
	last := func() string { return path.Base(eval[string](w, "location.pathname")) }
	w.send("/fr/office/person", fillSearch, sendForm)
	p.file = last()
	w.send("/fr/office/files/"+p.file+"/identity", fillProofs, sendForm)
	w.leave(func() { w.click(enrolByCode) })
	w.visit("/fr/office/queue")
	w.leave(func() { w.click("main table a") })
	p.item = last()
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.printOut()
	w.visit("/fr/office/letters")
	w.leave(func() { w.click("main table a") })
	p.batch = last()
	w.send("/fr/office/letters/batches/"+p.batch, fmt.Sprintf(`document.getElementById("count").value = "%d"`, w.batches()[0].Letters), sendForm)
	w.leave(func() { w.click("main table a") })
	p.letter = last()
	w.visit("/fr/office/files/" + p.file + "/enrol") // one more letter, which waits
	w.leave(func() { w.click(enrolByCode) })
	w.visit("/fr/office/staff")
	w.leave(func() { w.click("main table a") })
	p.colleague = last()
	return p
}

// officeStops are the pages of the office.
func officeStops(p officePlace) []stop {
	at := func(route, address string) stop { return view(route, route, func(filled) string { return address }) }
	file := "office/files/" + p.file
	return []stop{
		plain("office"), plain("office/queue"), plain("office/person"), plain("office/person/card"), plain("office/staff"), plain("office/staff/new"),
		plain("office/templates"), at("office/templates/:id", "office/templates/new"),
		{"POST office/templates/:id", "template with what is wrong", func(w *window, base string, _ filled) {
			w.send(base+"office/templates/new", "", sendForm)
		}},
		plain("office/system"), plain("office/system/imports"), plain("office/system/rescue"), plain("office/system/acts"), plain("office/letters"), plain("office/kiosks"), plain("office/appointments"),
		at("office/letters/batches/:id", "office/letters/batches/"+p.batch), at("office/letters/:id", "office/letters/"+p.letter),
		at("office/queue/:id/assign", "office/queue/"+p.item+"/assign"), at("office/staff/:id/disable", "office/staff/"+p.colleague+"/disable"),
		view("office/queue", "empty queue", func(filled) string { return "office/queue?kind=lost-code" }),
		at("office/queue/:id", "office/queue/"+p.item), at("office/staff/:id", "office/staff/"+p.colleague),
		at("office/files/:id", file), at("office/files/:id/identity", file+"/identity"), at("office/files/:id/enrol", file+"/enrol"),
		at("office/files/:id/email", file+"/email"), at("office/files/:id/receipt", file+"/receipt"), at("office/files/:id/account", file+"/account"), at("office/files/:id/paper", file+"/paper"),
		{"POST office/person", "search with what is wrong", func(w *window, base string, _ filled) {
			w.send(base+"office/person", "", sendForm)
		}},
		{"POST office/files/:id/identity", "identity check with what is wrong", func(w *window, base string, _ filled) {
			w.send(base+file+"/identity", "", sendForm)
		}},
		{"POST office/staff/new", "colleague with what is wrong", func(w *window, base string, _ filled) {
			w.send(base+"office/staff/new", "", sendForm)
		}},
		{"POST office/files/:id/email", "address with what is wrong", func(w *window, base string, _ filled) {
			w.send(base+file+"/email", "", sendForm)
		}},
		{"POST office/queue/:id/assign", "an item to nobody", func(w *window, base string, _ filled) {
			w.send(base+"office/queue/"+p.item+"/assign", "", sendForm)
		}},
		{"POST office/letters/:id/return", "return without a reason", func(w *window, base string, _ filled) {
			w.send(base+"office/letters/"+p.letter, "", `form[action$="/return"] button`)
		}},
		{"GET office/letters", "a reference that is none", func(w *window, base string, _ filled) {
			if status := w.visit(base + "office/letters?ref=L-0000-0000"); status != 422 {
				w.fail("a reference that is none answers %d", status)
			}
		}},
		{"GET office/files/:id", "a file that is not open", func(w *window, base string, _ filled) {
			if status := w.visit(base + "office/files/06h029gerwqtfcfprcxr1ynme4"); status != 403 {
				w.fail("a file by direct address answers %d", status)
			}
		}},
	}
}

// officeDoorStops are the pages of the office for who is not signed in.
var officeDoorStops = []stop{
	plain("office/sign-in"),
	view("office/sign-in", "office, signed out", func(filled) string { return "office/sign-in?out=1" }),
}

func init() {
	for route, why := range map[string]string{
		"POST office/sign-in": "JSON", "POST office/sign-in/challenge": "JSON", "POST office/stay": "JSON", "POST office/sign-out": "redirect",
		"POST office/queue/:id/take": "redirect", "POST office/queue/:id/release": "redirect", "POST office/queue/:id/close": "redirect", "POST office/queue/:id/stop": "redirect",
		"POST office/queue/:id/file": "redirect", "GET office/queue/:id/document.pdf": "PDF", "POST office/person/open": "redirect", "POST office/person/card": "JSON", "POST office/person/card/challenge": "JSON",
		"POST office/files/:id/enrol": "redirect", "POST office/files/:id/card": "JSON", "POST office/files/:id/card/challenge": "JSON",
		"POST office/files/:id/account": "redirect", "POST office/staff/:id": "redirect", "POST office/staff/:id/disable": "redirect",
		"POST office/staff/:id/enable": "redirect", "POST office/letters/print": "PDF", "GET office/letters/test.pdf": "PDF",
		"POST office/letters/batches/:id/post": "redirect; its 422 is that of its page", "POST office/letters/:id/again": "redirect; its 422 is that of its page", "POST office/letters/:id/try": "redirect", "POST office/system/jobs/:id": "redirect", "POST office/system/rescue/:id": "redirect",
		"POST office/kiosks": "redirect", "POST office/kiosks/:id/name": "redirect", "POST office/kiosks/:id/code": "shows the code once",
		"POST office/kiosks/:id/suspend": "redirect", "POST office/kiosks/:id/revoke": "redirect",
		"POST kiosk/over": "redirect", "POST kiosk/stay": "JSON", "POST kiosk/help": "needs a kiosk; else a redirect",
	} {
		notPages[route] = why
	}
}

// Every page of the office, held to the rules of accessibility.
func TestBrowserOffice(t *testing.T) {
	s := onStage(t)
	f := s.filled(t)
	s.everything(t, "Inès Collard")
	officer := s.window(t)
	officer.toOffice("ines", "fr")
	p := officer.settleIn()
	t.Run("settings", func(t *testing.T) {
		for _, setting := range settings {
			t.Run(setting.String(), func(t *testing.T) {
				t.Parallel()
				s.window(t).tour(officeDoorStops, setting, f)
				officer.beside(t).tour(officeStops(p), setting, f)
			})
		}
	})
}
