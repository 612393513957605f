package document

import (
	"strconv"

	"guichet.example/signing/document/internal/font"
)

// rgb is a colour in sRGB, the colour space of the output intent.
type rgb [3]uint8

// The inks of a letter. Contrast on white: ink 16.9, soft 7.9, edge 4.4, verdict 7.4.
var (
	ink     = rgb{0x23, 0x1a, 0x21}
	soft    = rgb{0x5a, 0x4e, 0x56}
	hair    = rgb{0xdd, 0xd4, 0xd8}
	edge    = rgb{0x83, 0x74, 0x7c}
	verdict = rgb{0x17, 0x62, 0x3a}
)

// style is how a run of text is set.
type style struct {
	bold          bool
	size, leading float64 // points
	wordSpace     int     // added to each space, thousandths of the size
	colour        rgb
}

// faces are the two subsets of one file. Their resource names are R and B.
type faces struct{ regular, bold *font.Subset }

func newFaces() *faces {
	return &faces{font.NewSubset(font.Regular()), font.NewSubset(font.Bold())}
}

func (f *faces) of(s style) *font.Subset {
	if s.bold {
		return f.bold
	}
	return f.regular
}

// width of the text in points, by the same rounded widths that the PDF declares.
func (s style) width(text string) float64 { return float64(s.units(text)) * s.size / 1000 }

// units is the width of the text in thousandths of the type size.
func (s style) units(text string) (n int) {
	face := font.Regular()
	if s.bold {
		face = font.Bold()
	}
	for _, r := range text {
		n += face.Width(r)
		if r == ' ' {
			n += s.wordSpace
		}
	}
	return n
}

// baseline is how far below the top of its line box the text stands: capitals are
// centred in the box.
func (s style) baseline() float64 {
	return s.leading/2 + float64(font.Regular().CapHeight)*s.size/2000
}

// canvas is a content stream in the making (ISO 32000-1, 8 and 9).
type canvas struct {
	ops   []byte
	faces *faces
}

// op appends numbers and an operator.
func (c *canvas) op(operator string, operands ...float64) {
	for _, v := range operands {
		c.ops = append(number(c.ops, v), ' ')
	}
	c.ops = append(append(c.ops, operator...), '\n')
}

func (c *canvas) fill(k rgb)   { c.colour(k, "rg") }
func (c *canvas) stroke(k rgb) { c.colour(k, "RG") }

// colour writes three decimals, so that every 8-bit value stays itself.
func (c *canvas) colour(k rgb, operator string) {
	for _, v := range k {
		thousandths := (int(v)*1000 + 127) / 255
		c.ops = append(c.ops, '0'+byte(thousandths/1000), '.',
			'0'+byte(thousandths/100%10), '0'+byte(thousandths/10%10), '0'+byte(thousandths%10), ' ')
	}
	c.ops = append(append(c.ops, operator...), '\n')
}

// text sets one line with its baseline at y.
func (c *canvas) text(s style, x, y float64, line string) {
	const digits = "0123456789ABCDEF"
	subset, name := c.faces.of(s), "/R "
	if s.bold {
		name = "/B "
	}
	c.fill(s.colour)
	c.ops = append(append(c.ops, "BT\n"...), name...)
	c.op("Tf", s.size)
	c.op("Td", x, y)
	c.ops = append(c.ops, "[<"...)
	for _, r := range line {
		cid := subset.CID(r)
		c.ops = append(c.ops, digits[cid>>12], digits[cid>>8&15], digits[cid>>4&15], digits[cid&15])
		if r == ' ' && s.wordSpace != 0 {
			c.ops = strconv.AppendInt(append(c.ops, '>'), int64(-s.wordSpace), 10)
			c.ops = append(c.ops, '<')
		}
	}
	c.ops = append(c.ops, ">] TJ\nET\n"...)
}

// rule draws a horizontal line from x to x+width.
func (c *canvas) rule(k rgb, thickness, x, y, width float64) {
	c.stroke(k)
	c.op("w", thickness)
	c.op("m", x, y)
	c.op("l", x+width, y)
	c.op("S")
}

// frame draws the outline of a rectangle, its corner lines inside the rectangle.
func (c *canvas) frame(k rgb, thickness float64, rect [4]float64) {
	c.stroke(k)
	c.op("w", thickness)
	c.op("re", rect[0]+thickness/2, rect[1]+thickness/2, rect[2]-rect[0]-thickness, rect[3]-rect[1]-thickness)
	c.op("S")
}
