package agent_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
)

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

var address = regexp.MustCompile(`^http://localhost:\d+/pin/[A-Za-z0-9_-]{43}$`)

func TestPINPageHeaders(t *testing.T) {
	_, p, _ := atPIN(t, newDesk(newCard("ec")))
	if !address.MatchString(p.pinURL()) {
		t.Errorf("address %s, want 256 random bits", p.pinURL())
	}
	res, body := ask(t, "GET", p.pinURL(), "", map[string]string{"Sec-Fetch-Dest": "document"})
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; " +
			"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
		"Access-Control-Allow-Origin": "", "Set-Cookie": "",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if strings.Contains(body, "<style") || strings.Contains(body, " style=") || strings.Contains(body, "onclick") || strings.Contains(body, "https://") {
		t.Error("the page has inline style or script, or names another host")
	}
}

// What is not a page of its own at the top of a window does not get the form.
func TestPINPageRefusesFrames(t *testing.T) {
	_, p, _ := atPIN(t, newDesk(newCard("ec")))
	for _, dest := range []string{"iframe", "frame", "embed", "object", "fencedframe", "empty", "script", "image"} {
		res, body := ask(t, "GET", p.pinURL(), "", map[string]string{"Sec-Fetch-Dest": dest})
		if res.StatusCode != http.StatusForbidden || strings.Contains(body, "<form") {
			t.Errorf("Sec-Fetch-Dest %s: status %d", dest, res.StatusCode)
		}
	}
}

// Only the page itself sends its form, with the token it was shown last, once.
func TestPINFormRefused(t *testing.T) {
	c := newCard("ec")
	a, p, end := atPIN(t, newDesk(c))
	page, err := p.OpenPIN(t.Context(), p.pinURL())
	if err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page.HTML)[1]
	good := "token=" + token + "&pin=" + rightPIN + "&do=ok"
	form := "application/x-www-form-urlencoded"
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
		{"two origins", map[string]string{"Content-Type": form, "Origin": a.URL() + "\n" + counter}, good, 403},
		{"cross-site by fetch metadata", map[string]string{"Content-Type": form, "Origin": a.URL(), "Sec-Fetch-Site": "cross-site"}, good, 403},
		{"same-site by fetch metadata", map[string]string{"Content-Type": form, "Origin": a.URL(), "Sec-Fetch-Site": "same-site"}, good, 403},
		{"JSON", map[string]string{"Content-Type": "application/json", "Origin": a.URL()}, good, 400},
		{"too long", map[string]string{"Content-Type": form, "Origin": a.URL()}, good + strings.Repeat("0", 300), 400},
		{"unknown field", map[string]string{"Content-Type": form, "Origin": a.URL()}, good + "&x=1", 400},
		{"two PINs", map[string]string{"Content-Type": form, "Origin": a.URL()}, good + "&pin=9999", 400},
		{"no PIN field", map[string]string{"Content-Type": form, "Origin": a.URL()}, "token=" + token + "&do=ok", 400},
		{"empty", map[string]string{"Content-Type": form, "Origin": a.URL()}, "", 400},
		{"another token", map[string]string{"Content-Type": form, "Origin": a.URL()}, strings.Replace(good, token, strings.Repeat("A", 43), 1), 200},
		{"empty token", map[string]string{"Content-Type": form, "Origin": a.URL()}, strings.Replace(good, token, "", 1), 200},
		{"token of a page shown before", map[string]string{"Content-Type": form, "Origin": a.URL()}, good, 200},
	} {
		res, body := ask(t, "POST", p.pinURL(), test.body, test.header)
		if res.StatusCode != test.status || strings.Contains(body, rightPIN) {
			t.Errorf("%s: status %d, want %d", test.name, res.StatusCode, test.status)
		}
	}
	if res, _ := ask(t, "POST", a.URL()+"/pin/"+strings.Repeat("A", 43), good, map[string]string{"Content-Type": form, "Origin": a.URL()}); res.StatusCode != 404 {
		t.Errorf("another address: status %d", res.StatusCode)
	}
	select {
	case err := <-end:
		t.Fatalf("the operation ended with %v", err)
	default:
	}
	if c.left() != 3 {
		t.Errorf("%d tries left, want 3: no refused form may cost one", c.left())
	}
}

// Before the page was ever shown there is no token, and an empty one is not it.
func TestPINFormBeforeThePage(t *testing.T) {
	c := newCard("ec")
	a, p, end := atPIN(t, newDesk(c))
	res, _ := ask(t, "POST", p.pinURL(), "token=&pin="+rightPIN+"&do=ok", map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Origin": a.URL()})
	select {
	case err := <-end:
		t.Errorf("status %d, and the operation ended with %v", res.StatusCode, err)
	case <-time.After(100 * time.Millisecond):
	}
}

// What cannot be a PIN stays on the page and costs no try.
func TestPINOfWrongForm(t *testing.T) {
	c := newCard("ec")
	_, p, end := atPIN(t, newDesk(c))
	page, err := p.OpenPIN(t.Context(), p.pinURL())
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"", "123", "1234567890123", "12 34", "abcd", "１２３４", "-123", "12.4", "1234\n", strings.Repeat("1", 60)} {
		page, err = page.Submit(t.Context(), typed)
		if err != nil {
			t.Fatalf("Submit(%q) = %v", typed, err)
		}
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Error, "No try was used") || !strings.HasPrefix(page.Title, "Error:") || !page.Asks {
			t.Errorf("Submit(%q): status %d, error %q, title %q", typed, page.Status, page.Error, page.Title)
		}
		if typed != "" && strings.Contains(page.HTML, `value="`+typed) {
			t.Errorf("Submit(%q): the page repeats it", typed)
		}
	}
	if page, err = page.Submit(t.Context(), rightPIN); err != nil || page.Asks || page.Title != "Done - Card reader" {
		t.Errorf("after the right PIN: %+v, %v", page, err)
	}
	if err := <-end; err != nil || c.left() != 3 {
		t.Errorf("ended with %v, %d tries left", err, c.left())
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
	for lang, words := range map[string]struct{ login, sign, button string }{
		"fr": {"Prouver qui vous êtes. Vous ne signez rien.", "Signer ce document", "M’identifier"},
		"nl": {"Bewijzen wie u bent. U ondertekent niets.", "Dit document ondertekenen", "Aanmelden"},
		"de": {"Zeigen, wer Sie sind. Sie unterschreiben nichts.", "Dieses Dokument unterschreiben", "Ausweisen"},
		"en": {"Prove who you are. You are not signing anything.", "Sign this document", "Prove who I am"},
	} {
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
		if login.Lang != lang || login.Site != otherSite || login.Digest != "" || !strings.Contains(login.HTML, words.login) || !strings.Contains(login.HTML, words.button) {
			t.Errorf("%s: login page in %s for %s: %s", lang, login.Lang, login.Site, login.HTML)
		}
		if signing.Lang != lang || signing.Site != otherSite || signing.Digest != "3F2A 91C0 7B44 12EE" || !strings.Contains(signing.HTML, words.sign) {
			t.Errorf("%s: signing page in %s for %s of %s", lang, signing.Lang, signing.Site, signing.Digest)
		}
		if login.Title == signing.Title {
			t.Errorf("%s: both pages are called %q", lang, login.Title)
		}
	}
}

// Before the last try the page warns, also when the operation begins with it.
func TestPINPageWarnsBeforeTheLastTry(t *testing.T) {
	c := newCard("ec")
	c.tries = 1
	p := start(t, newDesk(c)).page("")
	p.PIN = func(_ context.Context, page *agenttest.PINPage) (string, error) {
		if page.Error != "" || !strings.Contains(page.HTML, "You have 1 try left: one more mistake blocks the card. You can stop here.") {
			t.Errorf("no warning: %s", page.HTML)
		}
		return "", agenttest.ErrPressCancel
	}
	ends(t, p, api.UserCancelled, api.Cancelled, -1)
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

// Closing the page is giving up; loading it again is not.
func TestPINPageClosed(t *testing.T) {
	_, p, end := atPIN(t, newDesk(newCard("ec")))
	watch := func() context.CancelFunc {
		ctx, cancel := context.WithCancel(t.Context())
		req, _ := http.NewRequestWithContext(ctx, "GET", p.pinURL()+"/alive", nil)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("alive: %v", err)
		}
		return func() { cancel(); res.Body.Close() }
	}
	leave := watch()
	leave()
	leave = watch() // came back within the grace
	select {
	case err := <-end:
		t.Fatalf("loading the page again ended it with %v", err)
	case <-time.After(3500 * time.Millisecond):
	}
	leave()
	wantEnd(t, end, api.UserCancelled, api.Cancelled)
}

func TestAliveRefused(t *testing.T) {
	a, p, _ := atPIN(t, newDesk(newCard("ec")))
	if res, _ := ask(t, "GET", a.URL()+"/pin/"+strings.Repeat("A", 43)+"/alive", "", nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("another address: status %d", res.StatusCode)
	}
	if res, _ := ask(t, "GET", p.pinURL()+"/alive", "", map[string]string{"Sec-Fetch-Site": "cross-site"}); res.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: status %d", res.StatusCode)
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
