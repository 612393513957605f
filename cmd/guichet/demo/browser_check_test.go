package demo

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"guichet.example/auth"
	"guichet.example/portal/requests"
)

// A paper that the mutuality sealed is checked by who has no account: by its file, by what
// is typed, by the printed square, wide and narrow, with script and without. She whose
// document it is sees it on its page.
func TestBrowserCheck(t *testing.T) {
	s := onStage(t)
	owner := s.window(t)
	owner.knockFederal(oidcProvider, "fr", "home")
	owner.proves("lotte", 450)
	owner.at("home")
	owner.readsOrder("fr")
	owner.approves(oidcProvider, "lotte", "fr", 400)
	id, r, file := s.newest(t, "lotte")
	code := r.Sheet.Check.Rows[1].Value

	t.Run("file", func(t *testing.T) {
		w := s.window(t)
		w.visit("/fr/check")
		w.judge("check", "fr")
		w.expectComplaint("422")
		w.leave(func() { w.click(`form[action$="/check/file"] [data-kind=first]`) })
		w.judge("check, no file", "fr")
		w.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
		w.leave(func() { w.click(`form[action$="/check/file"] [data-kind=first]`) })
		w.judge("check, the report", "fr")
		w.sees("main", "Enregistrer la feuille de preuve (PDF)")
		w.sees("main", "Enregistrer le rapport (JSON)")
		w.size(320, 800)
		w.run(`for (const d of document.querySelectorAll("details")) d.open = true`)
		w.judge("check, the report narrow", "fr")
	})
	t.Run("too large", func(t *testing.T) {
		large := filepath.Join(t.TempDir(), "large.pdf")
		if err := os.WriteFile(large, []byte("%PDF-1.7\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(large, 60<<20); err != nil {
			t.Fatal(err)
		}
		w := s.window(t)
		w.visit("/fr/check")
		w.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{large}))
		w.expectComplaint("413")
		w.leave(func() { w.click(`form[action$="/check/file"] [data-kind=first]`) })
		w.judge("check, too large", "fr")
		w.sees(".errors", "Choisissez un fichier de 25")
	})
	t.Run("code", func(t *testing.T) {
		w := s.window(t)
		w.size(telephone, 800)
		w.visit("/nl/check")
		w.judge("check narrow", "nl")
		w.write("#reference", r.Reference)
		w.write("#code", "0000-0000-0001")
		w.expectComplaint("422")
		w.leave(func() { w.click(`form[action$="/check"] .button`) })
		w.judge("check, mistyped", "nl")
		w.write("#code", code)
		w.click(`form[action$="/check"] .button`)
		w.at("check/answer")
		w.judge("check, issued", "nl")
		w.sees("main", "Het bewijsblad opslaan (pdf)")
		w.sees("main", r.Reference)
	})
	t.Run("square", func(t *testing.T) {
		w := s.window(t)
		w.size(320, 800)
		square, err := url.Parse(r.Sheet.Check.Address)
		if err != nil {
			t.Fatal(err)
		}
		w.visit("/de/check?" + square.RawQuery)
		w.judge("check, the square", "de")
		w.click(`form[action$="/check"] [data-kind=first]`)
		w.at("check/answer")
		w.judge("check, the square asked", "de")
		w.expectComplaint("422")
		w.visit("/de/check?c=x")
		w.judge("check, another square", "de")
	})
	t.Run("without script", func(t *testing.T) {
		w := s.window(t)
		w.scriptOff()
		w.visit("/en/check")
		w.write("#reference", "GC-2026-0000-000")
		w.write("#code", code)
		w.click(`form[action$="/check"] .button`)
		w.at("check/answer")
		w.judgeUnscripted()
		w.visit("/en/check")
		w.do("choosing a file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
		w.click(`form[action$="/check/file"] [data-kind=first]`)
		w.at("check/file")
		w.sees("main", "EN 319 102-1")
	})
	owner.visit("/fr/documents/" + id)
	owner.judge("document, checked", "fr")
	owner.sees("main", "Vérifié par un tiers")
}

// newest is the newest document of a member, with what was printed on it, and its file.
func (s *stage) newest(t *testing.T, who string) (id string, r requests.Request, file string) {
	t.Helper()
	login := auth.Login{Mutuality: mutualityID, Member: memberID(who)}
	list, err := s.store.Requests(t.Context(), login, "", 1)
	if err != nil || len(list) == 0 {
		t.Fatalf("%s has no request: %v", who, err)
	}
	if r, err = s.store.Request(t.Context(), login, list[0].ID); err != nil {
		t.Fatal(err)
	}
	pdf, err := s.store.Open(t.Context(), login, r.Document, 0)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "order.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return r.Document, r, file
}
