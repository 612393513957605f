package main

import (
	"testing"
	"time"

	"guichet.example/signing/document"
	"guichet.example/signing/document/documenttest"
)

// Every kind that is drawn has a sample in every language, and so have sheets and letters.
func TestSamplesAreOfEveryKind(t *testing.T) {
	s, err := newSamples(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range document.Languages() {
		drawn, err := s.sheets(l)
		if err != nil {
			t.Fatal(err)
		}
		if drawn["letters"], err = s.letters(l); err != nil {
			t.Fatal(err)
		}
		acts := s.acts(l)
		for _, kind := range document.Kinds() {
			if kind == document.KindPaper || kind == document.KindOfficePaper {
				continue
			}
			if drawn[string(kind)], err = s.draw(acts[kind]); err != nil {
				t.Fatalf("%s in %s: %v", kind, l, err)
			}
		}
		for name, d := range drawn {
			documenttest.CheckPDFA(t, d.PDF)
			if d.Pages == 0 {
				t.Errorf("%s in %s has no pages", name, l)
			}
		}
	}
}
