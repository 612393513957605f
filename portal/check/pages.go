package check

import (
	"context"
	"encoding/base64"
	"encoding/hex"
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

// maxInline is the largest report or sheet that a page carries along to be saved, in
// bytes. The form gives larger ones directly.
const maxInline = 256 << 10

// What the form asks to be answered with; anything else is a page.
const (
	asJSON  = "json"
	asProof = "proof"
)

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
	found, err := a.received(c, v)
	if err != nil {
		return a.refused(c, v, err)
	}
	// The owner sees that it was checked; who checks it learns nothing by that.
	if err := a.Store.NoteFile(c.Request.Context(), a.Mutuality, digestOf(found.report), a.Now()); err != nil {
		return fmt.Errorf("noting a check: %w", err)
	}
	return a.answer(c, v, found)
}

// refused says beside the field why a file is not checked.
func (a *Check) refused(c *gin.Context, v page.View, err error) error {
	var no refusal
	if !errors.As(err, &no) {
		return err
	}
	text := v.T("check.error."+no.Key, locale.A("size", locale.Bytes(v.Lang, MaxFile)))
	if seconds := no.Seconds(c); no.Status == http.StatusTooManyRequests {
		text = v.TN("check.wait.files", seconds)
	}
	v.Path = formPath // where a switch of language leads
	v.Errors = []page.FieldError{{Field: "file", Text: text}}
	return a.show(c, v, typed{}, no.Status)
}

// digestOf is the digest in a report; zero, which is nobody's, if there is none.
func digestOf(r *signing.Report) (sum [32]byte) {
	if n, err := hex.Decode(sum[:], []byte(r.SHA256)); err != nil || n != len(sum) {
		return [32]byte{}
	}
	return sum
}

// judge verifies a file. What cannot be read as a PDF at all, or only with a password, is a
// refusal; everything else is a report.
func (a *Check) judge(ctx context.Context, file []byte) (*signing.Report, error) {
	report, err := a.judgeFile(ctx, file)
	switch {
	case errors.Is(err, signing.ErrNotPDF):
		return nil, errNotPDF
	case errors.Is(err, context.DeadlineExceeded):
		return nil, errHeavy
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
	Proof   string // address that holds the proof sheet; empty: too large
}

// answer answers as the form asked: with a page, or with what the page has to be saved.
func (a *Check) answer(c *gin.Context, v page.View, found judged) error {
	r := found.report
	switch {
	case found.as == asJSON:
		attach(c, reportName(r, ".json"), "application/json; charset=utf-8", found.json)
		return nil
	case found.as == asProof && found.proof == nil:
		return a.refused(c, v, errLongProof)
	case found.as == asProof:
		attach(c, reportName(r, ".pdf"), "application/pdf", found.proof)
		return nil
	}
	p := resultPage{Report: r, Verdict: verdict.Box(v, r), JSON: inline("application/json;charset=utf-8", found.json), Proof: inline("application/pdf", found.proof)}
	p.Verdict.Step = true
	v.Path = formPath // what was sent is gone: a switch of language leads to the form
	v.Title, v.Section, v.NoHeading = p.Verdict.Title, v.T("check.title"), true
	v.Back = page.Link{URL: v.URL(formPath), Text: v.T("check.another")}
	return page.Render(c, http.StatusOK, resultView(v, p))
}

// proof draws the report as a sheet to keep beside the file; nil for one that is too long.
func (a *Check) proof(v page.View, r *signing.Report) ([]byte, error) {
	drawn, err := document.DrawProof(verdict.Proof(v, a.House, "", r), a.Now())
	switch {
	case errors.Is(err, document.ErrTooMany):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("drawing a proof sheet: %w", err)
	}
	return drawn.PDF, nil
}

// inline is an address that holds what it leads to, if a page can carry so much.
func inline(kind string, content []byte) string {
	if len(content) == 0 || len(content) > maxInline {
		return ""
	}
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(content)
}

// attach answers with something to be kept, which no browser shows as a page of ours.
func attach(c *gin.Context, name, kind string, content []byte) {
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Data(http.StatusOK, kind, content)
}

// reportName is made of the file's digest, which is nobody's name.
func reportName(r *signing.Report, ending string) string {
	return "report-" + strings.ToLower(r.SHA256[:min(12, len(r.SHA256))]) + ending
}
