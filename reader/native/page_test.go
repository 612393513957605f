package native

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/api"
	"guichet.example/reader/pinentry/pinentrytest"
	"guichet.example/reader/remote"
)

// visitor is a person's browser at a page of the host's.
type visitor struct {
	t       *testing.T
	address string
	number  string // of the question it shows
}

// get returns a page's text.
func (v *visitor) get() string {
	v.t.Helper()
	response, err := http.Get(v.address)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: %s, %v", v.address, response.Status, err)
	}
	policy := response.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "frame-ancestors 'none'") || response.Header.Get("Cache-Control") != "no-store" {
		v.t.Errorf("headers %v", response.Header)
	}
	if found := regexp.MustCompile(`name="number" value="(\d+)"`).FindSubmatch(body); found != nil {
		v.number = string(found[1])
	}
	return string(body)
}

func (v *visitor) post(origin, number, answer string) int {
	v.t.Helper()
	request, err := http.NewRequest("POST", v.address, strings.NewReader(url.Values{"number": {number}, "answer": {answer}}.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", origin)
	response, err := http.DefaultTransport.RoundTrip(request) // redirects are not followed
	if err != nil {
		v.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func (v *visitor) own() string {
	u, _ := url.Parse(v.address)
	return "http://" + u.Host
}

// browses has a host open its pages with a visitor, who comes through the channel.
func browses(t *testing.T) (chan *visitor, func(*Config)) {
	visitors := make(chan *visitor, 4)
	return visitors, func(c *Config) {
		c.Linger = time.Minute // the visitor comes, however busy the machine is
		c.Browse = func(address string) error { visitors <- &visitor{t: t, address: address}; return nil }
	}
}

// Without pinentry the same questions stand on a page, and a card that is put in answers
// the one for it.
func TestQuestionsOnAPage(t *testing.T) {
	visitors, use := browses(t)
	d := newDesk()
	b := start(t, d, use)
	b.send(command(getCertificate, map[string]any{"origin": site}))
	v := <-visitors
	if text := v.get(); !strings.Contains(text, site) || !strings.Contains(text, "Insert your identity card") || !strings.Contains(text, `lang="en"`) {
		t.Errorf("the page reads %s", text)
	}
	before := v.number
	d.put(cardOf(t, "nora"))
	await(t, "the question", func() bool { return strings.Contains(v.get(), "asks for your signature certificate") })
	for name, post := range map[string]func() int{
		"another site":    func() int { return v.post("https://evil.example", v.number, "yes") },
		"no origin":       func() int { return v.post("", v.number, "yes") },
		"null":            func() int { return v.post("null", v.number, "yes") },
		"neither":         func() int { return v.post(v.own(), v.number, "perhaps") },
		"no number":       func() int { return v.post(v.own(), "", "yes") },
		"the one before":  func() int { return v.post(v.own(), before, "yes") },
		"the one after":   func() int { return v.post(v.own(), v.number+"0", "yes") },
		"another address": func() int { return (&visitor{t: t, address: v.own() + "/x/"}).post(v.own(), v.number, "yes") },
	} {
		if status := post(); status == http.StatusOK {
			t.Errorf("%s: %d", name, status)
		}
		if !strings.Contains(v.get(), "asks for your signature certificate") {
			t.Fatalf("%s: counted as an answer", name)
		}
	}
	if status := v.post(v.own(), v.number, "yes"); status != http.StatusSeeOther {
		t.Errorf("yes: %d", status)
	}
	var c api.SigningCertificate
	if b.answer(&c); c.Certificate == "" {
		t.Error("no certificate")
	}
	await(t, "the end", func() bool { return strings.Contains(v.get(), "You may close this window") })
	b.silent()
	if len(visitors) > 0 {
		t.Error("the browser was opened twice")
	}
}

func TestRefusedOnAPage(t *testing.T) {
	visitors, use := browses(t)
	b := start(t, newDesk(cardOf(t, "nora")), use)
	b.send(command(getCertificate, map[string]any{"origin": site}))
	v := <-visitors
	v.get()
	v.post(v.own(), v.number, "no")
	b.refusal(cancelled)
	await(t, "the end", func() bool { return strings.Contains(v.get(), "You may close this window") })
	b.silent()
}

// Another name for the address, as by DNS rebinding, leads nowhere.
func TestPageOfAnotherHost(t *testing.T) {
	visitors, use := browses(t)
	b := start(t, newDesk(), use)
	b.send(authentication(nil))
	v := <-visitors
	request, err := http.NewRequest("GET", v.address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "evil.example"
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("status %d", response.StatusCode)
	}
	b.to.Close()
	await(t, "the end", func() bool { return strings.Contains(v.get(), "You may close this window") })
	b.silent()
}

// The child's own page for the PIN is opened, once however often it is told of.
func TestPINPageIsOpened(t *testing.T) {
	visitors, use := browses(t)
	card := cardOf(t, "nora")
	card.url = "http://localhost:1/pin/x"
	b := start(t, newDesk(card), use)
	b.send(authentication(nil))
	var token map[string]string
	b.only(&token)
	if r := <-card.signs; r.Entry.Kind != remote.Page || r.Entry.Host != "" || r.Entry.Site != site {
		t.Errorf("asked %+v", r.Entry)
	}
	if v := <-visitors; v.address != card.url || len(visitors) > 0 {
		t.Errorf("opened %s and %d more", v.address, len(visitors))
	}
}

// A pinentry that does not start is as good as none.
func TestBrokenPinentry(t *testing.T) {
	visitors, use := browses(t)
	_, broken := asks(t, pinentrytest.Script{Greeting: pinentrytest.Die})
	b := start(t, newDesk(), use, broken)
	b.send(authentication(nil))
	v := <-visitors
	if text := v.get(); !strings.Contains(text, site) {
		t.Errorf("the page reads %s", text)
	}
	v.post(v.own(), v.number, "no")
	b.refusal(cancelled)
	await(t, "the end", func() bool { return strings.Contains(v.get(), "You may close this window") })
	b.silent()
	if !strings.Contains(b.log.String(), "pinentry does not answer") {
		t.Errorf("log %s", b.log)
	}
}
