package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/portal/store/storetest"
)

// Statements on paper are stopped by a request that is read and signed like any other; what
// is so already, and a second while one waits, is not asked.
func TestStatementsOnPaper(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	v := w.at(w.members[0])
	const path = "/en/refunds/statements"
	_, body := v.get(path)
	action, values := formOf(t, body, "/refunds/statements")
	if !strings.Contains(body, "The last ten statements are here.") || values["paper"] != nil {
		t.Errorf("from the start: %s", title(body))
	}
	asked := func(what string, values url.Values) string {
		t.Helper()
		resp, text := v.post(action, form, values.Encode())
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s %s", what, resp.Status, title(text))
		}
		return resp.Header.Get("Location")
	}
	again := url.Values{"key": values["key"], "paper": {"1"}}
	if to := asked("paper, which she has", again); to != path {
		t.Errorf("paper, which she has: leads to %s", to)
	}
	read := asked("stop", url.Values(values))
	if !strings.HasPrefix(read, "/en/requests/") || !strings.HasSuffix(read, "/read") {
		t.Fatalf("stop: leads to %s", read)
	}
	if _, text := v.get(read); !strings.Contains(text, "to send me no more statements by post") {
		t.Errorf("to be read: %s", title(text))
	}
	if to := asked("stop, twice", url.Values(values)); to != path {
		t.Errorf("stop, while it waits: leads to %s", to)
	}
	_, body = v.get(path)
	if !strings.Contains(body, strings.TrimSuffix(read, "/read")) || strings.Contains(body, `action="`+path+`"`) {
		t.Error("the request that waits is not shown in place of the button")
	}
	if resp, _ := w.at(w.members[1]).get(read); resp.StatusCode != http.StatusNotFound {
		t.Errorf("another's request: %s", resp.Status)
	}
}
