package signing

import (
	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// formAttacks change the form, its fields and the widgets that show signatures.
var formAttacks = []attack{
	{"widget moved", func(l *lab) []byte {
		return l.with(l.widget, "Rect", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(595), pdf.Integer(842)})
	}, []string{`"what":"form field"`}},
	{"appearance of the signature replaced", func(l *lab) []byte {
		ap := l.dict(l.dict(l.widget).Get("AP"))
		return l.set(l.reference(ap, "N"), stream("0 g 0 0 99 99 re f"))
	}, []string{"FORMAT_FAILURE", `"changedAfter"`}},
	{"widget hidden", func(l *lab) []byte { return l.with(l.widget, "F", pdf.Integer(2)) }, []string{`"what":"form field"`}},
	{"action on the widget", func(l *lab) []byte { return l.with(l.widget, "A", pdf.Dict{}) }, []string{`"what":"form field"`}},
	{"signature taken out of its field", func(l *lab) []byte { return l.with(l.widget, "V", nil) }, []string{"took the signature out", `"what":"form field"`}},
	{"signature dictionary replaced", func(l *lab) []byte {
		value := l.reference(l.dict(l.widget), "V")
		return l.set(value, l.dict(value).With("Name", pdf.String("Somebody")))
	}, []string{"FORMAT_FAILURE"}},
	{"field taken out of the form", func(l *lab) []byte { return l.with(l.form, "Fields", pdf.Array{}) }, []string{"fields removed or moved", "took the signature out"}},
	{"form taken out of the catalog", func(l *lab) []byte { return l.with(l.catalog, "AcroForm", nil) }, []string{`"what":"form","detail":"removed"`}},
	{"text field added", func(l *lab) []byte {
		return l.addField(pdf.Dict{entry("FT", pdf.Name("Tx")), entry("V", pdf.String("BE71"))})
	}, []string{`"what":"form field"`}},
	{"button added", func(l *lab) []byte { return l.addField(pdf.Dict{entry("FT", pdf.Name("Btn"))}) }, []string{`"what":"form field"`}},
	{"empty signature field added", func(l *lab) []byte { return l.addField(pdf.Dict{entry("FT", pdf.Name("Sig"))}) }, []string{`"what":"form field"`}},
	{"signature with an action added", func(l *lab) []byte {
		return l.addSignature(pdf.Dict{entry("AA", pdf.Dict{})}, pdf.Dict{entry("Type", pdf.Name("Sig"))})
	}, []string{`"what":"form field"`}},
	{"signature of the same field name added", func(l *lab) []byte {
		return l.addSignature(pdf.Dict{entry("T", pdf.String("Signature1"))}, pdf.Dict{entry("Type", pdf.Name("Sig"))})
	}, []string{"name used twice"}},
	{"empty signature added", func(l *lab) []byte {
		return l.addSignature(nil, pdf.Dict{entry("Type", pdf.Name("Sig"))})
	}, []string{"Contents is no hexadecimal string"}},
	{"direct signature dictionary added", func(l *lab) []byte {
		return l.addField(pdf.Dict{entry("FT", pdf.Name("Sig")), entry("V", pdf.Dict{entry("Type", pdf.Name("Sig"))})})
	}, []string{"not an indirect object"}},
	{"signature dictionary missing", func(l *lab) []byte {
		return l.addField(pdf.Dict{entry("FT", pdf.Name("Sig")), entry("V", pdf.Ref{Num: 5000})})
	}, []string{"signature dictionary missing"}},
	{"signature dictionary shared by two fields", func(l *lab) []byte {
		return l.addField(pdf.Dict{entry("FT", pdf.Name("Sig")), entry("V", l.reference(l.dict(l.widget), "V"))})
	}, []string{"one signature dictionary in two fields"}},
	{"signature dictionary copied", func(l *lab) []byte {
		return l.addSignature(nil, l.dict(l.reference(l.dict(l.widget), "V")))
	}, []string{"ByteRange leaves out other bytes"}},
	{"field listed twice", func(l *lab) []byte { return l.with(l.form, "Fields", pdf.Array{l.widget, l.widget}) }, []string{"form field", "twice"}},
	{"field that is its own child", func(l *lab) []byte { return l.with(l.widget, "Kids", pdf.Array{l.widget}) }, []string{"twice"}},
	{"field that is no reference", func(l *lab) []byte {
		return l.with(l.form, "Fields", pdf.Array{l.widget, pdf.Dict{}})
	}, []string{"form field is no indirect object"}},
	{"appearances to be made again", func(l *lab) []byte { return l.with(l.form, "NeedAppearances", true) }, []string{"entry /NeedAppearances"}},
	{"XFA form", func(l *lab) []byte { return l.with(l.form, "XFA", pdf.String("<xdp/>")) }, []string{"entry /XFA", "XFA form"}},
	{"signature flags cleared", func(l *lab) []byte { return l.with(l.form, "SigFlags", pdf.Integer(0)) }, []string{"entry /SigFlags"}},
	{"default appearance changed", func(l *lab) []byte { return l.with(l.form, "DA", pdf.String("/F 99 Tf")) }, []string{"entry /DA"}},
	{"visible document timestamp added", func(l *lab) []byte { return l.visibleTimestamp() }, []string{"not permitted here"}},
	{"authentication key used to sign", func(l *lab) []byte { return l.authenticationSigned() }, []string{"CHAIN_CONSTRAINTS_FAILURE"}},
	{"signature of a stranger added over the text", func(l *lab) []byte {
		return l.strangerSigned(Mark{Page: 1, Rect: [4]float64{50, 400, 550, 500}, Lines: []string{"BE71"}})
	}, []string{"NO_CERTIFICATE_CHAIN_FOUND", `"detail":"visible"`}},
	{"signature of a stranger added", func(l *lab) []byte { return l.strangerSigned(Mark{}) }, []string{"NO_CERTIFICATE_CHAIN_FOUND"}},
}

// addField adds a field with its widget, as an honest program would.
func (l *lab) addField(d pdf.Dict) []byte {
	return l.update(func(u *pdf.Update) { l.addFieldTo(u, d) })
}

func (l *lab) addFieldTo(u *pdf.Update, more pdf.Dict) {
	d := pdf.Dict{
		entry("Type", pdf.Name("Annot")), entry("Subtype", pdf.Name("Widget")), entry("T", pdf.String("Other")),
		entry("F", pdf.Integer(132)), entry("Rect", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(0), pdf.Integer(0)}), entry("P", l.page),
	}
	for _, e := range more {
		d = d.With(e.Key, e.Value)
	}
	page, _ := l.f.Last().Pages()
	field := u.Add(d)
	if err := addToPage(l.f.Last(), u, page[0], field); err != nil {
		l.tb.Fatal(err)
	}
	if err := addToForm(l.f.Last(), u, field); err != nil {
		l.tb.Fatal(err)
	}
}

// addSignature adds a field with a signature dictionary of its own.
func (l *lab) addSignature(field, signature pdf.Dict) []byte {
	return l.update(func(u *pdf.Update) {
		field = append(pdf.Dict{entry("FT", pdf.Name("Sig")), entry("V", u.Add(signature))}, field...)
		l.addFieldTo(u, field)
	})
}

// visibleTimestamp adds a real timestamp that shows something on the page: anybody can
// have one, since it names no signer.
func (l *lab) visibleTimestamp() []byte {
	f := l.f
	u := f.Update()
	s := newSlot("/DocTimeStamp", "/ETSI.RFC3161", Hole, signedAt)
	mark := Mark{Page: 1, Rect: [4]float64{0, 0, 500, 500}, Lines: []string{"BE71 0961 2345 6769"}}
	if err := addField(f, u, s, "Timestamp1", mark, false); err != nil {
		l.tb.Fatal(err)
	}
	out, _ := s.write(u, nil)
	return out
}

// authenticationSigned is a letter signed with the key that only proves presence.
func (l *lab) authenticationSigned() []byte {
	card := l.w.cards[certstest.RSA2048]
	r := l.w.request(l.tb, certstest.RSA2048)
	p, err := Prepare(r)
	if err != nil {
		l.tb.Fatal(err)
	}
	p.Certificate = card.Authentication.Certificate.Raw
	if p.Attributes, p.Digest, err = p.derive(); err != nil {
		l.tb.Fatal(err)
	}
	out, err := p.Complete(value(l.tb, card.Authentication.Key, p))
	if err != nil {
		l.tb.Fatal(err)
	}
	return out
}

// strangerSigned adds a second signature by a card of an unknown authority.
func (l *lab) strangerSigned(mark Mark) []byte {
	if closed, err := l.f.Last().Locked(); closed || err != nil {
		l.lacks("room for a signature: %v", err)
	}
	other, err := strangers()
	if err != nil {
		l.tb.Fatal(err)
	}
	card, err := other.Issue(certstest.Person{Surname: "Inconnu", NationalNumber: nationalNumber, Algorithm: certstest.P256})
	if err != nil {
		l.tb.Fatal(err)
	}
	path, err := other.Anchors().Path(card.Signature.Certificate, certs.Signature, signedAt)
	if err != nil {
		l.tb.Fatal(err)
	}
	return l.w.sign(l.tb, Request{PDF: l.base, Path: path, At: signedAt, Mark: mark}, card.Signature.Key)
}
