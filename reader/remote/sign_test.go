package remote_test

import (
	"testing"
)

func TestSign(t *testing.T) {
	for _, name := range []string{"rsa", "p384"} {
		t.Run(name, func(t *testing.T) {
			d, s, c := inserted(t, name)
			for range 3 {
				value, err := c.Sign(t.Context(), request(typed(t, goodPIN)))
				if err != nil || len(value) == 0 {
					t.Fatalf("Sign = %x, %v", value, err)
				}
			}
			id, err := openCard(t, s).Identity(t.Context(), theWorld(t).pki.Anchors())
			if err != nil || id.NationalNumber == "" {
				t.Errorf("Identity = %v, %v", id, err)
			}
			if n, err := d.Tries(name); err != nil || n != 3 {
				t.Errorf("Tries = %d, %v", n, err)
			}
		})
	}
}
