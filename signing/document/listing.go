package document

import (
	"crypto/sha256"
	"strings"
	"time"
)

// Listing is a print of what a page of the counter shows, for its member's own papers:
// neither signed nor sealed. [DrawListing] sets it. Its texts are never refused: what our
// fonts cannot show appears as its code points.
type Listing struct {
	Language   Language
	Mutuality  Mutuality
	Member     Person // for whom; without her number
	Title      string
	Made       time.Time // drawn with its zone
	Facts      []Row     // what it is of, in Language
	Parts      []ListingPart
	Note       string // last sentence; optional
	References string // "Printed on", in Language
}

// ListingPart is one heading with what stands under it.
type ListingPart struct {
	Heading string
	Rows    []Row
}

// maxListing bounds a listing: characters, and rows that count as a line of them. It is
// some two hundred pages.
const maxListing = 250_000

// DrawListing sets the listing: PDF/A-3a, tagged, nothing attached. Same listing, same
// bytes. Errors are *FieldError; [ErrTooMany] is of a listing too long for a sheet.
func DrawListing(l Listing) (*Drawn, error) {
	var c checker
	c.date("made", l.Made)
	c.head("-", l.Language, l.Mutuality, l.Member, l.Made)
	if strings.TrimSpace(l.Title) == "" {
		c.fail("title", ErrMissing)
	}
	if c.err != nil {
		return nil, c.err
	}
	sheet := l.sheet()
	if sheet.weight() > maxListing {
		return nil, &FieldError{"parts", ErrTooMany}
	}
	accent, _ := parseColour(l.Mutuality.Accent) // validated
	f := newFaces()
	pages, root, _, err := setLetter(sheet, accent, f)
	if err != nil {
		return nil, err
	}
	data := metadata{sheet.Title, l.Mutuality.Name, l.Language, l.Made.UTC().Truncate(time.Second)}
	pdf := write(pages, root, f, data, nil)
	return &Drawn{PDF: pdf, Pages: len(pages), SHA256: sha256.Sum256(pdf), Sheet: sheet}, nil
}

func (l Listing) sheet() Sheet {
	s := compose(l.Language, l.Mutuality, l.Member, instant(l.Language, l.Made), l.Made, phrase{l.Title, l.Title, l.Title, l.Title})
	s.ReferenceLabel, s.Signature = told(l.References), ""
	var facts rowList
	for _, r := range l.Facts {
		facts.add(told(r.Label), told(r.Value))
	}
	s.Blocks[0].Rows = append(s.Blocks[0].Rows, facts...)
	for _, part := range l.Parts {
		s.heading(told(part.Heading))
		var rows rowList
		for _, r := range part.Rows {
			rows.add(told(r.Label), told(r.Value))
		}
		s.rows(rows...)
	}
	if l.Note != "" {
		s.text(told(l.Note))
	}
	return s
}
