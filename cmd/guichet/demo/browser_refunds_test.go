package demo

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"guichet.example/portal/locale"
)

func init() {
	memberStops = append(memberStops, plain("refunds"), plain("refunds/receipts"), plain("refunds/statements"))
	for route, why := range map[string]string{
		"GET refunds/print":                           "among those of the refunds",
		"GET refunds/payments/:reference":             "among those of the refunds",
		"GET refunds/receipt":                         "among those of the refunds",
		"POST refunds/receipt":                        "among those of the refunds",
		"GET refunds/receipts/:receipt":               "among those of the refunds",
		"POST refunds/statements":                     "redirect; what it leads to is among those of the refunds",
		"GET refunds/period.csv":                      "CSV",
		"GET refunds/period.pdf":                      "PDF",
		"GET refunds/payments/:reference/payment.csv": "CSV",
		"GET refunds/payments/:reference/payment.pdf": "PDF",
	} {
		notPages[route] = why
	}
}

// tickBox is the first refund in a list that a receipt can be made of.
const tickBox = `tbody input[id^=t_]`

// A member reads two years of payments, looks at one with the
// magnifier, sees what went to professionals apart, takes
// the period along, opens her statements.
func TestBrowserRefunds(t *testing.T) {
	w := onStage(t).window(t)
	w.signIn("mathieu", "fr")
	w.visit("/fr/home")
	w.click(`.main-nav a[href="/fr/refunds"]`)
	w.at("refunds")
	w.judge("refunds, one month", "fr")
	for _, l := range locale.Languages() {
		w.visit("/" + string(l) + "/refunds?since=12")
		w.judge("refunds, a year", string(l))
		w.leave(func() { w.click(`tbody th a`) })
		w.at("refunds/payments/[A-Z0-9-]+")
		w.judge("payment", string(l))
		if inFrench := w.text(`tbody th span[lang=fr]`) != ""; inFrench != (l != locale.FR) {
			t.Errorf("care in French is marked on the page in %s: %v", l, inFrench)
		}
	}
	w.visit("/fr/refunds?since=12&sort=-amount")
	w.sees("thead [aria-sort=descending]", read("refunds.head.amount"))
	w.click(".more summary")
	w.click("form label[for=k_refund]")
	w.click(".more form .choice input[id^=p_]")
	w.judge("refunds, the filter", "fr")
	w.leave(func() { w.click(".more form button") })
	w.at("refunds")
	w.sees("main", "Mathieu Delcourt ×")
	w.judge("refunds, filtered", "fr")
	w.leave(func() { w.click(`nav[aria-label="` + locale.T(locale.FR, "refunds.labels") + `"] a`) })
	w.expectComplaint("422")
	w.visit("/fr/refunds?from-day=31&from-month=2&from-year=2026")
	w.sees(".errors", read("refunds.error.day"))
	w.judge("refunds, a wrong date", "fr")
	w.visit("/fr/refunds?since=all&paid=professionals")
	w.sees("main", read("refunds.total.professionals"))
	w.judge("refunds, professionals", "fr")
	w.visit("/fr/refunds?since=3")
	if csv := eval[string](w, `fetch(document.querySelector("main a[href*='period.csv']").href).then((r) => r.arrayBuffer()).then((b) => new TextDecoder("utf-8", {ignoreBOM: true}).decode(b))`); !strings.HasPrefix(csv, "\ufeff") || strings.Count(csv, "\r\n") < 3 {
		t.Errorf("table of the period: %q", csv)
	}
	if pdf := w.download(`main a[href*="period.pdf"]`); !bytes.HasPrefix(pdf, []byte("%PDF-1.7")) {
		t.Error("the period is no PDF")
	}
	w.leave(func() { w.click(`main a[href*="refunds/print"]`) })
	w.at("refunds/print")
	w.judge("refunds, to print", "fr")
	w.visit("/fr/refunds/statements")
	w.judge("statements", "fr")
	w.leave(func() { w.click(`main form button`) })
	w.at("requests/[a-z0-9]+/read")
	w.sees("main", "de ne plus m’envoyer mes relevés par la poste")
	w.judge("statements, no more on paper", "fr")
	w.visit("/fr/refunds/statements")
	w.sees("main", read("refunds.statements.waiting.online"))
	w.judge("statements, asked", "fr")
	w.size(320, 800)
	w.visit("/fr/refunds?since=12")
	w.judge("refunds, narrow", "fr")
	w.click("tbody th a")
	w.at("refunds/payments/[A-Z0-9-]+")
	w.inPanels("payment, narrow")
	w.run(`{ const s = new CSSStyleSheet(); s.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"); document.adoptedStyleSheets = [s] }`)
	w.inPanels("payment, narrow and spaced as WCAG 2.2, 1.4.12 has it")
	w.judge("payment, narrow", "fr")
}

// inPanels holds what stands in a panel to its edges.
func (w *window) inPanels(name string) {
	w.t.Helper()
	for _, over := range eval[[]string](w, `[...document.querySelectorAll("main .panel :is(p, table, td, th, dt, dd)")].filter((at) => at.checkVisibility() && at.getBoundingClientRect().right > at.closest(".panel").getBoundingClientRect().right).map((at) => at.outerHTML.slice(0, 120))`) {
		w.t.Errorf("%s: over the edge of its panel: %s", name, over)
	}
}

// A member ticks refunds on two pages, without a script, and has a sealed receipt of
// exactly these, which anyone can check by its code.
func TestBrowserRefundReceipt(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.signIn("mathieu", "fr")
	w.visit("/fr/refunds/receipts")
	w.judge("receipts, none", "fr")
	w.expectComplaint("422")
	w.visit("/fr/refunds/receipt")
	w.judge("receipt of nothing", "fr")
	w.scriptOff()
	w.visit("/fr/refunds?since=all&kind=refund")
	w.click(tickBox)
	w.leave(func() { w.click(`main button[name=after]`) })
	w.at("refunds")
	w.click(tickBox)
	w.leave(func() { w.click(`main button[formaction]`) })
	w.at("refunds/receipt")
	if n := eval[int](w, `document.querySelectorAll("tbody tr").length`); n != 2 {
		t.Fatalf("%d refunds are on the receipt to be", n)
	}
	w.judgeUnscripted()
	w.leave(func() { w.click("main form[method=post] button") })
	w.at("refunds/receipts/[a-z0-9]+")
	number := w.text(".reference .number")
	if !regexp.MustCompile(`^GC-\d{4}-`).MatchString(number) {
		t.Errorf("number %q", number)
	}
	w.visit("/fr/refunds/receipts")
	w.sees("main", number)
	w.leave(func() { w.click("tbody th a") })
	w.at("refunds/receipts/[a-z0-9]+")
	w.sees("main", number)
	pdf := w.download(`main a.button[href$="/file.pdf"]`)
	if !bytes.HasPrefix(pdf, []byte("%PDF-1.7")) {
		t.Error("the receipt is no PDF")
	}
}
