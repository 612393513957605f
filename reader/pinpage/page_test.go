package pinpage_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/pinpage"
)

var address = regexp.MustCompile(`^http://127\.0\.0\.1:\d+/pin/[A-Za-z0-9_-]{43}$`)

func TestHeaders(t *testing.T) {
	p := begin(t, login, 3)
	if !address.MatchString(p.url) {
		t.Errorf("address %s, want 256 random bits", p.url)
	}
	res, body := send(t, "GET", p.url, "", map[string]string{"Sec-Fetch-Dest": "document"})
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
	if !res.Close {
		t.Error("the connection stays open for a second request")
	}
	if strings.Contains(body, "<style") || strings.Contains(body, " style=") || strings.Contains(body, "onclick") || strings.Contains(body, "https://") {
		t.Error("the page has inline style or script, or names another host")
	}
}

// What is not a page of its own at the top of a window does not get the form.
func TestRefusesFrames(t *testing.T) {
	p := begin(t, login, 3)
	for _, dest := range []string{"iframe", "frame", "embed", "object", "fencedframe", "empty", "script", "image"} {
		res, body := send(t, "GET", p.url, "", map[string]string{"Sec-Fetch-Dest": dest})
		if res.StatusCode != http.StatusForbidden || strings.Contains(body, "<form") {
			t.Errorf("Sec-Fetch-Dest %s: status %d", dest, res.StatusCode)
		}
	}
}

// A name that an attacker points at 127.0.0.1 arrives as Host: it gets nothing, and so
// does the right name with the port of another program.
func TestHostRefused(t *testing.T) {
	p := begin(t, login, 3)
	_, port, _ := net.SplitHostPort(p.host)
	for _, host := range []string{"evil.example", "evil.example:" + port, "localhost", "localhost:1", "127.0.0.1", "127.0.0.2:" + port,
		"[::1]:" + port, "LOCALHOST:" + port, "localhost.:" + port, "0.0.0.0:" + port} {
		for _, path := range []string{p.url, p.url + "/alive", "http://" + p.host + "/pin.css", "http://" + p.host + "/"} {
			for _, method := range []string{"GET", "POST"} {
				res, body := send(t, method, path, "", map[string]string{"Host": host})
				if res.StatusCode != http.StatusMisdirectedRequest || strings.Contains(body, "<form") {
					t.Errorf("Host %s: %s = %d", host, method, res.StatusCode)
				}
			}
		}
	}
	for _, host := range []string{"localhost:" + port, "127.0.0.1:" + port} {
		if res, _ := send(t, "GET", p.url, "", map[string]string{"Host": host}); res.StatusCode != http.StatusOK {
			t.Errorf("Host %s: status %d", host, res.StatusCode)
		}
	}
}

// A wrong PIN is told on the page itself, with what is left, until the card blocks.
func TestWrongPIN(t *testing.T) {
	p := begin(t, login, 3)
	page := p.open(t)
	var err error
	for _, says := range []string{"2 tries left", "1 try left: one more mistake blocks the card"} {
		if page, err = page.Submit(t.Context(), "0000"); err != nil || !page.Asks || !strings.Contains(page.Error, says) || page.Status != 422 {
			t.Errorf("%+v, %v; want %q", page, err, says)
		}
	}
	if page, err = page.Submit(t.Context(), "0000"); err != nil || page.Asks || !strings.Contains(page.HTML, "PIN blocked after 3 mistakes") {
		t.Errorf("the third time: %+v, %v", page, err)
	}
	if err := p.end(t); !errors.Is(err, reader.ErrPINBlocked) {
		t.Errorf("ended with %v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	want := []told{{api.PINPage, 3, p.url}, {api.Checking, -1, ""}, {api.PINWrong, 2, p.url}, {api.Checking, -1, ""}, {api.PINWrong, 1, p.url}, {api.Checking, -1, ""}}
	if len(p.states) != len(want) {
		t.Fatalf("told %v, want %v", p.states, want)
	}
	for i := range want {
		if p.states[i] != want[i] {
			t.Errorf("told %v, want %v", p.states[i], want[i])
		}
	}
}

// The address tells how the operation ended, until another has been asked for.
func TestAfterwards(t *testing.T) {
	p := begin(t, login, 3)
	page := p.open(t)
	if _, err := page.Submit(t.Context(), rightPIN); err != nil {
		t.Fatal(err)
	}
	if err := p.end(t); err != nil {
		t.Fatal(err)
	}
	again := p.open(t)
	if again.Asks || !strings.Contains(again.HTML, "You may close this window") {
		t.Errorf("opened again: %+v", again)
	}
	if again, err := page.Submit(t.Context(), rightPIN); err != nil || again.Asks || again.Title != "Done - Card reader" {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	if _, body := send(t, "GET", p.url+"/alive", "", nil); !strings.Contains(body, "event: ended") {
		t.Errorf("a page that waits hears %q", body)
	}
	next := ask(t, p.server, p.host, login, 3)
	if _, err := next.open(t).Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := next.end(t); !errors.Is(err, reader.ErrCancelled) {
		t.Errorf("Cancel ended it with %v", err)
	}
	if gone, err := p.client.OpenPIN(t.Context(), p.url); err == nil || gone.Status != http.StatusNotFound || gone.Asks {
		t.Errorf("after the next operation: %+v, %v", gone, err)
	}
}

// The process that follows tells the ending of an operation of the one before, at the
// same address, and opens nothing.
func TestRemember(t *testing.T) {
	p := begin(t, pinpage.Operation{Purpose: certs.Signature, Site: otherSite, Digest: "3F2A 91C0 7B44 12EE", Lang: "nl"}, 3)
	page := p.open(t)
	p.cancel(reader.ErrCardRemoved)
	if err := p.end(t); !errors.Is(err, reader.ErrCardRemoved) {
		t.Fatalf("ended with %v", err)
	}
	want := pinpage.EndingAt(p.url, pinpage.Operation{Purpose: certs.Signature, Site: otherSite, Digest: "3F2A 91C0 7B44 12EE", Lang: "nl"}, reader.ErrCardRemoved)
	if got := p.End(nil); got != want {
		t.Errorf("End = %+v, want what EndingAt makes of it, %+v", got, want)
	}
	next := pinpage.New(pinpage.Config{})
	host, err := next.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer next.Shutdown(t.Context())
	next.Remember(want)
	url := "http://" + host + page.URL[strings.Index(page.URL, "/pin/"):]
	told, err := p.client.OpenPIN(t.Context(), url)
	if err != nil || told.Asks || told.Lang != "nl" || told.Site != otherSite || told.Digest != "3F2A 91C0 7B44 12EE" || !strings.Contains(told.HTML, "De kaart zit niet meer in de lezer") {
		t.Errorf("the next process says %+v, %v", told, err)
	}
	page.URL = url
	if again, err := page.Submit(t.Context(), rightPIN); err != nil || again.Asks {
		t.Errorf("the form sent to the next process: %+v, %v", again, err)
	}
	if res, body := send(t, "GET", url+"/alive", "", nil); res.StatusCode != http.StatusOK || !strings.Contains(body, "event: ended") {
		t.Errorf("a page that waits hears %d %q", res.StatusCode, body)
	}
	if none := pinpage.EndingAt("", login, nil); none.ID != "" {
		t.Errorf("an operation without page has an ending at %q", none.ID)
	}
	next.Remember(pinpage.EndingAt("", login, nil))
	if res, _ := send(t, "GET", "http://"+host+"/pin/", "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("the empty address: status %d", res.StatusCode)
	}
}

// The page names who asks and what for, in the language asked for.
func TestNamesSiteAndPurpose(t *testing.T) {
	for lang, words := range map[string]struct{ login, sign, button string }{
		"fr": {"Prouver qui vous êtes. Vous ne signez rien.", "Signer ce document", "Prouver qui je suis"},
		"nl": {"Bewijzen wie u bent. U ondertekent niets.", "Dit document ondertekenen", "Bewijzen wie ik ben"},
		"de": {"Zeigen, wer Sie sind. Sie unterschreiben nichts.", "Dieses Dokument unterschreiben", "Zeigen, wer ich bin"},
		"en": {"Prove who you are. You are not signing anything.", "Sign this document", "Prove who I am"},
	} {
		first := begin(t, pinpage.Operation{Purpose: certs.Authentication, Site: otherSite, Lang: lang}, 3)
		login := first.open(t)
		signing := ask(t, first.server, first.host, pinpage.Operation{Purpose: certs.Signature, Site: otherSite, Lang: lang, Digest: "3F2A 91C0 7B44 12EE"}, 3).open(t)
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

// Where no site asks, as on the command line, no state of the page speaks of one.
func TestSpeaksOfNoSite(t *testing.T) {
	for lang, ending := range map[string]string{"fr": "Votre carte a répondu.", "nl": "Uw kaart heeft geantwoord.", "de": "Ihre Karte hat geantwortet.", "en": "Your card has answered."} {
		p := begin(t, pinpage.Operation{Purpose: certs.Signature, Digest: "3F2A 91C0 7B44 12EE", Lang: lang}, 3)
		asks := p.open(t)
		done, err := asks.Submit(t.Context(), rightPIN)
		if err != nil || done.Asks || !strings.Contains(done.HTML, ending) {
			t.Errorf("%s: %+v, %v; want %q", lang, done, err, ending)
		}
		broken := ask(t, p.server, p.host, pinpage.Operation{Purpose: certs.Signature, Lang: lang}, 3)
		broken.cancel(errors.New("broken"))
		_ = broken.end(t)
		for name, page := range map[string]*agenttest.PINPage{"asks": asks, "done": done, "broken": broken.open(t)} {
			if found := regexp.MustCompile(`(?i)(\bvan de|\bdu|\bthe|\bder|\bau|\ble) (web)?site\b`).FindString(page.HTML); found != "" {
				t.Errorf("%s, %s: %q", lang, name, found)
			}
		}
	}
}

// Before the last try the page warns, also when the operation begins with it.
func TestWarnsBeforeTheLastTry(t *testing.T) {
	page := begin(t, login, 1).open(t)
	if page.Error != "" || !strings.Contains(page.HTML, "You have 1 try left: one more mistake blocks the card. You can stop here.") {
		t.Errorf("no warning: %s", page.HTML)
	}
}

// Cancel counts whatever was typed, and a PIN that was typed with it goes nowhere.
func TestPressCancel(t *testing.T) {
	p := begin(t, login, 3)
	page, err := p.open(t).Cancel(t.Context())
	if err != nil || page.Asks || !strings.Contains(page.HTML, "You stopped. Nothing was sent.") {
		t.Errorf("%+v, %v", page, err)
	}
	if err := p.end(t); !errors.Is(err, reader.ErrCancelled) || p.left() != 3 {
		t.Errorf("ended with %v, %d tries left", err, p.left())
	}
}

// While the card takes its time the page says so instead of holding the answer back: if
// the process has to be killed, the person has a page that asks the next one.
func TestCardTakesItsTime(t *testing.T) {
	t.Parallel()
	client := &agenttest.Client{}
	slow := pinpage.New(pinpage.Config{Lang: "en"})
	host, err := slow.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Shutdown(t.Context())
	url := make(chan string, 1)
	prompt := slow.Ask(pinpage.Operation{Site: counter, Host: host, Tell: func(_ api.State, _ int, u string) {
		if u != "" {
			url <- u
		}
	}})
	go func() { _, _ = prompt.PIN(t.Context(), reader.PINRequest{MinLen: 4, MaxLen: 12}) }()
	page, err := client.OpenPIN(t.Context(), <-url)
	if err != nil {
		t.Fatal(err)
	}
	page, err = page.Submit(t.Context(), rightPIN)
	if err != nil || page.Asks || !strings.Contains(page.HTML, "Your card is working") || !strings.Contains(page.HTML, `http-equiv="refresh"`) {
		t.Errorf("while it works: %+v, %v", page, err)
	}
	prompt.End(reader.ErrTimedOut)
	if page, err = client.OpenPIN(t.Context(), page.URL); err != nil || !strings.Contains(page.HTML, "Time ran out") {
		t.Errorf("afterwards: %+v, %v", page, err)
	}
}

// Closing the page is giving up; loading it again is not.
func TestClosed(t *testing.T) {
	t.Parallel()
	p := begin(t, login, 3)
	watch := func() context.CancelFunc {
		ctx, cancel := context.WithCancel(t.Context())
		req, _ := http.NewRequestWithContext(ctx, "GET", p.url+"/alive", nil)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("alive: %v", err)
		}
		if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != ": open\n" {
			t.Fatalf("alive begins with %q, %v", line, err)
		}
		return func() { cancel(); res.Body.Close() }
	}
	leave := watch()
	leave()
	leave = watch() // came back within the grace
	select {
	case err := <-p.ended:
		t.Fatalf("loading the page again ended it with %v", err)
	case <-time.After(3500 * time.Millisecond):
	}
	leave()
	if err := p.end(t); !errors.Is(err, reader.ErrCancelled) {
		t.Errorf("ended with %v", err)
	}
}

func TestAliveRefused(t *testing.T) {
	p := begin(t, login, 3)
	if res, _ := send(t, "GET", "http://"+p.host+"/pin/"+strings.Repeat("A", 43)+"/alive", "", nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("another address: status %d", res.StatusCode)
	}
	if res, _ := send(t, "GET", p.url+"/alive", "", map[string]string{"Sec-Fetch-Site": "cross-site"}); res.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: status %d", res.StatusCode)
	}
}

// Where the PIN is typed elsewhere the operation is told, and when that is over.
func TestElsewhere(t *testing.T) {
	for where, want := range map[reader.PINPlace]api.State{reader.Keypad: api.PINKeypad, reader.Window: api.PINWindow} {
		states := make(chan told, 2)
		p := pinpage.New(pinpage.Config{}).Ask(pinpage.Operation{Purpose: certs.Signature, Tell: func(s api.State, tries int, url string) { states <- told{s, tries, url} }})
		ctx, over := context.WithCancel(t.Context())
		p.PINElsewhere(ctx, reader.PINRequest{TriesLeft: 2}, where)
		if got := <-states; got != (told{want, 2, ""}) {
			t.Errorf("told %v, want %v", got, want)
		}
		over()
		if got := <-states; got != (told{api.Signing, -1, ""}) {
			t.Errorf("afterwards told %v", got)
		}
		if e := p.End(nil); e.ID != "" || e.Outcome != api.Idle {
			t.Errorf("End = %+v, want no address", e)
		}
	}
}

// Without randomness there is no address to guess.
func TestNoRandomness(t *testing.T) {
	p := pinpage.New(pinpage.Config{Rand: strings.NewReader("too short")}).Ask(login)
	if pin, err := p.PIN(t.Context(), reader.PINRequest{}); err == nil || pin != nil {
		t.Errorf("PIN = %q, %v", pin, err)
	}
}

// Without a site (on the command line) the page still says what the PIN is for.
func TestWithoutSite(t *testing.T) {
	const digest = "3F2A 91C0 7B44 12EE"
	p := begin(t, pinpage.Operation{Purpose: certs.Signature, Digest: digest, Lang: "en"}, 3)
	_, body := send(t, "GET", p.url, "", nil)
	for _, want := range []string{"Sign this document: this is your signature.", digest} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"Site that asks", "on the page of the site"} {
		if strings.Contains(body, not) {
			t.Errorf("the page says %q", not)
		}
	}
}
