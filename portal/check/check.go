// Package check is the page on which anybody checks a document of the counter, without an
// account: by its file, by what stands printed on it, by the code that a camera reads.
//
//	file               ─▶ Gate ─▶ read, bounded ─▶ signing.Verify ─▶ one sentence, reasons, full report
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
// The verification relies on the trust anchors of the counter and on nothing that the
// counter remembers: a file of anybody is judged by the same rules as one of ours.
package check

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/page"
	"guichet.example/signing"
)

// Sessions is what the area needs of the portal's.
type Sessions interface {
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
}

// Check is the area. All fields are required unless said otherwise.
type Check struct {
	Store     Store
	Mutuality string        // its id, as it stands in printed codes
	Issuer    string        // its name, as people know it
	Trust     signing.Trust // for the verifications
	Gate      *Gate
	Keys      Keys
	Answers   *Answers
	Sessions  Sessions
	Now       func() time.Time

	verify func(ctx context.Context, pdf []byte, t signing.Trust) (*signing.Report, error) // nil: signing.Verify
}

// Paths of the area, below the language.
const (
	formPath   = "check"
	filePath   = "check/file"
	answerPath = "check/answer"
)

// UploadRoute is the one route of the counter that takes a form in parts: its bounds are
// this package's own.
const UploadRoute = "/:lang/" + filePath

// Route mounts the area. All of it is public.
func (a *Check) Route(r page.Routes) {
	r.GET(formPath, auth.Public, a.form)
	r.POST(formPath, auth.Public, a.byCode)
	r.POST(filePath, auth.Public, a.file)
	r.GET(answerPath, auth.Public, a.answered)
}

func (a *Check) verifier() func(ctx context.Context, pdf []byte, t signing.Trust) (*signing.Report, error) {
	if a.verify == nil {
		return signing.Verify
	}
	return a.verify
}
