package documents

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/portal/page"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Documents is the area. All fields but Care are required.
type Documents struct {
	Store   Store
	Anchors *certs.TrustAnchors // where the paths of the reports end: nobody is asked
	// Mutuality is in whose name proof sheets are drawn.
	Mutuality document.Mutuality
	Now       func() time.Time
	// Care says whether a login may read what tells of care; nil: all may.
	Care func(*auth.Login) error

	verify func(ctx context.Context, pdf []byte, t signing.Trust) (*signing.Report, error) // nil: signing.Verify
}

// Paths of the area, below the language.
const (
	listPath   = "documents"
	detailPath = "documents/:id"
	filePath   = "documents/:id/file.pdf"
	reportPath = "documents/:id/report"
	proofPath  = "documents/:id/proof.pdf"
)

// Route mounts the area.
func (d *Documents) Route(r page.Routes) {
	r.GET(listPath, auth.ReadDocuments, d.list)
	r.GET(detailPath, auth.ReadDocuments, d.detail)
	r.GET(filePath, auth.ReadDocuments, d.file)
	r.GET(reportPath, auth.ReadDocuments, d.report)
	r.GET(proofPath, auth.ReadDocuments, d.proof)
}

// find reads the document that the address names, without its bytes. auth.StepUpError
// where it tells of care, and the login is too weak for that.
func (d *Documents) find(c *gin.Context) (Document, error) {
	doc, err := d.Store.Document(c.Request.Context(), page.LoginOf(c), c.Param("id"))
	if err == nil && doc.care() {
		err = d.careFor(c)
	}
	if err != nil {
		return Document{}, err
	}
	return doc, nil
}

// careFor is nil where the login may read what tells of care.
func (d *Documents) careFor(c *gin.Context) error {
	if d.Care == nil {
		return nil
	}
	return d.Care(page.From(c).Login)
}

// care says that a document tells, or may tell, of care: a statement made of the data of
// the insurance system, what that system sent, and a paper that an officer signed.
func (doc Document) care() bool {
	return doc.Method == ByStatement || doc.Method == Received || doc.Kind == document.KindOfficePaper
}

// address is a page of one document: "documents/ID", or "documents/ID/report".
func address(v page.View, id, of string) string {
	if of != "" {
		of = "/" + of
	}
	return v.URL(listPath + "/" + id + of)
}

// badge is the status of a document: its words, and the kind of badge they stand in.
func badge(v page.View, doc Document) (page.Kind, string) {
	switch doc.Status {
	case Valid:
		return page.Valid, v.T("documents.status.valid." + string(doc.Method))
	case Checking:
		return page.Checking, v.T("documents.status.checking")
	}
	return page.Changed, v.T("documents.status.invalid")
}
