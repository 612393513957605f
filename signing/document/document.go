// Package document draws what a member signs: an order or a change, as typed data,
// as the sheet she reads and as the PDF her card signs.
//
// The flow is one way. An [Act] is checked and frozen as canonical JSON ([Marshal],
// [Unmarshal]). Its [Sheet] is the one composition of words and values. The portal
// renders that sheet as HTML, [Draw] sets it as a PDF, so that both say the same in
// the same order and are equal in law. The frozen JSON travels inside the PDF.
//
// The PDF is written by this package alone and depends on nothing but the act, the
// time given and the compiled program: same input, same bytes. It is PDF 1.7 with a
// classic cross-reference table, PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1), with
// subset fonts and an sRGB output intent. It has no form: package signing adds
// the signature field over the box that [Mark] reserves, and draws its inside with
// an [Appearance].
//
// Paper is checked by what [DrawChecked] prints beside the signature: a QR code with a
// signed [CheckPayload], which needs no network, and a [CheckCode] to be typed. What a
// check of a signed file found is set by [DrawProof].
//
// The fonts have Latin, Greek and Cyrillic letters. A name in another script is refused
// ([ErrGlyph]), never drawn as boxes, so that staff can help the
// member instead.
//
// No act holds a national number or a whole old account number, and text that
// contains a national number is refused.
package document

import "time"

// Language of a document: one of FR, NL, DE, EN.
type Language string

// The languages every document can be drawn in.
const (
	FR Language = "fr"
	NL Language = "nl"
	DE Language = "de"
	EN Language = "en"
)

// Languages returns the four languages in the order in which pages list them.
func Languages() []Language { return []Language{FR, NL, DE, EN} }

// Kind names a type of act; it is the value of "kind" in the frozen JSON.
type Kind string

// The kinds of act there are.
const (
	KindBankChange Kind = "bank-change"
	KindEHICOrder  Kind = "ehic-order"
)

// Act is one thing a member asks for under her signature, or that the mutuality states to
// her under its seal. The set is closed: see forms. Its data must pass Validate before it
// means anything.
type Act interface {
	// Kind tells which act this is.
	Kind() Kind
	// Sheet composes the document in the act's language.
	Sheet() Sheet
	// Validate returns nil or a *FieldError for the first field that does not hold.
	Validate() error
	// Head returns what every act has.
	Head() Head
	// WithReference returns the act under that reference.
	WithReference(reference string) Act
	// wired returns the JSON form of the act.
	wired() any
}

// Mutuality is the letterhead: who receives the request.
type Mutuality struct {
	Name     string // as it signs its letters, without an article
	Street   string // street and number
	Postcode string
	City     string // also the place in the document's date line
	Phone    string // optional, as printed: "0800 00 142"
	Accent   string // optional brand colour "#rrggbb" for the emblem; empty: #6a2a5c
}

// Person is the member who signs. The national number has no place here.
type Person struct {
	Name        string    // as on the card
	Birth       time.Time // calendar date; hours and zone are ignored
	Affiliation string    // optional membership number; never the national number
}
