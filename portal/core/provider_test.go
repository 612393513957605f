package core

import "testing"

func TestProviderNumber(t *testing.T) {
	for number, want := range map[string]string{
		"10185748004":  "", // of the series of 89
		"10185790004":  "", // the same six digits, of the series of 97
		"10185749004":  "wrong check digits",
		"10158748004":  "wrong check digits", // two digits changed places
		"01185748004":  "wrong check digits",
		"10185700004":  "wrong check digits",
		"1018574800":   "11 digits",
		"101857480040": "11 digits",
		"1018574800A":  "11 digits",
		"1-01857-48-0": "11 digits",
	} {
		if got := provider(number); got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
}
