package page_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"regexp"
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
		if dark := strings.SplitN(w.Body.String(), "dark", 2)[1]; strings.Contains(dark, b.Light.Accent) || strings.Contains(dark, "--accent:#e8b4da;") {
			t.Errorf("in the dark: %s", dark)
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

// A brand that says only its light colours has colours of its own hue in the dark, as light
// as those shipped, and prints in black.
func TestBrandOfLightColoursInTheDark(t *testing.T) {
	for name, tt := range map[string]struct {
		brand page.Brand
		want  string
	}{
		"petrol": {page.Brand{Light: page.Colours{Accent: "#0b5563", Tint: "#e2f0f2"}},
			"@media screen{:root{--accent:#0b5563;--tint:#e2f0f2;}}\n" +
				"@media screen and (prefers-color-scheme:dark){:root{--accent:#8bcfdb;--accent-strong:#b6e5ee;--tint:#1f2f31;--on-accent:#0c1c20;}}\n"},
		"grey": {page.Brand{Light: page.Colours{Accent: "#444444", Ground: "#f4f4f4"}},
			"@media screen{:root{--accent:#444444;--ground:#f4f4f4;}}\n" +
				"@media screen and (prefers-color-scheme:dark){:root{--accent:#c4c4c4;--accent-strong:#dddddd;--tint:#2c2c2c;--on-accent:#1a1a1a;--ground:#1a1519;}}\n"},
		"own dark accent": {page.Brand{Light: page.Colours{Accent: "#0b5563"}, Dark: page.Colours{Accent: "#9adbe8"}},
			"@media screen{:root{--accent:#0b5563;}}\n" +
				"@media screen and (prefers-color-scheme:dark){:root{--accent:#9adbe8;--accent-strong:#b6e5ee;--tint:#1f2f31;--on-accent:#0c1c20;}}\n"},
		"ground alone": {page.Brand{Light: page.Colours{Ground: "#f4f4f4"}},
			"@media screen{:root{--ground:#f4f4f4;}}\n@media screen and (prefers-color-scheme:dark){:root{--ground:#1a1519;}}\n"},
	} {
		b, err := named(tt.brand).Prepare()
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequest("GET", "/brand.css", nil))
		if got := w.Body.String(); got != ":root{}\n"+tt.want {
			t.Errorf("%s: brand.css = %q, want %q", name, got, tt.want)
		}
	}
}

// Whatever the accent in light, each text in the dark can be read, and is of its hue: the
// channel that is strongest in the one is in the other.
func TestEveryHueInTheDark(t *testing.T) {
	property := regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{6});`)
	strongest := func(colour string) string {
		r, g, b := colour[1:3], colour[3:5], colour[5:7]
		return fmt.Sprint(r >= g && r >= b, g >= r && g >= b, b >= r && b >= g)
	}
	for n := range 6 * 6 * 6 {
		accent := fmt.Sprintf("#%02x%02x%02x", n%6*18, n/6%6*18, n/36*18)
		b, err := named(page.Brand{Light: page.Colours{Accent: accent}}).Prepare()
		if err != nil {
			t.Errorf("%s: %v", accent, err)
			continue
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequest("GET", "/brand.css", nil))
		dark := map[string]string{"ground": "#1a1519", "paper": "#251e24", "sunk": "#120e11"}
		for _, m := range property.FindAllStringSubmatch(strings.SplitN(w.Body.String(), "dark", 2)[1], -1) {
			dark[m[1]] = m[2]
		}
		for _, over := range []string{"accent", "accent-strong"} {
			for _, under := range []string{"ground", "paper", "sunk", "tint", "on-accent"} {
				if got := page.Contrast(dark[over], dark[under]); got < 4.5 {
					t.Errorf("%s: %s %s on %s %s has contrast %.2f", accent, over, dark[over], under, dark[under], got)
				}
			}
		}
		if strongest(dark["accent"]) != strongest(accent) {
			t.Errorf("%s is %s in the dark", accent, dark["accent"])
		}
	}
}
