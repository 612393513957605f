// Package check is the page on which anybody checks a document of the counter, without an
// account: by its file, by what stands printed on it, by the code that a camera reads.
//
//	file               ─▶ package upload ─▶ signing.Verify ─▶ one sentence, reasons, full report
//	reference and code ─▶ counted if wrong ─▶ copy in the vault verified ─▶ issued, and worth what today
//	printed square     ─▶ the mutuality's signature in it ─▶ genuine, or not
//
// A file is read into memory, verified and forgotten: nothing of it is written anywhere,
// neither to disk nor to the log. The page is the answer to the form that sent it, since
// there is nothing left to lead to afterwards; sent again, the same answer comes again.
//
// Of a document that was asked for by its reference and code the page tells that it was
// issued, when, what kind, and what it is worth today: no name, no number, no content. A
// reference that nobody has and a code that is wrong are one answer. Whose document it is
// sees that it was checked, when and how, and not by whom.
//
// The verification relies on the trust anchors of the counter and on what is in the file,
// and on nothing else: no service is asked, whatever address the file's certificates name,
// and no answer that the counter remembers from a sign-in is used, which would tell that
// somebody was here. What the file does not prove is said to be unproven.
package check

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Sessions is what the area needs of the portal's.
type Sessions interface {
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
}

// Check is the area. All fields are required unless said otherwise.
type Check struct {
	Store     Store
	Mutuality string              // its id, as it stands in printed codes
	House     document.Mutuality  // its name, and in whose name proof sheets are drawn
	Anchors   *certs.TrustAnchors // where paths end
	Gate      *upload.Gate
	Keys      Keys
	Answers   *Answers
	Sessions  Sessions
	Now       func() time.Time

	verify verifier // nil: signing.Verify
}

// Paths of the area, below the language.
const (
	formPath   = "check"
	filePath   = "check/file"
	answerPath = "check/answer"

	answerProofPath = "check/answer/proof.pdf"
)

// UploadRoute is the one route of the counter that takes a form in parts: its bounds are
// this package's own.
const UploadRoute = "/:lang/" + filePath

// ProofRoute is read, and costs a drawing: the portal bounds it like a form.
const ProofRoute = "/:lang/" + answerProofPath

// Route mounts the area. All of it is public.
func (a *Check) Route(r page.Routes) {
	r.GET(formPath, auth.Public, a.form)
	r.POST(formPath, auth.Public, a.byCode)
	r.POST(filePath, auth.Public, a.file)
	r.GET(answerPath, auth.Public, a.answered)
	r.GET(answerProofPath, auth.Public, a.answeredProof)
}

type verifier func(ctx context.Context, pdf []byte, t signing.Trust) (*signing.Report, error)

// judgeFile verifies a file by what is in it: nobody is asked.
func (a *Check) judgeFile(ctx context.Context, pdf []byte) (*signing.Report, error) {
	verify := a.verify
	if verify == nil {
		verify = signing.Verify
	}
	return verify(ctx, pdf, signing.Trust{Anchors: a.Anchors, Now: a.Now})
}
