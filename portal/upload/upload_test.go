package upload

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

func init() { gin.SetMode(gin.TestMode) }

var form = Form{File: "file", Fields: []string{"key", "as"}, MaxFile: 1 << 20, MaxField: 64}

// part is a field of a form in parts.
type part struct{ name, file, text string }

func inParts(t *testing.T, list ...part) (kind string, body *bytes.Buffer) {
	t.Helper()
	body = new(bytes.Buffer)
	w := multipart.NewWriter(body)
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
	return w.FormDataContentType(), body
}

// received sends a body through a gate and sees to it that nothing stays taken.
func received(t *testing.T, g *Gate, kind string, body io.Reader) (Sent, error) {
	t.Helper()
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodPost, "/fr/check/file", body)
	c.Request.Header.Set("Content-Type", kind)
	memory, uploads := g.memory, g.uploads
	place, err := g.Enter("a")
	if err != nil {
		t.Fatal(err)
	}
	sent, err := form.Receive(c, place)
	if len(sent.File) == 0 && place.held > 2*firstPiece {
		t.Errorf("a refused form holds %d bytes", place.held)
	}
	if cap(sent.File) > place.held {
		t.Errorf("a file of %d bytes holds %d", cap(sent.File), place.held)
	}
	place.Leave()
	place.Leave() // once counts
	if g.memory != memory || g.uploads != uploads {
		t.Errorf("something stays taken: %d bytes, %d places", g.memory-memory, g.uploads-uploads)
	}
	return sent, err
}

func TestUploadRefusals(t *testing.T) {
	g := NewGate(Limits{Memory: 4 << 20})
	pdf := part{"file", "a.pdf", "%PDF-1.7"}
	for name, test := range map[string]struct {
		parts []part
		want  error
	}{
		"no file":             {[]part{{"key", "", "x"}}, ErrNone},
		"an empty file":       {[]part{{"file", "a.pdf", ""}}, ErrNone},
		"two files":           {[]part{pdf, pdf}, ErrTwo},
		"a byte too many":     {[]part{{"file", "a.pdf", strings.Repeat("x", form.MaxFile+1)}}, ErrTooLarge},
		"far too large":       {[]part{{"file", "a.pdf", strings.Repeat("x", 20*form.MaxFile)}}, ErrTooLarge},
		"an unknown field":    {[]part{pdf, {"name", "", "Mathieu"}}, ErrForm},
		"a field without":     {[]part{pdf, {"", "", "Mathieu"}}, ErrForm},
		"a field twice":       {[]part{pdf, {"as", "", "j"}, {"as", "", "j"}}, ErrForm},
		"a field too long":    {[]part{pdf, {"as", "", strings.Repeat("j", form.MaxField+1)}}, ErrForm},
		"more fields than is": {[]part{{"file", "", ""}, {"file", "", ""}, {"key", "", ""}, {"as", "", ""}, pdf}, ErrForm},
	} {
		kind, body := inParts(t, test.parts...)
		if _, err := received(t, g, kind, body); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	const cut = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"
	for name, test := range map[string][2]string{
		"another form":          {"application/x-www-form-urlencoded", "file=x"},
		"no parts":              {"multipart/form-data", "x"},
		"no type":               {"", "x"},
		"cut off":               {"multipart/form-data; boundary=b", cut + "cut off"},
		"parts in a part":       {"multipart/form-data; boundary=b", "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--\r\n"},
		"an endless header":     {"multipart/form-data; boundary=b", "--b\r\nX-" + strings.Repeat("a", 20<<20) + ": 1\r\n\r\n\r\n--b--\r\n"},
		"many headers":          {"multipart/form-data; boundary=b", "--b\r\n" + strings.Repeat("X: 1\r\n", 20_000) + "\r\n\r\n--b--\r\n"},
		"a name that is quoted": {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"fi\\\"le\"\r\n\r\nx\r\n--b--\r\n"},
	} {
		if _, err := received(t, g, test[0], strings.NewReader(test[1])); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, want a refusal of the form", name, err)
		}
	}
}

func TestUpload(t *testing.T) {
	g := NewGate(Limits{})
	for _, size := range []int{1, firstPiece - 1, firstPiece, firstPiece + 1, form.MaxFile - 1, form.MaxFile} {
		text := strings.Repeat("x", size)
		kind, body := inParts(t, part{"key", "", "x"}, part{"file", "../../etc/passwd", text}, part{"as", "", "json"})
		if sent, err := received(t, g, kind, body); err != nil || string(sent.File) != text || sent.Fields["as"] != "json" {
			t.Errorf("a file of %d bytes: %d, %v", size, len(sent.File), err)
		}
	}
	// What encodes a part counts for nothing: bytes are bytes.
	sent, err := received(t, g, "multipart/form-data; boundary=b", strings.NewReader(
		"--b\r\nContent-Disposition: form-data; name=file\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41\r\n--b--\r\n"))
	if err != nil || string(sent.File) != "=41" {
		t.Errorf("an encoded part: %q, %v", sent.File, err)
	}
}

// Memory is counted as it fills: many who announce much and send little keep nobody out,
// and what would not fit is refused.
func TestMemoryIsCounted(t *testing.T) {
	g := NewGate(Limits{Memory: form.MaxFile + 1<<19})
	first, err := g.Enter("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Hold(form.MaxFile); err != nil {
		t.Fatal(err)
	}
	kind, body := inParts(t, part{"file", "a.pdf", strings.Repeat("x", form.MaxFile)})
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodPost, "/", body)
	c.Request.Header.Set("Content-Type", kind)
	second, err := g.Enter("b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := form.Receive(c, second); !errors.Is(err, ErrBusy) {
		t.Errorf("more than there is room for: %v", err)
	}
	second.Leave()
	kind, body = inParts(t, part{"file", "a.pdf", "small"})
	if _, err := received(t, g, kind, body); err != nil {
		t.Errorf("a small file beside a large one: %v", err)
	}
	first.Leave()
}

// The largest file that a member may send, 10 MB, comes in at the pace that is asked of it.
func TestPaceLetsTheLargestIn(t *testing.T) {
	const largest = 10_000_000
	if took := time.Duration(largest/slowest.speed) * time.Second; took > slowest.all {
		t.Errorf("at %d bytes a second it takes %v, and has %v", slowest.speed, took, slowest.all)
	}
}

// A body that trickles ends in a refusal, and one that comes in at its pace is read.
func TestSlowForms(t *testing.T) {
	was := slowest
	slowest = pace{grace: 300 * time.Millisecond, speed: 1 << 30, all: time.Minute, answer: time.Minute}
	defer func() { slowest = was }()
	engine := gin.New()
	errs := make(chan error, 1)
	g := NewGate(Limits{})
	engine.POST("/", func(c *gin.Context) {
		place, err := g.Enter("a")
		if err == nil {
			defer place.Leave()
			_, err = form.Receive(c, place)
		}
		errs <- err
		c.Status(http.StatusNoContent)
	})
	server := httptest.NewServer(engine)
	defer server.Close()
	kind, whole := inParts(t, part{"file", "a.pdf", strings.Repeat("x", 1000)})
	r, w := io.Pipe()
	go func() {
		for _, b := range whole.Bytes() {
			if _, err := w.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		w.Close()
	}()
	// The answer may be lost: the connection is closed on who trickles.
	if resp, err := http.Post(server.URL, kind, r); err == nil {
		resp.Body.Close()
	}
	r.Close()
	if err := <-errs; !errors.Is(err, ErrSlow) {
		t.Errorf("a trickle: %v, want ErrSlow", err)
	}
	slowest.grace = time.Minute
	kind, whole = inParts(t, part{"file", "a.pdf", strings.Repeat("x", 1000)})
	resp, err := http.Post(server.URL, kind, whole)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := <-errs; err != nil {
		t.Errorf("at a good pace: %v", err)
	}
}
