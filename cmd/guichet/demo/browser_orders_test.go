package demo

import (
	"strings"
	"testing"
)

// Orders by post, and the pages of help in all
// languages.
func TestBrowserOrders(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.signIn("mathieu", "fr")
	w.visit("/fr/orders")
	w.judge("orders", "fr")
	w.click(`main a[href="/fr/orders/labels-order"]`)
	w.judge("labels, the form", "fr")
	w.expectComplaint("422")
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.judge("labels, refused", "fr")
	w.size(320, 800)
	w.judge("labels, narrow", "fr")
	w.size(desk, 900)
	w.click(`main fieldset input[type=checkbox]`)
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.at("orders/labels-order/check")
	w.judge("labels, check", "fr")
	draft := eval[string](w, "location.search")
	for _, lang := range []string{"nl", "de", "en"} {
		for _, path := range []string{"orders", "orders/labels-order", "orders/envelopes-order", "orders/travel-papers", "orders/incapacity-form", "orders/labels-order/check" + draft} {
			w.visit("/" + lang + "/" + path)
			w.judge(strings.TrimSuffix(path, draft), lang)
		}
	}
	w.visit("/fr/orders/labels-order/check" + draft)
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.at("requests/[a-z0-9]+/read")
	w.visit("/fr/orders/ehic")
	w.judge("a card for whom, the form", "fr")
	w.size(360, 800)
	w.judge("a card for whom, narrow", "fr")
	w.size(desk, 900)
	w.click("#who > :last-child input")
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.at("orders/ehic/check")
	w.sees("main", "Eliott")
	w.judge("a card for whom, check", "fr")
	w.leave(func() { w.click("main form button[data-kind=first]") })
	w.sees("main", "Eliott")
	w.visit("/fr/orders/travel-papers")
	w.judge("travel papers", "fr")
	w.visit("/fr/documents?kind=received")
	w.judge("received documents", "fr")
	w.click("tbody th a")
	w.judge("a received document", "fr")

	for _, lang := range []string{"fr", "nl", "de", "en"} {
		for _, path := range []string{"help/branches?postcode=4000", "help/doctors?name=pe", "help/glossary", "help/guide"} {
			w.visit("/" + lang + "/" + path)
			w.judge(path, lang)
		}
	}
	w.size(360, 800)
	w.judge("guide narrow", "en")
	w.visit("/fr/help/branches")
	w.judge("branches narrow", "fr")
}
