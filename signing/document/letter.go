package document

import (
	"math"
	"unicode/utf8"
)

// The type of a letter.
var (
	nameStyle    = style{bold: true, size: 12, leading: 17, colour: ink}
	smallStyle   = style{size: 9.5, leading: 14, colour: soft}
	titleStyle   = style{bold: true, size: 20, leading: 26, colour: ink}
	sectionStyle = style{bold: true, size: 13, leading: 18, colour: ink}
	bodyStyle    = style{size: 10.5, leading: 17, colour: ink}
	labelStyle   = style{size: 10.5, leading: 17, colour: soft}
	valueStyle   = style{bold: true, size: 10.5, leading: 17, wordSpace: 90, colour: ink}
	detailStyle  = style{size: 9.5, leading: 17, colour: ink} // of a long value of a proof sheet
	footStyle    = style{size: 8.5, leading: 12, colour: soft}
)

// Measures of a letter, in points.
const (
	emblemWidth, emblemHeight = 26.0, 31.2
	placeWidth                = 150.0 // of the column with place and date, at most
	labelWidth                = 150.0 // of the column of labels
	gutter                    = 16.0  // between columns
	rowPadding                = 3.5   // above and below the text of a row
	markWidth, markHeight     = 270.0, 76.0
	captionGap                = 5.0
	footRule, footLine        = 66.0, 50.0 // heights above the page's edge
)

// letter turns a sheet into pages.
type letter struct {
	sheet  Sheet
	accent rgb
	chunks []chunk
	root   *element
	mark   Mark
}

// setLetter sets the sheet and returns the pages, the root of their structure and the
// place of the signature.
func setLetter(s Sheet, accent rgb, f *faces) ([]*page, *element, Mark, error) {
	l := &letter{sheet: s, accent: accent, root: &element{tag: "Document"}}
	l.head()
	l.title()
	for i, b := range s.Blocks {
		switch {
		case b.Heading != "":
			l.heading(b.Heading)
		case b.Text != "":
			l.paragraph(b.Text, i)
		default:
			l.rows(b.Rows, i)
		}
	}
	if err := l.signature(); err != nil {
		return nil, nil, Mark{}, err
	}
	pages := paginate(l.chunks, f)
	for _, p := range pages {
		l.foot(p, len(pages))
	}
	return pages, l.root, l.mark, nil
}

func (l *letter) add(c chunk) { l.chunks = append(l.chunks, c) }

// line is one line of text of an element, set at x.
type line struct {
	owner *element
	style style
	x     float64
	text  string
}

// draw sets the line under top and returns where the next one begins.
func (n line) draw(p *page, top float64) float64 {
	p.within(n.owner)
	p.text(n.style, n.x, top-n.style.baseline(), n.text)
	return top - n.style.leading
}

// lines wraps a text of one element.
func lines(owner *element, s style, x, width float64, text string) (out []line) {
	for _, t := range wrap(s, text, width) {
		out = append(out, line{owner, s, x, t})
	}
	return out
}

// sum is the height of lines set under one another.
func sum(list []line) (total float64) {
	for _, n := range list {
		total += n.style.leading
	}
	return total
}

// drawAll sets lines under one another and returns where the next one begins.
func drawAll(p *page, top float64, list []line) float64 {
	for _, n := range list {
		top = n.draw(p, top)
	}
	return top
}

// head sets emblem and letterhead on the left, place and date on the right.
func (l *letter) head() {
	placeColumn := 0.0
	for _, t := range l.sheet.PlaceDate {
		placeColumn = max(placeColumn, min(smallStyle.width(t), placeWidth))
	}
	x := left + emblemWidth + 12
	width := right - placeColumn - gutter - x
	var from, when []line
	for i, t := range l.sheet.Letterhead {
		s := smallStyle
		if i == 0 {
			s = nameStyle
		}
		from = append(from, lines(l.root.child("P"), s, x, width, t)...)
	}
	for _, t := range l.sheet.PlaceDate {
		when = append(when, lines(l.root.child("P"), smallStyle, right-placeColumn, placeColumn+0.01, t)...)
	}
	l.add(chunk{height: max(sum(from), sum(when)+2, emblemHeight), draw: func(p *page, top float64) {
		p.artifact("", func() { p.emblem(l.accent, left, top-emblemHeight) })
		drawAll(p, top, from)
		drawAll(p, top-2, when)
	}})
}

// title sets the heading and the reference under it.
func (l *letter) title() {
	h1 := l.root.child("H1")
	for i, t := range balanced(titleStyle, l.sheet.Title, measure*0.85) {
		space := 0.0
		if i == 0 {
			space = 36
		}
		n := line{h1, titleStyle, left, t}
		l.add(chunk{space, titleStyle.leading, true, func(p *page, top float64) { n.draw(p, top) }})
	}
	n := line{l.root.child("P"), smallStyle, left, l.sheet.ReferenceLabel + " " + l.sheet.Reference}
	l.add(chunk{5, smallStyle.leading, true, func(p *page, top float64) { n.draw(p, top) }})
}

// space above block i: more after the title, less between paragraphs.
func (l *letter) spaceAbove(i int) float64 {
	switch {
	case i == 0:
		return 22
	case l.sheet.Blocks[i-1].Heading != "":
		return 6
	case l.sheet.Blocks[i].Text != "" && l.sheet.Blocks[i-1].Text != "":
		return 9
	}
	return 16
}

// heading sets a heading inside the letter; it stays with what follows.
func (l *letter) heading(text string) {
	for i, n := range lines(l.root.child("H2"), sectionStyle, left, measure, text) {
		c := chunk{height: n.style.leading, keep: true, draw: func(p *page, top float64) { n.draw(p, top) }}
		if i == 0 {
			c.space = 20
		}
		l.add(c)
	}
}

// paragraph sets a text. A page never ends with its first line alone nor begins with
// its last; and what introduces rows stays with them, the last one with the signature.
func (l *letter) paragraph(text string, block int) {
	list := lines(l.root.child("P"), bodyStyle, left, measure, text)
	lead := block+1 == len(l.sheet.Blocks) || len(l.sheet.Blocks[block+1].Rows) > 0
	for i, n := range list {
		c := chunk{height: n.style.leading, draw: func(p *page, top float64) { n.draw(p, top) }}
		if i == 0 {
			c.space = l.spaceAbove(block)
		}
		last := i == len(list)-1
		c.keep = last && lead || !last && (i == 0 || i == len(list)-2)
		l.add(c)
	}
}

// row adds a row of a header cell and its value to a table.
func row(table *element) (th, td *element) {
	tr := table.child("TR")
	th, td = tr.child("TH"), tr.child("TD")
	th.attributes = "/O/Table/Scope/Row"
	return th, td
}

// rows sets labelled values as a table: a hairline above each row and under the last.
func (l *letter) rows(rows []Row, block int) {
	table := l.root.child("Table")
	for i, r := range rows {
		th, td := row(table)
		labels := lines(th, labelStyle, left, labelWidth, r.Label)
		values := lines(td, l.value(r), left+labelWidth+gutter, measure-labelWidth-gutter, r.Value)
		c := chunk{height: max(sum(labels), sum(values)) + 2*rowPadding}
		if i == 0 {
			c.space = l.spaceAbove(block)
		}
		last := i == len(rows)-1
		c.keep = last && block+1 == len(l.sheet.Blocks)
		c.draw = func(p *page, top float64) {
			p.artifact("", func() {
				p.rule(hair, 0.6, left, top, measure)
				p.rule(hair, 0.6, left, top-c.height, measure)
			})
			drawAll(p, top-rowPadding, labels)
			drawAll(p, top-rowPadding, values)
		}
		l.add(c)
	}
}

// value is the style of a value: bold is for answers, and would be hard to read in the
// certificates of a proof sheet.
func (l *letter) value(r Row) style {
	const answer = 60 // characters
	if l.sheet.Signature == "" && utf8.RuneCountInString(r.Value) > answer {
		return detailStyle
	}
	return valueStyle
}

// signature sets the caption and the empty box for the visible signature, and the
// printed check beside it, so that both are on one page.
func (l *letter) signature() error {
	if l.sheet.Signature == "" {
		return nil // a proof sheet
	}
	caption := lines(l.root.child("P"), smallStyle, left, measure, l.sheet.Signature)
	if l.sheet.Check != nil {
		caption = lines(caption[0].owner, smallStyle, left, checkLeft-gutter-left, l.sheet.Signature)
	}
	check, err := l.check()
	if err != nil {
		return err
	}
	above := sum(caption) + captionGap
	height := above + markHeight + check.height()
	l.add(chunk{space: 22, height: height, draw: func(p *page, top float64) {
		drawAll(p, top, caption)
		y := math.Round(top - above - markHeight)
		box := [4]float64{left, y, left + markWidth, y + markHeight}
		p.artifact("", func() { p.frame(edge, 0.75, box) })
		l.mark = Mark{Page: p.index + 1, Rect: box}
		check.draw(p, box)
	}})
	return nil
}

// foot sets reference// foot sets reference and page number under the text.
func (l *letter) foot(p *page, pages int) {
	s := l.sheet
	where := wordPage.in(s.Language, "{n}", itoa(p.index+1), "{all}", itoa(pages))
	p.artifact("/Type/Pagination/Subtype/Footer", func() {
		p.rule(hair, 0.6, left, footRule, measure)
		p.text(footStyle, left, footLine, s.ReferenceLabel+" "+s.Reference)
		p.text(footStyle, right-footStyle.width(where), footLine, where)
	})
}
