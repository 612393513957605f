package pdf

import "math"

// Bounds of what a signature may show in a field that waited for it without being told as
// an addition: who signed before must have been able to take the field for one.
const (
	fieldShare  = 5 // a field covers at most a fifth of its page,
	fieldsShare = 2 // and all signature fields of the page together half of it
)

// Flags of an annotation that draw it elsewhere than its rectangle says on a page that is
// zoomed or turned: NoZoom and NoRotate (ISO 32000-1, table 165).
const unfixed = 8 | 16

// foreseen reports that whoever signed before had left the field for this: it stood on one
// page, where it stays as large as it was, and does not cover much of it.
func (s *step) foreseen(f fieldNode, r [4]float64, fields []fieldNode) bool {
	pages := s.stood(f.ref.Num)
	flags, _ := f.dict.Get("F").(Integer)
	if len(pages) != 1 || f.dict.Get("F") != nil && f.dict.Get("F") != flags || flags&unfixed != 0 {
		return false
	}
	page := s.old.size(pages[0])
	own := size(r)
	if own <= 0 || page <= 0 || own*fieldShare > page {
		return false
	}
	all := 0.0
	for _, other := range fields {
		for _, p := range s.stood(other.ref.Num) {
			if other.kind == "Sig" && p.Ref == pages[0].Ref {
				area, _, err := s.area(other.dict)
				if err != nil {
					return false
				}
				all += size(area)
			}
		}
	}
	return all*fieldsShare <= page
}

// size is the area of a rectangle, whichever corners it names.
func size(r [4]float64) float64 {
	return math.Abs(r[2]-r[0]) * math.Abs(r[3]-r[1])
}

// size is the area of what a page shows: its CropBox, or else its MediaBox, which it may
// have from above (ISO 32000-1, 7.7.3.4 and 14.11.2); 0 if neither can be read.
func (s State) size(p Page) float64 {
	for _, key := range []Name{"CropBox", "MediaBox"} {
		d := p.Dict
		for range maxDepth {
			box, err := s.Array(d.Get(key), "box")
			if err != nil {
				return 0
			}
			if len(box) == 4 {
				var r [4]float64
				for i, o := range box {
					v, err := s.Resolve(o)
					if err != nil {
						return 0
					}
					r[i] = Float(v)
				}
				return size(r)
			}
			if d, err = s.Dict(d.Get("Parent"), "page tree node"); err != nil || d == nil {
				break
			}
		}
	}
	return 0
}

// stood returns the pages on which a widget was before, each as often as it was there.
func (s *step) stood(num int) []Page {
	if s.placed == nil {
		s.placed = map[int][]Page{}
		pages, _ := s.old.Pages() // read without an error by the rule for pages
		for _, p := range pages {
			list, _ := s.old.Array(p.Dict.Get("Annots"), "Annots")
			for _, o := range list {
				if ref, ok := o.(Ref); ok {
					s.placed[ref.Num] = append(s.placed[ref.Num], p)
				}
			}
		}
	}
	return s.placed[num]
}
