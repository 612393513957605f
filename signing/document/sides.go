package document

// Measures of a letter that goes by post, in points.
const (
	third      = pageHeight / 3 // A4 folded twice
	belowFirst = 100 * mm       // where the first side's text begins, under the fold
	padding    = 4 * mm         // between the edge of the window and the address
	qrSide     = 28 * mm
	codeSize   = 24.0
)

var (
	addressStyle = style{size: 11, leading: 14.5, colour: ink}
	headingStyle = style{bold: true, size: 16, leading: 21, colour: ink}
	codeStyle    = style{bold: true, size: codeSize, leading: 34, wordSpace: 200, colour: ink}
)

// sides sets the two sides of one letter.
type sides struct {
	post   Post
	accent rgb
	root   *element
	y      float64 // where the next line begins
}

// set draws lines of one element under one another.
func (s *sides) set(p *page, tag string, st style, x, width float64, text string) {
	e := s.root.child(tag)
	for _, n := range lines(e, st, x, width, text) {
		s.y = n.draw(p, s.y)
	}
}

// first is the side with the address.
func (s *sides) first(p *page) error {
	s.letterhead(p)
	s.address(p)
	s.y = pageHeight - belowFirst
	h1 := s.root.child("H1")
	for _, t := range balanced(headingStyle, s.post.Title, measure) {
		s.y = line{h1, headingStyle, left, t}.draw(p, s.y)
	}
	s.y -= 2
	s.set(p, "P", smallStyle, left, measure, wordReference.in(s.post.Language)+" "+s.post.Reference)
	s.y -= 8
	s.paragraphs(p, s.post.Texts, measure)
	s.rows(p)
	s.paragraphs(p, s.post.After, measure)
	return s.page(p)
}

// letterhead sets who writes on the left, place and date on the right, above the window.
func (s *sides) letterhead(p *page) {
	m := s.post.Mutuality
	p.artifact("", func() { p.emblem(s.accent, left, top-emblemHeight) })
	x, l := left+emblemWidth+12, s.post.Language
	s.y = top
	s.set(p, "P", nameStyle, x, 230, m.Name)
	s.set(p, "P", smallStyle, x, 230, m.Street+", "+m.Postcode+" "+m.City)
	if m.Phone != "" {
		s.set(p, "P", smallStyle, x, 230, wordPhone.in(l, "{phone}", m.Phone))
	}
	s.y = top - 2
	when := wordPlace.in(l, "{city}", m.City) + " " + wordDated.in(l, "{date}", date(l, s.post.Date))
	s.set(p, "P", smallStyle, max(right-smallStyle.width(when), x+240), 140, when)
}

// address sets the lines of the envelope inside the window.
func (s *sides) address(p *page) {
	r := s.window()
	s.y = r[3] - padding
	for _, t := range s.post.To {
		s.set(p, "P", addressStyle, r[0]+padding, r[2]-r[0]-2*padding, t)
	}
}

func (s *sides) window() [4]float64 { return s.post.Window.Rect() }

func (s *sides) paragraphs(p *page, texts []string, width float64) {
	for _, t := range texts {
		s.set(p, "P", bodyStyle, left, width, t)
		s.y -= 7
	}
}

// rows sets labelled values between hairlines.
func (s *sides) rows(p *page) {
	if len(s.post.Rows) == 0 {
		return
	}
	table := s.root.child("Table")
	for _, r := range s.post.Rows {
		th, td := row(table)
		labels := lines(th, labelStyle, left, labelWidth, r.Label)
		values := lines(td, valueStyle, left+labelWidth+gutter, measure-labelWidth-gutter, r.Value)
		height := max(sum(labels), sum(values)) + 2*rowPadding
		p.artifact("", func() {
			p.rule(hair, 0.6, left, s.y, measure)
			p.rule(hair, 0.6, left, s.y-height, measure)
		})
		drawAll(p, s.y-rowPadding, labels)
		drawAll(p, s.y-rowPadding, values)
		s.y -= height
	}
	s.y -= 10
}

// page sets where to go: the address in words, and the same as QR beside it.
func (s *sides) page(p *page) error {
	if s.post.Page == "" {
		return s.fits(s.y)
	}
	dark, err := matrix(s.post.Page)
	if err != nil {
		return err
	}
	s.y -= 4
	begin := s.y
	p.artifact("", func() { p.squares(ink, dark, left, begin-qrSide, qrSide) })
	x := left + qrSide + gutter
	s.y = begin - 6
	if s.post.PageLabel != "" {
		s.set(p, "P", bodyStyle, x, right-x, s.post.PageLabel)
	}
	s.set(p, "P", valueStyle, x, right-x, shownPage(s.post.Page))
	return s.fits(min(s.y, begin-qrSide))
}

func (s *sides) fits(y float64) error {
	if y < bottom {
		return ErrOverflow
	}
	return nil
}

// second is the side inside: the code in the middle third, nothing that says whose.
func (s *sides) second(p *page) error {
	fold := s.post.Fold
	if fold == nil {
		return nil
	}
	p.artifact("", func() {
		for _, y := range []float64{third, 2 * third} {
			p.dashes(edge, 0.5, 5*mm, y, 12*mm)
			p.dashes(edge, 0.5, pageWidth-17*mm, y, 12*mm)
		}
	})
	s.y = 2*third - 26
	s.set(p, "P", headingStyle, left, measure, fold.Title)
	s.y -= 8
	box := [4]float64{left, s.y - codeStyle.leading - 20, right, s.y}
	p.artifact("", func() { p.frame(edge, 1, box) })
	s.y -= 10
	s.set(p, "P", codeStyle, left+18, measure-36, fold.Code)
	s.y = box[1] - 12
	s.paragraphs(p, fold.Texts, measure)
	if s.y < third {
		return ErrOverflow
	}
	return nil
}

// foot sets reference and side under the text.
func (s *sides) foot(p *page, side int) {
	l := s.post.Language
	where := wordPage.in(l, "{n}", itoa(side), "{all}", "2")
	p.artifact("/Type/Pagination/Subtype/Footer", func() {
		p.rule(hair, 0.6, left, footRule, measure)
		p.text(footStyle, left, footLine, wordReference.in(l)+" "+s.post.Reference)
		p.text(footStyle, right-footStyle.width(where), footLine, where)
	})
}

// squares draws dark modules in a square of the given side, its lower left corner at
// (x, y); the white around it is the page. Runs of a row are one rectangle, so that
// no seam shows.
func (c *canvas) squares(k rgb, dark [][]bool, x, y, side float64) {
	unit := side / float64(len(dark))
	c.fill(k)
	for row, cells := range dark {
		for from := 0; from < len(cells); from++ {
			to := from
			for to < len(cells) && cells[to] {
				to++
			}
			if to > from {
				c.op("re", x+float64(from)*unit, y+side-float64(row+1)*unit, float64(to-from)*unit, unit)
				from = to
			}
		}
	}
	c.op("f")
}

// dashes draws a dashed line from x to x+width.
func (c *canvas) dashes(k rgb, thickness, x, y, width float64) {
	c.ops = append(c.ops, "[3 3] 0 d\n"...)
	c.rule(k, thickness, x, y, width)
	c.ops = append(c.ops, "[] 0 d\n"...)
}
