package demo

import (
	"strings"
	"testing"
)

// The screen of a browser that no agent has bound, held to the rules of accessibility.
func TestBrowserKioskUnbound(t *testing.T) {
	w := onStage(t).window(t)
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		w.visit("/" + lang + "/kiosk")
		if found := w.troubles(lang); len(found) > 0 {
			t.Errorf("%s: %s", lang, strings.Join(found, "\n"))
		}
	}
}
