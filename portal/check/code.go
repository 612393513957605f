package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Bounds of what is typed or stands in the address, in bytes.
const (
	maxReference = 40
	maxCode      = 64
)

// typed is the form of who has paper.
type typed struct {
	Reference, Code string
	code            document.CheckCode
	how             How
}

func readTyped(c *gin.Context) typed {
	t := typed{Reference: reference(c.PostForm("reference")), Code: strings.TrimSpace(c.PostForm("code")), how: ByCode}
	if c.PostForm("how") == string(ByQR) {
		t.how = ByQR
	}
	return t
}

// reference is what was typed as it is printed: case and kinds of dashes do not matter, nor
// blanks in their place.
func reference(typed string) string {
	parts := strings.FieldsFunc(typed, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '\u2212' || r == '\u00ad'
	})
	return strings.ToUpper(strings.Join(parts, "-"))
}

// wrong are the fields to correct: only what could stand on no document at all.
func (t *typed) wrong(v page.View) (errs []page.FieldError) {
	say := func(field, key string) {
		errs = append(errs, page.FieldError{Field: field, Text: v.T("check.error." + key)})
	}
	switch {
	case t.Reference == "":
		say("reference", "reference")
	case len(t.Reference) > maxReference || strings.Trim(t.Reference, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./") != "":
		say("reference", "reference-form")
	}
	code, err := document.ParseCheckCode(t.Code)
	switch {
	case t.Code == "":
		say("code", "code")
	case err != nil:
		say("code", "code-form")
	}
	t.code = code
	return errs
}

// byCode answers for a reference and a code. What it found goes, sealed, into the address
// of the next page: nothing is kept, and a wrong pair has an address of the same length.
func (a *Check) byCode(c *gin.Context) error {
	v, t := page.From(c), readTyped(c)
	if page.Switched(c) {
		return a.show(c, v, t, http.StatusOK)
	}
	if v.Errors = t.wrong(v); len(v.Errors) > 0 {
		t.Reference, t.Code = shorten(t.Reference, maxReference), shorten(t.Code, maxCode)
		return a.show(c, v, t, http.StatusUnprocessableEntity)
	}
	found, err := a.find(c, t)
	var wait *credentials.WaitError
	switch {
	case errors.As(err, &wait):
		v.Errors = []page.FieldError{{Field: "code", Text: v.TN("check.wait", upload.Refusal{Wait: wait.Wait}.Seconds(c))}}
		return a.show(c, v, t, http.StatusTooManyRequests)
	case errors.Is(err, upload.ErrBusy):
		busy, _ := upload.RefusalOf(err)
		busy.Seconds(c)
		v.Errors = []page.FieldError{{Field: "code", Text: v.T("check.error.busy")}}
		return a.show(c, v, t, busy.Status)
	case err != nil:
		return fmt.Errorf("checking a document: %w", err)
	}
	token, err := a.Answers.seal(found)
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL(answerPath+"?a="+token))
	return nil
}

func shorten(s string, n int) string { return strings.ToValidUTF8(s[:min(n, len(s))], "") }

// find looks the document up and verifies the copy in the vault, now.
func (a *Check) find(c *gin.Context, t typed) (answer, error) {
	ctx, now := c.Request.Context(), a.Now()
	issued, err := a.Store.CheckedDocument(ctx, Question{Mutuality: a.Mutuality, Reference: t.Reference, Code: t.code,
		How: t.how, Source: a.Sessions.Network(c), At: now})
	if errors.Is(err, ErrUnknown) {
		return answer{At: now.Unix(), Reference: t.Reference}, nil
	}
	if err != nil {
		return answer{}, err
	}
	sentence, err := a.sentence(ctx, issued)
	if err != nil {
		return answer{}, err
	}
	return answer{Found: true, At: now.Unix(), Reference: issued.Reference, Kind: issued.Kind, Created: issued.Created.Unix(),
		Digest: issued.SHA256[:], Sentence: sentence}, nil
}

// sentence is what the copy in the vault is worth today. What is known of the card weighs
// more than what the file says.
func (a *Check) sentence(ctx context.Context, i Issued) (signing.Sentence, error) {
	if i.Invalid {
		return signing.Invalid, nil
	}
	done, err := a.Gate.Core(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	report, err := a.judgeFile(ctx, i.PDF)
	if err != nil {
		return "", fmt.Errorf("verifying a document of the vault: %w", err)
	}
	return report.Sentence(), nil
}
