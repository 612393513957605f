package signing

import (
	"slices"

	"guichet.example/signing/internal/pdf"
)

// Sentence is the answer to a person who asks whether a file can be relied on. Pages and
// programs say it in their words.
type Sentence string

// The sentences, from good to bad.
const (
	// ValidToday: signed, unchanged since, and what it was signed with is good to this day.
	ValidToday Sentence = "valid-today"
	// ValidThen: signed when card or seal were good, as the file proves, and unchanged
	// since; card or seal have run out or were withdrawn later, which takes nothing away.
	ValidThen Sentence = "valid-then"
	// Added: signed and good, but a later signature, good as well, shows something on a page
	// where those who signed before it left no field for it: AddedAfter says where. Nobody
	// but who made it answers for what it shows.
	Added Sentence = "added"
	// Uncheckable: whether it is good cannot be told, see Why: unchanged, but nobody answers,
	// or no file that could be read, as one that was cut off.
	Uncheckable Sentence = "uncheckable"
	// Changed: something was altered after somebody signed.
	Changed Sentence = "changed"
	// Unsigned: nobody signed or sealed it.
	Unsigned Sentence = "unsigned"
	// Invalid: a signature is forged, damaged or of no form that could be relied on.
	Invalid Sentence = "invalid"
)

// Sentence sums the report up. A doubt about one signature is a doubt about the file.
func (r *Report) Sentence() Sentence {
	if r == nil {
		return Invalid
	}
	shown, spoilt := r.shown()
	signed, altered, void := false, r.Trailing > 0 || spoilt, r.Structure != ""
	for i := range r.Signatures {
		s := &r.Signatures[i]
		signed = signed || s.Kind != Timestamp
		altered = altered || len(s.ChangedAfter) > 0
		void = void || s.Indication == TotalFailed && len(s.ChangedAfter) == 0
	}
	switch {
	case len(r.Signatures) == 0 && r.Structure != "":
		return Uncheckable
	case altered:
		return Changed
	case void:
		return Invalid
	case !signed:
		return Unsigned
	case !r.Valid():
		return Uncheckable
	case shown:
		return Added
	case r.lasts():
		return ValidToday
	}
	return ValidThen
}

// shown reports whether a later signature shows something that those before it did not
// sign, and whether one does so that is not good itself: anybody can make such a one.
func (r *Report) shown() (shown, spoilt bool) {
	for i := range r.Signatures {
		for _, c := range r.Signatures[i].AddedAfter {
			if c.Detail != pdf.Visible {
				continue
			}
			shown = true
			by := slices.IndexFunc(r.Signatures, func(s SignatureReport) bool { return s.Revision == c.Revision })
			spoilt = spoilt || by < 0 || !r.Signatures[by].Valid()
		}
	}
	return shown, spoilt
}

// lasts reports that no certificate of those who signed has run out or been withdrawn by
// the time of the validation, as far as the report knows.
func (r *Report) lasts() bool {
	for _, s := range r.Signatures {
		if s.Kind == Timestamp {
			continue
		}
		for _, c := range s.Path {
			if r.At.After(c.NotAfter) || c.Status != nil && c.Status.Status == "revoked" {
				return false
			}
		}
	}
	return true
}

// Why lists what speaks against the file, worst first, each once: the sub-indications of
// the signatures that did not pass. Empty for a file that is good or that nobody signed.
func (r *Report) Why() []SubIndication {
	var failed, unsure []SubIndication
	for _, s := range r.Signatures {
		list := &unsure
		if s.Indication == TotalFailed {
			list = &failed
		}
		if s.SubIndication != "" && !slices.Contains(failed, s.SubIndication) && !slices.Contains(unsure, s.SubIndication) {
			*list = append(*list, s.SubIndication)
		}
	}
	if r.Structure != "" && !slices.Contains(failed, FormatFailure) {
		failed = append([]SubIndication{FormatFailure}, failed...)
	}
	return append(failed, unsure...)
}
