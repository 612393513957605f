package document

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"rsc.io/qr"
)

// Window says where the envelope shows the address.
type Window string

// The windows of DIN long envelopes (C5/6, A4 folded twice). The rectangle is the
// paper that shows through at any position the sheet may slide to.
const (
	WindowRight Window = "right" // Belgium and France
	WindowLeft  Window = "left"  // DIN 5008, form B
)

// mm is a millimetre in points.
const mm = 72 / 25.4

// Rect is the window on the first side: left, bottom, right, top, in points from the
// page's lower left corner. Address and nothing else stands in it.
func (w Window) Rect() [4]float64 {
	const below, high = 50 * mm, 38 * mm
	left := 110.0 * mm
	if w == WindowLeft {
		left = 20 * mm
	}
	return [4]float64{left, pageHeight - below - high, left + 85*mm, pageHeight - below}
}

// Post is a letter of the mutuality to one person, in words. It is printed on both
// sides of one sheet and folded twice, the address outside:
//
//	first side      letterhead, address in the window, title, texts, the page to go to
//	second side     the code, in the middle third, which lies inside when folded
//
// Fields are texts of one line unless said otherwise, in the letter's language.
type Post struct {
	Language  Language
	Mutuality Mutuality
	Window    Window // empty: right
	Reference string
	Date      time.Time
	To        []string // address as it stands on the envelope, 2 to 6 lines
	Title     string
	Texts     []string // paragraphs before Rows, 1 to 8, at most 600 characters each
	Rows      []Row    // at most 6
	After     []string // paragraphs after them, at most 8
	Page      string   // address of the page to go to, printed and as QR; empty: none
	PageLabel string   // what one does there
	Fold      *Fold    // second side; nil: empty
}

// Fold is the second side of a letter.
type Fold struct {
	Title string
	Code  string   // in large letters
	Texts []string // 1 to 6
}

// Validate returns nil or a *FieldError for the first field that does not hold.
func (p Post) Validate() error {
	const paragraph = 600
	var c checker
	c.head(p.Reference, p.Language, p.Mutuality, Person{Name: p.Mutuality.Name, Birth: p.Date}, p.Date)
	c.that("window", p.Window == "" || p.Window == WindowLeft || p.Window == WindowRight)
	c.list("to", p.To, 2, 6, maxLine)
	c.text("title", p.Title, maxName)
	c.list("texts", p.Texts, 1, 8, paragraph)
	c.list("after", p.After, 0, 8, paragraph)
	c.that("rows", len(p.Rows) <= 6)
	for _, r := range p.Rows {
		c.text("rows", r.Label, maxLine)
		c.text("rows", r.Value, maxLine)
	}
	c.optional("page", p.Page, paragraph/3)
	c.optional("pageLabel", p.PageLabel, maxName)
	if f := p.Fold; f != nil {
		c.text("fold.title", f.Title, maxName)
		c.text("fold.code", f.Code, maxShort)
		c.list("fold.texts", f.Texts, 1, 6, paragraph)
	}
	return c.err
}

// maxPosts bounds one file, and so how long and how large it is drawn.
const maxPosts = 1000

// ErrOverflow means that the texts of a letter do not fit on its side.
var ErrOverflow = errors.New("letter does not fit on its page")

// DrawPosts sets letters as one file to be printed on both sides: each takes two
// pages. title is the file's own. It is PDF/A-3a, tagged, each letter a section in its
// own language; nothing is attached, so that what is wiped from the store is in no
// other place than on the page. Same letters and same created, same bytes.
func DrawPosts(title string, posts []Post, created time.Time) (*Drawn, error) {
	if len(posts) == 0 || len(posts) > maxPosts {
		return nil, &FieldError{"posts", ErrTooMany}
	}
	if created.Year() < 2000 || created.Year() > 2200 {
		return nil, &FieldError{"created", ErrFormat}
	}
	f := newFaces()
	root := &element{tag: "Document"}
	var pages []*page
	for i, p := range posts {
		if err := p.Validate(); err != nil {
			return nil, fmt.Errorf("letter %d: %w", i+1, err)
		}
		part := root.child("Sect")
		part.language = p.Language
		accent, _ := parseColour(p.Mutuality.Accent) // validated
		s := &sides{post: p, accent: accent, root: part}
		for n, draw := range []func(*page) error{s.first, s.second} {
			side := &page{index: len(pages), canvas: canvas{faces: f}}
			if err := draw(side); err != nil {
				return nil, fmt.Errorf("letter %d: %w", i+1, err)
			}
			s.foot(side, n+1)
			side.close()
			pages = append(pages, side)
		}
	}
	data := metadata{title, posts[0].Mutuality.Name, posts[0].Language, created.UTC().Truncate(time.Second)}
	pdf := write(pages, root, f, data, nil)
	return &Drawn{PDF: pdf, Pages: len(pages), SHA256: sha256.Sum256(pdf)}, nil
}

// matrix is the QR code (ISO/IEC 18004, byte mode, level M) of an address: true is
// dark, by row.
func matrix(text string) ([][]bool, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("setting a QR code: %w", err)
	}
	rows := make([][]bool, code.Size)
	for y := range rows {
		rows[y] = make([]bool, code.Size)
		for x := range rows[y] {
			rows[y][x] = code.Black(x, y)
		}
	}
	return rows, nil
}

// shownPage is the address as one types it.
func shownPage(page string) string { return strings.TrimPrefix(page, "https://") }
