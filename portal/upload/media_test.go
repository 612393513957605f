package upload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
	"time"
)

func pictures(t testing.TB) (jpg, pic []byte) {
	t.Helper()
	var j, p bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	if err := jpeg.Encode(&j, img, nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&p, img); err != nil {
		t.Fatal(err)
	}
	return j.Bytes(), p.Bytes()
}

// Files that are not what they say, or hide something, are refused.
func TestMediaRefuses(t *testing.T) {
	jpg, pic := pictures(t)
	for name, file := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "a program": []byte("MZ\x90\x00"), "a page": []byte("<!DOCTYPE html><script>"),
		"a zip behind a picture": append(bytes.Clone(pic), "PK\x03\x04"...), "a cut picture": pic[:len(pic)-5], "a cut photo": jpg[:len(jpg)-2],
		"a zip behind a photo, with its end behind that": slices.Concat(jpg, []byte("PK\x03\x04"), []byte("\xff\xd9")),
		"a photo with half of another behind it":         slices.Concat(jpg, jpg[:len(jpg)/2], []byte("\xff\xd9")),
		"a photo with a page behind it":                  append(bytes.Clone(jpg), "<script>"...), "a cut PDF": []byte("%PDF-1.7\n1 0 obj"),
		"a PDF with something behind it": []byte("%PDF-1.7\n%%EOF\nPK\x03\x04"), "a photo in name only": []byte("\xff\xd8\xff\xd9"),
		"an SVG": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
	} {
		if m, err := MediaOf(file); err == nil {
			t.Errorf("%s is %s", name, m)
		}
	}
	if m, err := MediaOf(slices.Concat(jpg, jpg)); err != nil || m != JPEG {
		t.Errorf("a photo with a preview behind it is %q, %v", m, err)
	}
	for want, file := range map[Media][]byte{JPEG: jpg, PNG: pic, PDF: []byte("%PDF-1.7\n%%EOF\r\n")} {
		if m, err := MediaOf(file); err != nil || m != want {
			t.Errorf("%s is %q, %v", want, m, err)
		}
	}
}

// What is taken ends where its format says that it ends.
func FuzzMedia(f *testing.F) {
	jpg, pic := pictures(f)
	for _, seed := range [][]byte{jpg, pic, []byte("%PDF-1.7\n%%EOF\n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := MediaOf(file)
		if (err == nil) != (m != "") {
			t.Fatalf("%q, %v", m, err)
		}
		if err == nil && m != PDF {
			for _, behind := range []string{"PK", "PK\xff\xd9"} {
				if again, err := MediaOf(append(bytes.Clone(file), behind...)); err == nil {
					t.Fatalf("with something behind it: %s", again)
				}
			}
		}
	})
}

// What may be handed on is judged on a core of the gate, and given back.
func TestJudge(t *testing.T) {
	jpg, _ := pictures(t)
	g := NewGate(Limits{Cores: 1, Wait: time.Millisecond})
	place := enter(t, g, "a")
	defer place.Leave()
	for name, c := range map[string]struct {
		file string
		want error
	}{
		"a script":      {"%PDF-1.7\n1 0 obj<</S/JavaScript/JS(x)>>endobj\n%%EOF", ErrActing},
		"another file":  {"%PDF-1.7\n1 0 obj<</EF<</F 2 0 R>>/F(a.exe)>>endobj\n%%EOF", ErrActing},
		"a password":    {"%PDF-1.7\ntrailer<</Encrypt 2 0 R>>\n%%EOF", ErrLocked},
		"unknown bytes": {"%PDF-1.7\n1 0 obj<</Type/ObjStm/Filter/LZWDecode>>stream\nx\nendstream endobj\n%%EOF", ErrMedia},
		"a program":     {"MZ", ErrMedia},
	} {
		if m, err := place.Judge(t.Context(), []byte(c.file)); !errors.Is(err, c.want) || m != "" {
			t.Errorf("%s: %q, %v; want %v", name, m, err, c.want)
		}
	}
	for want, file := range map[Media]string{JPEG: string(jpg), PDF: "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF"} {
		if m, err := place.Judge(t.Context(), []byte(file)); err != nil || m != want {
			t.Errorf("%q, %v; want %s", m, err, want)
		}
	}
	done, err := g.Core(t.Context())
	if err != nil {
		t.Fatalf("a core was kept: %v", err)
	}
	defer done()
	if _, err := place.Judge(t.Context(), jpg); !errors.Is(err, ErrBusy) {
		t.Errorf("without a core: %v", err)
	}
}

// A picture of more points than a screen has room for is no photograph.
func TestMediaRefusesHugePictures(t *testing.T) {
	_, pic := pictures(t)
	for side, want := range map[uint32]bool{14_000: true, 14_200: false, 20_001: false} {
		huge := bytes.Clone(pic)
		binary.BigEndian.PutUint32(huge[16:], side)
		binary.BigEndian.PutUint32(huge[20:], side)
		binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
		if _, err := MediaOf(huge); (err == nil) != want {
			t.Errorf("%d points wide and high: %v", side, err)
		}
	}
}
