package doctor

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A member reads the card panel, the PIN page or a window, and this checkup within one
// minute: one thing has one word there, the card panel's.

// unchosen are the words that stand for something that has another word already.
var unchosen = map[string]*regexp.Regexp{
	"fr": regexp.MustCompile(`(?i)\bidentifier\b|essai n'a été (utilisé|décompté)|erreurs de suite|programme de (la )?carte|avec soin`),
	"nl": regexp.MustCompile(`(?i)website|poging (gebruikt|verbruikt)|fouten na elkaar|zorgvuldig`),
	"de": regexp.MustCompile(`(?i)\bkartenlesers?\b|\blesers?\b|ausweis|auszuweisen|versuch verbraucht|fehler nacheinander|sorgfältig`),
	"en": regexp.MustCompile(`(?i)try was used|mistakes in a row|website`),
}

// held are sentences of the card panel's, and where else they have to stand.
var held = map[string][]string{
	"card.pin_wrong.text.other":    {"pinpage", "pinentry"},
	"card.pin_wrong.text.one":      {"pinpage", "pinentry"},
	"card.pin_wrong_unknown.text":  {"pinpage", "pinentry"},
	"card.pin_blocked.text":        {"pinpage"},
	"card.card_removed.text":       {"pinpage", "native"},
	"card.card_busy.text":          {"pinpage", "native"},
	"card.timeout.text":            {"pinpage"},
	"card.reader_unsupported.text": {"pinpage"},
	"card.pin_keypad.text":         {"pinentry"},
	"card.no_reader.text":          {"native"},
	"card.no_card.text":            {"native"},
	"card.card_unknown.text":       {"native"},
	"card.no_sign_cert.text":       {"native"},
	"card.cert_expired.text":       {"native"},
}

func TestOneWordForOneThing(t *testing.T) {
	places := map[string]map[string][]string{}
	for _, name := range []string{"doctor", "pinpage", "pinentry", "native", "internal/pagelook"} {
		places[filepath.Base(name)] = sentences(t, filepath.Join("..", name))
	}
	panel := catalogue(t, "card.json")
	for _, file := range []string{"card.json", "help.json"} {
		places[file] = map[string][]string{}
		for _, said := range catalogue(t, file) {
			for lang, sentence := range said {
				places[file][lang] = append(places[file][lang], sentence)
			}
		}
	}
	for name, said := range places {
		for lang, words := range unchosen {
			if len(said[lang]) == 0 {
				t.Errorf("%s says nothing in %s", name, lang)
			}
			for _, sentence := range said[lang] {
				if found := words.FindString(sentence); found != "" {
					t.Errorf("%s, %s: %q in %q", name, lang, found, sentence)
				}
			}
		}
	}
	for key, elsewhere := range held {
		for lang, sentence := range panel[key] {
			for _, name := range elsewhere {
				if !strings.Contains(strings.Join(places[name][lang], "\n"), sentence) {
					t.Errorf("%s lacks the card panel's %s in %s: %q", name, key, lang, sentence)
				}
			}
		}
		if len(panel[key]) != len(texts) {
			t.Errorf("the card panel has %s in %d languages", key, len(panel[key]))
		}
	}
}

// plain makes sentences alike that differ in typography alone.
var plain = strings.NewReplacer("’", "'", "\u00a0", " ", "\u00ad", "", "\u202f", " ")

// catalogue reads a file of the portal's: sentences by key and language.
func catalogue(t *testing.T, name string) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "portal", "locale", "catalog", name))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]string
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, said := range all {
		for lang := range said {
			said[lang] = plain.Replace(said[lang])
		}
	}
	return all
}

// sentences reads the texts of a package, by language: what stands in its variables french
// to english, and in its maps behind "fr" to "en".
func sentences(t *testing.T, dir string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{"french": "fr", "dutch": "nl", "german": "de", "english": "en"}
	found := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if lang := named[name.Name]; lang != "" && i < len(n.Values) {
						found[lang] = append(found[lang], literals(n.Values[i])...)
					}
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.BasicLit); ok && key.Kind == token.STRING {
					if lang, _ := strconv.Unquote(key.Value); unchosen[lang] != nil {
						found[lang] = append(found[lang], literals(n.Value)...)
					}
				}
			}
			return true
		})
	}
	return found
}

func literals(n ast.Node) (list []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			said, _ := strconv.Unquote(l.Value)
			list = append(list, plain.Replace(said))
		}
		return true
	})
	return list
}
