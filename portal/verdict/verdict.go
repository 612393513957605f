// Package verdict says in the four languages what a verification of a signed file found:
// one plain sentence, then the reasons. Pages and `guichet verify` use the same words.
package verdict

import (
	"guichet.example/portal/locale"
	"guichet.example/signing"
)

// Sentence is the answer in one sentence.
func Sentence(l locale.Language, r *signing.Report) string {
	return locale.T(l, "verify.sentence."+string(r.Sentence()))
}

// Reasons says what speaks against the file, worst first; none for a good one.
func Reasons(l locale.Language, r *signing.Report) []string {
	var out []string
	for _, why := range r.Why() {
		out = append(out, locale.T(l, "verify.why."+string(why)))
	}
	return out
}
