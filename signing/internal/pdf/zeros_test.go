package pdf

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// Zeros that are passed in long runs are zeros: at any place and of any number, with
// whatever stands before and after.
func TestZeroRuns(t *testing.T) {
	for _, before := range []string{"", "1", "0a", "30820a00"} {
		for _, n := range []int{0, 1, 15, 16, 17, 511, 512, 513, 527, 528, 2000} {
			for _, after := range []string{"", "1", "f0", "00ff0"} {
				text := before + strings.Repeat("0", n) + after
				even := text[:len(text)/2*2]
				want, err := hex.DecodeString(even)
				if err != nil {
					t.Fatal(err)
				}
				if got := pairs([]byte(text)); !bytes.Equal(got, want) {
					t.Errorf("pairs(%q, %d zeros, %q) = %x, want %x", before, n, after, got, want)
				}
				if got, even := allDigits([]byte(text)), len(text)%2 == 0; got != even {
					t.Errorf("allDigits(%q, %d zeros, %q) = %v, want %v", before, n, after, got, even)
				}
				if allDigits([]byte(before + strings.Repeat("0", n) + " " + after + "0")) {
					t.Errorf("allDigits with a blank after %d zeros", n)
				}
			}
		}
	}
}
