package locale

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestLoadRefuses(t *testing.T) {
	entry := `{"fr":"a","nl":"b","de":"c","en":"d"}`
	for _, tt := range []struct{ name, content, want string }{
		{"not JSON", `{`, "unexpected EOF"},
		{"missing language", `{"area.a":{"fr":"a","nl":"b","de":"c"}}`, "no text in en"},
		{"empty text", `{"area.a":{"fr":" ","nl":"b","de":"c","en":"d"}}`, "no text in fr"},
		{"unknown language", `{"area.a":{"fr":"a","nl":"b","de":"c","en":"d","es":"e"}}`, "unknown language"},
		{"language in capitals", `{"area.a":{"FR":"a","nl":"b","de":"c","en":"d"}}`, "unknown language"},
		{"text that is none", `{"area.a":{"fr":1,"nl":"b","de":"c","en":"d"}}`, "no text in fr"},
		{"entry that is none", `{"area.a":"a"}`, "not a JSON object"},
		{"key twice", `{"area.a":` + entry + `,"area.b":` + entry + `,"area.a":` + entry + `}`, "key area.a is there twice"},
		{"key twice, spelled apart", `{"area.a":` + entry + `,"area.\u0061":` + entry + `}`, "key area.a is there twice"},
		{"language twice", `{"area.a":{"fr":"a","nl":"b","de":"c","en":"d","fr":"e"}}`, "text in fr twice"},
		{"more after the end", `{"area.a":` + entry + `} {"area.b":` + entry + `}`, "something follows"},
		{"no object", `["area.a"]`, "not a JSON object"},
		{"cut off", `{"area.a":` + entry, "unexpected EOF"},
		{"key of another area", `{"other.a":` + entry + `}`, "belongs in another file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from := fstest.MapFS{"catalog/area.json": &fstest.MapFile{Data: []byte(tt.content)}}
			if _, err := load(from); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("load() = %v, want %q", err, tt.want)
			}
		})
	}
}

var placeholder = regexp.MustCompile(`\{[a-z0-9]*\}`)

// TestPlaceholders: the four texts of a key have the same placeholders, and the same
// pieces of mark-up that Rich reads.
func TestPlaceholders(t *testing.T) {
	marks := func(text string) []string {
		found := placeholder.FindAllString(text, -1)
		slices.Sort(found)
		for range strings.Count(text, "**") {
			found = append(found, "**")
		}
		for range strings.Count(text, "[") {
			found = append(found, "[]")
		}
		return found
	}
	for key, entry := range texts {
		for i, l := range Languages() {
			if got, want := marks(entry[i]), marks(entry[0]); !slices.Equal(got, want) {
				t.Errorf("%s in %s has %v, in fr %v", key, l, got, want)
			}
		}
	}
}

// TestPlurals: what TN is asked for has both forms.
func TestPlurals(t *testing.T) {
	call := regexp.MustCompile(`\bTN\((?:[a-zA-Z.]+, )?"([^"]+)"`)
	for path, text := range sources(t) {
		for _, m := range call.FindAllStringSubmatch(text, -1) {
			if !Has(m[1]+".one") || !Has(m[1]+".other") {
				t.Errorf("%s: %s lacks a form", path, m[1])
			}
		}
	}
}

// literal matches what may be a key in Go and templ source; a key that is put together
// has its beginning there ("card." + state + ".text").
var literal = regexp.MustCompile(`"([a-z][a-z-]*\.[a-zA-Z0-9_.-]*)"`)

// sources are the program texts of the portal, without tests and generated files.
func sources(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".templ" {
			return nil
		}
		text, err := os.ReadFile(path)
		list[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// areas are the names of the catalogues.
func areas() []string {
	set := map[string]bool{}
	for key := range texts {
		area, _, _ := strings.Cut(key, ".")
		set[area] = true
	}
	return slices.Collect(maps.Keys(set))
}

// known says whether a literal is a key, the stem of a plural or the beginning of keys.
func known(text string) bool {
	if Has(text) || Has(text+".one") {
		return true
	}
	return strings.HasSuffix(text, ".") && slices.ContainsFunc(Keys(), func(key string) bool { return strings.HasPrefix(key, text) })
}

// TestKeysInCodeExist: T would show a missing key to the member as it is.
func TestKeysInCodeExist(t *testing.T) {
	call := regexp.MustCompile(`\b(?:T|TN)\((?:[a-zA-Z.]+, )?"([^"]+)"`)
	for path, text := range sources(t) {
		for _, m := range call.FindAllStringSubmatch(text, -1) {
			if !known(m[1]) {
				t.Errorf("%s asks for %s, which no catalogue has", path, m[1])
			}
		}
	}
}

// TestKeysAreUsed: a text that nothing asks for is a text that nobody checks.
func TestKeysAreUsed(t *testing.T) {
	exact, beginnings := map[string]bool{}, map[string]bool{}
	ours := areas()
	for _, text := range sources(t) {
		for _, m := range literal.FindAllStringSubmatch(text, -1) {
			if area, _, _ := strings.Cut(m[1], "."); !slices.Contains(ours, area) {
				continue
			}
			exact[m[1]] = true
			if known(m[1]) && !Has(m[1]) {
				beginnings[m[1]] = true
			}
		}
	}
	for _, key := range Keys() {
		stem := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
		used := exact[key] || exact[stem] || slices.ContainsFunc(slices.Collect(maps.Keys(beginnings)), func(b string) bool { return strings.HasPrefix(key, b) })
		// "help." + name + ".q": the ending stands alone in the code.
		for i := len(stem) - 1; !used && i > 0; i-- {
			if stem[i] == '.' {
				used = exact[stem[:i]]
			}
		}
		if !used {
			t.Errorf("nothing asks for %s", key)
		}
	}
}

// TestOneVoice: what a reader meets on all pages has one word on all of them.
func TestOneVoice(t *testing.T) {
	for _, other := range []struct {
		language Language
		words    *regexp.Regexp
		areas    []string // empty: all
		say      string
	}{
		{NL, regexp.MustCompile(`\b[Ww]ij\b`), nil, "we"},
		{FR, regexp.MustCompile(`\bModifier\b`), []string{"account", "bank", "enrol", "messages", "orders", "page", "password", "people", "requests"}, "Changer"}, // of her own data and answers
	} {
		for _, key := range Keys() {
			area, _, _ := strings.Cut(key, ".")
			if len(other.areas) > 0 && !slices.Contains(other.areas, area) {
				continue
			}
			if found := other.words.FindString(T(other.language, key)); found != "" {
				t.Errorf("%s, %s: %q, elsewhere %q", key, other.language, found, other.say)
			}
		}
	}
}

func TestTFillsOnlyItsPlaceholders(t *testing.T) {
	for _, tt := range []struct {
		text string
		args []Arg
		want string
	}{
		{"a {x} b", nil, "a {x} b"},
		{"a {x} b", []Arg{A("y", 1)}, "a {x} b"},
		{"{x}{x}", []Arg{A("x", 7)}, "77"},
		{"{x} {y}", []Arg{A("x", "{y}"), A("y", "z")}, "{y} z"},
		{"{", []Arg{A("x", "z")}, "{"},
		{"{x", []Arg{A("x", "z")}, "{x"},
		{"}{x}", []Arg{A("x", "")}, "}"},
	} {
		if got := fill(tt.text, tt.args); got != tt.want {
			t.Errorf("fill(%q, %v) = %q, want %q", tt.text, tt.args, got, tt.want)
		}
	}
	if got := T(NL, "no.such.key"); got != "no.such.key" {
		t.Errorf("T of an unknown key = %q", got)
	}
}

func TestTNTakesTheForm(t *testing.T) {
	for n, want := range map[int]string{1: "Corrigez 1 réponse", 2: "Corrigez 2 réponses"} {
		if got := TN(FR, "page.errors", n); got != want {
			t.Errorf("TN(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestTypeset(t *testing.T) {
	for _, tt := range []struct {
		l          Language
		text, want string
	}{
		{FR, "Besoin d'aide ?", "Besoin d’aide_?"},
		{FR, "12 EUR : « oui » !", "12_EUR_: «_oui_»_!"},
		{EN, "the card's name?", "the card’s name?"},
		{NL, "Waarom? 3 EUR", "Waarom? 3_EUR"},
		{NL, "Open 'Mijn gegevens'.", "Open ‘Mijn gegevens’."},
		{EN, "{name}'s page '{page}'", "{name}’s page ‘{page}’"},
		{NL, "'s Avonds in 't kantoor", "’s Avonds in ’t kantoor"},
	} {
		if got := spaces.Replace(typeset(tt.l, tt.text)); got != tt.want {
			t.Errorf("typeset(%s, %q) = %q, want %q", tt.l, tt.text, got, tt.want)
		}
	}
}

// BenchmarkT is one text with one argument.
func BenchmarkT(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = T(NL, "page.support", A("code", "K7-042"))
	}
}
