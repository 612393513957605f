package help

import (
	"strings"
	"testing"
)

func TestBrowserOf(t *testing.T) {
	const webkit = " AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	for agent, want := range map[string]struct {
		name string
		fit  fit
	}{
		"":           {"", notKnown},
		"curl/8.5.0": {"", notKnown},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit:                                                                      {"Chrome", onComputer},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + " Edg/140.0.0.0":                                                   {"Edge", onComputer},
		"Mozilla/5.0 (X11; Linux x86_64)" + webkit + " OPR/120.0.0.0":                                                             {"Opera", notKnown},
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                  {"Firefox", onComputer},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":   {"Safari", onComputer},
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":            {"", onPhone},
		"Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1": {"", onPhone},
		strings.Repeat("x", maxAgent) + "Firefox/140.0":                                                                           {"", notKnown},
	} {
		if name, f := browserOf(agent); name != want.name || f != want.fit {
			t.Errorf("browserOf(%.80q) = %q, %d, want %q, %d", agent, name, f, want.name, want.fit)
		}
	}
}

// Whatever is sent, the name is one of ours.
func FuzzBrowserOf(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	f.Add("Android Firefox/1")
	f.Fuzz(func(t *testing.T, agent string) {
		name, how := browserOf(agent)
		known := name == ""
		for _, family := range families {
			known = known || family.name == name
		}
		if !known || how == onComputer && name == "" {
			t.Errorf("browserOf(%q) = %q, %d", agent, name, how)
		}
	})
}
