package pdf

// Page is a leaf of the page tree.
type Page struct {
	Ref    Ref
	Dict   Dict
	Number int // counted from 1
	Rotate int // degrees clockwise: 0, 90, 180 or 270, inherited where the page has none
}

// Pages walks the page tree in order. Every node must be an indirect object that
// appears once; more than maxPages pages are refused.
func (s State) Pages() ([]Page, error) {
	catalog, err := s.Catalog()
	if err != nil {
		return nil, err
	}
	root, ok := catalog.Get("Pages").(Ref)
	if !ok {
		return nil, broken(0, "catalog without Pages")
	}
	w := pageWalk{state: s, seen: map[int]bool{}}
	if err := w.node(root, 0, 0); err != nil {
		return nil, err
	}
	return w.pages, nil
}

type pageWalk struct {
	state State
	seen  map[int]bool
	pages []Page
}

func (w *pageWalk) node(ref Ref, depth, rotate int) error {
	if depth > maxDepth || len(w.seen) > maxPages {
		return over("page tree")
	}
	if w.seen[ref.Num] {
		return broken(0, "page tree node %d twice", ref.Num)
	}
	w.seen[ref.Num] = true
	d, err := w.state.Dict(ref, "page tree node")
	if err != nil {
		return err
	}
	if d == nil {
		return broken(0, "page tree node %d missing", ref.Num)
	}
	if r, ok := d.Get("Rotate").(Integer); ok {
		rotate = int((r%360 + 360) % 360)
	}
	switch d.Get("Type") {
	case Name("Page"):
		w.pages = append(w.pages, Page{Ref: ref, Dict: d, Number: len(w.pages) + 1, Rotate: rotate})
		return nil
	case Name("Pages"):
	default:
		return broken(0, "page tree node %d is neither Page nor Pages", ref.Num)
	}
	kids, err := w.state.Array(d.Get("Kids"), "Kids")
	if err != nil {
		return err
	}
	for _, kid := range kids {
		kidRef, ok := kid.(Ref)
		if !ok {
			return broken(0, "page tree node is no reference")
		}
		if err := w.node(kidRef, depth+1, rotate); err != nil {
			return err
		}
	}
	return nil
}
