package document

import "testing"

func TestDigest(t *testing.T) {
	for want, sum := range map[string][]byte{
		"": nil, "3f": {0x3f}, "3f2a": {0x3f, 0x2a}, "3f2a 91c0 0b": {0x3f, 0x2a, 0x91, 0xc0, 0x0b},
	} {
		if got := Digest(sum); got != want {
			t.Errorf("Digest(%x) = %q, want %q", sum, got, want)
		}
	}
}
