package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"guichet.example/portal/locale"
	"guichet.example/portal/store/storetest"
)

// What could act where an officer opens it is not kept, and the member reads what to do.
func TestAttachedFilesThatActAreRefused(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	v := w.at(w.members[0])
	resp, _ := v.get("/fr/requests/contact")
	_, draft, _ := strings.Cut(resp.Header.Get("Location"), "?draft=")
	at := "?draft=" + draft
	v.wants("POST", "/fr/requests/contact"+at, url.Values{"draft": {draft}, "subject": {"other"}, "reply": {"letter"}}, http.StatusSeeOther)
	v.wants("POST", "/fr/requests/contact/words"+at, url.Values{"draft": {draft}, "subject": {"other"}, "title": {"Question"}, "text": {"Une question."}}, http.StatusSeeOther)
	sends := func(l locale.Language, file string) (int, string) {
		resp, body := v.uploadsTo("/"+string(l)+"/requests/contact/files", url.Values{"draft": {draft}}, file)
		return resp.StatusCode, html.UnescapeString(body)
	}
	for key, file := range map[string]string{
		"acting": written(t, "refused/script.pdf"),
		"locked": written(t, "refused/encrypted.pdf"),
		"media":  "%PDF-1.7\n1 0 obj <</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>\nstream\nx\nendstream endobj\n%%EOF",
	} {
		for _, l := range locale.Languages() {
			status, body := sends(l, file)
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, locale.T(l, "messages.file.error."+key)) || !locale.Has("requests.answer.error."+key) {
				t.Errorf("%s in %s: %d %s", key, l, status, title(body))
			}
		}
	}
	if status, body := sends(locale.FR, written(t, "accepted/pikepdf-attachment.pdf")); status != http.StatusUnprocessableEntity {
		t.Errorf("a PDF with a file inside: %d %s", status, title(body))
	}
	if body := v.wants("GET", "/fr/requests/contact/files"+at, nil, http.StatusOK); strings.Contains(body, "/requests/contact/remove") {
		t.Error("a refused file was kept")
	}
	// What members have: a page of another program, and a document of ours with its data.
	own := w.paper(w.members[0]).pdf
	for name, file := range map[string]string{"another program's": written(t, "accepted/cairo.pdf"), "one of ours, with its data inside": own} {
		if status, body := sends(locale.FR, file); status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", name, status, title(body))
		}
	}
}
