package check

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/signing"
	"guichet.example/signing/document"
)

// part is a field of a form in parts.
type part struct{ name, file, text string }

func received(t *testing.T, list ...part) (upload, error) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range list {
		var to io.Writer
		var err error
		if p.file != "" {
			to, err = w.CreateFormFile(p.name, p.file)
		} else {
			to, err = w.CreateFormField(p.name)
		}
		if err == nil {
			_, err = io.WriteString(to, p.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	return post(w.FormDataContentType(), &body)
}

func post(kind string, body io.Reader) (upload, error) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodPost, "/fr/check/file", body)
	c.Request.Header.Set("Content-Type", kind)
	return receive(c)
}

func TestUploadRefusals(t *testing.T) {
	pdf := part{"file", "a.pdf", "%PDF-1.7"}
	many := make([]part, maxParts)
	for i := range many {
		many[i] = part{"key", "", "x"}
	}
	for name, test := range map[string]struct {
		parts []part
		want  error
	}{
		"no file":             {[]part{{"key", "", "x"}}, errNoFile},
		"an empty file":       {[]part{{"file", "a.pdf", ""}}, errNoFile},
		"two files":           {[]part{pdf, pdf}, errTwoFiles},
		"a file too large":    {[]part{{"file", "a.pdf", strings.Repeat("x", MaxFile+1)}}, errTooLarge},
		"far too large":       {[]part{{"file", "a.pdf", strings.Repeat("x", MaxFile+spill+1)}}, errTooLarge},
		"an unknown field":    {[]part{pdf, {"name", "", "Mathieu"}}, errForm},
		"a field too long":    {[]part{pdf, {"as", "", strings.Repeat("j", maxField+1)}}, errForm},
		"more fields than is": {append([]part{pdf}, many...), errForm},
	} {
		if _, err := received(t, test.parts...); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": "file=x", "multipart/form-data": "x", "": "x",
		"multipart/form-data; boundary=b": "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ncut off",
	} {
		if _, err := post(kind, strings.NewReader(body)); !errors.Is(err, errForm) {
			t.Errorf("%q: %v, want a refusal of the form", kind, err)
		}
	}
	if u, err := received(t, part{"key", "", "x"}, pdf, part{"as", "", "json"}); err != nil || string(u.file) != pdf.text || !u.json {
		t.Errorf("a file: %v, %v", u, err)
	}
}

func TestGate(t *testing.T) {
	g := NewGate(Limits{Files: 3, Each: 2, Cores: 1, Wait: time.Millisecond})
	enter := func(network string) func() {
		leave, err := g.Enter(network)
		if err != nil {
			t.Fatal(err)
		}
		return leave
	}
	first := enter("a")
	enter("a")
	if _, err := g.Enter("a"); !errors.Is(err, ErrBusy) {
		t.Errorf("a third file of one network: %v", err)
	}
	enter("b")
	if _, err := g.Enter("c"); !errors.Is(err, ErrBusy) {
		t.Errorf("a fourth file: %v", err)
	}
	first()
	first() // once counts
	enter("c")
	if _, err := g.Enter("d"); !errors.Is(err, ErrBusy) {
		t.Errorf("a place given back twice: %v", err)
	}
	done, err := g.Work(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Work(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("a second core: %v", err)
	}
	done()
	if _, err := g.Work(t.Context()); err != nil {
		t.Errorf("a core given back: %v", err)
	}
}

func seed(word string) func(string) []byte {
	return func(purpose string) []byte {
		sum := sha256.Sum256([]byte(word + purpose))
		return sum[:]
	}
}

func TestKeys(t *testing.T) {
	for _, n := range []int{-1, 0, maxKeys + 1} {
		if _, err := NewKeys(seed("a"), n); err == nil {
			t.Errorf("%d keys are made", n)
		}
	}
	one, err := NewKeys(seed("a"), 1)
	if err != nil {
		t.Fatal(err)
	}
	two, err := NewKeys(seed("a"), 2)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewKeys(seed("b"), 1)
	if err != nil {
		t.Fatal(err)
	}
	p := document.CheckPayload{Issuer: "test", Date: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Reference: "GC-2026-4K7P-118", Code: 7}
	signed, err := p.Sign(one[0])
	if err != nil {
		t.Fatal(err)
	}
	if !one.Verify(signed) || !two.Verify(signed) {
		t.Error("paper signed under the first key is not good after a change of key")
	}
	if other.Verify(signed) {
		t.Error("another counter's keys verify")
	}
	bent := signed
	bent.Reference = "GC-2026-4K7P-119"
	if one.Verify(bent) {
		t.Error("another reference verifies")
	}
	text, err := two.PEM()
	block, rest := pem.Decode(text)
	if err != nil || block == nil {
		t.Fatalf("PEM: %v", err)
	}
	newest, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil || !two[1].PublicKey.Equal(newest) {
		t.Errorf("the first of the published keys is not the newest: %v", err)
	}
	block, rest = pem.Decode(rest)
	if block == nil || len(rest) > 0 || bytes.Contains(text, []byte("PRIVATE")) {
		t.Fatal("not two public keys")
	}
	if oldest, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil || signed.Verify(oldest.(*ecdsa.PublicKey)) != nil {
		t.Error("paper cannot be checked with the published key alone")
	}
}

func TestAnswers(t *testing.T) {
	s, err := NewAnswers(seed("a")("answers"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	known := answer{Found: true, At: now.Unix(), Reference: strings.Repeat("R", maxReference), Kind: document.KindBankChange,
		Created: now.Unix(), Digest: make([]byte, 32), Sentence: signing.ValidToday}
	unknown := answer{At: now.Unix(), Reference: "X"}
	long, err := s.seal(known)
	if err != nil {
		t.Fatal(err)
	}
	short, err := s.seal(unknown)
	if err != nil || len(short) != len(long) || len(long) > maxAnswer {
		t.Errorf("addresses of %d and %d characters: %v", len(short), len(long), err)
	}
	if a, ok := s.open(long, now.Add(answerLife-time.Second)); !ok || a.Reference != known.Reference || !a.Found {
		t.Errorf("open = %v, %v", a, ok)
	}
	other, err := NewAnswers(seed("b")("answers"))
	if err != nil {
		t.Fatal(err)
	}
	bent := []byte(long)
	bent[20] ^= 1
	for name, token := range map[string]string{"empty": "", "bent": string(bent), "longer": long + "A", "too long": strings.Repeat("A", 1<<20), "cut": long[:len(long)-4]} {
		if _, ok := s.open(token, now); ok {
			t.Errorf("%s: an answer opens", name)
		}
	}
	if _, ok := other.open(long, now); ok {
		t.Error("another counter's answer opens")
	}
	if _, ok := s.open(long, now.Add(answerLife)); ok {
		t.Error("an old answer opens")
	}
}
