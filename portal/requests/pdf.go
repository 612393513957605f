package requests

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// pdf sends the document as it was drawn, or sent. A browser saves it and never shows it as a
// page of ours; its name holds the reference and nothing personal.
func (q *Requests) pdf(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	sendPDF(c, r)
	return nil
}

// sendPDF answers with the document of a request.
func sendPDF(c *gin.Context, r Request) {
	c.Header("Content-Disposition", `attachment; filename="`+r.Reference+`.pdf"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/pdf", r.PDF)
}
