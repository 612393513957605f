package signing

import (
	"errors"
	"strings"
	"testing"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// fieldMDP is a reference that locks fields (ISO 32000-1, 12.8.2.4).
func fieldMDP(params string) pdf.Raw {
	return pdf.Raw("[<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /V /1.2 " + params + " >> >>]")
}

// formed is a page with a text field, a signature field to be signed, and another below a
// field of its own: amount, member, and family.child. lock is an entry of member.
func formed(lock string) []byte {
	return plan{
		catalog: "/AcroForm << /Fields [5 0 R 6 0 R 7 0 R] /DA (/H 9 Tf) >>", page: "/Annots [5 0 R 6 0 R 8 0 R]",
		objects: map[int]string{
			5: "<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (1) /Rect [9 9 99 99] /P 3 0 R >>",
			6: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (member) /Rect [0 0 0 0] /P 3 0 R " + lock + " >>",
			7: "<< /T (family) /Kids [8 0 R] >>",
			8: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (child) /Parent 7 0 R /Rect [0 0 0 0] /P 3 0 R >>",
		},
	}.written()
}

// into signs an existing field by hand, whatever is locked.
func (l *lab) into(file []byte, field int, reference pdf.Raw) []byte {
	l.tb.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		l.tb.Fatal(err)
	}
	ref := pdf.Ref{Num: field}
	d, err := f.Last().Dict(ref, "field")
	if err != nil {
		l.tb.Fatal(err)
	}
	u := f.Update()
	s := newSlot("/Sig", "/ETSI.CAdES.detached", Hole, signedAt, note{key: "Reference", raw: reference})
	s.ref = u.Add(s.object())
	u.Set(ref, d.With("V", s.ref))
	out, r := s.write(u, nil)
	return l.fillSigned(out, r)
}

// edited gives one object of a file a new value.
func (l *lab) edited(file []byte, num int, body string) []byte {
	l.tb.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		l.tb.Fatal(err)
	}
	u := f.Update()
	for u.Next() <= num {
		u.Reserve()
	}
	u.Set(pdf.Ref{Num: num}, pdf.Raw(body))
	out, _ := u.Bytes(nil)
	return out
}

// lockedBy is the form of formed, signed with a lock in a field of its own.
func (l *lab) lockedBy(params string) []byte { return l.approved(formed(""), fieldMDP(params)) }

// locks has somebody sign, with a lock, and somebody sign afterwards.
func locks(name, params string, after func(l *lab, file []byte) []byte) attack {
	return attack{"lock: " + name, func(l *lab) []byte { return after(l, l.lockedBy(params)) }, []string{pdf.LockedField, "12.8.2.4"}}
}

// Ways to sign after a lock: in a new field, in the member's, in the child's.
func inNew(l *lab, file []byte) []byte    { return l.approved(file, nil) }
func inMember(l *lab, file []byte) []byte { return l.into(file, 6, nil) }
func inChild(l *lab, file []byte) []byte  { return l.into(file, 8, nil) }

// filled changes the value of the text field.
func filled(l *lab, file []byte) []byte {
	return l.edited(file, 5, "<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (1000) /Rect [9 9 99 99] /P 3 0 R >>")
}

var lockAttacks = []attack{
	locks("all, then signed in a new field", "/Action /All", inNew),
	locks("all, then signed in a field that waited", "/Action /All", inMember),
	locks("all, then a field filled in", "/Action /All", filled),
	locks("the field that is signed", "/Action /Include /Fields [(member)]", inMember),
	locks("the field that is signed, among others", "/Action /Include /Fields [(a) (amount) (member)]", inMember),
	locks("the field that is signed, in UTF-16", "/Action /Include /Fields [<FEFF006D0065006D006200650072>]", inMember),
	locks("the field that is signed, by its full name", "/Action /Include /Fields [(family.child)]", inChild),
	locks("the field above the one that is signed", "/Action /Include /Fields [(family)]", inChild),
	locks("the new field by its name", "/Action /Include /Fields [(Approval2)]", inNew),
	locks("the field that is filled in", "/Action /Include /Fields [(amount)]", filled),
	locks("all but one, then signed in a new field", "/Action /Exclude /Fields [(member)]", inNew),
	locks("all but one, then signed in another", "/Action /Exclude /Fields [(member)]", inChild),
	locks("all but a part of the name", "/Action /Exclude /Fields [(memb)]", inMember),
	locks("all but none", "/Action /Exclude /Fields []", inMember),
	locks("no action", "", inMember),
	locks("unknown action", "/Action /Some /Fields [(amount)]", inMember),
	locks("action in words", "/Action (Include) /Fields [(amount)]", inMember),
	locks("no list", "/Action /Include", inMember),
	locks("list of names", "/Action /Include /Fields [/amount]", inMember),
	{"lock: list that is no list", func(l *lab) []byte { return inMember(l, l.lockedBy("/Action /Include /Fields (amount)")) }, []string{"FORMAT_FAILURE", "field lock is no array"}},
	{"lock: no parameters", func(l *lab) []byte {
		return inMember(l, l.approved(formed(""), pdf.Raw("[<< /TransformMethod /FieldMDP >>]")))
	}, []string{pdf.LockedField}},
	{"lock: method in an object of its own", func(l *lab) []byte {
		file := l.edited(formed(""), 20, "/FieldMDP")
		return inMember(l, l.approved(file, pdf.Raw("[<< /TransformMethod 20 0 R /TransformParams << /Action /All >> >>]")))
	}, []string{"FORMAT_FAILURE"}},
	{"lock: parameters in an object of their own", func(l *lab) []byte {
		file := l.edited(formed(""), 20, "<< /Action /Include /Fields [(member)] >>")
		return inMember(l, l.approved(file, pdf.Raw("[<< /TransformMethod /FieldMDP /TransformParams 20 0 R >>]")))
	}, []string{pdf.LockedField}},
	{"lock: parameters in an object of their own, changed later", func(l *lab) []byte {
		file := l.edited(formed(""), 20, "<< /Action /Include /Fields [(member)] >>")
		return l.edited(l.approved(file, pdf.Raw("[<< /TransformMethod /FieldMDP /TransformParams 20 0 R >>]")), 20, "<< /Action /Include /Fields [(none)] >>")
	}, []string{`"changedAfter"`}},
	{"lock: two, the second for all", func(l *lab) []byte {
		return inMember(l, l.approved(formed(""), pdf.Raw("[<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(a)] >> >> << /TransformMethod /FieldMDP /TransformParams << /Action /All >> >>]")))
	}, []string{pdf.LockedField}},
	{"lock: of a field that waited, then signed", func(l *lab) []byte {
		return inChild(l, l.into(formed("/Lock << /Type /SigFieldLock /Action /Include /Fields [(family)] >>"), 6, nil))
	}, []string{pdf.LockedField}},
	{"lock: of a field that waited, for all", func(l *lab) []byte {
		return inNew(l, l.into(formed("/Lock << /Type /SigFieldLock /Action /All >>"), 6, nil))
	}, []string{pdf.LockedField}},
	{"lock: of a field that waited, malformed", func(l *lab) []byte {
		return inNew(l, l.into(formed("/Lock << /Type /SigFieldLock >>"), 6, nil))
	}, []string{pdf.LockedField}},
	{"lock: of a field that waited, which permits nothing", func(l *lab) []byte {
		return inNew(l, l.into(formed("/Lock << /Type /SigFieldLock /Action /Include /Fields [] /P 1 >>"), 6, nil))
	}, []string{"not permitted here"}},
	{"lock: of a field that waited, taken away by who signs", func(l *lab) []byte {
		file := l.approved(formed("/Lock << /Type /SigFieldLock /Action /All >>"), nil)
		return l.edited(file, 6, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (member) /Rect [0 0 0 0] /P 3 0 R >>")
	}, []string{`"what":"form field"`}},
	{"lock: taken out of the signature", func(l *lab) []byte {
		return exchanged(l.lockedBy("/Action /All"), "/FieldMDP", "/FieldMDX")
	}, []string{"HASH_FAILURE"}},
	{"lock: loosened by a second signature", func(l *lab) []byte {
		return inMember(l, l.approved(l.lockedBy("/Action /Include /Fields [(member)]"), fieldMDP("/Action /Include /Fields []")))
	}, []string{pdf.LockedField}},
	{"lock: of a certification", func(l *lab) []byte {
		file := l.certified(Signing, formed(""), saying("/Reference [", "/Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(member)] >> >> "))
		return inMember(l, file)
	}, []string{pdf.LockedField}},
	{"lock: timestamp that shows something after it", func(l *lab) []byte {
		return labOf(l.tb, l.w, l.w.raise(l.tb, l.approved(letter(l.tb).PDF, fieldMDP("/Action /All")), LevelLT)).visibleTimestamp()
	}, []string{"not permitted here"}},
}

func exchanged(file []byte, old, new string) []byte {
	return []byte(strings.Replace(string(file), old, new, 1))
}

// What a lock does not hold may go on: other fields, evidence and timestamps; and Prepare
// and Inspect do not begin what a verifier would refuse.
func TestLocks(t *testing.T) {
	l := newLab(t)
	for name, file := range map[string][]byte{
		"nothing after":            l.lockedBy("/Action /All"),
		"another field":            inMember(l, l.lockedBy("/Action /Include /Fields [(amount)]")),
		"a new field":              inNew(l, l.lockedBy("/Action /Include /Fields [(amount) (member)]")),
		"the one left out":         inMember(l, l.lockedBy("/Action /Exclude /Fields [(member)]")),
		"below the one left out":   inChild(l, l.lockedBy("/Action /Exclude /Fields [(family)]")),
		"a field like it":          inMember(l, l.lockedBy("/Action /Include /Fields [(memb) (member.x) (Member)]")),
		"none":                     inMember(l, l.lockedBy("/Action /Include /Fields []")),
		"evidence and a timestamp": l.w.raise(t, l.lockedBy("/Action /All"), LevelLTA),
		"its own lock":             l.into(formed("/Lock << /Action /All >>"), 6, fieldMDP("/Action /All")),
		"a lock nobody signed":     inNew(l, formed("/Lock << /Action /All >>")),
	} {
		if r, err := Verify(t.Context(), file, l.lenient()); err != nil || !r.Valid() {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for _, c := range []struct {
		params, field string
		refused       bool
	}{
		{"/Action /All", "", true},
		{"/Action /Exclude /Fields [(Approval1)]", "", true},
		{"/Action /Exclude /Fields [(Second)]", "Second", false},
		{"/Action /Include /Fields [(Second)]", "Second", true},
		{"/Action /Include /Fields [(Second)]", "", false},
	} {
		file := l.approved(letter(t).PDF, fieldMDP(c.params))
		key := l.w.cards[certstest.P384].Signature
		p, err := Prepare(Request{PDF: file, Path: l.w.path(t, key.Certificate, certs.Signature), At: signedAt, Field: c.field})
		if c.refused != errors.Is(err, ErrUnsuitable) || c.refused == (p != nil) {
			t.Errorf("Prepare(%s, %q) = %v", c.params, c.field, err)
		}
		if c.field != "" {
			continue
		}
		var why *UnsuitableError
		if _, err := Inspect(file); c.refused && (!errors.As(err, &why) || why.Obstacle != Forbidden) || !c.refused && err != nil {
			t.Errorf("Inspect(%s) = %v", c.params, err)
		}
		if _, err := l.w.sealer(t, certstest.P256).Seal(t.Context(), file, SealOptions{}); c.refused != errors.Is(err, ErrUnsuitable) {
			t.Errorf("Seal(%s) = %v", c.params, err)
		}
	}
	if _, level, err := l.w.extender(t).Extend(t.Context(), l.approved(letter(t).PDF, fieldMDP("/Action /All")), LevelLTA); err != nil || level != LevelLTA {
		t.Errorf("Extend after a lock = %v, %v", level, err)
	}
}
