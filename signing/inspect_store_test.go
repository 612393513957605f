package signing

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"guichet.example/signing/internal/pdf"
)

// A store of evidence that leaves no room for ours, or holds what is none, comes in with
// no paper.
func TestInspectRefusesStuffedStores(t *testing.T) {
	w := theWorld(t)
	one := func(key pdf.Name, item func(e *pdf.Evidence, i int) []byte) func(*pdf.Evidence, int) map[pdf.Name][]byte {
		return func(e *pdf.Evidence, i int) map[pdf.Name][]byte { return map[pdf.Name][]byte{key: item(e, i)} }
	}
	junk := func(_ *pdf.Evidence, i int) []byte { return fmt.Appendf(nil, "junk %d", i) }
	behind := func(e *pdf.Evidence, _ int) []byte { return append(bytes.Clone(e.Certs[0]), 0) }
	another := func(e *pdf.Evidence, i int) []byte { // true in its form
		der := bytes.Clone(e.Certs[0])
		der[len(der)-1] ^= byte(i + 1)
		return der
	}
	for name, c := range map[string]struct {
		n     int
		items func(*pdf.Evidence, int) map[pdf.Name][]byte
		want  Obstacle
	}{
		"no certificate":                   {1, one("Certs", junk), Broken},
		"something behind a certificate":   {1, one("Certs", behind), Broken},
		"no answer":                        {1, one("OCSPs", junk), Broken},
		"no list":                          {1, one("CRLs", junk), Broken},
		"a certificate among the lists":    {1, one("CRLs", func(e *pdf.Evidence, _ int) []byte { return e.Certs[0] }), Broken},
		"more certificates than are taken": {maxStored, one("Certs", another), TooLarge},
		"more than any reader takes":       {300, one("Certs", another), TooLarge},
		"as many as are taken":             {40, one("Certs", another), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Inspect(stuffed(t, w, c.n, c.items))
			var refused *UnsuitableError
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!errors.As(err, &refused) || refused.Obstacle != c.want):
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}
