package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// night is the dark colours of a brand: those that it gives, and for those that it leaves
// empty the shipped ones. What goes with an accent has the hue of the light accent then,
// and the luminance of the shipped colour: contrast, which depends on luminance alone, is
// that of the colours as shipped.
func (b Brand) night() Colours {
	c := b.Dark
	if b.Light.Accent != "" {
		of := rgbOf(b.Light.Accent)
		for _, f := range []struct{ value, shipped *string }{
			{&c.Accent, &dark.Accent}, {&c.AccentStrong, &dark.AccentStrong}, {&c.Tint, &dark.Tint}, {&c.OnAccent, &dark.OnAccent},
		} {
			if *f.value == "" {
				*f.value = of.asLightAs(*f.shipped)
			}
		}
	}
	return c.besides(b.Light)
}

// rgb is a colour of sRGB, each of red, green and blue 0 to 1.
type rgb [3]float64

// rgbOf reads "#rrggbb"; what is none is black.
func rgbOf(hexColour string) rgb {
	n, err := strconv.ParseUint(strings.TrimPrefix(hexColour, "#"), 16, 32)
	if err != nil {
		return rgb{}
	}
	return rgb{float64(n >> 16 & 0xff), float64(n >> 8 & 0xff), float64(n & 0xff)}.times(1.0 / 255)
}

func (c rgb) times(by float64) rgb { return rgb{c[0] * by, c[1] * by, c[2] * by} }

func (c rgb) hex() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0]*255)), int(math.Round(c[1]*255)), int(math.Round(c[2]*255)))
}

// saturation is that of HSL, 0 for a grey.
func (c rgb) saturation() float64 {
	most, least := max(c[0], c[1], c[2]), min(c[0], c[1], c[2])
	if most == least {
		return 0
	}
	return (most - least) / (1 - math.Abs(most+least-1))
}

// at is the colour of this hue with another saturation and lightness (HSL).
func (c rgb) at(saturation, lightness float64) rgb {
	least, span := min(c[0], c[1], c[2]), max(c[0], c[1], c[2])-min(c[0], c[1], c[2])
	chroma := (1 - math.Abs(2*lightness-1)) * saturation
	for i := range c {
		part := 0.5 // a grey has no hue
		if span > 0 {
			part = (c[i] - least) / span
		}
		c[i] = lightness + chroma*(part-0.5)
	}
	return c
}

// asLightAs is the colour of this hue with the luminance of another one, no more saturated
// than either.
func (c rgb) asLightAs(other string) string {
	saturation := min(c.saturation(), rgbOf(other).saturation())
	want, low, high := luminance(other), 0.0, 1.0
	for range 20 { // finer than a step of 1 in 255
		if lightness := (low + high) / 2; luminance(c.at(saturation, lightness).hex()) < want {
			low = lightness
		} else {
			high = lightness
		}
	}
	return c.at(saturation, high).hex()
}
