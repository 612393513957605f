package signing

import (
	"bytes"
	"errors"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// Whatever is handed in: an obstacle with its name, or a file of at least one page of
// which Prepare makes one that begins with its bytes and whose signatures hold.
func FuzzInspect(f *testing.F) {
	w := theWorld(f)
	plain := letter(f).PDF
	request := w.request(f, certstest.P256)
	request.Mark = Mark{}
	for _, seed := range [][]byte{plain, w.signed(f, certstest.P256), locked(f, plain), rewritten(f, "--object-streams=generate"), rewritten(f, "--linearize"), heavy(5, "1"), nil} {
		f.Add(seed, uint16(0), []byte{})
	}
	for _, a := range plantAttacks[:8] {
		f.Add(a.file(&lab{tb: f, w: w}), uint16(4), []byte("<< /Length 1 >>\nstream\nx\nendstream"))
	}
	f.Fuzz(func(t *testing.T, data []byte, num uint16, body []byte) {
		if file, err := pdf.Open(data); err == nil && num > 0 {
			u := file.Update()
			for u.Next() <= int(num) {
				u.Reserve()
			}
			u.Set(pdf.Ref{Num: int(num)}, pdf.Raw(body))
			data, _ = u.Bytes([]byte("id"))
		}
		s, err := Inspect(data)
		if err != nil {
			var why *UnsuitableError
			if s != nil || !errors.Is(err, ErrUnsuitable) || !errors.As(err, &why) || why.Obstacle == "" {
				t.Fatalf("Inspect = %+v, %v", s, err)
			}
			return
		}
		if s.Pages < 1 || s.Pages > MaxPages {
			t.Fatalf("Inspect = %+v", s)
		}
		r := request
		r.PDF = data
		p, err := Prepare(r)
		if err == nil && !bytes.HasPrefix(p.PDF, data) {
			t.Fatal("what was inspected is not what is signed")
		}
	})
}
