package help_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"guichet.example/portal/areatest"
	"guichet.example/portal/help"
	"guichet.example/portal/locale"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	phone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)

func counter(t *testing.T, secure bool) *areatest.Counter {
	return areatest.New(t, &help.Help{Secure: secure})
}

// The first visit only finds out whether the browser keeps cookies.
func TestSelfTestTriesACookie(t *testing.T) {
	p := counter(t, true).Get("help/self-test")
	if p.Status != http.StatusSeeOther || p.Location() != "/fr/help/self-test?tried=1" {
		t.Fatalf("first visit = %d to %q", p.Status, p.Location())
	}
	cookie := p.Header.Get("Set-Cookie")
	for _, part := range []string{"__Host-test=1", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %s", cookie, part)
		}
	}
	p = counter(t, true).Get("help/self-test?tried=1")
	if got := outcome(p, "cookies"); p.Status != 200 || got != "failed" {
		t.Errorf("without the cookie: status %d, cookies %s", p.Status, got)
	}
}

// No heading of the card's page says again what the page is called.
func TestCardHeadings(t *testing.T) {
	p := counter(t, true).Get("help/card")
	title := p.All("h1")
	if p.Status != http.StatusOK || len(title) != 1 {
		t.Fatalf("status %d, %d titles", p.Status, len(title))
	}
	parts := p.Texts("main h2")
	if len(parts) == 0 {
		t.Error("no headings")
	}
	for _, part := range parts {
		if part == p.Text("h1") {
			t.Errorf("h2 and h1 are both %q", part)
		}
	}
}

func outcome(p *areatest.Page, check string) string {
	for _, n := range p.All("li.check") {
		if areatest.Attr(n, "data-check") == check {
			return areatest.Attr(n, "data-outcome")
		}
	}
	return ""
}

func TestSelfTestSaysWhatTheRequestTells(t *testing.T) {
	for _, tt := range []struct {
		name          string
		secure        bool
		headers       map[string]string
		check, want   string
		finding, next string // parts of the text
	}{
		{"http", false, nil, "address", "failed", "n’est pas sûre", "https"},
		{"https", true, nil, "address", "passed", "https", ""},
		{"loopback", false, map[string]string{"Host": "localhost:8080"}, "address", "passed", "votre propre ordinateur", ""},
		{"telephone", true, map[string]string{"User-Agent": phone}, "browser", "failed", "téléphone", "ordinateur"},
		{"no browser", true, map[string]string{"User-Agent": "curl/8.0"}, "browser", "warning", "ne connaissons pas", "Firefox"},
		{"Firefox", true, map[string]string{"User-Agent": firefox}, "browser", "passed", "Firefox", ""},
		{"another language", true, map[string]string{"Accept-Language": "nl-BE,nl;q=0.9"}, "language", "passed", "Nederlands", ""},
		{"cookies", true, map[string]string{"Cookie": "__Host-test=1"}, "cookies", "passed", "accepte", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := counter(t, tt.secure).GetWith("help/self-test?tried=1", tt.headers)
			if got := outcome(p, tt.check); got != tt.want {
				t.Errorf("%s is %q, want %q", tt.check, got, tt.want)
			}
			text := strings.Join(p.Texts("li.check"), "\n")
			if !strings.Contains(text, tt.finding) || !strings.Contains(text, tt.next) {
				t.Errorf("the rows say %q, want %q and %q", text, tt.finding, tt.next)
			}
		})
	}
}

// Every word that the script may need is in the page, in its language, and leads on
// where something is wrong.
func TestSelfTestBringsItsWords(t *testing.T) {
	for _, l := range locale.Languages() {
		c := counter(t, true)
		c.Lang = l
		p := c.Get("help/self-test?tried=1")
		findings := p.All("[data-finding]")
		if len(findings) < 20 {
			t.Fatalf("%s: %d findings", l, len(findings))
		}
		body := string(p.Body)
		if strings.Contains(body, "help.test.") {
			t.Errorf("%s: a key stands in the page", l)
		}
		for _, n := range findings {
			name, how := areatest.Attr(n, "data-finding"), areatest.Attr(n, "data-outcome")
			next := locale.Has("help.test." + name + ".next")
			if bad := how == "failed" || how == "warning"; bad && !next {
				t.Errorf("%s is %s, and nobody says what to do", name, how)
			}
		}
	}
}

func TestCardHelpLeadsToTheSelfTest(t *testing.T) {
	p := counter(t, true).Get("help/card?code=7K2M-QX41")
	if !slices.Contains(p.Links("main"), "/fr/help/self-test") {
		t.Errorf("links of the card help are %v", p.Links("main"))
	}
	if p := counter(t, true).Get("help"); slices.Contains(p.Links("main"), "/fr/help/self-test") {
		t.Error("the general help has the box of the card")
	}
}
