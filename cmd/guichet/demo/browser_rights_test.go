package demo

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func init() {
	// The tour looks at these in each language with what Mathieu has; the journeys below
	// see the rest.
	memberStops = append(memberStops, plain("cover"), plain("rights"), plain("rights/dmg"), plain("rights/maf"), plain("rights/savings"),
		plain("rights/agreements"), plain("indemnities"), plain("indemnities/statement"))
	for route, why := range map[string]string{
		"POST indemnities/statement":                    "redirect; its 422 is among those of incapacity",
		"GET indemnities/appointments/:id/calendar.ics": "a file for a calendar",
	} {
		notPages[route] = why
	}
}

// Who is insured how, in plain words, with a way to report an error. The medical file of
// each person and what it is worth. The counter of the household, whose parts add up.
// Savings of who is eligible. Agreements, filtered without a script.
func TestBrowserRights(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.signIn("mathieu", "fr")
	w.click(`nav a[href="/fr/cover"]`)
	w.at("cover")
	w.sees("main", "Mathieu Delcourt (vous)")
	w.sees("main", "En ordre")
	w.sees("main", "Source : fichier de la mutualité")
	w.sees("main", "Données du")
	if strings.Contains(w.text("main"), "Sacha") {
		t.Error("the cover of a child of age is shown to the holder")
	}
	w.size(320, 800)
	w.judge("cover narrow", "fr")
	w.size(desk, 900)
	w.click(`main a[href="/fr/requests/contact?subject=my-data"]`)
	w.at("requests/contact")

	w.visit("/fr/rights")
	w.click(`main a[href="/fr/rights/dmg"]`)
	w.at("rights/dmg")
	w.sees("main", "Pas de dossier") // Nora
	w.sees("main", "tarif du")
	w.visit("/fr/rights/maf")
	w.sees("main svg title, main", "Plafond")
	w.sees("main", "classe de revenus 4")
	w.size(320, 800)
	w.judge("maximum billing narrow", "fr")
	w.size(desk, 900)
	w.visit("/fr/rights/savings")
	w.sees("main", "Juliette")
	w.sees("main", "jusqu’à 13")

	w.scriptOff()
	w.visit("/fr/rights/agreements")
	w.sees("main", "Eliott")
	w.leave(func() { w.click(`main .tabs a[href*="kind=speech-therapy"]`) })
	w.at("rights/agreements")
	w.sees("main", "Logopédie")
	if status := w.visit("/fr/rights/agreements?person=" + strings.Repeat("0", 26)); status != 404 {
		t.Errorf("agreements of nobody answer %d", status)
	}
	w.close()

	lotte := s.window(t)
	lotte.signIn("lotte", "nl")
	lotte.visit("/nl/rights/maf")
	lotte.sees("main", "boven het plafond")
	lotte.judge("maximum billing above the ceiling", "nl")
	lotte.visit("/nl/rights/dmg")
	lotte.judge("medical file that ends", "nl")
	lotte.visit("/nl/rights/agreements")
	lotte.judge("agreements", "nl")
}

// date types a date into its three fields.
func (w *window) date(field string, at time.Time) {
	w.t.Helper()
	for part, text := range map[string]string{"-day": at.Format("2"), "-month": at.Format("1"), "-year": at.Format("2006")} {
		w.write("#"+field+part, text)
	}
}

// Periods in order, the appointment with its calendar file, what was paid,
// and a statement in German from a page in English, sealed, in the vault, with its check
// code; a period that is too long is refused with the reason, keyboard and no script.
func TestBrowserIncapacity(t *testing.T) {
	s := onStage(t)
	w := s.window(t)
	w.signIn("grace", "en")
	w.visit("/en/indemnities")
	w.judge("incapacity", "en")
	w.sees("main", "What to bring")
	w.sees("main", "Goes on")
	w.sees("main", "you leave the counter")
	file := eval[string](w, `fetch(document.querySelector('main a[href$="/calendar.ics"]').href).then(async (r) => r.headers.get("Content-Type") + "\r\n" + await r.text())`)
	for _, want := range []string{"text/calendar; charset=utf-8\r\n", "BEGIN:VEVENT\r\n", "\r\nLOCATION:", "END:VCALENDAR\r\n"} {
		if !strings.Contains(file, want) {
			t.Errorf("the calendar file lacks %q:\n%s", want, file)
		}
	}
	w.click(`main a[href="/en/indemnities/statement"]`)
	w.at("indemnities/statement")
	w.run(`document.getElementById("period").value = "other"; document.getElementById("language-3").checked = true`)
	from := time.Now().AddDate(0, -11, 0)
	w.date("from", from)
	w.date("to", from.AddDate(1, 0, 0))
	w.expectComplaint("422")
	w.leave(func() { w.click("main form.form button") })
	w.judge("statement, too long", "en")
	w.sees(".errors", "at most one year")
	w.size(320, 800)
	w.judge("statement, too long narrow", "en")
	w.size(desk, 900)
	w.scriptOff()
	w.date("to", from.AddDate(1, 0, -1))
	w.press(enter)
	w.at("documents/[a-z0-9]+")
	w.sees("main", "Sealed statement")
	pdf := w.download(`main a.button[href$="/file.pdf"]`)
	name := filepath.Join(t.TempDir(), "statement.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Aufstellung der Leistungen", "Grace Okonkwo", "Gezahlt am", "Prüfcode", "Summe netto"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the statement lacks %q:\n%s", want, text)
		}
	}
	s.verify(t, pdf, eval[string](w, `document.querySelector(".brand span").textContent.trim().replace(/\s+/g, " ")`))
	w.visit("/en/requests")
	if strings.Contains(w.text("main"), "Statement of indemnities") {
		t.Error("a statement is in the list of requests")
	}
}
