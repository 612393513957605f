package locale

import (
	"strings"
	"testing"
)

func TestPhone(t *testing.T) {
	for given, want := range map[string]string{
		"+32470000142": "0470 00 01 42", "+3243221100": "04 322 11 00", "+3222345678": "02 234 56 78",
		"+3261234567": "061 23 45 67", "+3280012345": "0800 12 345", "+3290012345": "0900 12 345", "+3278151515": "078 15 15 15",
		"+33140205050": "+33140205050", "+3212": "+3212", "+324700001423": "+324700001423", "+32 4322110": "+32 4322110",
		"": "", "0470 11": "0470 11", "+32é221100": "+32é221100",
	} {
		if _, mended := strings.CutPrefix(want, "0"); mended && given != want {
			want = strings.ReplaceAll(want, " ", nbsp)
		}
		if got := Phone(given); got != want {
			t.Errorf("Phone(%q) = %q, want %q", given, got, want)
		}
	}
}
