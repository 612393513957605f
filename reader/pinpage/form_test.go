package pinpage_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Only the page itself sends its form, with the token it was shown last, once.
func TestFormRefused(t *testing.T) {
	p := begin(t, login, 3)
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(p.open(t).HTML)[1]
	good := "token=" + token + "&pin=" + rightPIN + "&do=ok"
	self := "http://" + p.host
	const form = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		name   string
		header map[string]string
		body   string
		status int
	}{
		{"no origin", map[string]string{"Content-Type": form}, good, 403},
		{"origin null", map[string]string{"Content-Type": form, "Origin": "null"}, good, 403},
		{"the portal", map[string]string{"Content-Type": form, "Origin": counter}, good, 403},
		{"a stranger", map[string]string{"Content-Type": form, "Origin": "https://evil.example"}, good, 403},
		{"two origins", map[string]string{"Content-Type": form, "Origin": self + "\n" + counter}, good, 403},
		{"cross-site by fetch metadata", map[string]string{"Content-Type": form, "Origin": self, "Sec-Fetch-Site": "cross-site"}, good, 403},
		{"same-site by fetch metadata", map[string]string{"Content-Type": form, "Origin": self, "Sec-Fetch-Site": "same-site"}, good, 403},
		{"JSON", map[string]string{"Content-Type": "application/json", "Origin": self}, good, 400},
		{"too long", map[string]string{"Content-Type": form, "Origin": self}, good + strings.Repeat("0", 300), 400},
		{"unknown field", map[string]string{"Content-Type": form, "Origin": self}, good + "&x=1", 400},
		{"two PINs", map[string]string{"Content-Type": form, "Origin": self}, good + "&pin=9999", 400},
		{"no PIN field", map[string]string{"Content-Type": form, "Origin": self}, "token=" + token + "&do=ok", 400},
		{"empty", map[string]string{"Content-Type": form, "Origin": self}, "", 400},
		{"another token", map[string]string{"Content-Type": form, "Origin": self}, strings.Replace(good, token, strings.Repeat("A", 43), 1), 200},
		{"empty token", map[string]string{"Content-Type": form, "Origin": self}, strings.Replace(good, token, "", 1), 200},
		{"token of a page shown before", map[string]string{"Content-Type": form, "Origin": self}, good, 200},
	} {
		res, body := send(t, "POST", p.url, test.body, test.header)
		if res.StatusCode != test.status || strings.Contains(body, rightPIN) {
			t.Errorf("%s: status %d, want %d", test.name, res.StatusCode, test.status)
		}
	}
	if res, _ := send(t, "POST", self+"/pin/"+strings.Repeat("A", 43), good, map[string]string{"Content-Type": form, "Origin": self}); res.StatusCode != 404 {
		t.Errorf("another address: status %d", res.StatusCode)
	}
	p.waits(t)
	if p.left() != 3 {
		t.Errorf("%d tries left, want 3: no refused form may cost one", p.left())
	}
}

// Before the page was ever shown there is no token, and an empty one is not it.
func TestFormBeforeThePage(t *testing.T) {
	p := begin(t, login, 3)
	res, _ := send(t, "POST", p.url, "token=&pin="+rightPIN+"&do=ok", map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://" + p.host})
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
	p.waits(t)
}

// What cannot be a PIN stays on the page and costs no try.
func TestPINOfWrongForm(t *testing.T) {
	p := begin(t, login, 3)
	page := p.open(t)
	var err error
	for _, typed := range []string{"", "123", "1234567890123", "12 34", "abcd", "１２３４", "-123", "12.4", "1234\n", strings.Repeat("1", 60)} {
		page, err = page.Submit(t.Context(), typed)
		if err != nil {
			t.Fatalf("Submit(%q) = %v", typed, err)
		}
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Error, "No try was counted") || !strings.HasPrefix(page.Title, "Error:") || !page.Asks {
			t.Errorf("Submit(%q): status %d, error %q, title %q", typed, page.Status, page.Error, page.Title)
		}
		if typed != "" && strings.Contains(page.HTML, `value="`+typed) {
			t.Errorf("Submit(%q): the page repeats it", typed)
		}
	}
	if page, err = page.Submit(t.Context(), rightPIN); err != nil || page.Asks || page.Title != "Done - Card reader" {
		t.Errorf("after the right PIN: %+v, %v", page, err)
	}
	if err := p.end(t); err != nil || p.left() != 3 {
		t.Errorf("ended with %v, %d tries left", err, p.left())
	}
}
