package page

import (
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

// WayBack is the page of ours from which a member was sent to another one, to set
// something right before she goes on: the path that the address names in "next", and the
// draft in which what she typed there is kept. The zero value is none.
type WayBack struct{ path, draft string }

// BackTo is the way back to a path below the language, with its draft.
func BackTo(path, draft string) WayBack { return WayBack{path, draft} }

// WayBackOf reads it from the address, of a form too: what is no page of ours is none.
func WayBackOf(c *gin.Context) WayBack {
	w := WayBack{path: c.Query("next")}
	if w.path == "" || NextOf(c) != w.path {
		return WayBack{}
	}
	if draft := c.Query(draftField); isKey(draft) {
		w.draft = draft
	}
	return w
}

// On adds the way back to a path, or an address, of ours: it leads on from there.
func (w WayBack) On(path string) string {
	if w.path == "" {
		return path
	}
	query := url.Values{"next": {w.path}}
	if w.draft != "" {
		query.Set(draftField, w.draft)
	}
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	return path + sign + query.Encode()
}

// Or is the link back, or the one that the page has of its own.
func (w WayBack) Or(v View, own Link) Link {
	if w.path == "" {
		return own
	}
	to := v.URL(w.path)
	if w.draft != "" {
		to = DraftURL(v, w.path, w.draft)
	}
	return Link{URL: to, Text: v.T("page.wayback")}
}
