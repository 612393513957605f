package pdf

import "fmt"

// pages explains pages whose only change is that accepted signature widgets joined
// their annotations.
func (s *step) pages() error {
	pages, err := s.old.Pages()
	if err != nil {
		return err
	}
	for _, p := range pages {
		if err := s.page(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) page(p Page) error {
	before := p.Dict.Get("Annots")
	_, touched := s.touched[p.Ref.Num]
	if ref, ok := before.(Ref); ok {
		_, list := s.touched[ref.Num]
		touched = touched || list
	}
	if !touched {
		return nil
	}
	name := fmt.Sprintf("page %d", p.Number)
	d, err := s.new.Dict(p.Ref, "page")
	if err != nil {
		return err
	}
	s.done[p.Ref.Num] = true
	if d == nil {
		s.change("page", name+" removed", p.Ref.Num)
		return nil
	}
	proper := s.proper(p.Ref.Num)
	for _, key := range s.f.work.differing(p.Dict, d) {
		if key != "Annots" || !proper {
			s.change("page", name+": entry /"+printable(key), p.Ref.Num)
		}
	}
	return s.annotations(name, p.Ref.Num, before, d.Get("Annots"))
}

// annotations compares two lists: the new one without accepted widgets is the old one.
func (s *step) annotations(page string, num int, before, now Object) error {
	was, err := s.old.Array(before, "Annots")
	if err != nil {
		return err
	}
	is, err := s.new.Array(now, "Annots")
	if err != nil {
		return err
	}
	s.settle(now, before, num)
	left := was
	for _, o := range is {
		if len(left) > 0 && s.f.work.equal(o, left[0]) {
			left = left[1:]
			continue
		}
		if ref, ok := o.(Ref); ok && s.widgets[ref.Num] {
			delete(s.widgets, ref.Num) // a widget stands on one page
			continue
		}
		s.change("annotation", page, numberOr(o, num))
	}
	if len(left) > 0 {
		s.change("annotation", page+": removed", num)
	}
	return nil
}
