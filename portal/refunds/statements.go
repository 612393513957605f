package refunds

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// FewStatements are those that a member reads here who gets them on paper too; who does not
// reads those of a year.
const FewStatements = 10

const paperField = "paper"

// Statement is a statement of benefits that the mutuality issued.
type Statement struct {
	Document string
	Title    string
	Language string
	Issued   time.Time
	Size     int
	Pages    int
}

// Statements is how a member gets her statements, and those that she reads here.
type Statements struct {
	Online bool      // none on paper
	Since  time.Time // when she asked for it; zero: as it was from the start
	// Waiting is her newest request that nobody has answered, empty if none waits, and
	// WaitingOnline what it asks for.
	Waiting       string
	WaitingOnline bool
	List          []Statement // newest first
}

// Freezer takes a request to the signing step and returns its id. The same key gives the
// same request.
type Freezer interface {
	Freeze(ctx context.Context, login auth.Login, act document.Act, key string) (string, error)
}

// statementsPage is what the page shows.
type statementsPage struct {
	How     page.SummaryRow
	Waiting page.Link // empty: nothing waits
	Paper   bool      // what the button asks for
	Ask     string    // its words
	After   string    // what follows
	List    []Statement
}

// readStatements reads those of the last year, or the last few.
func (r *Refunds) readStatements(c *gin.Context) (Statements, error) {
	return r.Store.Statements(c.Request.Context(), page.LoginOf(c), r.today().AddDate(-1, 0, 0))
}

// statements lists the statements of benefits that the mutuality issued, and says how the
// member gets them.
func (r *Refunds) statements(c *gin.Context) error {
	s, err := r.readStatements(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.Lead = v.T("refunds.statements.title"), v.T("refunds.title"), "refunds", v.T("refunds.statements.lead")
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("refunds.title")}
	now, other := "paper", "online"
	if s.Online {
		now, other = other, now
	}
	p := statementsPage{Paper: s.Online, List: s.List, Ask: v.T("refunds.statements.ask." + other), After: v.T("refunds.statements.after." + other),
		How: page.SummaryRow{Label: v.T("refunds.statements.how"), Value: v.T("refunds.statements.how." + now), Detail: v.T("refunds.statements.window." + now)}}
	if !s.Since.IsZero() {
		p.How.Value = v.T("refunds.statements.since", locale.A("how", p.How.Value), locale.A("date", locale.Date(v.Lang, s.Since)))
	}
	if s.Waiting != "" {
		asked := map[bool]string{true: "online", false: "paper"}[s.WaitingOnline]
		p.Waiting = page.Link{URL: v.URL("requests/" + s.Waiting), Text: v.T("refunds.statements.waiting." + asked)}
	}
	return page.Render(c, http.StatusOK, statementsView(v, p))
}

// changeStatements freezes the request for the other way and goes on to reading and signing
// it. While one waits there is no second, and what is so already is not asked.
func (r *Refunds) changeStatements(c *gin.Context) error {
	s, err := r.readStatements(c)
	if err != nil {
		return err
	}
	v, paper := page.From(c), c.PostForm(paperField) == "1"
	if page.Switched(c) || s.Waiting != "" || paper != s.Online {
		c.Redirect(http.StatusSeeOther, v.URL(statementsPath))
		return nil
	}
	login := page.LoginOf(c)
	who, err := r.Store.RefundHolder(c.Request.Context(), login)
	if err != nil {
		return err
	}
	request, err := r.Freezer.Freeze(c.Request.Context(), login, document.StatementsChange{
		Language: document.Language(v.Lang), Mutuality: r.Mutuality, Member: who, Date: r.today(), Paper: paper,
	}, page.Key(c))
	if err != nil {
		return fmt.Errorf("freezing a change of statements: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL("requests/"+request+"/read"))
	return nil
}
