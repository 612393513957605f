package papers

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/portal/upload"
	"guichet.example/signing/document"
)

var errClosed = errors.New("the file is closed")

// desk keeps what was frozen.
type desk struct {
	*areatest.Counter
	area  *Papers
	at    At
	open  string // the opening that is hers
	acts  []document.Paper
	files [][]byte
	keys  []string
	err   error
}

func newDesk(t *testing.T) *desk {
	d := &desk{open: "opening", at: At{Person: document.Person{Name: "Claire Dupont"}, Ends: areatest.Noon.Add(time.Hour)}}
	d.area = &Papers{Store: d, Freezer: d, Sessions: d, Gate: upload.NewGate(upload.Limits{}), MaxFile: 1 << 20,
		Mutuality: document.Mutuality{Name: "Tilleuls"}, Now: func() time.Time { return areatest.Noon }}
	d.Counter = areatest.New(t, d.area)
	return d
}

func (d *desk) Sender(context.Context, auth.Login) (document.Person, error) {
	return document.Person{Name: "Mathieu Delcourt"}, d.err
}

func (d *desk) PaperAt(_ context.Context, _ auth.Officer, opening string) (At, error) {
	if opening != d.open {
		return At{}, errClosed
	}
	return d.at, d.err
}

func (d *desk) FreezePaper(_ context.Context, _ auth.Login, act document.Paper, file []byte, key string) (string, error) {
	d.acts, d.files, d.keys = append(d.acts, act), append(d.files, file), append(d.keys, key)
	return "r1", nil
}

func (d *desk) FreezeOfficePaper(ctx context.Context, _ auth.Officer, opening string, act document.Paper, file []byte, key string) (string, error) {
	if opening != d.open {
		return "", errClosed
	}
	return d.FreezePaper(ctx, auth.Login{}, act, file, key)
}

func (d *desk) Network(*gin.Context) string { return "network" }

func written(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "signing", "testdata", "foreign", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

const (
	good      = "accepted/typst.pdf"
	openPath  = "office/files/opening/paper"
	elsewhere = "office/files/other/paper"
)

// What cannot be signed is refused with its reason and with what to do, and the title stays.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		title string
		file  []byte
		says  string
	}{
		"no PDF":           {"Mon bail", []byte("hello"), "PDF"},
		"nothing":          {"Mon bail", nil, ""},
		"a script":         {"Mon bail", written(t, "refused/script.pdf"), ""},
		"encrypted":        {"Mon bail", written(t, "refused/encrypted.pdf"), ""},
		"a form":           {"Mon bail", written(t, "refused/form.pdf"), ""},
		"cut off":          {"Mon bail", written(t, "refused/truncated.pdf"), ""},
		"too large":        {"Mon bail", bytes.Repeat([]byte("%PDF-1.7\n"), 1<<18), "Mo"},
		"no title":         {"", written(t, good), ""},
		"a short title":    {"ab", written(t, good), ""},
		"digits as title":  {"2026", written(t, good), ""},
		"a long title":     {strings.Repeat("a", document.MaxPaperTitle+1), written(t, good), "80"},
		"a number in it":   {"Bail de 85.07.30-033.28", written(t, good), ""},
		"other characters": {"Bail 契約書", written(t, good), ""},
	} {
		for _, path := range []string{newPath, openPath} {
			d := newDesk(t)
			p := d.PostParts(path, map[string]string{keyField: "k", titleField: c.title}, fileField, c.file)
			if p.Err != nil || p.Status < 400 || p.Status >= 500 || len(d.acts) != 0 {
				t.Errorf("%s at %s: %d, %v, %d frozen", name, path, p.Status, p.Err, len(d.acts))
				continue
			}
			if errs := p.Text(".error-summary"); errs == "" && len(p.All("[aria-invalid=true]")) == 0 || !strings.Contains(p.Text("main"), c.says) {
				t.Errorf("%s at %s: the page does not say what is wrong", name, path)
			}
			if got := p.Form("/fr/" + path).Get(titleField); got != c.title && name != "too large" && name != "other characters" {
				t.Errorf("%s: the title %q is gone: %q", name, c.title, got)
			}
		}
	}
}

func TestSend(t *testing.T) {
	d := newDesk(t)
	if p := d.Get(newPath); p.Status != http.StatusOK || len(p.All("select")) != 0 {
		t.Fatalf("form = %d, %v", p.Status, p.Err)
	}
	file := written(t, good)
	p := d.PostParts(newPath, map[string]string{keyField: "k", titleField: " Mon\u200b  bail "}, fileField, file)
	if p.Status != http.StatusSeeOther || p.Location() != "/fr/requests/r1/read" {
		t.Fatalf("sent = %d, %q, %v", p.Status, p.Location(), p.Err)
	}
	act := d.acts[0]
	if act.Member.Name != "Mathieu Delcourt" || act.Officer != "" || act.Pages < 1 || act.Language != document.FR || !bytes.Equal(d.files[0], file) {
		t.Errorf("frozen: %+v, %d bytes", act, len(d.files[0]))
	}
	if strings.ContainsAny(act.Title, "\u200b") || !strings.HasPrefix(act.Title, "Mon") {
		t.Errorf("title is %q", act.Title)
	}
	// She does not choose: nobody asked her.
	if p := d.PostParts(newPath, map[string]string{keyField: "k", titleField: "Mon bail", languageField: "de"}, fileField, file); p.Status == http.StatusSeeOther {
		t.Error("a field that the form does not have is taken")
	}
}

// An officer says in which language the document is: the page's at first, any of the four.
func TestOfficeLanguage(t *testing.T) {
	file := written(t, good)
	for _, l := range locale.Languages() {
		d := newDesk(t)
		d.Lang = l
		chosen := d.Get(openPath).All("select[name=language] option[selected]")
		if len(chosen) != 1 || areatest.Attr(chosen[0], "value") != string(l) {
			t.Errorf("%s: the form does not begin with its language", l)
		}
		for _, chosen := range append(document.Languages(), "") {
			fields := map[string]string{keyField: "k", titleField: "Contract", languageField: string(chosen)}
			if chosen == "" {
				delete(fields, languageField)
			}
			p := d.PostParts(openPath, fields, fileField, file)
			if want := "/" + string(l) + "/office/files/opening/paper/read"; p.Location() != want {
				t.Fatalf("%s, %q: %d to %q, %v", l, chosen, p.Status, p.Location(), p.Err)
			}
			act := d.acts[len(d.acts)-1]
			want := chosen
			if want == "" {
				want = document.Language(l)
			}
			if act.Language != want {
				t.Errorf("%s, %q: frozen in %q", l, chosen, act.Language)
			}
			if act.Officer == "" || act.Member.Name != "Claire Dupont" {
				t.Errorf("frozen: %+v", act)
			}
		}
		frozen := len(d.acts)
		p := d.PostParts(openPath, map[string]string{keyField: "k", titleField: "Contract", languageField: "es"}, fileField, file)
		if p.Status != http.StatusUnprocessableEntity || len(d.acts) != frozen {
			t.Errorf("%s: a fifth language: %d", l, p.Status)
		}
	}
}

// An opening that is not hers, or over, is the store's to refuse: nothing is read or kept.
func TestOfficeClosed(t *testing.T) {
	d := newDesk(t)
	for _, p := range []*areatest.Page{d.Get(elsewhere), d.PostParts(elsewhere, map[string]string{keyField: "k", titleField: "Contract"}, fileField, written(t, good))} {
		if !errors.Is(p.Err, errClosed) || len(d.acts) != 0 {
			t.Errorf("an opening of somebody else: %d, %v", p.Status, p.Err)
		}
	}
	d.at.Waits = true
	if p := d.Get(openPath); len(p.All(`main a[href=/fr/office/files/opening/paper/read]`)) != 1 {
		t.Error("the paper that waits is not shown")
	}
}

func TestStoreFails(t *testing.T) {
	d := newDesk(t)
	d.err = errors.New("disk full")
	p := d.PostParts(newPath, map[string]string{keyField: "k", titleField: "Mon bail"}, fileField, written(t, good))
	if !errors.Is(p.Err, d.err) || len(d.acts) != 0 {
		t.Errorf("sent = %d, %v", p.Status, p.Err)
	}
}

func TestTitleOf(t *testing.T) {
	for typed, want := range map[string]string{
		"": "", " a\tb\n": "a b", "a\u202eb": "ab", "\xff\xfebail": "bail", "Été": "Été",
	} {
		if got := titleOf(typed); got != want {
			t.Errorf("titleOf(%q) = %q, want %q", typed, got, want)
		}
	}
}
