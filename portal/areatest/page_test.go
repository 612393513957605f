package areatest

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestRawKeys: the rule sees a key where a person would, and no key in plain words.
func TestRawKeys(t *testing.T) {
	for text, want := range map[string][]string{
		`<p>bank.form.title</p>`:                       {"bank.form.title"},
		`<p>Read (requests.state.signed), please</p>`:  {"requests.state.signed"},
		`<footer><a href="/">page.menu</a></footer>`:   {"page.menu"},
		`<title>portal.failed.title - Guichet</title>`: {"portal.failed.title"},
		`<nav aria-label="page.nav.label"></nav>`:      {"page.nav.label"},
		`<p>See the help. Your bank. https://bank.example/page.html, my-bank.example</p><a href="/bank.x">documents.</a>`: nil,
	} {
		root, err := html.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := rawKeys(root); !slices.Equal(got, want) {
			t.Errorf("rawKeys(%s) = %q, want %q", text, got, want)
		}
	}
}
