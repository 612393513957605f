package areatest

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"guichet.example/portal/locale"
)

// Page is an answer.
type Page struct {
	Status int
	At     string // path and query of the page below the language, where Open or Submit led
	Header http.Header
	Body   []byte
	Err    error // that the handler returned
	root   *html.Node
	t      testing.TB
}

// read parses a page and holds it to the rules of every page.
func (p *Page) read(lang locale.Language) {
	p.t.Helper()
	root, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		p.t.Fatal(err)
	}
	p.root = root
	if n := len(p.All("h1")); n != 1 {
		p.t.Errorf("page has %d h1", n)
	}
	if h, title := p.Text("h1"), p.Text("title"); !strings.Contains(title, h) {
		p.t.Errorf("title %q does not hold the heading %q", title, h)
	}
	if got := Attr(p.All("html")[0], "lang"); got != string(lang) {
		p.t.Errorf("page is in %q, address in %q", got, lang)
	}
	ids := map[string]bool{}
	for _, n := range p.All("[id]") {
		if id := Attr(n, "id"); ids[id] {
			p.t.Errorf("id %q is there twice", id)
		} else {
			ids[id] = true
		}
	}
	for _, n := range p.All("label[for]") {
		if !ids[Attr(n, "for")] {
			p.t.Errorf("label %q names no field", textOf(n))
		}
	}
	for _, n := range p.All("[aria-describedby]") {
		for id := range strings.FieldsSeq(Attr(n, "aria-describedby")) {
			if !ids[id] {
				p.t.Errorf("aria-describedby names %q, which is not there", id)
			}
		}
	}
	for _, n := range slices.Concat(p.All("a"), p.All("button")) {
		if textOf(n) == "" {
			p.t.Errorf("%s %s has no words", n.Data, Attr(n, "href"))
		}
	}
	// WCAG 2.2, 2.4.4: two links of one name lead to one place.
	leads := map[string]string{}
	for _, n := range p.All("main a[href]") {
		name, to := textOf(n), Attr(n, "href")
		if before, ok := leads[name]; ok && before != to && !has(n, "hidden") {
			p.t.Errorf("links named %q lead to %s and %s", name, before, to)
		}
		leads[name] = to
	}
	for _, bad := range []string{"[style]", "style", "[onclick]", "script:not-src"} {
		if len(p.All(bad)) > 0 {
			p.t.Errorf("page holds %s, which its security policy forbids", bad)
		}
	}
	if text := p.Text("body"); strings.Contains(text, "{") || strings.Contains(text, "%!") {
		p.t.Errorf("an unfilled placeholder is left in %q", text)
	}
	if keys := rawKeys(root); len(keys) > 0 {
		p.t.Errorf("texts of the keys %q are missing", keys)
	}
}

// rawKey matches a key of the catalogues that stands where its text should.
var rawKey = regexp.MustCompile(`(?:^|[\s"'(])((?:` + strings.Join(locale.Areas(), "|") + `)\.[a-z0-9]+[a-z0-9.-]*)`)

// rawKeys are the keys that a person would read or hear on the page: in its text, and
// in the attributes that are spoken or shown.
func rawKeys(root *html.Node) []string {
	var found []string
	look := func(text string) {
		for _, m := range rawKey.FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			look(n.Data)
		}
		for _, name := range []string{"title", "alt", "aria-label", "placeholder", "label", "content"} {
			look(Attr(n, name))
		}
	}
	return found
}

// All finds the elements that match a selector: names, .class, #id, [attribute] and
// [attribute=value], joined by blanks for descendants.
func (p *Page) All(selector string) []*html.Node {
	if p.root == nil {
		p.t.Helper()
		p.t.Fatalf("answer %d is not a page: %.200s, error %v", p.Status, p.Body, p.Err)
	}
	found := []*html.Node{p.root}
	for part := range strings.FieldsSeq(selector) {
		var next []*html.Node
		seen := map[*html.Node]bool{}
		for _, from := range found {
			for n := range from.Descendants() {
				if n.Type == html.ElementNode && !seen[n] && matches(n, part) {
					seen[n] = true
					next = append(next, n)
				}
			}
		}
		found = next
	}
	return found
}

// matches tests one simple selector. script:not-src stands for a script in the page.
func matches(n *html.Node, part string) bool {
	if part == "script:not-src" {
		return n.Data == "script" && Attr(n, "src") == ""
	}
	part, condition, _ := strings.Cut(strings.TrimSuffix(part, "]"), "[")
	if condition != "" {
		name, want, exact := strings.Cut(condition, "=")
		if !has(n, name) || exact && Attr(n, name) != want {
			return false
		}
	}
	part, id, _ := strings.Cut(part, "#")
	if id != "" && Attr(n, "id") != id {
		return false
	}
	name, class, _ := strings.Cut(part, ".")
	if class != "" && !strings.Contains(" "+Attr(n, "class")+" ", " "+class+" ") {
		return false
	}
	return name == "" || n.Data == name
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// Attr is the value of an attribute.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Text is the text of the first element that matches, with single blanks.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	if found := p.All(selector); len(found) > 0 {
		return textOf(found[0])
	}
	return ""
}

// Texts are the texts of all elements that match.
func (p *Page) Texts(selector string) []string {
	p.t.Helper()
	var list []string
	for _, n := range p.All(selector) {
		list = append(list, textOf(n))
	}
	return list
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
			if d.NextSibling == nil || d.NextSibling.Data != "wbr" { // one word still
				b.WriteString(" ")
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Links are the addresses of all links inside a selector.
func (p *Page) Links(selector string) []string {
	p.t.Helper()
	var list []string
	for _, n := range p.All(selector + " a") {
		list = append(list, Attr(n, "href"))
	}
	return list
}

// Location is where the answer leads.
func (p *Page) Location() string { return p.Header.Get("Location") }

// Form is what the form with that action would send, hidden fields included.
func (p *Page) Form(action string) url.Values {
	p.t.Helper()
	for _, form := range p.All("form") {
		if Attr(form, "action") != action {
			continue
		}
		v := url.Values{}
		for n := range form.Descendants() {
			switch {
			case n.Type != html.ElementNode || Attr(n, "name") == "" || n.Data == "button":
			case n.Data == "textarea":
				v.Add(Attr(n, "name"), textOf(n))
			case (Attr(n, "type") == "radio" || Attr(n, "type") == "checkbox") && !has(n, "checked"):
			default:
				v.Add(Attr(n, "name"), Attr(n, "value"))
			}
		}
		return v
	}
	p.t.Fatalf("page has no form to %s", action)
	return nil
}
