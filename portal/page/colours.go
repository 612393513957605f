package page

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bytes"
)

// minContrast is the lowest contrast of text on its ground (WCAG 2.2, 1.4.3).
const minContrast = 4.5

// minMark is the lowest contrast of what marks an input's edge (WCAG 2.2, 1.4.11).
const minMark = 3.0

// fields lists the custom properties that the colours set, with the field of each.
func (c *Colours) fields() []struct {
	property string
	value    *string
} {
	return []struct {
		property string
		value    *string
	}{
		{"accent", &c.Accent}, {"accent-strong", &c.AccentStrong}, {"tint", &c.Tint}, {"on-accent", &c.OnAccent},
		{"ground", &c.Ground}, {"sunk", &c.Sunk}, {"hair", &c.Hair}, {"edge", &c.Edge},
	}
}

// or fills what is empty from the colours as shipped.
func (c Colours) or(shipped Colours) Colours {
	from := shipped.fields()
	for i, f := range c.fields() {
		if *f.value == "" {
			*f.value = *from[i].value
		}
	}
	return c
}

// besides fills from the dark colours as shipped what is empty here and given in light.
func (c Colours) besides(light Colours) Colours {
	given, shipped := light.fields(), dark
	from := shipped.fields()
	for i, f := range c.fields() {
		if *f.value == "" && *given[i].value != "" {
			*f.value = *from[i].value
		}
	}
	return c
}

func (c Colours) check(paper string) error {
	for _, f := range c.fields() {
		if !colour.MatchString(*f.value) {
			return fmt.Errorf("%s is not a colour like #6a2a5c", f.property)
		}
	}
	for _, pair := range []struct {
		name, over, under string
		least             float64
	}{
		{"accent on ground", c.Accent, c.Ground, minContrast},
		{"accent on paper", c.Accent, paper, minContrast},
		{"accent on tint", c.Accent, c.Tint, minContrast},
		{"accent on sunk", c.Accent, c.Sunk, minContrast},
		{"accent-strong on paper", c.AccentStrong, paper, minContrast},
		{"accent-strong on tint", c.AccentStrong, c.Tint, minContrast},
		{"on-accent on accent", c.OnAccent, c.Accent, minContrast},
		{"on-accent on accent-strong", c.OnAccent, c.AccentStrong, minContrast},
		{"edge on ground", c.Edge, c.Ground, minMark},
		{"edge on paper", c.Edge, paper, minMark},
	} {
		if got := Contrast(pair.over, pair.under); got < pair.least {
			return fmt.Errorf("%s has contrast %.1f, it needs %.1f", pair.name, got, pair.least)
		}
	}
	return nil
}

// Contrast is the contrast ratio of two colours "#rrggbb", 1 to 21 (WCAG 2.2, "contrast ratio").
func Contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of "#rrggbb" (WCAG 2.2, "relative luminance").
func luminance(hexColour string) float64 {
	rgb, err := strconv.ParseUint(strings.TrimPrefix(hexColour, "#"), 16, 32)
	if err != nil {
		return 0
	}
	linear := func(channel uint64) float64 {
		v := float64(channel&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(rgb>>16) + 0.7152*linear(rgb>>8) + 0.0722*linear(rgb)
}

// stylesheet writes /brand.css: the tokens in which this brand differs from the
// shipped ones. It comes after guichet.css, so that what it says of light would hold in
// the dark and on paper too: in the dark each such colour is said again (see night), and
// paper has none of them.
func (b Brand) stylesheet() *ready {
	var css strings.Builder
	css.WriteString(":root{")
	if b.Radius != nil {
		fmt.Fprintf(&css, "--radius:%dpx;--radius-small:%dpx;", *b.Radius, min(*b.Radius, *b.Radius*3/5+1))
	}
	css.WriteString("}\n@media screen{:root{")
	b.Light.write(&css)
	css.WriteString("}}\n@media screen and (prefers-color-scheme:dark){:root{")
	b.night().write(&css)
	css.WriteString("}}\n")
	text := []byte(css.String())
	hash := sha512.Sum384(text)
	return &ready{
		css:       text,
		url:       "/brand.css?v=" + hex.EncodeToString(hash[:6]),
		integrity: "sha384-" + base64.StdEncoding.EncodeToString(hash[:]),
	}
}

func (c Colours) write(css *strings.Builder) {
	for _, f := range c.fields() {
		if *f.value != "" {
			fmt.Fprintf(css, "--%s:%s;", f.property, *f.value)
		}
	}
}

// ServeHTTP answers /brand.css. The page links it with its hash, so it may be kept.
func (b Brand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("ETag", `"`+strings.TrimPrefix(b.prepared().integrity, "sha384-")+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.RequestURI() == b.prepared().url {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b.prepared().css))
}
