package requests

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Bounds of papers that wait for their signature.
const (
	MaxPaper      = 10_000_000         // bytes of one
	MaxPapers     = 5                  // of one member
	MaxPaperBytes = 3 * MaxPaper       // of these together
	PaperLife     = 7 * 24 * time.Hour // then an unsigned one is deleted
)

var (
	// ErrTooManyPapers means that MaxPapers or MaxPaperBytes would be passed.
	ErrTooManyPapers = errors.New("too many papers wait for a signature")
	// ErrCardOnly means that a paper is signed with a card, never approved or received: the
	// mutuality does not seal what it did not write.
	ErrCardOnly = errors.New("only a card signs a paper")
)

// OfPaper says that requests of the kind carry a file that others wrote.
func OfPaper(k document.Kind) bool { return k == document.KindPaper || k == document.KindOfficePaper }

// FreezePaper is Freeze for a file that others wrote, which has been inspected: what is
// signed is this file, byte for byte, and the act is given its size and digest. Errors are
// those of Freeze, ErrTooManyPapers and a *document.FieldError.
func (s *Signing) FreezePaper(ctx context.Context, login auth.Login, act document.Paper, file []byte, key string) (string, error) {
	if len(file) > MaxPaper {
		return "", fmt.Errorf("paper of %d bytes", len(file))
	}
	act.Size, act.SHA256 = len(file), sha256.Sum256(file)
	if key != "" { // the same form with another file is another request
		key += "." + hex.EncodeToString(act.SHA256[:8])
	}
	return s.freeze(ctx, login, key, func() (Request, error) {
		r, err := s.draft(act)
		if err == nil {
			r.Sheet, r.PDF, r.SHA256, r.Pages = r.Act.Sheet(), file, act.SHA256, act.Pages
		}
		return r, err
	})
}

// intact refuses a document that is not the one that was agreed to.
func intact(r Request) error {
	if sha256.Sum256(r.PDF) != r.SHA256 {
		return fmt.Errorf("%w: not the document that was frozen", ErrChanged)
	}
	if p, ok := r.Act.(document.Paper); ok && (p.SHA256 != r.SHA256 || p.Size != len(r.PDF)) {
		return fmt.Errorf("%w: not the file that was sent", ErrChanged)
	}
	return nil
}

// asFrozen is intact, and refuses what was prepared from anything else: preparing only
// appends.
func asFrozen(r Request, prepared []byte) error {
	if err := intact(r); err != nil {
		return err
	}
	if !bytes.HasPrefix(prepared, r.PDF) || len(prepared) == len(r.PDF) {
		return fmt.Errorf("%w: prepared from another document", ErrChanged)
	}
	return nil
}

// paperRows are what is known of a file: title, pages, size, digest, what lies inside it
// and who signed it before.
func paperRows(v page.View, p document.Paper) []page.SummaryRow {
	rows := []page.SummaryRow{
		{Label: v.T("papers.row.title"), Value: p.Title},
		{Label: v.T("papers.row.file"), Value: v.TN("papers.file", p.Pages, locale.A("size", locale.Bytes(v.Lang, int64(p.Size))))},
		{Label: v.T("papers.row.digest"), Content: digest(p.SHA256), Detail: v.T("papers.row.digest.what")},
		{Label: v.T("papers.row.inside"), Value: insideText(v, p)},
		{Label: v.T("papers.row.signers"), Value: signersText(v, p)},
	}
	if len(p.Signers) > 0 {
		rows[4].Detail = v.T("papers.row.signers.held")
	}
	if len(p.Fonts) > 0 {
		rows = append(rows, page.SummaryRow{Label: v.T("papers.row.fonts"), Value: strings.Join(p.Fonts, ", "), Detail: v.T("papers.row.fonts.what")})
	}
	return rows
}

func insideText(v page.View, p document.Paper) string {
	if len(p.Inside) == 0 {
		return v.T("papers.inside.none")
	}
	words := make([]string, len(p.Inside))
	for i, what := range p.Inside {
		words[i] = v.T("papers.inside." + map[string]string{document.InsideFiles: "files", document.InsideLinks: "links"}[what])
	}
	return strings.Join(words, " ")
}

func signersText(v page.View, p document.Paper) string {
	if len(p.Signers) == 0 {
		return v.T("papers.signers.none")
	}
	names := make([]string, len(p.Signers))
	for i, name := range p.Signers {
		if names[i] = name; name == "" {
			names[i] = v.T("papers.signers.unnamed")
		}
	}
	return strings.Join(names, ", ")
}
