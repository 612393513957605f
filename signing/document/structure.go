package document

import "fmt"

// element is one node of the structure tree (ISO 32000-1, 14.7.2). A node holds other
// nodes or pieces of content, never both.
type element struct {
	tag        string
	attributes string   // the inside of its A dictionary
	language   Language // empty: that of what it lies in
	alternate  string   // alternative text of a figure
	kids       []*element
	content    []piece
	number     int // of its object, once written
}

// piece is one marked-content sequence of a page.
type piece struct{ page, id int }

// child adds and returns a node.
func (e *element) child(tag string) *element {
	kid := &element{tag: tag}
	e.kids = append(e.kids, kid)
	return kid
}

// writeStructure adds the tree under a Document node and returns the number of the
// StructTreeRoot. Page i has StructParents i, the key of its row in the parent tree.
func writeStructure(o *objects, document *element, pages []*page) int {
	root := o.reserve()
	document.reserve(o)
	document.write(o, root, pages)
	tree := []byte("<</Nums[")
	for i, p := range pages {
		tree = fmt.Appendf(tree, "%d[", i)
		for _, owner := range p.owners {
			tree = fmt.Appendf(tree, "%d 0 R ", owner.number)
		}
		tree = append(tree, ']')
	}
	parents := o.add(append(tree, "]>>"...))
	o.setf(root, "<</Type/StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>",
		document.number, parents, len(pages))
	return root
}

func (e *element) reserve(o *objects) {
	e.number = o.reserve()
	for _, kid := range e.kids {
		kid.reserve(o)
	}
}

func (e *element) write(o *objects, parent int, pages []*page) {
	b := fmt.Appendf(nil, "<</Type/StructElem/S/%s/P %d 0 R", e.tag, parent)
	if e.attributes != "" {
		b = fmt.Appendf(b, "/A<<%s>>", e.attributes)
	}
	if e.alternate != "" {
		b = append(append(b, "/Alt"...), textString(e.alternate)...)
	}
	if e.language != "" {
		b = fmt.Appendf(b, "/Lang(%s)", e.language)
	}
	if len(e.content) > 0 {
		b = fmt.Appendf(b, "/Pg %d 0 R", pages[e.content[0].page].number)
	}
	b = append(b, "/K["...)
	for _, kid := range e.kids {
		b = fmt.Appendf(b, "%d 0 R ", kid.number)
		kid.write(o, e.number, pages)
	}
	for _, c := range e.content {
		if c.page == e.content[0].page {
			b = fmt.Appendf(b, "%d ", c.id)
			continue
		}
		b = fmt.Appendf(b, "<</Type/MCR/Pg %d 0 R/MCID %d>>", pages[c.page].number, c.id)
	}
	o.set(e.number, append(b, "]>>"...))
}
