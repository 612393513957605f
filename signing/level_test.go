package signing

import (
	"encoding/json"
	"testing"
)

func TestLevelText(t *testing.T) {
	for l, want := range map[Level][2]string{
		0: {"not PAdES", `"none"`}, LevelB: {"PAdES B-B", `"B-B"`}, LevelT: {"PAdES B-T", `"B-T"`},
		LevelLT: {"PAdES B-LT", `"B-LT"`}, LevelLTA: {"PAdES B-LTA", `"B-LTA"`},
	} {
		if got := l.String(); got != want[0] {
			t.Errorf("String() = %q, want %q", got, want[0])
		}
		text, err := json.Marshal(l)
		if err != nil || string(text) != want[1] {
			t.Errorf("Marshal = %s, %v, want %s", text, err, want[1])
		}
		var back Level
		if err := json.Unmarshal(text, &back); err != nil || back != l {
			t.Errorf("Unmarshal(%s) = %v, %v", text, back, err)
		}
	}
	var l Level
	if err := json.Unmarshal([]byte(`"B-X"`), &l); err == nil {
		t.Error("Unmarshal accepted an unknown level")
	}
	if _, err := json.Marshal(Level(9)); err == nil {
		t.Error("Marshal accepted an unknown level")
	}
}
