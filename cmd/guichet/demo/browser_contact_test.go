package demo

import (
	"strings"
	"testing"

	"guichet.example/portal/office"
)

func init() {
	for route, why := range map[string]string{
		"GET contact/new":                      "leads to the form",
		"POST requests/contact":                "among those of the message",
		"POST requests/contact/words":          "among those of the message",
		"POST requests/contact/files":          "among those of the message",
		"POST requests/contact/remove":         "leads back to the files",
		"POST requests/contact/send":           "among those of the message",
		"POST messages/:id/answer":             "among those of the message",
		"GET messages/files/:id":               "file",
		"GET office/queue/:id/attachment":      "file",
		"GET orders/incapacity-form/blank.pdf": "PDF",
	} {
		notPages[route] = why
	}
	for _, path := range []string{"requests/contact", "requests/contact/words", "requests/contact/files", "requests/contact/check", "messages/:id",
		"help/branches", "help/doctors", "help/glossary", "help/guide"} {
		notPages["GET "+path] = "among those of messages and orders"
	}
	for _, k := range []string{"labels-order", "envelopes-order", "travel-papers", "incapacity-form"} {
		notPages["GET orders/"+k], notPages["GET orders/"+k+"/check"] = "among those of orders", "among those of orders"
		notPages["POST orders/"+k+"/check"] = "leads to its page"
		notPages["POST orders/"+k+"/send"] = "leads to reading"
	}
}

// A member writes with a file, an advisor asks, she answers.
func TestBrowserContact(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.signIn("mathieu", "fr")
	w.visit("/fr/contact/new?subject=data-error")
	w.at("requests/contact")
	w.judge("message, how to reply", "fr")
	w.click("input[name=reply][value=letter]")
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.at("requests/contact/words")
	w.expectComplaint("422")
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.judge("message, words refused", "fr")
	w.write("#title", "Mon adresse")
	w.run(`document.querySelector("#text").value = "Il manque la boîte dans mon adresse."`)
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.at("requests/contact/files")
	w.judge("message, files", "fr")
	w.click("main .actions a.button[data-kind=first]")
	w.at("requests/contact/check")
	w.sees("main", "0 fichier")
	draft := eval[string](w, "location.search")
	for _, lang := range []string{"nl", "de", "en"} {
		for _, page := range []string{"", "/words", "/files", "/check"} {
			w.visit("/" + lang + "/requests/contact" + page + draft)
			w.at("requests/contact" + page)
			w.judge("message"+page, lang)
		}
	}
	w.size(320, 800)
	w.visit("/fr/requests/contact/check" + draft)
	w.judge("message, check narrow", "fr")
	w.size(desk, 900)
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.at("messages/[a-z0-9]+")
	w.judge("message, sent", "fr")
	w.sees("main", "Mon adresse")
	sent := strings.TrimPrefix(eval[string](w, "location.pathname"), "/fr/")
	number := eval[string](w, `document.querySelector("main").innerText.match(/T-[A-Z0-9]+-[A-Z0-9]+/)[0]`)
	for _, lang := range []string{"nl", "de", "en"} {
		w.visit("/" + lang + "/" + sent)
		w.judge("message, on its way", lang)
	}

	s.everything(t, "Inès Collard")
	o := s.window(t)
	o.toOffice("ines", "fr")
	o.visit("/fr/office/queue?kind=" + string(office.Message) + "&ref=" + number)
	o.hit("tbody th a", enter)
	o.at("office/queue/[a-z0-9-]+")
	o.hit(`main form[action$="/take"] button`, enter)
	o.until("the item is hers", `document.readyState === "complete" && document.querySelector("input[name=answer]")`)
	o.sees("main", "Il manque la boîte")
	item := strings.TrimPrefix(eval[string](o, "location.pathname"), "/fr/")
	for _, lang := range []string{"nl", "de", "en", "fr"} {
		o.visit("/" + lang + "/" + item)
		o.judge("message, at the office", lang)
	}
	o.scriptOff() // an answer without words is refused, and asked for again
	o.visit("/fr/" + item)
	o.click("input[name=answer][value=asked]")
	o.expectComplaint("422")
	o.leave(func() { o.click(`main form[action$="/close"] button`) })
	o.until("what is wrong", `document.querySelector("#errors, .errors")`)
	o.judgeUnscripted()
	o.click("#words")
	o.press("Quel numéro de boîte ?")
	o.leave(func() { o.click(`main form[action$="/close"] button`) })
	o.sees(".banner", read("office.event.asked"))
	o.judgeUnscripted()
	o.click(`.banner a[href="/fr/office/queue"]`)
	o.at("office/queue")

	for _, lang := range []string{"nl", "de", "en"} {
		w.visit("/" + lang + "/home")
		w.judge("home with news of a message", lang)
	}
	w.size(320, 800)
	w.visit("/fr/home")
	w.sees("main", "À compléter")
	w.judge("home with news of a message, narrow", "fr")
	w.size(desk, 900)
	w.visit("/fr/requests")
	w.judge("message, in the list", "fr")
	w.sees("main .ledger", "Message : Mes données")
	w.sees("main .ledger", "À vous de répondre")
	w.click(`main .ledger a[href*="/messages/"]`)
	w.judge("message, asked", "fr")
	w.sees("main", "Quel numéro de boîte ?")
	w.run(`document.querySelector("#text").value = "Boîte 3."`)
	w.leave(func() { w.click(`main form[action$="/answer"] button`) })
	w.sees(".banner", "Votre réponse est envoyée")
	w.sees("main", "Boîte 3.")
	w.judge("message, answered", "fr")
	w.visit("/fr/home")
	if strings.Contains(w.text("main"), "Du nouveau dans vos demandes") {
		t.Error("the first page says what she has read and answered")
	}
}
