package portal_test

import (
	"net/http"
	"testing"
)

// Addresses as people shorten them lead to the first page, not to "page not found".
func TestShortAddresses(t *testing.T) {
	v := open(t).visitor(t)
	for address, want := range map[string]string{
		"/": "/fr/home", "/fr": "/fr/home", "/nl/": "/nl/home", "/de": "/de/home",
	} {
		resp, _ := v.get(address)
		if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || got != want {
			t.Errorf("GET %s = %s to %q, want 303 to %q", address, resp.Status, got, want)
		}
	}
	if resp, _ := v.get("/xx"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("GET /xx = %s, want 404", resp.Status)
	}
}
