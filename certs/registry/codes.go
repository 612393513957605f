package registry

import "fmt"

// DocumentType is the kind of card (tag 0F): 1 citizen, 6 children, 7 and 8 cards of
// officials, 11 to 36 residence documents, 61 to 69 those of children. A type that is
// not known here is kept as its number.
type DocumentType int

// documentTypes are the official names. Letters are those printed on the cards.
var documentTypes = map[DocumentType]string{
	1: "Identity card", 6: "Kids-ID", 7: "Bootstrap card", 8: "Authorisation card",
	11: "A. Registration in the aliens' register, temporary stay", 12: "B. Registration in the aliens' register",
	13: "C. Identity card for aliens", 14: "D. EU long-term resident", 15: "E. Registration certificate",
	16: "E+. Document certifying permanent residence", 17: "F. Residence card, family member of a Union citizen",
	18: "F+. Permanent residence card, family member of a Union citizen", 19: "H. EU Blue Card",
	20: "I. ICT", 21: "J. Mobile ICT", 22: "M. Article 50 TEU", 23: "N. Article 50 TEU, frontier worker",
	27: "K. Establishment", 28: "L. EU long-term resident",
	31: "EU. Registration, Article 8 of Directive 2004/38/EC", 32: "EU+. Permanent residence, Article 19 of Directive 2004/38/EC",
	33: "A. Limited stay", 34: "B. Unlimited stay",
	35: "F. Family member EU, Article 10 of Directive 2004/38/EC", 36: "F+. Family member EU, Article 20 of Directive 2004/38/EC",
}

// ofChildren are the documents of children, each with the one that an adult would have.
var ofChildren = map[DocumentType]DocumentType{61: 31, 62: 32, 63: 33, 64: 34, 65: 27, 66: 28, 67: 35, 68: 36, 69: 22}

// Adult returns the document that an adult would have in place of a child's residence
// document, and whether d is such a one; else d.
func (d DocumentType) Adult() (DocumentType, bool) {
	adult, child := ofChildren[d]
	if !child {
		return d, false
	}
	return adult, true
}

// String is the name in English.
func (d DocumentType) String() string {
	adult, child := d.Adult()
	switch name, known := documentTypes[adult]; {
	case !known:
		return fmt.Sprintf("document type %d", int(d))
	case child:
		return name + " (child)"
	default:
		return name
	}
}

// SpecialStatus is a digit of the register's (tag 10): "0" none, "1" white cane, "2"
// extended minority, "3" both, "4" yellow cane, "5" yellow cane and extended minority.
type SpecialStatus string

// WhiteCane: the holder is blind or nearly so.
func (s SpecialStatus) WhiteCane() bool { return s == "1" || s == "3" }

// YellowCane: the holder sees badly.
func (s SpecialStatus) YellowCane() bool { return s == "4" || s == "5" }

// ExtendedMinority: an adult whom the law treats as a minor.
func (s SpecialStatus) ExtendedMinority() bool { return s == "2" || s == "3" || s == "5" }

// Organization is a digit (tag 13): "1" SHAPE, "2" NATO, "4" held an EU Blue Card
// before, "5" researcher.
type Organization string

// Mention is a code printed on residence documents as words: on work (tag 16) "7"
// unlimited, "8" limited, "9" none; "A" seasonal worker, "B" Article 18(1) of the
// withdrawal agreement, "C" permanent stay, "D" student, "E" pupil, "F" intern, "G"
// volunteer, "H" au pair, "I" researcher's mobility, "J" job search, "K" mobility
// programme.
type Mention string
