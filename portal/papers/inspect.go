package papers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"guichet.example/signing"
	"guichet.example/signing/document"
)

// inspected is what was found in a file that may be signed.
type inspected struct {
	pages   int
	inside  []string
	fonts   []string
	signers []string
}

// judging is how long the signatures in a file may be verified.
const judging = 20 * time.Second

// inspect judges a file: nil, or a *signing.UnsuitableError with the one reason.
func (p *Papers) inspect(ctx context.Context, file []byte) (inspected, error) {
	found, err := signing.Inspect(file)
	if err != nil {
		return inspected{}, err
	}
	i := inspected{pages: found.Pages}
	for _, what := range found.Inside {
		switch what {
		case document.InsideFiles, document.InsideLinks:
			i.inside = append(i.inside, what)
		default: // nothing that we cannot name to who signs
			return inspected{}, &signing.UnsuitableError{Obstacle: signing.Active, Detail: what}
		}
	}
	for _, font := range found.Fonts {
		if name := document.PaperName(font); name != "" && len(i.fonts) < document.MaxPaperSigner {
			i.fonts = append(i.fonts, name)
		}
	}
	if found.Signatures > document.MaxPaperSigner {
		return inspected{}, &signing.UnsuitableError{Obstacle: signing.TooLarge, Detail: fmt.Sprintf("%d signatures", found.Signatures)}
	}
	if found.Signatures > 0 {
		i.signers, err = p.signers(ctx, file)
	}
	return i, err
}

// signers are the names in the signatures of a file, all of which hold. Nobody outside is
// asked: whether the certificates did, the report says once the file is signed.
func (p *Papers) signers(ctx context.Context, file []byte) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	report, err := signing.Verify(ctx, file, signing.Trust{Anchors: p.Anchors, Now: p.Now})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, &signing.UnsuitableError{Obstacle: signing.TooLarge, Detail: "signatures take too long to verify"}
	}
	if err != nil {
		return nil, fmt.Errorf("reading signatures of a paper: %w", err)
	}
	var names []string
	for _, s := range report.Signatures {
		if s.Kind != signing.Timestamp {
			names = append(names, document.PaperName(strings.TrimSpace(s.Signer)))
		}
	}
	return names, nil
}

// titleOf is a title as it was typed, without what one cannot see.
func titleOf(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}

// minTitle is the shortest title, in characters.
const minTitle = 3

// titleProblem is the end of the key of what is wrong with a title; "" for nothing.
func titleProblem(title string) string {
	err := document.CheckPaperTitle(title)
	switch {
	case utf8.RuneCountInString(title) < minTitle || !strings.ContainsFunc(title, unicode.IsLetter):
		return "short"
	case errors.Is(err, document.ErrTooLong):
		return "long"
	case errors.Is(err, document.ErrNationalNumber):
		return "number"
	case err != nil:
		return "letters"
	}
	return ""
}
