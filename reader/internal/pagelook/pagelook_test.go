package pagelook

import (
	"bytes"
	"strings"
	"testing"
)

// Every language says who shows the page, and the style sheet asks for nothing else.
func TestWords(t *testing.T) {
	page := Template("page", `{{template "head" .}}{{template "header" .}}<main></main>{{template "footer" .}}`)
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		var drawn bytes.Buffer
		w := In(lang)
		if err := page.Execute(&drawn, w); err != nil || w.Product == "" || w.Origin == "" {
			t.Errorf("%s: %+v, %v", lang, w, err)
		}
		if !strings.Contains(drawn.String(), w.Product) || !strings.Contains(drawn.String(), w.Origin) {
			t.Errorf("%s: the page reads %s", lang, &drawn)
		}
		if lang != "fr" && w == In("fr") {
			t.Errorf("%s is French", lang)
		}
	}
	if In("it") != In("fr") {
		t.Error("a language that we do not have is not French")
	}
	for _, far := range []string{"url(", "@import", "//"} {
		if bytes.Contains(CSS, []byte(far)) {
			t.Errorf("the style sheet has %s", far)
		}
	}
}
