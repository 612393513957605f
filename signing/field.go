package signing

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"guichet.example/signing/document"
	"guichet.example/signing/internal/pdf"
)

// Flags of a widget (ISO 32000-1, table 165): Print and Locked. A hidden widget is not
// allowed in PDF/A.
const widgetFlags = 4 | 128

// sigFlags: SignaturesExist and AppendOnly (ISO 32000-1, table 219).
const sigFlags = 3

// fieldName checks the name asked for, or appends the first free number to the prefix.
func fieldName(f *pdf.File, want, prefix string) (string, error) {
	names, err := f.Last().FieldNames()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	if want != "" {
		if names[want] || strings.ContainsAny(want, ".") || len(want) > 100 {
			return "", fmt.Errorf("%w: field name is taken or malformed", ErrUnsuitable)
		}
		return want, nil
	}
	for i := 1; ; i++ {
		if name := prefix + strconv.Itoa(i); !names[name] {
			return name, nil
		}
	}
}

// errLocked means that an earlier signature locks the field (ISO 32000-1, 12.8.2.4).
var errLocked = errors.New("an earlier signature locks further fields")

// openField is fieldName for a field that somebody signs: no earlier signature may have
// locked it. Timestamps are not held up by locks.
func openField(f *pdf.File, want, prefix string) (string, error) {
	name, err := fieldName(f, want, prefix)
	if err != nil {
		return "", err
	}
	closed, err := f.Last().Closed(name)
	if err == nil && closed {
		err = errLocked
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	return name, nil
}

// addField writes the dictionary of the slot, a merged field and widget that points to
// it, and puts the widget into the page's annotations and the form's fields. Nothing
// else of page, form or catalog changes. tag also enters it into the structure tree,
// which must stay as it is once somebody has signed.
func addField(f *pdf.File, u *pdf.Update, s *slot, name string, m Mark, tag bool) error {
	state := f.Last()
	page, err := pageOf(state, m)
	if err != nil {
		return err
	}
	s.ref = u.Add(s.object())
	widget := u.Reserve()
	d := pdf.Dict{
		{Key: "Type", Value: pdf.Name("Annot")},
		{Key: "Subtype", Value: pdf.Name("Widget")},
		{Key: "FT", Value: pdf.Name("Sig")},
		{Key: "T", Value: pdf.Text(name)},
		{Key: "V", Value: s.ref},
		{Key: "F", Value: pdf.Integer(widgetFlags)},
		{Key: "P", Value: page.Ref},
		{Key: "Rect", Value: rect(m)},
	}
	if m.Page > 0 {
		form, err := appearance(u, m, page.Rotate)
		if err != nil {
			return err
		}
		d = d.With("AP", pdf.Dict{{Key: "N", Value: form}})
		d = d.With("TU", pdf.Text(strings.Join(m.Lines, ", ")))
	}
	if tag {
		key, ok, err := addFormElement(state, u, widget, page.Ref)
		if err != nil {
			return err
		}
		if ok {
			d = d.With("StructParent", pdf.Integer(key))
		}
	}
	u.Set(widget, d)
	if err := addToPage(state, u, page, widget); err != nil {
		return err
	}
	return addToForm(state, u, widget)
}

// pageOf finds the page of the mark; an invisible one goes to the first page.
func pageOf(state pdf.State, m Mark) (pdf.Page, error) {
	pages, err := state.Pages()
	if err != nil {
		return pdf.Page{}, err
	}
	n := max(m.Page, 1)
	if n > len(pages) {
		return pdf.Page{}, fmt.Errorf("no page %d for the signature", n)
	}
	return pages[n-1], nil
}

func rect(m Mark) pdf.Array {
	if m.Page == 0 {
		m.Rect = [4]float64{}
	}
	out := make(pdf.Array, 4)
	for i, v := range m.Rect {
		out[i] = pdf.Number(v)
	}
	return out
}

// appearance adds the inside of the visible signature. On a turned page it is turned
// back, so that it reads upright.
func appearance(u *pdf.Update, m Mark, rotate int) (pdf.Ref, error) {
	width, height := m.Rect[2]-m.Rect[0], m.Rect[3]-m.Rect[1]
	if rotate%180 != 0 {
		width, height = height, width
	}
	draw := document.NewAppearance
	if m.seal {
		draw = document.NewSeal
	}
	drawn, err := draw(m.Lines, width, height)
	if err != nil {
		return pdf.Ref{}, err
	}
	bodies, form := drawn.Objects(u.Next())
	for _, body := range bodies {
		u.Add(pdf.Raw(body))
	}
	if rotate == 0 {
		return pdf.Ref{Num: form}, nil
	}
	turn := map[int]string{90: "0 1 -1 0 0 0", 180: "-1 0 0 -1 0 0", 270: "0 -1 1 0 0 0"}[rotate]
	if turn == "" {
		return pdf.Ref{}, fmt.Errorf("page is rotated by %d degrees", rotate)
	}
	return u.Add(&pdf.Stream{
		Dict: pdf.Dict{
			{Key: "Type", Value: pdf.Name("XObject")},
			{Key: "Subtype", Value: pdf.Name("Form")},
			{Key: "BBox", Value: pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Number(width), pdf.Number(height)}},
			{Key: "Matrix", Value: pdf.Raw("[" + turn + "]")},
			{Key: "Resources", Value: pdf.Dict{{Key: "XObject", Value: pdf.Dict{{Key: "A", Value: pdf.Ref{Num: form}}}}}},
		},
		Data: []byte("/A Do"),
	}), nil
}

// addToPage appends the widget to the page's annotations, wherever the list stands.
func addToPage(state pdf.State, u *pdf.Update, page pdf.Page, widget pdf.Ref) error {
	annots, err := state.Array(page.Dict.Get("Annots"), "Annots")
	if err != nil {
		return err
	}
	annots = append(annots[:len(annots):len(annots)], widget)
	if ref, ok := page.Dict.Get("Annots").(pdf.Ref); ok {
		u.Set(ref, annots)
	} else {
		u.Set(page.Ref, page.Dict.With("Annots", annots))
	}
	return nil
}

// addToForm appends the field to the form, making one if there is none; every other
// entry of the form stays.
func addToForm(state pdf.State, u *pdf.Update, field pdf.Ref) error {
	catalog, err := state.Catalog()
	if err != nil {
		return err
	}
	form, err := state.Dict(catalog.Get("AcroForm"), "AcroForm")
	if err != nil {
		return err
	}
	fields, err := state.Array(form.Get("Fields"), "Fields")
	if err != nil {
		return err
	}
	fields = append(fields[:len(fields):len(fields)], field)
	if ref, ok := form.Get("Fields").(pdf.Ref); ok {
		u.Set(ref, fields)
	} else {
		form = form.With("Fields", fields)
	}
	form = form.With("SigFlags", pdf.Integer(sigFlags))
	switch old := catalog.Get("AcroForm").(type) {
	case pdf.Ref:
		u.Set(old, form)
	case nil:
		u.Set(state.Root(), catalog.With("AcroForm", u.Add(form)))
	default:
		u.Set(state.Root(), catalog.With("AcroForm", form))
	}
	return nil
}
