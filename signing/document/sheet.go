package document

import (
	"strconv"
	"strings"
	"time"
)

// Sheet is the composition of a document: every word and value that the member
// reads, in reading order. Both renderings, the PDF of [Draw] and the HTML of the
// portal, show exactly these texts in the order of [Sheet.Texts].
type Sheet struct {
	Language   Language
	Letterhead []string // name of the mutuality first, then its address
	PlaceDate  []string // place with its comma, then the date
	Title      string   // the one heading
	// Reference of the request, and the word before it ("Référence"). In the PDF
	// it stands under the title, and again at the foot of every page.
	ReferenceLabel, Reference string
	Blocks                    []Block
	Signature                 string     // caption over the signature box: "Signature de Nora Delcourt"
	Check                     *CheckMark // how to check the document on paper; nil: not drawn
}

// Block is a paragraph (Text), a list of labelled values (Rows) or, in proof sheets
// only, a heading of the second level (Heading); exactly one of them is set.
type Block struct {
	Text    string
	Rows    []Row
	Heading string
}

// Row is one labelled value.
type Row struct{ Label, Value string }

// Texts returns all texts of the sheet in reading order. Page numbers, and the
// reference repeated at the foot of pages, are not among them.
func (s Sheet) Texts() []string {
	texts := append([]string{}, s.Letterhead...)
	texts = append(texts, s.PlaceDate...)
	texts = append(texts, s.Title, s.ReferenceLabel, s.Reference)
	for _, b := range s.Blocks {
		for _, t := range []string{b.Heading, b.Text} {
			if t != "" {
				texts = append(texts, t)
			}
		}
		for _, r := range b.Rows {
			texts = append(texts, r.Label, r.Value)
		}
	}
	if s.Signature != "" {
		texts = append(texts, s.Signature)
	}
	if c := s.Check; c != nil {
		texts = append(texts, c.Title)
		for _, r := range c.Rows {
			texts = append(texts, r.Label, r.Value)
		}
		texts = append(texts, c.Text)
	}
	return texts
}

// compose fills in what all sheets share.
func compose(l Language, m Mutuality, p Person, reference string, at time.Time, title phrase) Sheet {
	head := []string{m.Name, m.Street, m.Postcode + " " + m.City}
	if m.Phone != "" {
		head = append(head, wordPhone.in(l, "{phone}", m.Phone))
	}
	who := []Row{
		{wordMember.in(l), p.Name},
		{wordBirth.in(l), date(l, p.Birth)},
	}
	if p.Affiliation != "" {
		who = append(who, Row{wordAffiliation.in(l), p.Affiliation})
	}
	return Sheet{
		Language:       l,
		Letterhead:     head,
		PlaceDate:      []string{wordPlace.in(l, "{city}", m.City), wordDated.in(l, "{date}", date(l, at))},
		Title:          title.in(l),
		ReferenceLabel: wordReference.in(l),
		Reference:      reference,
		Blocks:         []Block{{Rows: who}},
		Signature:      wordSignature.in(l, "{name}", p.Name),
	}
}

func (s *Sheet) text(t string)    { s.Blocks = append(s.Blocks, Block{Text: t}) }
func (s *Sheet) rows(rows ...Row) { s.Blocks = append(s.Blocks, Block{Rows: rows}) }
func (s *Sheet) heading(t string) { s.Blocks = append(s.Blocks, Block{Heading: t}) }

func itoa(n int) string { return strconv.Itoa(n) }

// fours groups an IBAN for reading: "BE68 5390 0754 7034".
func fours(iban string) string {
	var b strings.Builder
	for i, r := range iban {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// enumerate joins names: "Nora, Tom et Ana".
func enumerate(l Language, names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " " + wordAnd.in(l) + " " + names[last]
}
