package demo

import (
	"testing"

	"guichet.example/portal/locale"
)

// Back, forward, reload, another language and another tab show what was typed, and ask
// nothing: each page of a form is the answer to a GET.
func TestBrowserGoesBack(t *testing.T) {
	s := onStage(t)
	member := s.window(t)
	member.signIn("mathieu", "fr")
	t.Run("with script", func(t *testing.T) { member.during(t).goesBack() })
	t.Run("without script", func(t *testing.T) {
		w := member.beside(t)
		w.scriptOff()
		w.goesBack()
	})
}

func (w *window) goesBack() {
	w.t.Helper()
	const iban = "BE68 5390 0754 7034"
	typed := func(field, want string) {
		w.t.Helper()
		if got := eval[string](w, `document.querySelector("`+field+`").value`); got != want {
			w.fail("%s holds %q, want %q", field, got, want)
		}
	}
	w.visit("/fr/bank/change")
	w.write("#iban", "BE68 5390 0754 70")
	w.click("label[for=from-2]")
	w.click(sendForm)
	w.until("the errors", `document.querySelector("#errors")`)
	w.at("bank/change")

	// Another language, in the middle of the form.
	w.write("#iban", iban)
	w.click(".language summary")
	w.leave(func() { w.click(`.language button[lang=nl]`) })
	w.sees("h1", locale.T(locale.NL, "bank.form.title"))
	typed("#iban", iban)
	typed("[name=from]:checked", eval[string](w, `document.querySelector("#from-2").value`))
	w.click(".language summary")
	w.leave(func() { w.click(`.language button[lang=fr]`) })
	w.leave(func() { w.click(sendForm) })
	w.at("bank/change/check")
	w.sees("main", iban)

	w.goes("history.back()")
	w.at("bank/change")
	typed("#iban", iban)
	w.goes("history.forward()")
	w.at("bank/change/check")
	w.leave(func() { w.goes("location.reload()") })
	w.sees("main", iban)
	w.click(".language summary")
	w.leave(func() { w.click(`.language a[lang=de]`) })
	w.at("bank/change/check")
	w.sees("h1", locale.T(locale.DE, "bank.check.title"))

	// On to the document and back, and on again: it is one request.
	w.click(sendForm)
	w.at("requests/[a-z0-9]+/read")
	request := eval[string](w, "location.pathname")
	w.goes("history.back()")
	w.at("bank/change/check")
	w.sees("main", iban)
	w.run(`document.querySelector(` + quote(sendForm) + `).click()`) // the driver's own mouse misses a page that comes out of the cache
	w.at("requests/[a-z0-9]+/read")
	if again := eval[string](w, "location.pathname"); again != request {
		w.fail("the same answers became %s and %s", request, again)
	}
}
