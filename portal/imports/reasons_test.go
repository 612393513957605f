package imports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Every reason that portal/core has a name for is in every language, and those with
// something in them keep it.
func TestReasonsAreInEveryLanguage(t *testing.T) {
	reasons := map[string]string{
		"between 0 and 9999": "9999", "between -5 and 7": "-5", "one of fr, nl, de, en": "fr, nl, de, en", "of advice, kiosk": "advice, kiosk",
		"longer than 140 characters": "140", "11 digits": "11", "5 columns, the header has 6": "6", "missing columns: member, kind": "member, kind",
		"not in the schema: column 7 what, column 8":          "7 what",
		core.Gone{Stand: 40, Removed: 21}.TooMany(50).Error(): "21", core.ErrOlderDelivery.Error(): "",
		"wrong check digits": "", "capitals, digits and dashes": "", "is not gross less tax": "", "is not fee and supplement less refund": "", "a payment of this kind has no lines": "",
	}
	for _, name := range named(t) {
		reasons[name] = ""
	}
	if len(reasons) < 35 {
		t.Fatalf("only %d reasons were found", len(reasons))
	}
	for reason, holds := range reasons {
		said := map[string]bool{}
		for _, lang := range locale.Languages() {
			text, known := why(page.View{Lang: lang}, reason)
			if !known || text == "" || strings.HasPrefix(text, "imports.") || !strings.Contains(text, holds) {
				t.Errorf("%s, %q: %q, %t", lang, reason, text, known)
			}
			said[text] = true
		}
		if len(said) < 3 {
			t.Errorf("%q is said in %d ways", reason, len(said))
		}
	}
	if text, known := why(page.View{Lang: locale.FR}, "something new"); known || text != "something new" {
		t.Errorf("a reason that nobody knows: %q, %t", text, known)
	}
}

// named are the values of the constants whose names begin with reason.
func named(t *testing.T) (values []string) {
	t.Helper()
	files, err := filepath.Glob("../core/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(strings.ToLower(spec.Names[0].Name), "reason") {
				return true
			}
			if text, ok := spec.Values[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
				value, err := strconv.Unquote(text.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
			return true
		})
	}
	return values
}
