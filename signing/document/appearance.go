package document

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"guichet.example/signing/document/internal/font"
)

// ErrAppearance is returned for a box or a number of lines that cannot be set.
var ErrAppearance = errors.New("visible signature cannot be set")

// Bounds of an appearance.
const (
	maxMarkLines     = 8
	maxMarkLine      = 200              // characters; what is over is cut
	minMark, maxMark = 24.0, pageHeight // points, both ways
	smallest         = 0.6              // share of its size to which text may shrink
	replacement      = unicode.ReplacementChar
)

// Appearance is the inside of a visible signature: a form XObject with embedded
// fonts, so that the signed file stays PDF/A. It holds no reference to the file it
// goes into. Immutable, safe for concurrent use.
type Appearance struct {
	width, height float64
	ops           []byte
	faces         *faces
}

// NewAppearance lays one to eight lines out in a box of the given size in points, the
// first in bold, inside a frame in the colour of a verdict. Text that does not fit is
// set smaller, then wrapped, then cut. What our fonts cannot show appears as U+FFFD:
// the mark is for the eye, the certificate is the evidence.
func NewAppearance(lines []string, width, height float64) (*Appearance, error) {
	return newAppearance(lines, width, height, (*canvas).pen)
}

// NewSeal is NewAppearance for the seal of an organisation: a stamp stands where a
// signature has a pen, which nobody held.
func NewSeal(lines []string, width, height float64) (*Appearance, error) {
	return newAppearance(lines, width, height, (*canvas).stamp)
}

func newAppearance(lines []string, width, height float64, draw func(c *canvas, k rgb, x, y, d float64)) (*Appearance, error) {
	if len(lines) == 0 || len(lines) > maxMarkLines || !(width >= minMark && width <= maxMark) || !(height >= minMark && height <= maxMark) {
		return nil, fmt.Errorf("%w: %d lines in %g by %g points", ErrAppearance, len(lines), width, height)
	}
	c := &canvas{faces: newFaces()}
	c.fill(rgb{255, 255, 255})
	c.op("re", 0, 0, width, height)
	c.op("f")
	c.frame(verdict, 1.2, [4]float64{0, 0, width, height})
	x := 10.0
	if height >= 40 && width >= 120 {
		draw(c, verdict, 13, height/2-11, 22)
		x = 46
	}
	c.fit(lines, x, width-x-8, height)
	return &Appearance{width, height, c.ops, c.faces}, nil
}

// fit sets the lines in the largest size at which they fit, centred in height.
func (c *canvas) fit(texts []string, x, width, height float64) {
	var list []line
	var total float64
	for scale := 1.0; ; scale -= 0.05 {
		first := style{bold: true, size: 10.5 * scale, leading: 14.5 * scale, colour: ink}
		other := style{size: 9 * scale, leading: 12.5 * scale, colour: ink}
		list = list[:0]
		for i, t := range texts {
			s := other
			if i == 0 {
				s = first
			}
			list = append(list, lines(nil, s, x, width, showable(t))...)
		}
		total = sum(list)
		if total <= height-8 && len(list) <= len(texts) || scale < smallest {
			break
		}
	}
	for len(list) > 1 && total > height-4 {
		total -= list[len(list)-1].style.leading
		list = list[:len(list)-1]
	}
	top := height/2 + total/2
	for _, n := range list {
		if t := strings.TrimSpace(n.text); t != "" {
			c.text(n.style, n.x, top-n.style.baseline(), t)
		}
		top -= n.style.leading
	}
}

// showable makes any text one that can be set.
func showable(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, string(replacement)))
	if utf8.RuneCountInString(s) > maxMarkLine {
		s = string([]rune(s)[:maxMarkLine-1]) + "…"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		case !font.Regular().Shows(r) || !font.Bold().Shows(r):
			return replacement
		}
		return r
	}, s)
}

// pen draws a pen over the line it writes on, in a square of side d with the lower
// left corner at (x, y). Not a tick: whether a signature holds is for a verifier to say.
func (c *canvas) pen(k rgb, x, y, d float64) {
	at := func(operator string, points ...float64) {
		for i := range points {
			points[i] = points[i]*d + [2]float64{x, y}[i%2]
		}
		c.op(operator, points...)
	}
	c.stroke(k)
	c.op("w", d/12)
	c.op("J", 1)
	c.op("j", 1)
	at("m", 0.08, 0.24)
	at("l", 0.16, 0.46)
	at("l", 0.70, 1.00)
	at("l", 0.86, 0.84)
	at("l", 0.32, 0.30)
	c.op("h")
	at("m", 0.56, 0.86)
	at("l", 0.72, 0.70)
	at("m", 0.08, 0.04)
	at("l", 0.92, 0.04)
	c.op("S")
}

// stamp draws two rings, in a square of side d with the lower left corner at (x, y).
func (c *canvas) stamp(k rgb, x, y, d float64) {
	c.stroke(k)
	c.op("w", d/12)
	c.ring(x+d/2, y+d/2, 0.46*d)
	c.ring(x+d/2, y+d/2, 0.26*d)
	c.op("S")
}

// ring adds a circle to the path, of four curves.
func (c *canvas) ring(x, y, r float64) {
	const k = 0.5523 // of the radius: the nearest a Bézier curve comes to a quarter
	c.op("m", x+r, y)
	c.op("c", x+r, y+k*r, x+k*r, y+r, x, y+r)
	c.op("c", x-k*r, y+r, x-r, y+k*r, x-r, y)
	c.op("c", x-r, y-k*r, x-k*r, y-r, x, y-r)
	c.op("c", x+k*r, y-r, x+r, y-k*r, x+r, y)
	c.op("h")
}

// Objects returns the bodies of the objects numbered first, first+1, ... (without
// "n 0 obj" and "endobj") and the number of the form XObject among them. Its BBox is
// [0 0 width height], its matrix the identity.
func (a *Appearance) Objects(first int) (bodies [][]byte, form int) {
	o := &objects{first: first}
	fonts := ""
	for _, f := range []struct {
		name   string
		subset *font.Subset
	}{{"R", a.faces.regular}, {"B", a.faces.bold}} {
		if len(f.subset.Runes()) > 0 {
			fonts += fmt.Sprintf("/%s %d 0 R", f.name, embed(o, f.subset))
		}
	}
	form = o.add(deflated(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 %s %s]/Resources<</Font<<%s>>>>",
		number(nil, a.width), number(nil, a.height), fonts), a.ops))
	return o.bodies, form
}
