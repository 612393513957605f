// Package verdict says in the four languages what a verification of a signed file found:
// one plain sentence, then the reasons. Pages and `guichet verify` use the same words.
package verdict

import (
	"guichet.example/portal/locale"
	"guichet.example/signing"
)

// Sentence is the answer in one sentence.
func Sentence(l locale.Language, r *signing.Report) string {
	key := "verify.sentence." + string(r.Sentence())
	switch {
	case r == nil:
	case r.Sentence() == signing.Uncheckable && len(r.Signatures) == 0:
		key = "verify.sentence.cut"
	case sealed(r) && locale.Has(key+".sealed"):
		key += ".sealed"
	}
	return locale.T(l, key)
}

// sealed reports that an organisation stands for the file, and no person: a seal is not
// called a signature.
func sealed(r *signing.Report) bool {
	seals := 0
	for i := range r.Signatures {
		switch r.Signatures[i].Kind {
		case signing.Seal:
			seals++
		case signing.Timestamp:
		default:
			return false
		}
	}
	return seals > 0
}

// Good reports whether a file is what was signed, and nothing else: what a program acts
// upon that does not read the sentence.
func Good(r *signing.Report) bool {
	return r.Sentence() == signing.ValidToday || r.Sentence() == signing.ValidThen
}

// Reasons says what speaks against the file, worst first; none for a good one.
func Reasons(l locale.Language, r *signing.Report) []string {
	var out []string
	for _, why := range r.Why() {
		out = append(out, locale.T(l, "verify.why."+string(why)))
	}
	return out
}
