package demo

import (
	"crypto/sha256"
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
)

// delivered notes files of the insurance system as the command does: one of which two lines
// were left out, one that was cut short, one that is none.
func (s *stage) delivered(t *testing.T) {
	t.Helper()
	for _, f := range []struct {
		name    string
		end     core.ImportState
		rejects []core.LineReject
	}{
		{"prestataires-2026-11-très-long-nom-de-fichier-du-système-d-assurance.csv", core.ImportDone, []core.LineReject{
			{Line: 3, Field: "agreement", Reason: "is none of none, partial, full"}, {Line: 17, Reason: "the line has 9 fields, not 12"}}},
		{"agences.csv", core.ImportRunning, nil},
		{"communes.csv", core.ImportRefused, []core.LineReject{{Line: 1, Reason: "the file is not UTF-8"}}},
	} {
		i, err := s.store.BeginImport(t.Context(), mutualityID, core.Import{Kind: core.KindProvider, File: f.name,
			SHA256: sha256.Sum256([]byte(f.name)), AsOf: time.Now().Add(-time.Hour)})
		if err == nil {
			_, err = s.store.LoadPart(t.Context(), mutualityID, i.ID, core.Part{
				Batch: core.Batch{Kind: core.KindProvider}, Rejects: f.rejects, Bytes: 4096, Lines: 40})
		}
		if err == nil && f.end != core.ImportRunning {
			err = s.store.EndImport(t.Context(), mutualityID, i.ID, f.end)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// An operator reads which files came and what was left out of one, in each language, narrow,
// by keyboard, and without a script.
func TestBrowserImports(t *testing.T) {
	s := onStage(t)
	s.delivered(t)
	s.everything(t, "Inès Collard")
	o := s.window(t)
	o.toOffice("ines", "fr")
	o.visit("/fr/office/system")
	o.hit(`main a[href="/fr/office/system/imports"]`, enter)
	o.at("office/system/imports")
	for _, state := range []string{"done", "running", "refused"} {
		o.sees("main", read("imports.state."+state))
	}
	o.hit(`tbody th a[href*="file="]`, enter) // the newest is the one that was refused
	o.until("its lines", `document.querySelector("#rejects")`)
	o.sees("#rejects", "the file is not UTF-8")
	for _, lang := range locale.Languages() {
		o.visit("/" + string(lang) + "/office/system/imports")
		o.judge("imports", string(lang))
		o.leave(func() { o.click(`tbody tr:last-child th a`) })
		o.sees("#rejects", "the line has 9 fields")
		o.judge("imports, what was left out", string(lang))
		if inEnglish := o.text(`#rejects td [lang=en]`) != ""; inEnglish != (lang != locale.EN) {
			t.Errorf("reasons in English are marked on the page in %s: %v", lang, inEnglish)
		}
	}
	o.size(320, 800)
	o.judge("imports, narrow", "en")
	o.scriptOff()
	o.visit("/de/office/system/imports")
	o.leave(func() { o.click(`tbody tr:last-child th a`) })
	o.judgeUnscripted()
	o.sees("#rejects", locale.T(locale.DE, "imports.whole"))
}
