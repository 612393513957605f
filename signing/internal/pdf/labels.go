package pdf

import "fmt"

// label says what an object is, for people.
type label struct{ what, detail string }

// labels names objects by how the document reaches them.
type labels struct {
	f     *File
	state State
	seen  map[int]bool // in this state
	names map[int]label
}

// labels names the objects of both states; what an object was counts before what it is.
// Many revisions of many objects would make that long: from a point on they stay nameless.
func (f *File) labels(old, new State) *labels {
	l := &labels{f: f, names: map[int]label{}}
	for _, state := range []State{old, new} {
		l.state, l.seen = state, map[int]bool{}
		l.document()
	}
	return l
}

func (l *labels) of(num int) label {
	if name, ok := l.names[num]; ok {
		return name
	}
	return label{"object", "nothing points to it"}
}

// catalogLabels names the parts of a document by catalog entry.
var catalogLabels = map[Name]string{
	"AcroForm": "form", "Names": "attachment", "AF": "attachment", "Metadata": "metadata", "StructTreeRoot": "structure",
	"Outlines": "outline", "OpenAction": "action", "AA": "action", "OCProperties": "optional content", "DSS": "evidence",
	"Pages": "page tree", "OutputIntents": "output intent", "PageLabels": "page labels",
}

// document walks from the trailer: fields and pages first, so that they are not named
// after what points back to them.
func (l *labels) document() {
	trailer := l.state.Trailer()
	l.mark(trailer.Get("Root"), label{"catalog", ""})
	l.reach(trailer.Get("Info"), label{"document information", ""})
	catalog, err := l.state.Catalog()
	if err != nil {
		return
	}
	if fields, err := l.state.fields(); err == nil {
		for _, f := range fields {
			l.mark(f.ref, label{"form field", ""})
		}
		for _, f := range fields {
			for _, key := range []Name{"V", "AP"} {
				l.reach(f.dict.Get(key), label{"form field", ""})
			}
		}
	}
	if pages, err := l.state.Pages(); err == nil {
		for _, p := range pages {
			l.mark(p.Ref, label{"page", fmt.Sprintf("page %d", p.Number)})
		}
		for _, p := range pages {
			l.page(p)
		}
	}
	for _, e := range catalog {
		what, ok := catalogLabels[e.Key]
		if !ok {
			what = "catalog"
		}
		l.reach(e.Value, label{what, ""})
	}
}

func (l *labels) page(p Page) {
	name := fmt.Sprintf("page %d", p.Number)
	l.reach(p.Dict.Get("Contents"), label{"page content", name})
	l.reach(p.Dict.Get("Annots"), label{"annotation", name})
	l.reach(p.Dict.Get("Resources"), label{"page resources", name})
	for _, e := range p.Dict {
		if e.Key != "Parent" {
			l.reach(e.Value, label{"page", name})
		}
	}
}

// mark names one object and reports whether this state had not led to it yet.
func (l *labels) mark(o Object, name label) bool {
	ref, ok := o.(Ref)
	if !ok || l.seen[ref.Num] || l.f.named > maxNamed {
		return false
	}
	l.seen[ref.Num] = true
	if _, named := l.names[ref.Num]; !named {
		l.names[ref.Num] = name
	}
	return true
}

// reach names everything that a value leads to.
func (l *labels) reach(o Object, name label) {
	stack := []Object{o}
	for len(stack) > 0 && l.f.named <= maxNamed {
		l.f.named++
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch o := o.(type) {
		case Ref:
			if !l.mark(o, name) {
				continue
			}
			if target, err := l.state.Resolve(o); err == nil {
				stack = append(stack, target)
			}
		case Array:
			stack = append(stack, o...)
		case Dict:
			for _, e := range o {
				stack = append(stack, e.Value)
			}
		case *Stream:
			stack = append(stack, o.Dict)
		}
	}
}
