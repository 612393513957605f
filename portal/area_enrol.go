package portal

import (
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/enrol"
)

// newEnrol is the area of all ways to get an account.
func (p *Portal) newEnrol() (*enrol.Enrol, error) {
	if err := p.cfg.Mutuality.Enrol.Check(); err != nil {
		return nil, err
	}
	return &enrol.Enrol{
		Store: p.cfg.Store, Desk: enrolDesk{p}, Classic: p.classic, Settings: p.cfg.Mutuality.Enrol,
		Mutuality: p.cfg.Mutuality.ID, Origin: p.cfg.Origin, Federal: len(p.cfg.Federation) > 0,
		House: LettersOf(p.cfg.Mutuality, p.cfg.Origin), Now: p.cfg.Now, Rand: p.cfg.Rand,
	}, nil
}

// enrolDesk is the counter's side of package enrol.
type enrolDesk struct{ p *Portal }

func (d enrolDesk) Network(c *gin.Context) string { return d.p.sessions.Network(c) }

// enrolCookie ties an enrolment under way to its browser; it lasts as long as the
// longest link, so that another can be asked for.
const (
	enrolCookie = "__Host-enrol"
	enrolLife   = 72 * time.Hour
)

func (d enrolDesk) Bind(c *gin.Context) [32]byte {
	text, hash := newToken()
	keepCookie(c.Writer, enrolCookie, text, enrolLife)
	return hash
}

func (d enrolDesk) Bound(c *gin.Context) ([32]byte, bool) { return tokenOf(c.Request, enrolCookie) }

func (d enrolDesk) Unbind(c *gin.Context) { dropCookie(c.Writer, enrolCookie) }
