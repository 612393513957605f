package main

import "testing"

// Names of readers, cards and holders are written by whoever made them.
func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"ACS ACR39U ICC Reader (00) 00 00":    "ACS ACR39U ICC Reader (00) 00 00",
		"Zoë Müller-D'Haese (Authentication)": "Zoë Müller-D'Haese (Authentication)",
		"a\x1b]0;root\x07b":                   "a?]0;root?b",
		"a\u009b31m\u202eb\r\n":               "a?31m?b??",
		"a\xff":                               "a?",
	} {
		if got := visible(text); got != want {
			t.Errorf("visible(%q) = %q, want %q", text, got, want)
		}
	}
}
