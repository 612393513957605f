package document

import "fmt"

// The printed check stands beside the box of the signature: its heading on the line of
// the caption, then the QR code and what one types instead, and under both how.
const (
	checkLeft  = left + markWidth + gutter
	checkSide  = markHeight // of the QR code: 27 mm, modules of 0.4 mm and more
	checkTyped = checkLeft + checkSide + 8
	belowBox   = 6.0
)

var (
	checkHeading = style{bold: true, size: 9.5, leading: 14, colour: ink}
	checkLabel   = style{size: 8, leading: 10.5, colour: soft}
	checkValue   = style{bold: true, size: 8, leading: 13, colour: ink}
	checkHow     = style{size: 8.5, leading: 12, colour: soft}
)

// checkSet is the printed check, set but not drawn; the zero value draws nothing.
type checkSet struct {
	heading, beside, below []line
	figure                 *element
	dark                   [][]bool
}

// check sets the printed check, if the sheet has one.
func (l *letter) check() (c checkSet, err error) {
	m := l.sheet.Check
	if m == nil {
		return c, nil
	}
	if c.dark, err = matrix(m.Address); err != nil {
		return c, err
	}
	part := l.root.child("Sect")
	c.heading = lines(part.child("H2"), checkHeading, checkLeft, right-checkLeft, m.Title)
	c.figure = part.child("Figure")
	c.figure.alternate = m.Alternative
	table := part.child("Table")
	for _, r := range m.Rows {
		th, td := row(table)
		c.beside = append(c.beside, lines(th, checkLabel, checkTyped, right-checkTyped, r.Label)...)
		c.beside = append(c.beside, lines(td, checkValue, checkTyped, right-checkTyped, r.Value)...)
	}
	c.below = lines(part.child("P"), checkHow, left, measure, m.Text)
	return c, nil
}

// beneath is how far under the top of the box the last lines begin: under the box, and
// under a long reference that needs more room than the box has.
func (c checkSet) beneath() float64 { return max(markHeight, sum(c.beside)) + belowBox }

// height is what the check adds to that of the box.
func (c checkSet) height() float64 {
	if c.figure == nil {
		return 0
	}
	return c.beneath() - markHeight + sum(c.below)
}

// draw draws the check beside the box of the signature.
func (c checkSet) draw(p *page, box [4]float64) {
	if c.figure == nil {
		return
	}
	drawAll(p, box[3]+captionGap+sum(c.heading), c.heading)
	c.figure.attributes = fmt.Sprintf("/O/Layout/Placement/Block/BBox[%s %s %s %s]",
		number(nil, checkLeft), number(nil, box[1]), number(nil, checkLeft+checkSide), number(nil, box[3]))
	p.within(c.figure)
	p.squares(ink, c.dark, checkLeft, box[1], checkSide)
	drawAll(p, box[3], c.beside)
	drawAll(p, box[3]-c.beneath(), c.below)
}
