package page_test

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"strings"
	"testing"

	"guichet.example/portal/page"
)

func named(b page.Brand) page.Brand {
	b.Name = [2]string{"Mutuelle", "de l’Estuaire"}
	return b
}

func TestPrepareRefusesWhatCannotBeRead(t *testing.T) {
	wide := 19
	for _, tt := range []struct {
		name  string
		brand page.Brand
		want  string
	}{
		{"no name", page.Brand{}, "no name"},
		{"yellow accent", named(page.Brand{Light: page.Colours{Accent: "#ffd500"}}), "accent on ground"},
		{"dark accent at night", named(page.Brand{Dark: page.Colours{Accent: "#6a2a5c"}}), "dark: accent on ground"},
		{"text on accent", named(page.Brand{Light: page.Colours{OnAccent: "#6a2a5c"}}), "on-accent on accent"},
		{"pale edges", named(page.Brand{Light: page.Colours{Edge: "#dddddd"}}), "edge on ground"},
		{"not a colour", named(page.Brand{Light: page.Colours{Tint: "red;} body{display:none"}}), "not a colour"},
		{"short colour", named(page.Brand{Light: page.Colours{Tint: "#fff"}}), "not a colour"},
		{"radius", named(page.Brand{Radius: &wide}), "radius"},
		{"logo with a script", named(page.Brand{Logo: `"/><script>`}), "path data"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.brand.Prepare(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Prepare() = %v, want %q", err, tt.want)
			}
		})
	}
}

// TestPrepareTakesTheMeasuredBrands: petrol and orange as the look measured them.
func TestPrepareTakesTheMeasuredBrands(t *testing.T) {
	for _, text := range []string{
		`{"name":["Mutuelle","de l’Estuaire"],"light":{"accent":"#0b5563","accent_strong":"#063d48","tint":"#e2f0f2"},"radius":2}`,
		`{"name":["La Mutuelle","Soleil"],"light":{"accent":"#9a3a0c","accent_strong":"#6f2806","tint":"#fbeade"},"radius":18}`,
	} {
		var b page.Brand
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			t.Fatal(err)
		}
		b, err := b.Prepare()
		if err != nil {
			t.Errorf("Prepare(%s) = %v", text, err)
			continue
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequest("GET", "/brand.css", nil))
		if css := w.Body.String(); !strings.Contains(css, "--accent:"+b.Light.Accent+";") || !strings.Contains(css, "--radius:") {
			t.Errorf("brand.css = %s", css)
		}
		if dark := strings.SplitN(w.Body.String(), "dark", 2)[1]; strings.Contains(dark, b.Light.Accent) || !strings.Contains(dark, "--accent:#e8b4da;") {
			t.Error("the light accent holds in the dark too")
		}
	}
}

// TestContrast holds the measure to the values that WCAG's formula is known to give.
func TestContrast(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#ffffff", "#ffffff", 1}, {"#777777", "#ffffff", 4.48}, {"#6a2a5c", "#f7f4f4", 9.15}} {
		if got := page.Contrast(tt.a, tt.b); math.Abs(got-tt.want) > 0.05 {
			t.Errorf("Contrast(%s, %s) = %.2f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestBrandStylesheetMayBeKept(t *testing.T) {
	b := page.DefaultBrand()
	text := render(t, page.Layout(view("x", "X")))
	i := strings.Index(text, "/brand.css?v=")
	address := text[i : i+strings.IndexByte(text[i:], '"')]
	for url, want := range map[string]string{address: "public, max-age=31536000, immutable", "/brand.css": "no-cache", "/brand.css?v=0": "no-cache"} {
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		if got := w.Header().Get("Cache-Control"); got != want {
			t.Errorf("GET %s: Cache-Control %q, want %q", url, got, want)
		}
	}
}

// A brand that says only its light colours has those as shipped in the dark, which are the
// ones that were checked, and prints in black.
func TestBrandOfLightColoursInTheDark(t *testing.T) {
	b, err := named(page.Brand{Light: page.Colours{Accent: "#0b5563", Tint: "#e2f0f2"}}).Prepare()
	if err != nil {
		t.Fatal(err)
	}
	const want = ":root{}\n@media screen{:root{--accent:#0b5563;--tint:#e2f0f2;}}\n" +
		"@media screen and (prefers-color-scheme:dark){:root{--accent:#e8b4da;--tint:#3a2534;}}\n"
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest("GET", "/brand.css", nil))
	if got := w.Body.String(); got != want {
		t.Errorf("brand.css = %q, want %q", got, want)
	}
}
