// Package imports shows administrators what was taken in from the insurance system: how
// old the data are, which files came, what became of their lines, and which lines were
// left out and why - never what stood in them. Files are taken in by the command
// `guichet import`; nothing is uploaded here.
package imports

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Store is what the area needs of the store. Each look is audited.
type Store interface {
	// Imports lists the newest files, at most limit.
	Imports(ctx context.Context, o auth.Officer, limit int) ([]core.Import, error)
	// ImportRejects lists the lines of a file that were left out, at most limit; none for
	// an id that is no file's.
	ImportRejects(ctx context.Context, o auth.Officer, id string, limit int) ([]core.LineReject, error)
	// Ages tells how old the data of each kind are.
	Ages(ctx context.Context, mutuality string) (map[core.Kind]time.Time, error)
}

// Imports is the area. All fields are required.
type Imports struct{ Store Store }

// Paths of the area and above it, below the language.
const (
	importsPath = "office/system/imports"
	systemPath  = "office/system"
)

// Bounds of the lists.
const (
	maxFiles = 40
	maxLines = 200
)

// Route mounts the area.
func (a *Imports) Route(r page.Routes) {
	r.GET(importsPath, auth.ManageJobs, a.show)
}

// importsPage is what the page shows.
type importsPage struct {
	Ages    []page.SummaryRow
	Files   page.Table
	Rejects page.Table // of the file that was asked for
}

func (a *Imports) show(c *gin.Context) error {
	ctx, officer := c.Request.Context(), page.OfficerOf(c)
	v := page.From(c)
	v.Nav, v.Section, v.Title, v.Lead = "system", v.T("office.nav.system"), v.T("imports.title"), v.T("imports.lead")
	v.Back = page.Link{URL: v.URL(systemPath), Text: v.T("office.system.back")}
	files, err := a.Store.Imports(ctx, officer, maxFiles)
	if err != nil {
		return err
	}
	ages, err := a.Store.Ages(ctx, officer.Mutuality)
	if err != nil {
		return err
	}
	p := importsPage{Files: filesOf(v, files)}
	for _, kind := range core.Kinds() {
		if at, ok := ages[kind]; ok {
			p.Ages = append(p.Ages, page.SummaryRow{Label: v.T("imports.kind." + string(kind)), Value: locale.DateTime(v.Lang, at)})
		}
	}
	for _, f := range files {
		if f.ID != c.Query("file") {
			continue
		}
		lines, err := a.Store.ImportRejects(ctx, officer, f.ID, maxLines)
		if err != nil {
			return err
		}
		p.Rejects = rejectsOf(v, f, lines)
	}
	return page.Render(c, http.StatusOK, importsView(v, p))
}

// states are how a file stands, as a badge.
var states = map[core.ImportState]page.Kind{core.ImportRunning: page.Checking, core.ImportDone: page.Valid, core.ImportRefused: page.Changed}

func filesOf(v page.View, files []core.Import) page.Table {
	t := page.Table{Caption: v.T("imports.files"), Columns: []page.Column{
		{Head: v.T("imports.file"), Width: 25}, {Head: v.T("imports.added"), End: true}, {Head: v.T("imports.changed"), End: true},
		{Head: v.T("imports.unchanged"), End: true}, {Head: v.T("imports.gone"), End: true}, {Head: v.T("imports.rejected"), End: true}, {Head: v.T("imports.state"), Width: 20},
	}}
	for _, f := range files {
		title := page.Link{Text: f.File}
		if f.Rejected > 0 {
			title.URL = v.URL(importsPath) + "?file=" + f.ID + "#rejects"
		}
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(title, about(v, f)), count(f.Added), count(f.Changed), count(f.Unchanged), goneCell(v, f), count(f.Rejected), stateCell(v, f),
		})
	}
	return t
}

// about says what a file holds, and how old that is.
func about(v page.View, f core.Import) string {
	said := v.T("imports.kind."+string(f.Kind)) + ". " + v.T("imports.as-of", locale.A("at", locale.DateTime(v.Lang, f.AsOf)))
	if f.Complete {
		said += ". " + v.T("imports.complete")
	}
	return said
}

// goneCell is how many rows a complete delivery ended or took away; of another there is
// nothing to say.
func goneCell(v page.View, f core.Import) templ.Component {
	switch {
	case !f.Complete:
		return page.Text("–")
	case f.EndedRows > 0 && f.RemovedRows > 0:
		return page.Text(v.T("imports.gone.both", locale.A("ended", strconv.FormatInt(f.EndedRows, 10)), locale.A("removed", strconv.FormatInt(f.RemovedRows, 10))))
	case f.EndedRows > 0:
		return page.Text(v.T("imports.gone.ended", locale.A("ended", strconv.FormatInt(f.EndedRows, 10))))
	}
	return count(f.RemovedRows)
}

func rejectsOf(v page.View, f core.Import, lines []core.LineReject) page.Table {
	t := page.Table{Caption: v.T("imports.rejects.of", locale.A("file", f.File)), Columns: []page.Column{
		{Head: v.T("imports.line")}, {Head: v.T("imports.field")}, {Head: v.T("imports.reason"), Width: 60},
	}}
	for _, r := range lines {
		field := r.Field
		if field == "" {
			field = v.T("imports.whole")
		}
		reason := page.Link{}
		known := false
		if reason.Text, known = why(v, r.Reason); !known && v.Lang != locale.EN {
			reason.Lang = string(locale.EN)
		}
		t.Rows = append(t.Rows, page.TableRow{count(r.Line), page.Text(field), page.TitleCell(reason, "")})
	}
	return t
}

func count(n int64) templ.Component { return page.Text(strconv.FormatInt(n, 10)) }
