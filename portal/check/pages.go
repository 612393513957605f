package check

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/verdict"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// maxInline is the largest report that a page carries along to be saved, in bytes. The
// form gives larger ones as JSON directly.
const maxInline = 256 << 10

// form asks for a file, or for what stands on paper; with what a printed square holds, it
// shows that.
func (a *Check) form(c *gin.Context) error {
	if text, ok := c.GetQuery(document.CheckParameter); ok {
		return a.paper(c, page.From(c), text)
	}
	return a.show(c, page.From(c), typed{}, http.StatusOK)
}

func (a *Check) show(c *gin.Context, v page.View, t typed, status int) error {
	v.Title, v.Lead, v.Keep = v.T("check.title"), v.T("check.lead"), formPath
	return page.Render(c, status, formPage(v, t))
}

// file checks a file that was sent.
func (a *Check) file(c *gin.Context) error {
	v := page.From(c)
	err := a.within(c, func(ctx context.Context, u upload) error {
		report, err := a.judge(ctx, u.file)
		if err != nil {
			return err
		}
		// The owner sees that it was checked; who checks it learns nothing by that.
		if err := a.Store.NoteFile(ctx, a.Mutuality, sha256.Sum256(u.file), a.Now()); err != nil {
			return fmt.Errorf("noting a check: %w", err)
		}
		return a.answer(c, v, report, u.json)
	})
	var no refusal
	if !errors.As(err, &no) {
		return err
	}
	if no == errNotNow {
		c.Header("Retry-After", retryAfter)
	}
	v.Path = formPath // where a switch of language leads
	v.Errors = []page.FieldError{{Field: "file", Text: v.T("check.error."+no.key, locale.A("size", locale.Bytes(v.Lang, MaxFile)))}}
	return a.show(c, v, typed{}, no.status)
}

// judge verifies a file. What cannot be read as a PDF at all, or only with a password, is a
// refusal; everything else is a report.
func (a *Check) judge(ctx context.Context, file []byte) (*signing.Report, error) {
	report, err := a.verifier()(ctx, file, a.Trust)
	switch {
	case errors.Is(err, signing.ErrNotPDF):
		return nil, errNotPDF
	case err != nil:
		return nil, fmt.Errorf("verifying an upload: %w", err)
	case report.Structure != "" && len(report.Signatures) == 0 && locked(file):
		return nil, errLocked
	}
	return report, nil
}

// locked says whether a file asks for a password.
func locked(file []byte) bool {
	var no *signing.UnsuitableError
	_, err := signing.Inspect(file)
	return errors.As(err, &no) && no.Obstacle == signing.Encrypted
}

// resultPage is the answer for a file.
type resultPage struct {
	Report  *signing.Report
	Verdict page.Verdict
	JSON    string // address that holds the report itself, to be saved; empty: too large
}

func (a *Check) answer(c *gin.Context, v page.View, r *signing.Report, asJSON bool) error {
	text, err := json.MarshalIndent(verdict.AnswerOf(v.Lang, r), "", "  ")
	if err != nil {
		return fmt.Errorf("writing a report: %w", err)
	}
	if asJSON {
		c.Header("Content-Disposition", `attachment; filename="`+reportName(r)+`"`)
		c.Data(http.StatusOK, "application/json; charset=utf-8", text)
		return nil
	}
	p := resultPage{Report: r, Verdict: verdict.Box(v, r)}
	p.Verdict.Step = true
	if len(text) <= maxInline {
		p.JSON = "data:application/json;charset=utf-8;base64," + base64.StdEncoding.EncodeToString(text)
	}
	v.Path = formPath // what was sent is gone: a switch of language leads to the form
	v.Title, v.Section, v.NoHeading = p.Verdict.Title, v.T("check.title"), true
	v.Back = page.Link{URL: v.URL(formPath), Text: v.T("check.another")}
	return page.Render(c, http.StatusOK, resultView(v, p))
}

// reportName is made of the file's digest, which is nobody's name.
func reportName(r *signing.Report) string {
	return "report-" + strings.ToLower(r.SHA256[:min(12, len(r.SHA256))]) + ".json"
}
