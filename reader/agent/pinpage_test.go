package agent_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"guichet.example/reader"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
)

// What the page itself does is tested where it is, in package pinpage; here, that it is
// reached through the agent's port and told what the agent knows.

// pinURL is where the last PIN page that the page heard of is.
func (p *page) pinURL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.seen) - 1; i >= 0; i-- {
		if p.seen[i].PINURL != "" {
			return p.seen[i].PINURL
		}
	}
	return ""
}

// atPIN starts an agent with an operation that waits at its PIN page.
func atPIN(t *testing.T, d *desk) (*started, *page, <-chan error) {
	t.Helper()
	a := start(t, d)
	p := a.page("")
	end := p.waiting(t)
	return a, p, end
}

var address = regexp.MustCompile(`^/pin/[A-Za-z0-9_-]{43}$`)

// The page is on the agent's own port, under the name by which the site called it.
func TestPINPageAddress(t *testing.T) {
	a, p, _ := atPIN(t, newDesk(newCard("ec")))
	path, ok := strings.CutPrefix(p.pinURL(), a.URL())
	if !ok || !address.MatchString(path) {
		t.Errorf("address %s, want one below %s", p.pinURL(), a.URL())
	}
	res, body := ask(t, "GET", p.pinURL(), "", map[string]string{"Sec-Fetch-Dest": "document"})
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "<form") || res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("status %d: %s", res.StatusCode, body)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(a.URL(), "http://"), ":")
	for _, host := range []string{"127.0.0.1:", "[::1]:"} {
		if res, _ := ask(t, "GET", "http://"+host+port+path, "", nil); res.StatusCode != http.StatusOK {
			t.Errorf("at %s: status %d", host, res.StatusCode)
		}
	}
	for path, kind := range map[string]string{"/pin.css": "text/css; charset=utf-8", "/pin.js": "text/javascript; charset=utf-8"} {
		if res, _ := ask(t, "GET", a.URL()+path, "", nil); res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
}

// The address serves until the next operation, and only to say how this one ended.
func TestPINPageAfterwards(t *testing.T) {
	d := newDesk(newCard("ec"))
	a, p, end := atPIN(t, d)
	first := p.pinURL()
	page, err := p.OpenPIN(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Submit(t.Context(), rightPIN); err != nil {
		t.Fatal(err)
	}
	<-end
	again, err := p.OpenPIN(t.Context(), first)
	if err != nil || again.Asks || !strings.Contains(again.HTML, "You may close this window") {
		t.Errorf("opened again: %+v, %v", again, err)
	}
	if again, err := page.Submit(t.Context(), rightPIN); err != nil || again.Asks {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	if _, err := a.page(rightPIN).Authenticate(t.Context(), nonce); err != nil {
		t.Fatal(err)
	}
	if gone, err := p.OpenPIN(t.Context(), first); err == nil || gone.Status != http.StatusNotFound || gone.Asks {
		t.Errorf("after the next operation: %+v, %v", gone, err)
	}
}

// The page names who asks and what for, in the language asked for.
func TestPINPageNamesSiteAndPurpose(t *testing.T) {
	a := start(t, newDesk(newCard("rsa")))
	certificate, err := a.page("").SigningCertificate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hash := []byte("\x3f\x2a\x91\xc0\x7b\x44\x12\xee and 24 bytes of other matter"[:32])
	for _, lang := range []string{"fr", "nl", "de", "en"} {
		var login, signing *agenttest.PINPage
		p := a.page("")
		p.Lang, p.Origin = lang, otherSite
		p.PIN = func(_ context.Context, page *agenttest.PINPage) (string, error) { login = page; return rightPIN, nil }
		if _, err := p.Authenticate(t.Context(), nonce); err != nil {
			t.Fatal(err)
		}
		p.PIN = func(_ context.Context, page *agenttest.PINPage) (string, error) { signing = page; return rightPIN, nil }
		if _, err := p.Sign(t.Context(), api.SignRequest{Certificate: certificate.Certificate, Hash: base64Of(hash), HashFunction: "SHA-256"}); err != nil {
			t.Fatal(err)
		}
		if login.Lang != lang || login.Site != otherSite || login.Digest != "" {
			t.Errorf("%s: login page in %s for %s", lang, login.Lang, login.Site)
		}
		if signing.Lang != lang || signing.Site != otherSite || signing.Digest != "3F2A 91C0 7B44 12EE" || login.Title == signing.Title {
			t.Errorf("%s: signing page %q in %s for %s of %s", lang, signing.Title, signing.Lang, signing.Site, signing.Digest)
		}
	}
}

// Where the site names no language the browser's counts, then the agent's.
func TestPINPageLanguage(t *testing.T) {
	a, p, _ := atPIN(t, newDesk(newCard("ec")))
	p.Lang = ""
	_ = p.Cancel(t.Context())
	free(t, a)
	p.waiting(t)
	if page, err := p.OpenPIN(t.Context(), p.pinURL()); err != nil || page.Lang != "en" {
		t.Errorf("the page is in %s, %v; want the agent's language", page.Lang, err)
	}
}

// The page says how each operation ended, in words of its own.
func TestPINPageTellsTheEnd(t *testing.T) {
	d := newDesk(newCard("ec"))
	_, p, end := atPIN(t, d)
	page, err := p.OpenPIN(t.Context(), p.pinURL())
	if err != nil {
		t.Fatal(err)
	}
	d.put(nil, reader.ErrNoCard)
	<-end
	page, err = page.Submit(t.Context(), rightPIN)
	if err != nil || page.Asks || !strings.Contains(page.HTML, "The card is no longer in the reader. Nothing was sent.") {
		t.Errorf("after the card went: %+v, %v", page, err)
	}
}

// The PIN is in no log, no event, no answer, no address; nor are nonce and number.
func TestSecretsStayIn(t *testing.T) {
	const secret = "824613"
	c := newCard("ec")
	a := start(t, newDesk(c))
	p := a.page("")
	var pages []string
	p.PIN = func(_ context.Context, page *agenttest.PINPage) (string, error) {
		pages = append(pages, page.HTML)
		if len(pages) > 1 {
			return rightPIN, nil
		}
		return secret, nil
	}
	token, err := p.Authenticate(t.Context(), nonce)
	if err != nil {
		t.Fatal(err)
	}
	everything := a.logged() + strings.Join(pages, "") + string(token)
	p.mu.Lock()
	for _, e := range p.seen {
		everything += string(e.State) + e.PINURL
	}
	p.mu.Unlock()
	if strings.Contains(everything, secret) {
		t.Error("the PIN got out")
	}
	for _, kept := range []string{nonce, url.QueryEscape(nonce), "72022911853", "Peeters", p.pinURL()} {
		if strings.Contains(a.logged(), kept) {
			t.Errorf("%q is in the log: %s", kept, a.logged())
		}
	}
	if !strings.Contains(a.logged(), `"state":"done"`) || !strings.Contains(a.logged(), counter) {
		t.Errorf("the log does not say what happened: %s", a.logged())
	}
}
