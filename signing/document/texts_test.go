package document

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// catalogue reads every phrase from its source, so that none escapes.
func catalogue(t *testing.T) map[string][]string {
	t.Helper()
	phrases := make(map[string][]string)
	for _, name := range []string{"texts.go", "prooftexts.go", "posttexts.go", "access.go", "statements.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		gather(t, file, phrases)
	}
	if len(phrases) < 50 {
		t.Fatalf("found %d phrases", len(phrases))
	}
	return phrases
}

func gather(t *testing.T, file *ast.File, phrases map[string][]string) {
	t.Helper()
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, v := range spec.Values {
			lit, ok := v.(*ast.CompositeLit)
			if !ok {
				continue
			}
			if id, ok := lit.Type.(*ast.Ident); !ok || id.Name != "phrase" {
				continue
			}
			var texts []string
			for _, e := range lit.Elts {
				s, err := strconv.Unquote(e.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, s)
			}
			phrases[spec.Names[i].Name] = texts
		}
		return true
	})
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func TestCatalogueIsComplete(t *testing.T) {
	for name, texts := range catalogue(t) {
		if len(texts) != len(Languages()) {
			t.Errorf("%s has %d texts", name, len(texts))
			continue
		}
		want := placeholder.FindAllString(texts[0], -1)
		for i, text := range texts {
			l := Languages()[i]
			if strings.TrimSpace(text) == "" || strings.TrimSpace(text) != text {
				t.Errorf("%s in %s is empty or has spaces around it", name, l)
			}
			if got := placeholder.FindAllString(text, -1); !slices.Equal(got, want) {
				t.Errorf("%s in %s has %v, in fr %v", name, l, got, want)
			}
			if !shown(placeholder.ReplaceAllString(text, "")) {
				t.Errorf("%s in %s has letters our fonts lack", name, l)
			}
			checkTypography(t, name, l, text)
		}
	}
}

// checkTypography holds the texts to printers' rules and to short sentences.
func checkTypography(t *testing.T, name string, l Language, text string) {
	t.Helper()
	if strings.ContainsAny(text, `'"`) {
		t.Errorf("%s in %s has a typewriter's quote: %q", name, l, text)
	}
	for i, r := range text {
		if l == FR && strings.ContainsRune(":;?!", r) && !strings.HasSuffix(text[:i], "\u00a0") {
			t.Errorf("%s in %s has no no-break space before %q", name, l, r)
		}
	}
	for _, sentence := range strings.SplitAfter(text, ". ") {
		if n := len(strings.FieldsFunc(sentence, unicode.IsSpace)); n > 20 {
			t.Errorf("%s in %s has a sentence of %d words: %q", name, l, n, sentence)
		}
	}
}

// No placeholder is left in a sheet, no label breaks, and the member is told that
// nothing is in force yet, unless it is in force once she signed.
func TestSheetsInFourLanguages(t *testing.T) {
	notYet := map[Language]string{FR: "pas encore en vigueur", NL: "nog niet van kracht", DE: "noch nicht in Kraft", EN: "not in force yet"}
	for _, l := range Languages() {
		for _, a := range []Act{bankChange(l), ehicOrder(l), postOrder(l, KindLabels), postOrder(l, KindEnvelopes), postOrder(l, KindIncapacityForm), postOrder(l, KindTravelPapers), indemnities(l), ehicCertificate(l), refundReceipt(l), accessChange(l, false), accessChange(l, true), statementsChange(l, false), statementsChange(l, true)} {
			s := a.Sheet()
			all := strings.Join(s.Texts(), "\n")
			golden(t, string(a.Kind())+"-"+string(l)+".txt", []byte(all+"\n"))
			if strings.ContainsAny(all, "{}") {
				t.Errorf("%s in %s has a placeholder left: %s", a.Kind(), l, all)
			}
			_, stated := a.(Indemnities)
			_, certified := a.(EHICCertificate)
			_, receipt := a.(RefundReceipt)
			_, atOnce := a.(AccessChange)
			if !stated && !certified && !receipt && !atOnce && !strings.Contains(all, notYet[l]) {
				t.Errorf("%s in %s does not say %q", a.Kind(), l, notYet[l])
			}
			for _, b := range s.Blocks {
				if (b.Text != "") == (len(b.Rows) > 0) {
					t.Errorf("%s in %s has a block with both text and rows, or neither", a.Kind(), l)
				}
				for _, r := range b.Rows {
					if w := labelStyle.width(r.Label); w > labelWidth {
						t.Errorf("%s in %s: label %q is %.0f points wide", a.Kind(), l, r.Label, w)
					}
				}
			}
		}
	}
}

func TestFirstAccountReplacesNothing(t *testing.T) {
	a := bankChange(FR)
	a.ReplacesLast4, a.BIC, a.Bank, a.AlsoFor, a.Member.Affiliation, a.Mutuality.Phone = "", "", "", nil, "", ""
	all := strings.Join(a.Sheet().Texts(), "\n")
	for _, word := range []string{"Remplace", "ancien", "BIC", "Banque", "vaut aussi", "affiliation", "Tél."} {
		if strings.Contains(all, word) {
			t.Errorf("sheet says %q: %s", word, all)
		}
	}
}

func TestDates(t *testing.T) {
	for _, test := range []struct {
		l    Language
		day  int
		want string
	}{
		{FR, 20, "20 août 2026"}, {FR, 1, "1er août 2026"}, {NL, 1, "1 augustus 2026"},
		{DE, 1, "1. August 2026"}, {EN, 1, "1 August 2026"}, {"xx", 2, "2 August 2026"},
	} {
		if got := date(test.l, on(2026, 8, test.day)); got != test.want {
			t.Errorf("date(%s, %d) = %q, want %q", test.l, test.day, got, test.want)
		}
	}
}

func TestEnumerate(t *testing.T) {
	for want, names := range map[string][]string{
		"": nil, "Nora": {"Nora"}, "Nora und Tom": {"Nora", "Tom"}, "Nora, Tom und Ana": {"Nora", "Tom", "Ana"},
	} {
		if got := enumerate(DE, names); got != want {
			t.Errorf("enumerate(%v) = %q, want %q", names, got, want)
		}
	}
}
