package signing

import (
	"bytes"
	"time"

	"guichet.example/signing/internal/pdf"
)

// markAttacks draw on the page with what anybody can have: a timestamp, which names
// nobody. Each is a real one by a trusted authority over the right bytes.
var markAttacks = []attack{
	mark("rectangle of indirect numbers", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		zero, wide, high := u.Add(pdf.Integer(0)), u.Add(pdf.Integer(500)), u.Add(pdf.Integer(700))
		return inked(u, d).With("Rect", pdf.Array{zero, zero, wide, high})
	}),
	mark("rectangle elsewhere", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		return inked(u, d).With("Rect", u.Add(rectangle(0, 0, 500, 700)))
	}),
	mark("rectangle of three numbers", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		return inked(u, d).With("Rect", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(500)})
	}),
	mark("rectangle of names", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		return inked(u, d).With("Rect", pdf.Array{pdf.Name("A"), pdf.Name("A"), pdf.Name("A"), pdf.Name("A")})
	}),
	mark("line through the text", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		return inked(u, d).With("Rect", rectangle(50, 400, 500, 400))
	}),
	mark("line beside the text", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		return inked(u, d).With("Rect", rectangle(50, 100, 50, 400))
	}),
	mark("dot between two digits", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		return inked(u, d).With("Rect", rectangle(200, 400, 200, 400))
	}),
	mark("dot in a state of its own", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		n := inked(u, d).Get("AP").(pdf.Dict).Get("N")
		return d.With("AP", pdf.Dict{entry("N", pdf.Dict{entry("On", n)})}).With("AS", pdf.Name("On"))
	}),
	mark("no rectangle", func(u *pdf.Update, d pdf.Dict) pdf.Dict { return inked(u, d).With("Rect", nil) }),
	mark("border of no width", func(_ *pdf.Update, d pdf.Dict) pdf.Dict {
		return d.With("MK", pdf.Dict{entry("BC", pdf.Array{pdf.Integer(0)})})
	}),
	mark("empty appearance with a rectangle", func(u *pdf.Update, d pdf.Dict) pdf.Dict {
		return d.With("Rect", rectangle(0, 0, 500, 700))
	}),
	{"timestamp as an annotation of another kind", func(l *lab) []byte {
		return l.marked(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			return d.With("Subtype", pdf.Name("Square")).With("Rect", rectangle(0, 0, 500, 700))
		})
	}, []string{`"what":"form field"`}},
	{"timestamp that hides a page change in its appearance", func(l *lab) []byte {
		return l.marked(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			u.Set(l.contents, stream("BT ET"))
			return d.With("AP", pdf.Dict{entry("N", l.contents)})
		})
	}, []string{`"what":"page content"`}},
	{"timestamp whose widget stands on the page twice", func(l *lab) []byte {
		return l.marked(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			page := u.Value(l.page).(pdf.Dict)
			annots := page.Get("Annots").(pdf.Array)
			u.Set(l.page, page.With("Annots", append(annots, annots[len(annots)-1])))
			return d
		})
	}, []string{`"what":"annotation"`}},
	{"timestamp with a visible widget among others", func(l *lab) []byte {
		return l.marked(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			self := pdf.Ref{Num: u.Value(l.form).(pdf.Dict).Get("Fields").(pdf.Array)[l.fields()].(pdf.Ref).Num}
			blank := pdf.Dict{entry("Subtype", pdf.Name("Widget")), entry("Parent", self), entry("Rect", rectangle(0, 0, 0, 0))}
			first, second := u.Add(blank), u.Add(inked(u, blank).With("Rect", rectangle(0, 0, 500, 700)))
			page := u.Value(l.page).(pdf.Dict)
			annots := page.Get("Annots").(pdf.Array)
			u.Set(l.page, page.With("Annots", append(annots[:len(annots)-1:len(annots)-1], first, second)))
			return pdf.Dict{entry("FT", pdf.Name("Sig")), entry("T", d.Get("T")), entry("V", d.Get("V")), entry("Kids", pdf.Array{first, second})}
		})
	}, []string{"not permitted here"}},
	{"timestamp with an action", func(l *lab) []byte {
		return l.marked(func(_ *pdf.Update, d pdf.Dict) pdf.Dict {
			return d.With("AA", pdf.Dict{entry("E", pdf.Dict{entry("S", pdf.Name("JavaScript")), entry("JS", pdf.String("x"))})})
		})
	}, []string{`"what":"form field"`, "script"}},
	{"timestamp in a layer", func(l *lab) []byte {
		return l.marked(func(_ *pdf.Update, d pdf.Dict) pdf.Dict {
			return d.With("OC", pdf.Dict{entry("Type", pdf.Name("OCG"))})
		})
	}, []string{`"what":"form field"`}},
	{"timestamp with text in a note", func(l *lab) []byte {
		return l.marked(func(_ *pdf.Update, d pdf.Dict) pdf.Dict { return d.With("Contents", pdf.String("BE71")) })
	}, []string{`"what":"form field"`}},
	{"timestamp together with appearances to be made again", func(l *lab) []byte {
		return l.marked(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			u.Set(l.form, u.Value(l.form).(pdf.Dict).With("NeedAppearances", true))
			return d
		})
	}, []string{"entry /NeedAppearances"}},
	{"timestamp together with a turned page", func(l *lab) []byte {
		return l.marked(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			u.Set(l.page, u.Value(l.page).(pdf.Dict).With("Rotate", pdf.Integer(180)))
			return d
		})
	}, []string{"entry /Rotate"}},
	{"timestamp together with an object nobody asked for", func(l *lab) []byte {
		return l.marked(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			u.Add(stream("BT ET"))
			return d
		})
	}, []string{"nothing points to it"}},
}

// mark is an attack with a timestamp that draws.
func mark(name string, shape func(u *pdf.Update, d pdf.Dict) pdf.Dict) attack {
	return attack{"timestamp: " + name, func(l *lab) []byte { return l.marked(shape) }, []string{"not permitted here"}}
}

func rectangle(v ...int) pdf.Array {
	out := make(pdf.Array, len(v))
	for i, n := range v {
		out[i] = pdf.Integer(n)
	}
	return out
}

// inked gives a widget an appearance that is black all over.
func inked(u *pdf.Update, d pdf.Dict) pdf.Dict {
	form := u.Add(stream("0 g 0 0 1 1 re f", entry("Subtype", pdf.Name("Form")), entry("BBox", rectangle(0, 0, 1, 1))))
	return d.With("AP", pdf.Dict{entry("N", form)})
}

// fields counts the fields of the base.
func (l *lab) fields() int { return len(l.dict(l.form).Get("Fields").(pdf.Array)) }

// marked appends a document timestamp that holds, with the widget that shape makes of an
// honest one.
func (l *lab) marked(shape func(u *pdf.Update, d pdf.Dict) pdf.Dict) []byte {
	u := l.f.Update()
	s := newSlot("/DocTimeStamp", "/ETSI.RFC3161", Hole, time.Time{})
	if err := addField(l.f, u, s, "Timestamp9", Mark{}, false); err != nil {
		l.tb.Fatal(err)
	}
	widget := pdf.Ref{Num: s.ref.Num + 1}
	u.Set(widget, shape(u, u.Value(widget).(pdf.Dict)))
	file, r := s.write(u, nil)
	out, err := fill(file, r, l.stamp(append(bytes.Clone(file[:r[1]]), file[r[2]:]...), nothing))
	if err != nil {
		l.tb.Fatal(err)
	}
	return out
}
