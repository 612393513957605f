package document

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// The kinds of paper.
const (
	KindPaper       Kind = "paper"        // a member signs it and sends it
	KindOfficePaper Kind = "office-paper" // an employee signs it and puts it into the member's vault
)

// Bounds of a Paper.
const (
	MaxPaperTitle  = 80 // characters
	MaxPaperSigner = 20 // names listed, of signers and of fonts each
	maxPaperPages  = 1 << 16
	maxPaperSize   = 1 << 30
)

// What lies inside a paper beside its pages, in the words of [signing.Inspect].
const (
	InsideFiles = "embedded file"
	InsideLinks = "link to a file"
)

// Paper is a file that others wrote. It is signed as it came: nothing is drawn, and the act
// says only what ties it to the file, byte for byte, and what was found in it.
type Paper struct {
	Reference string // as in BankChange
	Language  Language
	Mutuality Mutuality
	Member    Person    // whose it is: who signs, or into whose vault it goes
	Date      time.Time // calendar date on which it came

	Officer string   // name of the employee who signs; empty: the member signs
	Title   string   // as typed, at most MaxPaperTitle characters
	Pages   int      // of the file
	Size    int      // of the file, in bytes
	SHA256  [32]byte // of the file
	Inside  []string // InsideFiles, InsideLinks: carried along, not read
	Fonts   []string // names of fonts that the pages use and the file does not hold
	Signers []string // names in the signatures there are, in their order; "" where one has none
}

// Kind returns KindPaper, or KindOfficePaper if an employee signs.
func (a Paper) Kind() Kind {
	if a.Officer != "" {
		return KindOfficePaper
	}
	return KindPaper
}

// Validate returns a *FieldError for the first field that does not hold.
func (a Paper) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	c.optional("officer", a.Officer, maxName)
	c.text("title", a.Title, MaxPaperTitle)
	c.that("pages", a.Pages > 0 && a.Pages <= maxPaperPages)
	c.that("size", a.Size > 0 && a.Size <= maxPaperSize)
	c.that("sha256", a.SHA256 != [32]byte{})
	for i, what := range a.Inside {
		c.that("inside", (what == InsideFiles || what == InsideLinks) && !slices.Contains(a.Inside[:i], what))
	}
	if len(a.Signers) > MaxPaperSigner || len(a.Fonts) > MaxPaperSigner {
		c.fail("signers", ErrTooMany)
	}
	for _, name := range a.Fonts {
		c.text("fonts", name, maxName)
	}
	for _, name := range a.Signers {
		c.optional("signers", name, maxName)
	}
	return c.err
}

// CheckPaperTitle says whether a title can stand in a Paper: nil or a *FieldError.
func CheckPaperTitle(title string) error {
	var c checker
	c.text("title", title, MaxPaperTitle)
	return c.err
}

// PaperName is the name of a signer or a font as a Paper can hold it; "" for one that cannot
// stand in a document.
func PaperName(name string) string {
	var c checker
	if c.text("signers", name, maxName); c.err != nil {
		return ""
	}
	return name
}

// Sheet says what is known of the file. It is not what is signed: that is the file.
func (a Paper) Sheet() Sheet {
	l, title, who := a.Language, paperTitle, a.Member.Name
	if a.Officer != "" {
		title, who = officePaperTitle, a.Officer
	}
	s := compose(l, a.Mutuality, a.Member, a.Reference, a.Date, title)
	s.Signature = wordSignature.in(l, "{name}", who)
	s.rows(Row{paperName.in(l), a.Title}, Row{paperPages.in(l), itoa(a.Pages)}, Row{paperSize.in(l), strconv.Itoa(a.Size)},
		Row{"SHA-256", Digest(a.SHA256[:])})
	return s
}

var (
	paperTitle = phrase{
		"Document envoyé par le membre", "Document verzonden door het lid",
		"Vom Mitglied gesendetes Dokument", "Document sent by the member"}
	officePaperTitle = phrase{
		"Document de la mutualité", "Document van het ziekenfonds",
		"Dokument der Krankenkasse", "Document of the mutuality"}
	paperName  = phrase{"Titre", "Titel", "Titel", "Title"}
	paperPages = phrase{"Pages", "Pagina’s", "Seiten", "Pages"}
	paperSize  = phrase{"Octets", "Bytes", "Bytes", "Bytes"}
)

type wirePaper struct {
	wireHead
	Officer string   `json:"officer,omitempty"`
	Title   string   `json:"title"`
	Pages   int      `json:"pages"`
	Size    int      `json:"size"`
	SHA256  string   `json:"sha256"`
	Inside  []string `json:"inside,omitempty"`
	Fonts   []string `json:"fonts,omitempty"`
	Signers []string `json:"signers,omitempty"`
}

func (a Paper) wire() wirePaper {
	return wirePaper{
		wireHead: head(a.Kind(), a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date}),
		Officer:  a.Officer, Title: a.Title, Pages: a.Pages, Size: a.Size, SHA256: hex.EncodeToString(a.SHA256[:]),
		Inside: a.Inside, Fonts: a.Fonts, Signers: a.Signers,
	}
}

// act of a digest that is none is an act without one, which does not validate.
func (w wirePaper) act() Paper {
	a := Paper{
		Reference: w.Reference, Language: w.Language, Mutuality: Mutuality(w.Mutuality), Member: w.Member.person(), Date: w.Date.Time,
		Officer: w.Officer, Title: w.Title, Pages: w.Pages, Size: w.Size, Inside: w.Inside, Fonts: w.Fonts, Signers: w.Signers,
	}
	if sum, err := hex.DecodeString(w.SHA256); err == nil && len(sum) == len(a.SHA256) {
		a.SHA256 = [32]byte(sum)
	}
	return a
}
