package page_test

import (
	"bytes"
	"errors"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"context"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"
	"golang.org/x/net/html"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

func render(t testing.TB, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func post(form url.Values) *gin.Context {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("POST", "/fr/x", strings.NewReader(form.Encode()))
	c.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c
}

// TestRenderSendsNothingOfAPageThatFails: no half page, no status.
func TestRenderSendsNothingOfAPageThatFails(t *testing.T) {
	broken := errors.New("broken")
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequest("GET", "/fr/x", nil)
	err := page.Render(c, 200, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "<p>half")
		return broken
	}))
	if !errors.Is(err, broken) || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("Render() = %v, body %q, headers %v", err, w.Body, w.Header())
	}
}

func TestKeyRefusesForeignKeys(t *testing.T) {
	for _, key := range []string{"", "short", strings.Repeat("A", 26), strings.Repeat("1", 26), strings.Repeat("a", 27), "<script>"} {
		if got := page.Key(post(url.Values{"key": {key}})); got != "" {
			t.Errorf("Key(%q) = %q, want none", key, got)
		}
	}
	drawn := attribute(t, render(t, page.KeyField(page.View{})), "input", "value")
	if got := page.Key(post(url.Values{"key": {drawn}})); got != drawn || got == "" {
		t.Errorf("Key of the drawn %q = %q", drawn, got)
	}
	if kept := attribute(t, render(t, page.KeyField(page.View{Key: drawn})), "input", "value"); kept != drawn {
		t.Errorf("KeyField draws %q although the view has %q", kept, drawn)
	}
}

func TestLoginOfPanicsWithoutLogin(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("LoginOf() on a public route did not panic")
		}
	}()
	page.LoginOf(post(nil))
}

func TestSwitchedOnlyByItsMark(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "nl": false, "1": true} {
		if got := page.Switched(post(url.Values{"switch": {value}})); got != want {
			t.Errorf("Switched(%q) = %v", value, got)
		}
	}
}

// attribute returns an attribute of the first element of a name.
func attribute(t testing.TB, text, element, name string) string {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if token.Data != element {
				continue
			}
			for _, a := range token.Attr {
				if a.Key == name {
					return a.Val
				}
			}
			return ""
		}
	}
}

func TestRichShowsOtherMarkupAsTyped(t *testing.T) {
	for _, tt := range []struct {
		text string
		urls []string
		want string
	}{
		{"<b>x</b> & y", nil, "&lt;b&gt;x&lt;/b&gt; &amp; y"},
		{"a **b** c", nil, "a <strong>b</strong> c"},
		{"open **b", nil, "open <strong>b</strong>"},
		{"[x] without address", nil, "[x] without address"},
		{"see [here] and [there]", []string{"/a", "/b"}, `see <a href="/a">here</a> and <a href="/b">there</a>`},
		{"**[here]**", []string{`/a"><script>`}, `<strong><a href="/a&#34;&gt;&lt;script&gt;">here</a></strong>`},
		{"[x]", []string{"javascript:alert(1)"}, `<a href="about:invalid#TemplFailedSanitizationURL">x</a>`},
	} {
		if got := render(t, page.Rich(tt.text, tt.urls...)); got != tt.want {
			t.Errorf("Rich(%q) = %s, want %s", tt.text, got, tt.want)
		}
	}
}

// TestPagesAreWhole: every page of the gallery, in every language, has one h1, a title
// that ends with the mutuality, unique ids, and no attribute that the policy forbids.
func TestPagesAreWhole(t *testing.T) {
	for path, component := range gallery("") {
		text := render(t, component)
		ids, h1 := map[string]int{}, 0
		z := html.NewTokenizer(strings.NewReader(text))
		for z.Next() != html.ErrorToken {
			token := z.Token()
			if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
				continue
			}
			if token.Data == "h1" {
				h1++
			}
			for _, a := range token.Attr {
				switch {
				case a.Key == "id":
					ids[a.Val]++
				case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s: <%s %s>", path, token.Data, a.Key)
				}
			}
		}
		if h1 != 1 {
			t.Errorf("%s has %d h1", path, h1)
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s has %d elements with id %s", path, n, id)
			}
		}
		if !strings.Contains(text, " - Mutualité des Tilleuls</title>") {
			t.Errorf("%s: title does not end with the mutuality", path)
		}
	}
}

func TestTitleSaysErrorFirst(t *testing.T) {
	v := view("x", "Votre compte")
	v.Section, v.Errors = "Banque", []page.FieldError{{Field: "iban", Text: "x"}}
	if text := render(t, page.Layout(v)); !strings.Contains(text, "<title>Erreur\u00a0: Votre compte - Banque - Mutualité des Tilleuls</title>") {
		t.Errorf("title is not in %s", text[:300])
	}
}

// TestForeign: words of the insurance system are marked where they are in another language
// than the page, and are not where that is not known.
func TestForeign(t *testing.T) {
	for _, c := range []struct {
		at         locale.Language
		data, want string
	}{{locale.DE, "fr", "fr"}, {locale.DE, "de", ""}, {locale.FR, "en", ""}, {locale.EN, "nl", "nl"}, {locale.EN, "", ""}, {locale.NL, `fr"`, ""}} {
		if got := (page.View{Lang: c.at}).Foreign(c.data); got != c.want {
			t.Errorf("words in %q on a page in %s: lang=%q, want %q", c.data, c.at, got, c.want)
		}
	}
	if got := (page.View{Lang: locale.FR}).Written("en"); got != "en" {
		t.Errorf("a title in English on a page in French: lang=%q", got)
	}
	text := render(t, page.TitleCell(page.Link{URL: "/x", Text: "Dermatologue", Lang: "fr", After: ", für Nora"}, ""))
	if !strings.Contains(text, `<a href="/x"><span lang="fr">Dermatologue</span>, für Nora`) {
		t.Errorf("a cell in two languages: %s", text)
	}
}

// TestLanguageLinksKeepThePage: the other languages lead to the same address.
func TestLanguageLinksKeepThePage(t *testing.T) {
	v := member("documents", "Documents", "documents")
	v.Query = "kind=signed&year=2026"
	text := render(t, page.Layout(v))
	for _, l := range []locale.Language{locale.NL, locale.DE, locale.EN} {
		if want := `href="/` + string(l) + `/documents?kind=signed&amp;year=2026"`; !strings.Contains(text, want) {
			t.Errorf("no link %s", want)
		}
	}
}

// TestFieldKeepsItsPromises: what a screen reader needs of a field in error.
func TestFieldKeepsItsPromises(t *testing.T) {
	v := page.View{Lang: locale.EN, Errors: []page.FieldError{{Field: "iban", Text: "Type 16 characters"}}}
	text := render(t, page.InputField(v, page.Field{Name: "iban", Label: "IBAN", Hint: "h", Value: `"><x`}))
	for attr, want := range map[string]string{"aria-describedby": "iban-hint iban-error", "aria-invalid": "true", "value": `"><x`, "autocomplete": "off", "type": "text"} {
		if got := attribute(t, text, "input", attr); got != want {
			t.Errorf("%s = %q, want %q", attr, got, want)
		}
	}
	secret := render(t, page.InputField(v, page.Field{Name: "p", Label: "P", Type: "password", Value: "secret"}))
	if strings.Contains(secret, "secret") {
		t.Error("a password comes back in the page")
	}
}
