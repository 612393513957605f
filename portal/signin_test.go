package portal_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/portal"
)

// problem is what the card page gets when it is refused.
type problem struct{ State, Text, Code string }

func TestSignInRefused(t *testing.T) {
	expired, unknown := mathieu, mathieu
	expired.NotBefore, expired.NotAfter = time.Now().AddDate(-5, 0, 0), time.Now().AddDate(0, 0, -3)
	unknown.NationalNumber, unknown.Surname = "72022911853", "Vermeulen"
	for name, test := range map[string]struct {
		person certstest.Person
		spoil  func(t *testing.T, c *counter, card *certstest.Card)
		state  string
		status int
	}{
		"expired":  {expired, nil, "cert_expired", http.StatusForbidden},
		"stranger": {unknown, nil, "unknown_member", http.StatusForbidden},
		"revoked": {mathieu, func(t *testing.T, c *counter, card *certstest.Card) {
			ok(t, c.pki.Revoke(card.Authentication.Certificate, time.Now().Add(-time.Hour), 1))
		}, "cert_revoked", http.StatusForbidden},
		"suspended": {mathieu, func(t *testing.T, c *counter, card *certstest.Card) {
			ok(t, c.pki.Revoke(card.Authentication.Certificate, time.Now().Add(-time.Hour), 6))
		}, "cert_suspended", http.StatusForbidden},
		"OCSP down": {mathieu, func(t *testing.T, c *counter, _ *certstest.Card) {
			ok(t, c.pki.Control().Set(certstest.OCSP, certstest.Down))
		}, "status_unknown", http.StatusServiceUnavailable},
		"OCSP says unknown": {mathieu, func(t *testing.T, c *counter, _ *certstest.Card) {
			ok(t, c.pki.Control().Set(certstest.OCSP, certstest.Unknown))
		}, "status_unknown", http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			card, err := c.pki.Issue(test.person)
			ok(t, err)
			if test.spoil != nil {
				test.spoil(t, c, card)
			}
			v := c.visitor(t)
			resp, body := v.signIn(card)
			var got problem
			ok(t, json.Unmarshal([]byte(body), &got))
			if resp.StatusCode != test.status || got.State != test.state {
				t.Errorf("%s %s, want %d %s", resp.Status, got.State, test.status, test.state)
			}
			if got.Text == "" || strings.Contains(got.Text, "{") || strings.HasPrefix(got.Text, "card.") || got.Code == "" {
				t.Errorf("the member reads %q, code %q", got.Text, got.Code)
			}
			if v.cookies["__Host-session"] != "" {
				t.Error("a session began")
			}
			if !strings.Contains(c.log.String(), got.Code) {
				t.Error("the code is not in the log")
			}
		})
	}
}

func TestChallengeEnds(t *testing.T) {
	c := open(t)
	v := c.visitor(t)
	nonce := v.challenge()
	c.later(5*time.Minute + time.Second)
	resp, body := v.post("/fr/sign-in/card", "application/json", token(t, c.card, origin, nonce))
	if resp.StatusCode != http.StatusConflict || !strings.Contains(body, `"timeout"`) {
		t.Errorf("after five minutes: %s %s", resp.Status, body)
	}
}

// When the store is gone the page is plain, has a reference that is in the log, and
// tells nothing of what stands behind.
func TestFailurePage(t *testing.T) {
	c := open(t)
	v := c.visitor(t).in()
	ok(t, c.store.Close())
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		resp, body := v.get("/" + lang + "/account")
		if resp.StatusCode != http.StatusInternalServerError {
			t.Fatalf("%s: %s", lang, resp.Status)
		}
		reference := regexp.MustCompile(`<strong>([0-9A-Z]{4}-[0-9A-Z]{4})</strong>`).FindStringSubmatch(body)
		if reference == nil || !strings.Contains(c.log.String(), reference[1]) {
			t.Errorf("%s: no reference that the log knows", lang)
		}
		for _, leak := range []string{"store", "closed", ".go", "sql", "Delcourt"} {
			if strings.Contains(body, leak) {
				t.Errorf("%s: the page holds %q", lang, leak)
			}
		}
	}
	if resp, _ := v.get("/readyz"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz: %s", resp.Status)
	}
	if resp, _ := v.get("/healthz"); resp.StatusCode != http.StatusOK {
		t.Errorf("healthz: %s", resp.Status)
	}
}

// TestNotReady: what else the counter cannot do without keeps load balancers away while it is
// missing, and nobody from the pages there are.
func TestNotReady(t *testing.T) {
	missing := errors.New("no such bucket: guichet")
	c := open(t, func(cfg *portal.Config) { cfg.Ready = func() error { return missing } })
	v := c.visitor(t)
	if resp, body := v.get("/readyz"); resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "bucket") || resp.Header.Get("Retry-After") == "" {
		t.Errorf("readyz while it is missing: %s %q", resp.Status, body)
	}
	for _, path := range []string{"/healthz", "/fr/sign-in"} {
		if resp, _ := v.get(path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s while it is missing: %s", path, resp.Status)
		}
	}
	if !strings.Contains(c.log.String(), missing.Error()) {
		t.Error("the log does not say why")
	}
	missing = nil
	if resp, _ := v.get("/readyz"); resp.StatusCode != http.StatusOK {
		t.Errorf("readyz: %s", resp.Status)
	}
}

// Every page of a member in every language: a title of its own, the right lang, no
// text left out.
func TestPagesSpeakEachLanguage(t *testing.T) {
	c := open(t)
	v := c.visitor(t).in()
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		titles := map[string]string{}
		for _, r := range c.Routes() {
			if r.Method != http.MethodGet || strings.Contains(r.Path, ":") || r.Path == "sign-in" {
				continue
			}
			resp, body := v.get("/" + lang + "/" + r.Path)
			if resp.StatusCode == http.StatusSeeOther || slices.Contains([]string{".pdf", ".csv"}, filepath.Ext(r.Path)) || r.Path == "refunds/receipt" { // of nothing
				continue
			}
			if resp.StatusCode != http.StatusOK || !strings.Contains(body, `<html lang="`+lang+`"`) {
				t.Errorf("%s/%s: %s", lang, r.Path, resp.Status)
			}
			if other, taken := titles[title(body)]; taken {
				t.Errorf("%s: %s and %s have one title, %q", lang, r.Path, other, title(body))
			}
			titles[title(body)] = r.Path
			if strings.Count(body, "<h1") != 1 {
				t.Errorf("%s/%s has %d h1", lang, r.Path, strings.Count(body, "<h1"))
			}
			if strings.Contains(body, mathieu.NationalNumber) || strings.Contains(body, "85.07.30") || strings.Contains(body, "BE48001123456727") {
				t.Errorf("%s/%s shows a number in full", lang, r.Path)
			}
		}
	}
}
