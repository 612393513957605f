package portal_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"guichet.example/certs/certstest"
	"guichet.example/portal/locale"
	"guichet.example/portal/office"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
)

// written is a file that another program made.
func written(t *testing.T, name string) string {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "signing", "testdata", "foreign", name))
	ok(t, err)
	return string(file)
}

// sends a form in parts: the fields in the order of the page, then files.
func (v *visitor) sendsFile(path string, fields url.Values, files ...string) (*http.Response, string) {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, name := range []string{"key", "title", "extra"} {
		for _, text := range fields[name] {
			ok(v.t, w.WriteField(name, text))
		}
	}
	for _, file := range files {
		part, err := w.CreateFormFile("file", "contract.docx") // the name says nothing
		ok(v.t, err)
		_, err = part.Write([]byte(file))
		ok(v.t, err)
	}
	ok(v.t, w.Close())
	return v.post(path, w.FormDataContentType(), body.String())
}

// lease is the title of a document.
var lease = url.Values{"title": {"Attestation de mon employeur"}}

// paperTo has a member send a file, up to the page on which she reads it.
func (v *visitor) paperTo(t *testing.T, file string) (id string) {
	t.Helper()
	resp, body := v.sendsFile("/fr/papers", lease, file)
	id, found := strings.CutSuffix(strings.TrimPrefix(resp.Header.Get("Location"), "/fr/requests/"), "/read")
	if resp.StatusCode != http.StatusSeeOther || !found {
		t.Fatalf("sending a file: %s %s", resp.Status, body)
	}
	return id
}

// prepares is the first half of the card step below an address; signs is both.
func (v *visitor) prepares(at string, card *certstest.Card) (*http.Response, string) {
	v.t.Helper()
	text, err := json.Marshal(map[string]any{"certificate": base64.StdEncoding.EncodeToString(card.Signature.Certificate.Raw)})
	ok(v.t, err)
	return v.post(at+"/prepare", "application/json", string(text))
}

func (v *visitor) completes(at string, card *certstest.Card, prepared string) (*http.Response, string) {
	v.t.Helper()
	var p struct{ Preparation, Hash, HashFunction string }
	ok(v.t, json.Unmarshal([]byte(prepared), &p))
	digest, err := base64.StdEncoding.DecodeString(p.Hash)
	ok(v.t, err)
	value, err := card.Signature.Key.Sign(rand.Reader, digest, map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384}[p.HashFunction])
	ok(v.t, err)
	text, err := json.Marshal(map[string]any{"preparation": p.Preparation, "signature": base64.StdEncoding.EncodeToString(value)})
	ok(v.t, err)
	return v.post(at+"/complete", "application/json", string(text))
}

func (v *visitor) signs(at string, card *certstest.Card) (next string) {
	v.t.Helper()
	resp, body := v.prepares(at, card)
	if resp.StatusCode != http.StatusOK {
		v.t.Fatalf("prepare: %s %s", resp.Status, body)
	}
	resp, body = v.completes(at, card, body)
	var answer struct{ Next string }
	if resp.StatusCode != http.StatusOK || json.Unmarshal([]byte(body), &answer) != nil {
		v.t.Fatalf("complete: %s %s", resp.Status, body)
	}
	return answer.Next
}

// A member signs a file that another program wrote: it comes into her vault and into the
// queue, and not a byte of it changed.
func TestMemberSignsAFileOfHerOwn(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	v := w.at(me)
	file := written(t, "accepted/libreoffice-docx-pdfa3.pdf")
	id := v.paperTo(t, file)
	page := v.wants("GET", "/fr/requests/"+id+"/read", nil, http.StatusOK)
	for _, want := range []string{"Attestation de mon employeur", ">SHA-256<", "Personne", "/fr/requests/" + id + "/document.pdf"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page to read does not hold %q", want)
		}
	}
	resp, body := v.get("/fr/requests/" + id + "/document.pdf")
	if body != file || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "sandbox") ||
		!strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file to read has %d bytes of %d, %v", len(body), len(file), resp.Header)
	}
	v.wants("POST", "/fr/requests/"+id+"/read", url.Values{"read": {"1"}}, http.StatusSeeOther)
	if next := v.signs("/fr/requests/"+id, me.card); next != "/fr/requests/"+id+"/done" {
		t.Errorf("after the card: %s", next)
	}
	v.wants("GET", "/fr/requests/"+id+"/done", nil, http.StatusOK)
	v.wants("GET", "/fr/requests/"+id, nil, http.StatusOK)

	list := v.wants("GET", "/fr/documents", nil, http.StatusOK)
	found := documentLink.FindStringSubmatch(list)
	if found == nil {
		t.Fatal("nothing in the vault")
	}
	_, signed := v.get("/fr/documents/" + found[1] + "/file.pdf")
	if !strings.HasPrefix(signed, file) || len(signed) == len(file) {
		t.Errorf("the signed file does not begin with what was sent")
	}
	report, err := signing.Verify(t.Context(), []byte(signed), signing.Trust{Anchors: w.pki.Anchors(), Now: w.now})
	ok(t, err)
	if len(report.Signatures) != 1 || !report.Signatures[0].Integrity.Passed || !report.Signatures[0].CoversWhole || report.Structure != "" {
		t.Errorf("report = %+v", report)
	}
	v.wants("GET", "/fr/documents/"+found[1]+"/report", nil, http.StatusOK)

	_, queue := w.desks["all"].get("/fr/office/queue?kind=" + string(office.Paper))
	item := "/fr/office/queue/" + linked(t, queue, "/fr/office/queue/")
	w.desks["all"].wants("POST", item+"/take", nil, http.StatusSeeOther)
	if text := w.desks["all"].wants("GET", item, nil, http.StatusOK); !strings.Contains(text, "Attestation de mon employeur") {
		t.Error("the item does not say which document it is")
	}
	if pdf := w.desks["all"].wants("GET", item+"/document.pdf", nil, http.StatusOK); pdf != signed {
		t.Error("the office reads another file than the member has")
	}
	w.desks["all"].wants("POST", item+"/close", url.Values{"answer": {office.EventAccepted}}, http.StatusSeeOther)
	if text := v.wants("GET", "/fr/requests/"+id, nil, http.StatusOK); !strings.Contains(text, locale.T(locale.FR, "requests.state.accepted")) {
		t.Error("the member does not see that it was accepted")
	}
}

// A file that somebody signed before is signed after him: the page names him, both
// signatures hold, and the report speaks of the member's.
func TestMemberSignsASignedFile(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	v := w.at(me)
	file := w.sealedBy(written(t, "accepted/pikepdf-attachment.pdf"), 0)
	id := v.paperTo(t, file)
	page := v.wants("GET", "/fr/requests/"+id+"/read", nil, http.StatusOK)
	for _, want := range []string{"Employeur SA", locale.T(locale.FR, "papers.inside.files")} {
		if !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("the page to read does not hold %q", want)
		}
	}
	v.signs("/fr/requests/"+id, me.card)
	found := documentLink.FindStringSubmatch(v.wants("GET", "/fr/documents", nil, http.StatusOK))
	if found == nil {
		t.Fatal("nothing in the vault")
	}
	_, signed := v.get("/fr/documents/" + found[1] + "/file.pdf")
	report, err := signing.Verify(t.Context(), []byte(signed), signing.Trust{Anchors: w.pki.Anchors(), Now: w.now})
	ok(t, err)
	if len(report.Signatures) != 2 || !strings.HasPrefix(signed, file) {
		t.Fatalf("%d signatures", len(report.Signatures))
	}
	for _, s := range report.Signatures {
		if !s.Integrity.Passed || len(s.ChangedAfter) > 0 {
			t.Errorf("signature of %s: %+v, %+v", s.Signer, s.Integrity, s.ChangedAfter)
		}
	}
	if text := v.wants("GET", "/fr/documents/"+found[1]+"/report", nil, http.StatusOK); !strings.Contains(text, "Mathieu Delcourt") {
		t.Error("the report does not speak of the member's signature")
	}
}
