package verdict

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing"
)

// maxNamed bounds the kinds of change that a remark names.
const maxNamed = 5

// remarks are what is to be known of a signature beside why it did not pass, in sentences,
// each once. The words of the verifier stand with the building blocks.
func remarks(v page.View, s *signing.SignatureReport) []string {
	var out []string
	why := because(v, s)
	for _, r := range s.Remarks {
		text := ""
		switch r.About {
		case signing.AboutSignature:
			text = v.T("verify.why." + string(r.SubIndication))
		case signing.AboutTimestamp:
			text = v.T("verify.remark.timestamp", locale.A("why", v.T("verify.why."+string(r.SubIndication))))
		case signing.AboutChanges:
			text = v.T("verify.remark.changes", locale.A("what", kindsOf(v, s.ChangedAfter)))
		case signing.AboutShown:
			text = v.T("verify.remark.shown", locale.A("revision", strconv.Itoa(r.Revision)))
		default:
			text = v.T("verify.remark." + string(r.About))
		}
		if text != why && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// kindsOf names the kinds of changes, the first few of them.
func kindsOf(v page.View, changes []signing.Change) string {
	var names []string
	for _, c := range changes {
		if name := kindOf(v, c.What); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > maxNamed {
		names = append(names[:maxNamed], "…")
	}
	return strings.Join(names, ", ")
}

// kindOf is the name of a kind of change; in the words of the verifier if we have none.
func kindOf(v page.View, what string) string { return said(v, "verify.change.", what) }

// said is a word of the verifier in the language of the page, where there is one.
func said(v page.View, under, word string) string {
	if key := under + strings.NewReplacer(" ", "-", ",", "").Replace(word); locale.Has(key) {
		return v.T(key)
	}
	return shown(word)
}

var (
	onPage  = regexp.MustCompile(`^page ([0-9]{1,6})\b ?`)
	atEntry = regexp.MustCompile(`^entry (/.*)$`)
)

// placeOf says where a change is: a page, an entry of a dictionary, or what became of it.
func placeOf(v page.View, detail string) string {
	var out []string
	if m := onPage.FindStringSubmatch(detail); m != nil {
		out = append(out, v.T("verify.change.on-page", locale.A("n", m[1])))
		detail = strings.TrimPrefix(detail[len(m[0]):], ": ")
	}
	detail = strings.TrimPrefix(detail, ": ")
	if m := atEntry.FindStringSubmatch(detail); m != nil {
		out = append(out, v.T("verify.change.entry", locale.A("name", shown(m[1]))))
	} else if detail != "" {
		out = append(out, said(v, "verify.change.detail.", detail))
	}
	return strings.Join(out, ", ")
}

// changed names a change: what, where, the object, and the rule if there is one, which is
// not so for what stood there before anybody signed.
func changed(v page.View, c signing.Change) (what, rule string) {
	what = kindOf(v, c.What)
	if place := placeOf(v, c.Detail); place != "" {
		what += ", " + place
	}
	if c.Object > 0 {
		what += " (" + v.T("verify.change.numbered", locale.A("n", strconv.Itoa(c.Object))) + ")"
	}
	clause, verdict, found := strings.Cut(c.Rule, ": ")
	if rule = shown(clause); found {
		rule += ": " + said(v, "verify.change.rule.", verdict)
	}
	return what, rule
}
