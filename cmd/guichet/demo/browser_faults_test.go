package demo

import (
	"strings"
	"testing"

	"guichet.example/portal/locale"
)

// mistake is something a member or her browser does wrong, and the status it gets.
type mistake struct {
	name   string
	from   string // page to begin on; :open and :signed stand for ids of requests
	script string // what goes wrong there; the form is sent after it
	status int
}

var mistakes = []mistake{
	{"bank change, nothing filled in", "bank/change", ``, 422},
	{"bank change, one digit wrong", "bank/change", fillBank + `; iban.value = "BE68539007547035"`, 422},
	{"order, no such month", "orders/ehic", fillTrip + `; document.getElementById("departure-month").value = "13"`, 422},
	{"document not ticked", "requests/:open/read", ``, 422},
	{"too long a reason", "requests/:open/decline", `document.querySelector("textarea").value = "x".repeat(600)`, 422},
	{"too long a reason to withdraw", "requests/:signed/withdraw", `document.querySelector("textarea").value = "x".repeat(600)`, 422},
	{"a signed request declined", "requests/:open/decline", `document.querySelector("main form").action = location.href.replace(/requests.*/, "requests/:signed/decline")`, 409},
	{"no such request", "requests/:open/decline", `document.querySelector("main form").action = location.href.replace(/requests.*/, "requests/06h0000000000000000000000a/decline")`, 404},
	{"a field twice", "bank/change", fillBank + `; iban.after(iban.cloneNode())`, 400},
	{"a form that is too large", "bank/change", fillBank + `; iban.removeAttribute("maxlength"); iban.value = "x".repeat(100 << 10)`, 413},
	{"a form for a page without one", "bank/change", `document.querySelector("main form").action = "/fr/home"`, 405},
}

// What goes wrong is said on a page that keeps every rule.
func TestBrowserShowsMistakes(t *testing.T) {
	s := onStage(t)
	f := s.filled(t)
	w := s.window(t)
	w.signIn("mathieu", "fr")
	ids := strings.NewReplacer(":open", f.open, ":signed", f.signed)
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) { w.during(t).errs(m, ids) })
	}
	t.Run("no such page", func(t *testing.T) {
		w := w.during(t)
		if status := w.visit("/fr/nulle-part"); status != 404 {
			t.Errorf("answers %d, want 404", status)
		}
		w.judge("no such page", "fr")
	})
	t.Run("session over", func(t *testing.T) {
		w := s.window(t)
		w.cookie("__Host-session", strings.Repeat("A", 43))
		w.visit("/fr/bank")
		w.at("sign-in")
		w.sees(".banner", locale.T(locale.FR, "signin.ended.heading"))
		w.judge("session over", "fr")
	})
}

func (w *window) errs(m mistake, ids *strings.Replacer) {
	w.t.Helper()
	w.visit("/fr/" + ids.Replace(m.from))
	w.run(`const iban = document.getElementById("iban");` + ids.Replace(m.script))
	w.leave(func() { w.run(`document.querySelector("main form button[type=submit]").click()`) })
	if status := eval[int](w, `performance.getEntriesByType("navigation")[0].responseStatus`); status != m.status {
		w.t.Errorf("%s answers %d, want %d", m.name, status, m.status)
	}
	w.judge(m.name, "fr")
	if m.status != 422 {
		return
	}
	w.focused("#errors")
	if strings.Index(eval[string](w, "document.title"), locale.T(locale.FR, "page.title.error")) != 0 {
		w.t.Errorf("%s: the title does not begin with the error", m.name)
	}
	trouble := eval[string](w, `[...document.querySelectorAll("#errors a")].map((link) => {
		const field = document.getElementById(link.hash.slice(1));
		if (!field) return link.textContent + " leads nowhere";
		const said = [field, field.closest("fieldset"), ...field.querySelectorAll("*")].flatMap((at) => (at?.getAttribute("aria-describedby") ?? "").split(" ")).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
		return said.includes(link.textContent) ? "" : link.textContent + " is not said at its field: " + said;
	}).join("")`)
	if trouble != "" {
		w.t.Errorf("%s: %s", m.name, trouble)
	}
}
