// Package papers takes in files that others wrote, to be signed as they came: by a member,
// who sends them, or by an officer, for the vault of the member whose file she has open.
//
//	form ─▶ Gate ─▶ bounded ─▶ signing.Inspect ─▶ frozen as a request ─▶ read, card, vault, queue
//	                              └─ refused: one of ten reasons, and what to do about it
//
// What a file is, its bytes say; name and content type are not looked at. A file with an
// obstacle is refused and forgotten: nothing in it is repaired, since two readers repair
// differently. From the frozen request on a paper goes the way of all requests (package
// requests): its digest is agreed to, prepared and completed, and the signature is added
// behind its bytes, of which none changes. No visible mark is put on it, since nobody can
// say where on a stranger's page that would cover nothing.
package papers

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
	"guichet.example/signing/document"
)

// Store reads who sends.
type Store interface {
	// Sender is the member as a request names her.
	Sender(ctx context.Context, login auth.Login) (document.Person, error)
	// PaperAt is whose file an officer has open, and the paper in it. An error of package
	// office if the opening is not hers, or over.
	PaperAt(ctx context.Context, o auth.Officer, opening string) (At, error)
}

// At is an open file as a paper is signed in it.
type At struct {
	Person document.Person
	Ends   time.Time // of the opening
	Waits  bool      // an unsigned paper lies in it
}

// Freezer takes an inspected file to the signing step and returns the request's id. The
// same key with the same file gives the same request.
type Freezer interface {
	FreezePaper(ctx context.Context, login auth.Login, act document.Paper, file []byte, key string) (string, error)
	// FreezeOfficePaper is FreezePaper for an officer, in a file that she has open. A paper
	// that waits there is replaced.
	FreezeOfficePaper(ctx context.Context, o auth.Officer, opening string, act document.Paper, file []byte, key string) (string, error)
}

// Sessions is what the area needs of the portal's.
type Sessions interface {
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
}

// Papers is the area. All fields are required.
type Papers struct {
	Store     Store
	Freezer   Freezer
	Sessions  Sessions
	Gate      *upload.Gate
	MaxFile   int                 // bytes
	Anchors   *certs.TrustAnchors // of the signers of what is signed already; nobody is asked about them
	Mutuality document.Mutuality
	Now       func() time.Time
}

// Paths of the area, below the language.
const newPath = "papers"

// UploadRoutes are the routes that take a form in parts: their bounds are their own.
var UploadRoutes = []string{"/:lang/" + newPath, "/:lang/" + officePath}

// Route mounts the area.
func (p *Papers) Route(r page.Routes) {
	r.GET(newPath, auth.Sign, p.form)
	r.POST(newPath, auth.Sign, p.send)
	p.routeOffice(r)
}
