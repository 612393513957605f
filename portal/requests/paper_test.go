package requests

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

func paperAct() document.Paper {
	change := bankChange()
	return document.Paper{Language: document.FR, Mutuality: change.Mutuality, Member: change.Member, Date: change.Date, Title: "Bail", Pages: 1}
}

func paperFile(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.ReadFile("../../signing/testdata/foreign/accepted/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func (d *desk) paper(t *testing.T, name string) string {
	t.Helper()
	id, err := d.FreezePaper(t.Context(), d.login, paperAct(), paperFile(t, name), "form")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestFreezePaperRefuses(t *testing.T) {
	d := newDesk(t)
	small := paperFile(t, "cairo.pdf")
	for name, c := range map[string]struct {
		change func(*document.Paper)
		file   []byte
	}{
		"no file":           {func(*document.Paper) {}, nil},
		"too large":         {func(*document.Paper) {}, make([]byte, MaxPaper+1)},
		"no title":          {func(a *document.Paper) { a.Title = "" }, small},
		"title with number": {func(a *document.Paper) { a.Title = "85.07.30-033.28" }, small},
		"no pages":          {func(a *document.Paper) { a.Pages = 0 }, small},
		"unknown inside":    {func(a *document.Paper) { a.Inside = []string{"script"} }, small},
		"no member":         {func(a *document.Paper) { a.Member.Name = "" }, small},
	} {
		act := paperAct()
		c.change(&act)
		if id, err := d.FreezePaper(t.Context(), d.login, act, c.file, ""); err == nil {
			t.Errorf("%s: frozen as %s", name, id)
		}
	}
	if len(d.store.requests) != 0 {
		t.Errorf("%d requests are kept", len(d.store.requests))
	}
}

// What is signed is what was sent: no mark is drawn on it, no byte of it changes.
func TestPaperIsSignedAsItCame(t *testing.T) {
	d := newDesk(t)
	file := paperFile(t, "libreoffice-docx-pdfa3.pdf")
	id := d.paper(t, "libreoffice-docx-pdfa3.pdf")
	if again := d.paper(t, "libreoffice-docx-pdfa3.pdf"); again != id {
		t.Errorf("the same form and file = %s, want %s", again, id)
	}
	if other := d.paper(t, "cairo.pdf"); other == id {
		t.Error("the same form with another file is the same request")
	}
	c, err := d.Prepare(t.Context(), d.login, id, d.mathieu.Signature.Certificate.Raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := d.store.preparations[c.Preparation].Prepared
	if !bytes.HasPrefix(p.PDF, file) || !bytes.Contains(p.PDF[len(file):], []byte("/Rect [0 0 0 0]")) {
		t.Error("the prepared file is not the one that was sent with an unseen signature")
	}
	var signed []byte
	d.store.onComplete = func(c Completion) error {
		signed = c.PDF
		return nil
	}
	r, err := d.Complete(t.Context(), d.login, id, c.Preparation, sign(t, d.mathieu, c))
	if err != nil || r.State != Signed {
		t.Fatalf("Complete = %+v, %v", r, err)
	}
	report, err := signing.Verify(t.Context(), signed, signing.Trust{Anchors: d.pki.Anchors(), Now: func() time.Time { return noon }})
	if err != nil || len(report.Signatures) != 1 || !report.Signatures[0].Integrity.Passed || !report.Signatures[0].CoversWhole {
		t.Errorf("Verify = %+v, %v", report, err)
	}
}

// Another file under the same request is refused before the card is asked, and after.
func TestPaperSwapped(t *testing.T) {
	other := paperFile(t, "reportlab.pdf")
	for name, swap := range map[string]func(*Request){
		"bytes":            func(r *Request) { r.PDF = other },
		"bytes and digest": func(r *Request) { r.PDF, r.SHA256 = other, sha256.Sum256(other) },
		"a byte more":      func(r *Request) { r.PDF = append(bytes.Clone(r.PDF), '\n') },
	} {
		d := newDesk(t)
		id := d.paper(t, "cairo.pdf")
		c, err := d.Prepare(t.Context(), d.login, id, d.mathieu.Signature.Certificate.Raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := d.store.requests[id]
		swap(&r)
		d.store.requests[id] = r
		var problem *Problem
		_, err = d.Prepare(t.Context(), d.login, id, d.mathieu.Signature.Certificate.Raw, nil)
		if !errors.As(err, &problem) || problem.State != StateChanged {
			t.Errorf("%s: Prepare = %v", name, err)
		}
		_, err = d.Complete(t.Context(), d.login, id, c.Preparation, sign(t, d.mathieu, c))
		if !errors.As(err, &problem) || problem.State != StateChanged || d.store.completed != 0 {
			t.Errorf("%s: Complete = %v", name, err)
		}
		if len(d.store.refused) != 2 {
			t.Errorf("%s: rows of refusals: %q", name, d.store.refused)
		}
	}
}

// Whatever the session, a paper waits for the card.
func TestPaperIsForTheCard(t *testing.T) {
	for _, k := range []document.Kind{document.KindPaper, document.KindOfficePaper} {
		for _, l := range []auth.Login{{Method: auth.Password, Assurance: auth.Low}, {Method: auth.Federal, Assurance: auth.High}, {Method: auth.Card, Assurance: auth.High}} {
			if m := MethodFor(l, k); m != ByCard {
				t.Errorf("MethodFor(%s, %s) = %s", l.Method, k, m)
			}
		}
	}
}
