package home

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/page"
)

// Home is the area. Store is required.
type Home struct {
	Store Store
}

// Route mounts the area.
func (h *Home) Route(r page.Routes) {
	r.GET("home", auth.ReadFile, h.show)
}

func (h *Home) show(c *gin.Context) error {
	overview, err := h.Store.Overview(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading the overview: %w", err)
	}
	v := page.From(c)
	v.Title, v.Nav = v.T("home.title"), "home"
	v.Lead = v.T("home.hello", hello(v)) + " " + news(v, overview)
	return page.Render(c, http.StatusOK, homePage(v, overview))
}
