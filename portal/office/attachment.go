package office

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// attachment sends a file that came with a message. A browser saves it and never shows it
// as a page of ours.
func (o *Office) attachment(c *gin.Context) error {
	n, err := strconv.Atoi(c.DefaultQuery("n", "1"))
	if err != nil {
		return ErrNotFound
	}
	f, content, err := o.Store.ItemAttachment(c.Request.Context(), page.OfficerOf(c), c.Param("id"), n)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="attachment-`+strconv.Itoa(n)+"."+f.Media.Ending()+`"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, f.Media.Type(), content)
	return nil
}

// enclosedRows are the files of a message.
func enclosedRows(v page.View, i Item) []page.FileRow {
	var rows []page.FileRow
	for n, f := range i.Enclosed {
		number := strconv.Itoa(n + 1)
		rows = append(rows, page.FileRow{
			Link:   page.Link{URL: v.URL(queuePath + "/" + i.ID + "/attachment?n=" + number), Text: v.T("messages.file", locale.A("n", number))},
			Detail: v.T("messages.media."+string(f.Media)) + ", " + locale.Bytes(v.Lang, int64(f.Size)),
		})
	}
	return rows
}
