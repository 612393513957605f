package portal_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/portal/audit"
	"guichet.example/portal/locale"
	"guichet.example/portal/requests"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
)

// pagesPDF is a PDF of so many empty pages, with something extra in their tree.
func pagesPDF(pages int, extra string) string {
	var b strings.Builder
	var at []int
	object := func(text string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), text)
	}
	b.WriteString("%PDF-1.7\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", i+3)
	}
	object(fmt.Sprintf("<< /Type /Pages%s /Kids [%s] /Count %d >>", extra, kids, pages))
	for range pages {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>")
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.String()
}

// sealedBy is a file that an organisation signed; certify says what may follow.
func (w *town) sealedBy(file string, certify signing.Permission) string {
	w.t.Helper()
	pair, err := w.pki.IssueSeal("Employeur SA", "VATBE-0411000001", certstest.P256)
	ok(w.t, err)
	s := signing.Sealer{Key: pair.Key, Certificates: []*x509.Certificate{pair.Certificate}, Anchors: w.pki.Anchors()}
	out, err := s.Seal(w.t.Context(), []byte(file), signing.SealOptions{Certify: certify})
	ok(w.t, err)
	return string(out)
}

// Each obstacle is told with its reason and what to do, in four languages, from a file that
// has it; nothing is kept of it.
func TestPaperObstacles(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	v := w.at(w.members[0])
	signed := w.sealedBy(written(t, "accepted/cairo.pdf"), 0)
	files := map[signing.Obstacle]string{
		signing.NotPDF:    "\x89PNG\r\n\x1a\n a picture that is called a PDF",
		signing.TooLarge:  pagesPDF(1, " /X "+strings.Repeat("[", 60)+strings.Repeat("]", 60)),
		signing.TooLong:   pagesPDF(signing.MaxPages+1, ""),
		signing.Encrypted: written(t, "refused/encrypted.pdf"),
		signing.Broken:    written(t, "refused/truncated.pdf"),
		signing.Active:    written(t, "refused/script.pdf"),
		signing.Fillable:  written(t, "refused/form.pdf"),
		signing.Versions:  written(t, "refused/revision.pdf"),
		signing.Forbidden: w.sealedBy(written(t, "accepted/cairo.pdf"), signing.NoChanges),
		signing.Damaged:   strings.Replace(signed, "/ByteRange [0 ", "/ByteRange [1 ", 1),
	}
	before := fingerprint(t, w.db, "audit", "sessions")
	for obstacle, file := range files {
		_, err := signing.Inspect([]byte(file))
		if err == nil || !strings.Contains(err.Error(), ": "+string(obstacle)+": ") {
			t.Errorf("the file for %s: %v", obstacle, err)
		}
		for _, l := range locale.Languages() {
			resp, body := v.sendsFile("/"+string(l)+"/papers", lease, file)
			key := "papers.obstacle." + string(obstacle)
			reason, next := locale.T(l, key, locale.A("pages", "200")), locale.T(l, key+".next")
			if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(html.UnescapeString(body), reason) || !strings.Contains(html.UnescapeString(body), next) {
				t.Errorf("%s in %s: %s %s", obstacle, l, resp.Status, title(body))
			}
			if !strings.Contains(html.UnescapeString(body), "Attestation de mon employeur") {
				t.Errorf("%s in %s: the title is gone", obstacle, l)
			}
		}
	}
	for table, rows := range fingerprint(t, w.db, "audit", "sessions") {
		if rows != before[table] {
			t.Errorf("table %s is another after refusals", table)
		}
	}
}

// A form that is not one, a file too large, none, two, a title that does not hold.
func TestPaperFormRefused(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	v := w.at(w.members[0])
	good := written(t, "accepted/cairo.pdf")
	titled := func(text string) url.Values { return url.Values{"title": {text}} }
	for name, c := range map[string]struct {
		fields url.Values
		files  []string
		status int
		key    string
	}{
		"no file":             {lease, nil, 422, "papers.error.none"},
		"an empty file":       {lease, []string{""}, 422, "papers.error.none"},
		"two files":           {lease, []string{good, good}, 422, "papers.error.two"},
		"a file too large":    {lease, []string{good + strings.Repeat("\n", requests.MaxPaper)}, 422, "papers.error.large"},
		"a doubled field":     {url.Values{"title": {"Bail", "Autre"}}, []string{good}, 400, "papers.error.form"},
		"a field of no form":  {url.Values{"title": {"Bail"}, "extra": {"x"}}, []string{good}, 400, "papers.error.form"},
		"an oversize field":   {titled(strings.Repeat("x", 5000)), []string{good}, 400, "papers.error.form"},
		"no title":            {nil, []string{good}, 422, "papers.title.error.short"},
		"a title of signs":    {titled("-- 123 --"), []string{good}, 422, "papers.title.error.short"},
		"a long title":        {titled(strings.Repeat("x", 81)), []string{good}, 422, "papers.title.error.long"},
		"a title with number": {titled("Bail de 85.07.30-033.28"), []string{good}, 422, "papers.title.error.number"},
		"a title of no font":  {titled("عقد إيجار"), []string{good}, 422, "papers.title.error.letters"},
	} {
		resp, body := v.sendsFile("/fr/papers", c.fields, c.files...)
		want := locale.T(locale.FR, c.key, locale.A("size", locale.Bytes(locale.FR, requests.MaxPaper)), locale.A("n", "80"))
		if resp.StatusCode != c.status || !strings.Contains(html.UnescapeString(body), want) {
			t.Errorf("%s: %s %s, want %d %s", name, resp.Status, title(body), c.status, c.key)
		}
	}
	for name, c := range map[string][2]string{
		"no form in parts": {"application/x-www-form-urlencoded", "title=Bail"},
		"no boundary":      {"multipart/form-data", "x"},
		"cut off":          {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n%PDF"},
	} {
		if resp, body := v.post("/fr/papers", c[0], c[1]); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s %s", name, resp.Status, title(body))
		}
	}
	if list := v.wants("GET", "/fr/requests", nil, http.StatusOK); strings.Contains(list, "GC-20") {
		t.Error("something was kept")
	}
}

// What is somebody else's, too late, swapped or twice is refused.
func TestPaperRefused(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me, other := w.members[0], w.members[1]
	v := w.at(me)
	file := written(t, "accepted/reportlab.pdf")
	id := v.paperTo(t, file)

	t.Run("another's draft is not found", func(t *testing.T) {
		o := w.at(other)
		for _, page := range []string{"", "/read", "/document.pdf", "/sign"} {
			mine, there := o.get("/fr/requests/" + id + page)
			none, nothing := o.get("/fr/requests/" + missing + page)
			if mine.StatusCode != http.StatusNotFound || none.StatusCode != mine.StatusCode || still(there) != still(nothing) {
				t.Errorf("%q: %s and %s", page, mine.Status, none.Status)
			}
		}
		if resp, _ := o.prepares("/fr/requests/"+id, other.card); resp.StatusCode != http.StatusNotFound {
			t.Errorf("prepare: %s", resp.Status)
		}
	})
	t.Run("who is not signed in, or too weakly", func(t *testing.T) {
		if resp, _ := w.visitor(t).get("/fr/papers"); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("nobody: %s", resp.Status)
		}
		for _, way := range []string{"password", "csam500", "itsme450"} {
			weak := w.visitor(t)
			w.comesIn(weak, me, way)
			resp, body := weak.get("/fr/papers")
			if resp.StatusCode != http.StatusForbidden || !strings.Contains(html.UnescapeString(body), locale.T(locale.FR, "portal.closedact.text")) {
				t.Errorf("%s: %s %s", way, resp.Status, title(body))
			}
			if resp, _ := weak.sendsFile("/fr/papers", lease, file); resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s sends: %s", way, resp.Status)
			}
			// What waits for a card cannot be approved or received either.
			weak.wants("GET", "/fr/requests/"+id+"/read", nil, http.StatusOK)
			if resp, _ := weak.send("/fr/requests/"+id+"/receipt", url.Values{"read": {"1"}}); resp.Header.Get("Location") != "/fr/requests/"+id+"/read" {
				t.Errorf("%s receives: %s to %s", way, resp.Status, resp.Header.Get("Location"))
			}
			if way != "password" {
				if resp, _ := weak.get("/fr/requests/" + id + "/approve"); resp.Header.Get("Location") != "/fr/requests/"+id+"/read" {
					t.Errorf("%s approves: %s to %s", way, resp.Status, resp.Header.Get("Location"))
				}
			}
		}
	})
	t.Run("another's card", func(t *testing.T) {
		if resp, body := v.prepares("/fr/requests/"+id, other.card); resp.StatusCode != 422 || !strings.Contains(body, requests.StateWrongPerson) {
			t.Errorf("prepare: %s %s", resp.Status, body)
		}
	})
	t.Run("the same form twice is one request, with another file another", func(t *testing.T) {
		_, body := v.get("/fr/papers")
		_, form := formOf(t, body, "/papers")
		form.Set("title", "Bail")
		one, _ := v.sendsFile("/fr/papers", form, file)
		two, _ := v.sendsFile("/fr/papers", form, file)
		three, _ := v.sendsFile("/fr/papers", form, written(t, "accepted/cairo.pdf"))
		if one.Header.Get("Location") != two.Header.Get("Location") || one.Header.Get("Location") == three.Header.Get("Location") {
			t.Errorf("%s, %s, %s", one.Header.Get("Location"), two.Header.Get("Location"), three.Header.Get("Location"))
		}
	})
	t.Run("too many wait", func(t *testing.T) {
		var resp *http.Response
		var body string
		for range requests.MaxPapers {
			resp, body = v.sendsFile("/fr/papers", lease, file)
		}
		if resp.StatusCode != http.StatusConflict || !strings.Contains(html.UnescapeString(body), locale.T(locale.FR, "papers.enough.text")) {
			t.Errorf("%s %s", resp.Status, title(body))
		}
	})
	t.Run("signed twice", func(t *testing.T) {
		resp, prepared := v.prepares("/fr/requests/"+id, me.card)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("prepare: %s %s", resp.Status, prepared)
		}
		_, late := v.prepares("/fr/requests/"+id, me.card)
		if resp, body := v.completes("/fr/requests/"+id, me.card, prepared); resp.StatusCode != http.StatusOK {
			t.Fatalf("complete: %s %s", resp.Status, body)
		}
		if resp, body := v.completes("/fr/requests/"+id, me.card, late); resp.StatusCode != http.StatusConflict {
			t.Errorf("the second preparation: %s %s", resp.Status, body)
		}
		if resp, body := v.prepares("/fr/requests/"+id, me.card); resp.StatusCode != http.StatusConflict {
			t.Errorf("preparing once more: %s %s", resp.Status, body)
		}
		if resp, _ := v.get("/fr/requests/" + id + "/sign"); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("the card page of a signed one: %s", resp.Status)
		}
	})
}

// A file that was exchanged in the store is not signed, and what was prepared of it is not
// completed; one that nobody signed is gone after a week.
func TestPaperSwappedAndExpired(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	v := w.at(me)
	one := v.paperTo(t, written(t, "accepted/reportlab.pdf"))
	two := v.paperTo(t, written(t, "accepted/cairo.pdf"))
	_, prepared := v.prepares("/fr/requests/"+one, me.card)
	_, err := w.db.ExecContext(t.Context(), `UPDATE requests SET pdf = (SELECT pdf FROM requests WHERE request = ?) WHERE request = ?`, two, one)
	ok(t, err)
	for what, resp := range map[string]func() (*http.Response, string){
		"prepare":  func() (*http.Response, string) { return v.prepares("/fr/requests/"+one, me.card) },
		"complete": func() (*http.Response, string) { return v.completes("/fr/requests/"+one, me.card, prepared) },
		"read":     func() (*http.Response, string) { return v.get("/fr/requests/" + one + "/document.pdf") },
	} {
		if resp, body := resp(); resp.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: %s %s", what, resp.Status, body)
		}
	}
	if list := v.wants("GET", "/fr/documents", nil, http.StatusOK); documentLink.MatchString(list) {
		t.Error("something came into the vault")
	}
	w.later(requests.PaperLife + time.Hour)
	ok(t, w.store.Sweep(t.Context(), w.now()))
	again := w.at(me)
	for _, id := range []string{one, two} {
		if resp, _ := again.get("/fr/requests/" + id + "/read"); resp.StatusCode != http.StatusNotFound {
			t.Errorf("after its time: %s", resp.Status)
		}
	}
}

// An advisor signs a file for the member whose file she has open; nobody else does.
func TestOfficerSignsAFileForAMember(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me, desk := w.members[0], w.desks[auth.Advisor]
	file := written(t, "accepted/typst.pdf")
	at := "/fr/office/files/" + w.opening(auth.Advisor, me) + "/paper"
	desk.wants("GET", strings.TrimSuffix(at, "/paper"), nil, http.StatusOK)
	for _, page := range []string{"/read", "/document.pdf", "/sign", "/done"} { // nothing there yet
		if resp, _ := desk.get(at + page); resp.Header.Get("Location") != at {
			t.Errorf("%s without a paper: %s to %s", page, resp.Status, resp.Header.Get("Location"))
		}
	}
	if resp, body := desk.sendsFile(at, lease, written(t, "refused/script.pdf")); resp.StatusCode != http.StatusUnprocessableEntity ||
		!strings.Contains(html.UnescapeString(body), locale.T(locale.FR, "papers.obstacle.active")) {
		t.Errorf("a file with scripts: %s %s", resp.Status, title(body))
	}
	if resp, _ := w.desks[auth.ContactPoint].get(at); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a colleague without the role: %s", resp.Status)
	}
	if resp, _ := w.desks["all"].sendsFile(at, lease, file); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a colleague in the officer's opening: %s", resp.Status)
	}
	if resp, body := desk.sendsFile(at, lease, file); resp.Header.Get("Location") != at+"/read" {
		t.Fatalf("sending: %s %s", resp.Status, title(body))
	}
	if page := desk.wants("GET", at+"/read", nil, http.StatusOK); !strings.Contains(page, "Mathieu Delcourt") || !strings.Contains(page, "Attestation de mon employeur") {
		t.Error("the page to read does not say whose and what")
	}
	if _, body := desk.get(at + "/document.pdf"); body != file {
		t.Errorf("the file to read has %d bytes of %d", len(body), len(file))
	}
	desk.wants("POST", at+"/read", url.Values{}, http.StatusUnprocessableEntity)
	desk.wants("POST", at+"/read", url.Values{"read": {"1"}}, http.StatusSeeOther)
	desk.wants("GET", at+"/sign", nil, http.StatusOK)
	if resp, body := desk.prepares(at, me.card); resp.StatusCode != 422 || !strings.Contains(body, requests.StateWrongPerson) {
		t.Errorf("the member's card: %s %s", resp.Status, body)
	}
	if resp, _ := w.desks["all"].prepares(at, w.staff["all"]); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a colleague prepares: %s", resp.Status)
	}
	if next := desk.signs(at, w.staff[auth.Advisor]); next != at+"/done" {
		t.Errorf("after the card: %s", next)
	}
	desk.wants("GET", at+"/done", nil, http.StatusOK)

	v := w.at(me)
	if list := v.wants("GET", "/fr/requests", nil, http.StatusOK); strings.Contains(list, "GC-20") {
		t.Error("it is a request of the member's")
	}
	found := documentLink.FindStringSubmatch(v.wants("GET", "/fr/documents", nil, http.StatusOK))
	if found == nil {
		t.Fatal("nothing in the vault")
	}
	page := v.wants("GET", "/fr/documents/"+found[1], nil, http.StatusOK)
	for _, want := range []string{"Inès Collard advisor", "Attestation de mon employeur", locale.T(locale.FR, "requests.kind.office-paper")} {
		if !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("the document's page does not hold %q", want)
		}
	}
	if strings.Contains(page, "/fr/requests/") {
		t.Error("the document's page leads to a request that the member does not have")
	}
	v.wants("GET", "/fr/documents/"+found[1]+"/report", nil, http.StatusOK)
	if _, signed := v.get("/fr/documents/" + found[1] + "/file.pdf"); !strings.HasPrefix(signed, file) {
		t.Error("the signed file does not begin with what was sent")
	}
	acts := map[audit.Action]int{}
	for _, e := range w.trail() {
		if e.Member == string(me.id) && e.Method == audit.Office {
			acts[e.Action]++
		}
	}
	for _, act := range []audit.Action{audit.OpenFile, audit.FreezeRequest, audit.ReadRequest, audit.PrepareRequest, audit.CompleteRequest, audit.SignRequest} {
		if acts[act] == 0 {
			t.Errorf("no row of %s by staff: %v", act, acts)
		}
	}
	w.later(31 * time.Minute)
	w.sitsDown(desk, auth.Advisor)
	if resp, _ := desk.get(at); resp.StatusCode != http.StatusForbidden {
		t.Errorf("after the opening: %s", resp.Status)
	}
}
