package document

// A4 in points, and the part of it that text may fill. The foot of the page lies
// below bottom.
const (
	pageWidth, pageHeight = 595.28, 841.89
	left, right           = 70.87, 524.41 // 25 mm on both sides
	top, bottom           = 788.0, 88.0   // 19 mm above
	measure               = right - left
)

// page is one page in the making.
type page struct {
	canvas
	index  int
	owners []*element // owner of each marked-content sequence, by its id
	open   *element
	number int // of its object, once known
}

// within makes what is drawn next the content of e.
func (p *page) within(e *element) {
	if p.open == e {
		return
	}
	p.close()
	id := len(p.owners)
	p.owners = append(p.owners, e)
	e.content = append(e.content, piece{p.index, id})
	p.ops = append(p.ops, '/')
	p.ops = append(p.ops, e.tag...)
	p.ops = append(p.ops, " <</MCID "...)
	p.ops = append(number(p.ops, float64(id)), ">>BDC\n"...)
	p.open = e
}

// close ends the open marked-content sequence.
func (p *page) close() {
	if p.open != nil {
		p.op("EMC")
		p.open = nil
	}
}

// artifact draws what is not content: emblem, rules, the foot of the page.
func (p *page) artifact(properties string, draw func()) {
	p.close()
	if properties == "" {
		p.ops = append(p.ops, "/Artifact BMC\n"...)
	} else {
		p.ops = append(p.ops, "/Artifact <<"+properties+">>BDC\n"...)
	}
	draw()
	p.op("EMC")
}

// chunk is a strip of the letter that is never cut in two.
type chunk struct {
	space  float64 // above it, unless it begins a page
	height float64
	keep   bool // on the same page as the next chunk, if a page can hold both
	draw   func(p *page, top float64)
}

// paginate places the chunks on as many pages as they need.
func paginate(chunks []chunk, f *faces) []*page {
	var pages []*page
	turn := func() *page {
		p := &page{index: len(pages), canvas: canvas{faces: f}}
		pages = append(pages, p)
		return p
	}
	p, y := turn(), top
	for at := 0; at < len(chunks); {
		end, height := group(chunks, at)
		if height > top-bottom { // a group no page can hold is taken apart
			end, height = at+1, chunks[at].height
		}
		if y < top && y-chunks[at].space-height < bottom {
			p.close()
			p, y = turn(), top
		}
		for i := at; i < end; i++ {
			if y < top {
				y -= chunks[i].space
			}
			chunks[i].draw(p, y)
			y -= chunks[i].height
		}
		at = end
	}
	p.close()
	return pages
}

// group returns where the chunks that stay with chunks[at] end, and their height
// without the space above the first.
func group(chunks []chunk, at int) (end int, height float64) {
	height = chunks[at].height
	for end = at + 1; end < len(chunks) && chunks[end-1].keep; end++ {
		height += chunks[end].space + chunks[end].height
	}
	return end, height
}
