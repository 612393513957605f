package portal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal"
	"guichet.example/portal/audit"
	"guichet.example/portal/store/storetest"
)

// paperOf is a document of the vault as it lies on somebody's table.
type paperOf struct {
	id, reference, code, square string
	pdf                         string
}

// paper has a member send an order, and prints it.
func (w *town) paper(m *inhabitant) paperOf {
	w.t.Helper()
	id := w.document(m)
	v := w.at(m)
	_, file := v.get("/fr/documents/" + id + "/file.pdf")
	login := auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: m.id}
	d, err := w.store.Document(w.t.Context(), login, id)
	ok(w.t, err)
	r, err := w.store.Request(w.t.Context(), login, d.Request)
	ok(w.t, err)
	if r.Sheet.Check == nil {
		w.t.Fatal("nothing is printed by which paper could be checked")
	}
	return paperOf{id: id, reference: d.Reference, code: r.Sheet.Check.Rows[1].Value, square: r.Sheet.Check.Address, pdf: file}
}

// uploads sends files in a form.
func (v *visitor) uploads(fields url.Values, files ...string) (*http.Response, string) {
	v.t.Helper()
	return v.uploadsTo("/fr/check/file", fields, files...)
}

func (v *visitor) uploadsTo(path string, fields url.Values, files ...string) (*http.Response, string) {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, file := range files {
		part, err := w.CreateFormFile("file", "a.pdf")
		ok(v.t, err)
		_, err = part.Write([]byte(file))
		ok(v.t, err)
	}
	for name := range fields {
		ok(v.t, w.WriteField(name, fields.Get(name)))
	}
	ok(v.t, w.Close())
	return v.post(path, w.FormDataContentType(), body.String())
}

func (v *visitor) asks(reference, code string) (*http.Response, string) {
	v.t.Helper()
	return v.send("/fr/check", url.Values{"reference": {reference}, "code": {code}})
}

func TestCheckRefusesUploads(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	v := w.visitor(t)
	before := fingerprint(t, w.db)
	for _, test := range []struct {
		name   string
		files  []string
		status int
		says   string
	}{
		{"no file", nil, http.StatusUnprocessableEntity, "Choisissez un fichier PDF."},
		{"an empty file", []string{""}, http.StatusUnprocessableEntity, "Choisissez un fichier PDF."},
		{"two files", []string{"%PDF-1.7", "%PDF-1.7"}, http.StatusUnprocessableEntity, "un seul fichier"},
		{"no PDF", []string{"GIF89a"}, http.StatusUnprocessableEntity, "en est pas un"},
		{"too large", []string{"%PDF-1.7" + strings.Repeat(" ", 25<<20)}, http.StatusRequestEntityTooLarge, "Choisissez un fichier de"},
		{"a password", []string{encrypted}, http.StatusUnprocessableEntity, "sans mot de passe"},
	} {
		resp, body := v.uploads(nil, test.files...)
		if resp.StatusCode != test.status || !strings.Contains(body, test.says) || !strings.Contains(body, `id="errors"`) {
			t.Errorf("%s: %s, %q", test.name, resp.Status, title(body))
		}
	}
	resp, body := v.post("/fr/check/file", form, "file=x")
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a form that is not in parts: %s %s", resp.Status, title(body))
	}
	// What is no document of anybody is judged all the same.
	resp, body = v.uploads(nil, plainPDF)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "Ce fichier ne porte aucune signature") {
		t.Errorf("an unsigned file: %s %s", resp.Status, title(body))
	}
	same(t, "checking files", before, fingerprint(t, w.db))
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("an upload left %v, %v", left, err)
	}
}

// plainPDF is the least that is a PDF.
var plainPDF = pdfOf("")

// encrypted is one that asks for a password.
var encrypted = pdfOf(" /Encrypt << /Filter /Standard /V 1 /R 2 /O (" + strings.Repeat("o", 32) + ") /U (" + strings.Repeat("u", 32) + ") /P -4 >> /ID [(a)(a)]")

func pdfOf(trailer string) string {
	var b strings.Builder
	var at []int
	b.WriteString("%PDF-1.7\n")
	for i, object := range []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	b.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size 4 /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n", trailer, start)
	return b.String()
}

// A file is checked without an account, in four languages and for programs; its owner sees
// that it was.
func TestCheckByFile(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	m := w.members[0]
	p := w.paper(m)
	v := w.visitor(t)
	resp, body := v.uploads(nil, p.pdf)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "EN 319 102-1") || !strings.Contains(body, `class="verdict"`) {
		t.Fatalf("the file: %s %s", resp.Status, title(body))
	}
	if strings.Contains(body, m.NationalNumber) || strings.Contains(body, m.Surname) {
		t.Error("the page names the member, or shows her number")
	}
	resp, body = v.uploads(url.Values{"as": {"json"}}, p.pdf)
	var answer struct {
		Sentence   string
		Signatures []struct{ Kind string }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" ||
		answer.Sentence == "" || len(answer.Signatures) == 0 || answer.Signatures[0].Kind != "seal" {
		t.Errorf("as JSON: %s, %v, %+v", resp.Status, err, answer)
	}
	if strings.Contains(body, m.NationalNumber) {
		t.Error("the report holds the number")
	}
	i := strings.LastIndex(p.pdf, "xref")
	_, body = v.uploads(nil, p.pdf[:i/2]+"X"+p.pdf[i/2+1:])
	if strings.Contains(body, `class="verdict" data-kind="valid"`) {
		t.Error("a file with another byte is valid")
	}
	_, body = w.at(m).get("/fr/documents/" + p.id)
	if !strings.Contains(body, "Vérifié par un tiers") || !strings.Contains(body, "2 fois") || !strings.Contains(body, "avec le fichier") {
		t.Error("she does not see that it was checked")
	}
}

var perAnswer = regexp.MustCompile(`[A-Z0-9]{4}-[A-Z0-9]{4}|value="[a-z2-7]{26}"|a=[A-Za-z0-9_-]+`)

// Reference and code tell that the document was issued and what it is worth, and of whom
// it is nothing. What is wrong of the two is not told.
func TestCheckByCode(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	m := w.members[0]
	p, other := w.paper(m), w.paper(w.members[1])
	v := w.visitor(t)
	typo := p.code[:13] + "0"
	if typo == p.code {
		typo = p.code[:13] + "1"
	}
	for name, test := range map[string][2]string{
		"nothing": {"", ""}, "no code": {p.reference, ""}, "no reference": {"", p.code}, "a typing error": {p.reference, typo},
		"a reference of another world": {"<script>", p.code}, "a long one": {strings.Repeat("A", 41), p.code}, "a long code": {p.reference, strings.Repeat("0", 65)},
	} {
		if resp, body := v.asks(test[0], test[1]); resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `id="errors"`) {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	var wrong []string
	for _, pair := range [][2]string{{"GC-2026-0000-000", p.code}, {p.reference, other.code}, {other.reference, p.code}} {
		resp, _ := v.asks(pair[0], pair[1])
		to := resp.Header.Get("Location")
		if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/fr/check/answer?a=") {
			t.Fatalf("%v: %s to %q", pair, resp.Status, to)
		}
		_, body := v.get(to)
		wrong = append(wrong, fmt.Sprint(len(to))+" "+perAnswer.ReplaceAllString(body, "?"))
	}
	if !strings.Contains(wrong[0], "Rien de tel chez nous") || wrong[0] != wrong[1] || wrong[0] != wrong[2] {
		t.Error("what is wrong of reference and code can be told")
	}
	for _, typed := range []string{p.code, strings.ToLower(strings.ReplaceAll(p.code, "-", " "))} {
		resp, _ := v.asks(" "+strings.ToLower(strings.ReplaceAll(p.reference, "-", "\u2013")), typed)
		_, body := v.get(resp.Header.Get("Location"))
		if !strings.Contains(body, "Nous avons émis ce document") || !strings.Contains(body, p.reference) {
			t.Fatalf("the document is not found: %s", title(body))
		}
		for _, secret := range []string{m.Surname, m.GivenNames, m.NationalNumber, p.code, p.id, "Hors-Château"} {
			if strings.Contains(body, secret) {
				t.Errorf("the answer tells %q", secret)
			}
		}
	}
	_, body := w.at(m).get("/fr/documents/" + p.id)
	if !strings.Contains(body, "2 fois") || !strings.Contains(body, "avec la référence et le code") {
		t.Error("she does not see that it was checked")
	}
	if rows := slices.DeleteFunc(w.trail(), func(e audit.Entry) bool { return e.Action != audit.CheckDocument }); len(rows) != 1 || rows[0].Object != "document/"+p.id || rows[0].Actor != audit.System {
		t.Errorf("the trail has %v", rows)
	}
	if resp, _ := v.get("/fr/check/answer?a=x"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("an answer that is none: %s", resp.Status)
	}
}

func (w *town) trail() (rows []audit.Entry) {
	w.t.Helper()
	ok(w.t, w.store.AuditRows(w.t.Context(), func(e audit.Entry) error {
		rows = append(rows, e)
		return nil
	}))
	return rows
}

// Who guesses waits, from one network and for one reference, and then goes on.
func TestCheckGuessesWait(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite), unbounded)
	w.freeze()
	p := w.paper(w.members[0])
	v := w.visitor(t)
	status := 0
	for n := 0; n < 40 && status != http.StatusTooManyRequests; n++ {
		resp, _ := v.asks(fmt.Sprintf("GC-2026-0000-%03d", n), p.code)
		status = resp.StatusCode
	}
	if status != http.StatusTooManyRequests {
		t.Error("a network guesses without end")
	}
	w.later(time.Hour)
	if resp, _ := v.asks(p.reference, p.code); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("an hour later: %s", resp.Status)
	}
	status = 0
	for n := 0; n < 40 && status != http.StatusTooManyRequests; n++ {
		r := httptest.NewRequest(http.MethodPost, origin+"/fr/check", strings.NewReader(url.Values{"reference": {"GC-2026-0000-000"}, "code": {p.code}}.Encode()))
		r.RemoteAddr = fmt.Sprintf("10.1.2.%d:4711", n)
		resp, _ := w.visitor(t).ask(sameOrigin(r))
		status = resp.StatusCode
	}
	if status != http.StatusTooManyRequests {
		t.Error("one reference is guessed at without end, from many networks")
	}
}

// The time of the answer does not tell a reference that there is from one that there is
// not.
func TestCheckTimeTellsNothing(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite), unbounded)
	w.freeze()
	p, other := w.paper(w.members[0]), w.paper(w.members[1])
	var times [2][]time.Duration
	for n := range often(60, 2000) {
		first := rand.IntN(2)
		for _, which := range []int{first, 1 - first} {
			w.later(time.Hour)
			reference := []string{fmt.Sprintf("GC-2026-%04d-%03d", n/1000, n%1000), p.reference}[which]
			r := httptest.NewRequest(http.MethodPost, origin+"/fr/check", strings.NewReader(url.Values{"reference": {reference}, "code": {other.code}}.Encode()))
			r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:4711", which, n>>8&255, n&255)
			begun := time.Now()
			resp, _ := w.visitor(t).ask(sameOrigin(r))
			times[which] = append(times[which], time.Since(begun))
			if !strings.HasPrefix(resp.Header.Get("Location"), "/fr/check/answer?a=") {
				t.Fatalf("try %d: %s to %q", n, resp.Status, resp.Header.Get("Location"))
			}
		}
	}
	z := ranks(times[1], times[0])
	t.Logf("z = %.2f, median %v known, %v unknown", z, median(times[1]), median(times[0]))
	if math.Abs(z) > float64(often(6, 4)) {
		t.Errorf("time tells them apart: z = %.2f", z)
	}
}

// The printed square says who issued the paper, and whether that is so.
func TestCheckBySquare(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	w.neighbour()
	p := w.paper(w.members[0])
	v := w.visitor(t)
	address, err := url.Parse(p.square)
	ok(t, err)
	if len(p.square) > 400 || address.Scheme+"://"+address.Host != origin || address.Path != "/check" {
		t.Fatalf("the square leads to %q", p.square)
	}
	r := httptest.NewRequest(http.MethodGet, p.square, nil)
	r.Header.Set("Accept-Language", "nl-BE, fr;q=0.5")
	resp, _ := v.ask(r)
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || to != "/nl/check?"+address.RawQuery {
		t.Fatalf("%s to %q", resp.Status, to)
	}
	resp, body := v.get("/fr/check?" + address.RawQuery)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "Code QR authentique") || !strings.Contains(body, p.reference) || strings.Contains(body, "Delcourt") {
		t.Fatalf("the square: %s %s", resp.Status, title(body))
	}
	action, fields := formOf(t, body, "/check")
	resp, _ = v.send(action, fields)
	if _, body = v.get(resp.Header.Get("Location")); !strings.Contains(body, "Nous avons émis ce document") {
		t.Errorf("asking further: %s", title(body))
	}
	if _, body = w.at(w.members[0]).get("/fr/documents/" + p.id); !strings.Contains(body, "avec le code QR imprimé") {
		t.Error("she does not see that it was checked")
	}

	text := address.Query().Get("c")
	for name, query := range map[string]string{
		"nothing": "c=", "cut": "c=" + text[:len(text)-2], "longer": "c=" + text + "AAAA", "over-long": "c=" + text + "&x=" + strings.Repeat("A", 400),
		"not base64": "c=%3Cscript%3E",
	} {
		if resp, body := v.get("/fr/check?" + query); resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Code QR illisible") {
			t.Errorf("%s: %s %s", name, resp.Status, title(body))
		}
	}
	for i := 10; i < len(text); i += 7 { // a bent character is never genuine
		bent := []byte(text)
		bent[i] = "AB"[(bent[i]&1+1)%2]
		if string(bent) == text {
			continue
		}
		if resp, body := v.get("/fr/check?c=" + string(bent)); resp.StatusCode == http.StatusOK || strings.Contains(body, "Code QR authentique") {
			t.Errorf("bent at %d: %s", i, resp.Status)
		}
	}
	// Signed by the key of another counter under our name.
	c := open(t, func(cfg *portal.Config) { cfg.Mutuality.ID = w.cfg.Mutuality.ID })
	if resp, body := c.visitor(t).get("/fr/check?c=" + text); resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Code QR falsifié") {
		t.Errorf("by another key: %s %s", resp.Status, title(body))
	}
	c = open(t, func(cfg *portal.Config) { cfg.Mutuality.ID = "elsewhere" })
	if resp, body := c.visitor(t).get("/fr/check?c=" + text); resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "de cette mutualité") {
		t.Errorf("of another mutuality: %s %s", resp.Status, title(body))
	}
	if resp, body := v.get("/check/key"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(body, "-----BEGIN PUBLIC KEY-----") {
		t.Errorf("the key: %s", resp.Status)
	}
}
