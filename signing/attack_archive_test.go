package signing

import (
	"bytes"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/pdf"
)

// archiveAttacks play with archive timestamps, the newest of the file or one that is added.
var archiveAttacks = []attack{
	{"archive: backdated to before the authority", func(l *lab) []byte {
		return l.documentStamp(func(covered []byte) []byte {
			return l.stamp(covered, func(s *certstest.Stamp) { s.GenTime = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC) })
		})
	}, []string{"INDETERMINATE"}},
	{"archive: of tomorrow", func(l *lab) []byte {
		return l.documentStamp(func(covered []byte) []byte {
			return l.stamp(covered, func(s *certstest.Stamp) { s.GenTime = s.GenTime.Add(24 * time.Hour) })
		})
	}, []string{"TIMESTAMP_ORDER_FAILURE"}},
	{"archive: of an authority that nobody knows, then of one that is known", func(l *lab) []byte {
		first := l.documentStamp(l.strange)
		f, err := pdf.Open(first)
		if err != nil {
			l.tb.Fatal(err)
		}
		inner := *l
		inner.base, inner.f = first, f
		return inner.marked(honest)
	}, []string{"NO_CERTIFICATE_CHAIN_FOUND"}},
	{"archive: of an authority that nobody knows", func(l *lab) []byte { return l.documentStamp(l.strange) }, []string{"NO_CERTIFICATE_CHAIN_FOUND"}},
	{"archive: token of another file", func(l *lab) []byte {
		return l.documentStamp(func([]byte) []byte { return l.stamp(l.base, nothing) })
	}, []string{"HASH_FAILURE"}},
	{"archive: token without certificate", func(l *lab) []byte {
		return l.documentStamp(func(covered []byte) []byte {
			return l.stamp(covered, func(s *certstest.Stamp) { s.Certificates = nil })
		})
	}, []string{"NO_SIGNING_CERTIFICATE_FOUND"}},
	{"archive: last token again in a new field", func(l *lab) []byte { return l.documentStamp(func([]byte) []byte { return l.lastToken() }) }, []string{"FORMAT_FAILURE"}},
	{"archive: newest token replaced by one over nothing", func(l *lab) []byte {
		return l.replaced(func([]byte) []byte { return l.stamp(nil, nothing) })
	}, []string{"FAILED"}},
	{"archive: newest token replaced by one that nobody knows", func(l *lab) []byte { return l.replaced(l.strange) }, []string{"FAILED"}},
	{"archive: evidence put in before the newest revision", func(l *lab) []byte {
		n := l.f.Revisions()
		_, before := l.f.End(n - 2)
		f, err := pdf.Open(l.base[:before])
		if err != nil {
			l.tb.Fatal(err)
		}
		u := f.Update()
		if err := u.SetEvidence(&pdf.Evidence{CRLs: [][]byte{[]byte("slipped in")}}); err != nil {
			l.tb.Fatal(err)
		}
		out, _ := u.Bytes(nil)
		return append(out, l.base[before:]...)
	}, []string{"FORMAT_FAILURE"}},
	{"archive: newest revision twice", func(l *lab) []byte {
		_, before := l.f.End(l.f.Revisions() - 2)
		return append(bytes.Clone(l.base), l.base[before:]...)
	}, []string{"FORMAT_FAILURE"}},
	{"archive: first revision left out", func(l *lab) []byte {
		_, first := l.f.End(0)
		return append([]byte("%PDF-1.7\n"), l.base[first:]...)
	}, []string{"structure"}},
}

// strange is a token by an authority that leads to no anchor.
func (l *lab) strange(covered []byte) []byte {
	other, err := strangers()
	if err != nil {
		l.tb.Fatal(err)
	}
	inner := &lab{tb: l.tb, w: &world{Server: &certstest.Server{PKI: other}}}
	return inner.stamp(covered, nothing)
}

// last is the newest signature or timestamp of the base.
func (l *lab) last() *pdf.Signature {
	list, err := l.f.Signatures()
	if err != nil {
		l.tb.Fatal(err)
	}
	return list[len(list)-1]
}

func (l *lab) lastToken() []byte {
	der, err := cms.Trim(l.last().Contents)
	if err != nil {
		l.tb.Fatal(err)
	}
	return der
}

// replaced gives the newest hole another token.
func (l *lab) replaced(token func(covered []byte) []byte) []byte {
	s := l.last()
	before, after := l.f.Covered(s)
	out, err := fill(l.base, s.ByteRange, token(append(bytes.Clone(before), after...)))
	if err != nil {
		l.tb.Fatal(err)
	}
	return out
}
