package portal

import (
	"github.com/gin-gonic/gin"

	"guichet.example/portal/places"
)

// places is the area of branches and professionals. A search is counted as a form is: by
// the network it comes from.
func (p *Portal) places() *places.Places {
	return &places.Places{
		Store: p.cfg.Store, Mutuality: p.cfg.Mutuality.ID, Now: p.cfg.Now, Working: p.cfg.Mutuality.Post.Calendar.Working,
		Spend: func(c *gin.Context) bool { return p.spend(c, p.often, p.sessions.Network(c)) },
	}
}
