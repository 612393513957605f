package signing

import "guichet.example/signing/internal/pdf"

// RevisionReport is one stretch of the file: the original, or an incremental update
// (ISO 32000-1, 7.5.6).
type RevisionReport struct {
	Number int    `json:"number"` // counted from 1
	From   int    `json:"from"`   // first byte
	To     int    `json:"to"`     // after the last byte
	What   string `json:"what"`   // "original", "signature", "timestamp", "evidence", "change"
	Field  string `json:"field,omitempty"`
	// Changes are what it did, signed over or not: for what a signature says of it see
	// SignatureReport.
	Changes []Change `json:"changes,omitempty"`
}

// history tells what each revision did. A revision that cannot be compared is a change.
func (v *validation) history() []RevisionReport {
	out := make([]RevisionReport, v.f.Revisions())
	from, first := 0, len(out)
	for _, s := range v.subjects {
		first = min(first, s.sig.Revision)
	}
	for rev := range out {
		_, end := v.f.End(rev)
		r := RevisionReport{Number: rev + 1, From: from, To: end, What: "change"}
		from = end
		if rev == 0 {
			r.What = "original"
		} else if changes, err := v.f.Changes(rev); err == nil {
			r.What = kindOf(changes)
			for _, c := range changes {
				change := changeOf(c)
				if rev <= first && !c.Allowed {
					change.Rule = "" // nobody had signed: everything was permitted
				}
				r.Changes = append(r.Changes, change)
			}
		}
		for _, s := range v.subjects {
			if s.sig.Revision == rev {
				r.What, r.Field = "signature", s.sig.Field
				if s.sig.IsTimestamp() {
					r.What = "timestamp"
				}
			}
		}
		out[rev] = r
	}
	return out
}

// kindOf names a revision by what it added, if it only added.
func kindOf(changes []pdf.Change) string {
	what := "change"
	for _, c := range changes {
		if !c.Allowed {
			return "change"
		}
		what = c.What
	}
	return what
}

func changeOf(c pdf.Change) Change {
	return Change{Revision: c.Revision + 1, What: c.What, Detail: c.Detail, Object: c.Object, Rect: c.Rect, Rule: ruleOf(c)}
}

// rules are the clauses that permit an addition to a signed file.
var rules = map[string]string{
	"evidence":   "ETSI EN 319 142-1, 5.4.2",
	"timestamp":  "ETSI EN 319 142-1, 5.4.3; ISO 32000-2, 12.8.5",
	"signature":  "ISO 32000-1, 12.8.2.2, table 254",
	"extensions": "ISO 32000-1, 7.12",
}

// ruleOf names the clause that permits a change, or says that none does.
func ruleOf(c pdf.Change) string {
	if rule, ok := rules[c.What]; ok && c.Allowed {
		return rule
	}
	if c.Detail == pdf.LockedField {
		return "ISO 32000-1, 12.8.2.4: locked by a signature"
	}
	return "ISO 32000-1, 12.8.2.2: not permitted after signing"
}
