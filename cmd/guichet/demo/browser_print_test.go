package demo

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// printed prints the page on A4 and returns the words on each sheet.
func (w *window) printed() (sheets []string) {
	w.t.Helper()
	var pdf []byte
	w.do("printing", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		result, err := cdp.Call(ctx, t, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69, PreferCSSPageSize: new(true)})
		pdf = result.Data
		return err
	}))
	reader := exec.CommandContext(w.t.Context(), "pdftotext", "-layout", "-", "-")
	reader.Stdin = bytes.NewReader(pdf)
	text, err := reader.Output()
	if err != nil {
		w.t.Fatalf("reading what was printed: %v", err)
	}
	for _, sheet := range strings.Split(strings.TrimSuffix(string(text), "\f"), "\f") {
		sheets = append(sheets, strings.Join(strings.Fields(sheet), " "))
	}
	return sheets
}

// A list on paper says whose it is and when, has every row of the page, and none of
// the menus.
func TestBrowserPrintsLists(t *testing.T) {
	s := onStage(t)
	s.filled(t)
	member := s.window(t)
	member.signIn("mathieu", "fr")
	for path, rows := range map[string]string{"requests": ".ledger li a", "documents": "tbody th a", "home": "main .ledger li a"} {
		t.Run(path, func(t *testing.T) {
			w := member.during(t)
			w.visit("/fr/" + path)
			titles := eval[[]string](w, `[...document.querySelectorAll(`+quote(rows)+`)].map((a) => a.firstChild.textContent.trim())`)
			if len(titles) == 0 {
				t.Fatal("there is nothing to print")
			}
			for i, title := range titles { // on paper the amount stands between the lines of a long one
				words := strings.Fields(title)
				titles[i] = strings.Join(words[:min(len(words), 3)], " ")
			}
			sheets := w.printed()
			printed := strings.Join(sheets, " ")
			for _, title := range titles {
				shown := 0
				for _, other := range titles {
					shown += strings.Count(other, title)
				}
				if n := strings.Count(printed, title); n < shown {
					t.Errorf("%d rows of %q on paper, %d on the screen", n, title, shown)
				}
			}
			for _, want := range append(titles, eval[string](w, `document.querySelector("h1").innerText`), "Mathieu Delcourt", "Imprimé le") {
				if !strings.Contains(printed, strings.Join(strings.Fields(want), " ")) {
					t.Errorf("the paper lacks %q: %q", want, printed)
				}
			}
			for _, unwanted := range eval[[]string](w, `[...document.querySelectorAll(".main-nav a, .tools button.plain, .skip")].map((a) => a.textContent.trim())`) {
				if strings.HasPrefix(sheets[0], unwanted) || strings.Contains(printed, unwanted+" Mathieu") {
					t.Errorf("the paper holds %q of the menu", unwanted)
				}
			}
			if leave := eval[string](w, `document.querySelector("form[action$=sign-out] button").textContent`); strings.Contains(printed, leave) {
				t.Errorf("the paper offers %q", leave)
			}
			if last := sheets[len(sheets)-1]; len(last) < 20 {
				t.Errorf("the last sheet is all but empty: %q", last)
			}
		})
	}
}

// A sheet is narrower than a window on which tables stack: on paper they stay tables, each
// sheet with their heads, and what is only there to be clicked is not printed.
func TestBrowserPrintsTables(t *testing.T) {
	s := onStage(t)
	s.filled(t)
	w := s.window(t)
	w.signIn("mathieu", "fr")
	w.visit("/fr/refunds?since=all")
	rows := eval[int](w, `document.querySelectorAll("tbody tr").length`)
	for i, sheet := range w.printed() {
		if strings.Contains(sheet, "R-0493") && !strings.Contains(sheet, "Payé à Montant") {
			t.Errorf("sheet %d of %d payments is no table with its heads: %q", i+1, rows, sheet)
		}
		for _, useless := range []string{"Montant ·", read("refunds.print.link"), read("refunds.also")} {
			if strings.Contains(sheet, useless) {
				t.Errorf("sheet %d holds %q", i+1, useless)
			}
		}
	}
	w.visit("/fr/refunds/print?since=all")
	payments := eval[int](w, `document.querySelectorAll("main > .section").length`)
	if sheets := w.printed(); payments < 10 || len(sheets) > payments {
		t.Errorf("%d payments fill %d sheets", payments, len(sheets))
	}
	w.visit("/fr/documents")
	for _, sheet := range w.printed() {
		if strings.Contains(sheet, read("documents.download")) {
			t.Errorf("the paper offers to download: %q", sheet)
		}
	}
}
