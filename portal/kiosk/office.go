package kiosk

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/reader/api"
)

// shown is a kiosk as the office's page shows it.
type shown struct {
	Kiosk
	Alive       bool
	Fingerprint string
}

func (a *Area) officeView(c *gin.Context) page.View {
	v := page.From(c)
	v.Nav, v.Title, v.Section = "kiosks", v.T("kiosk.office.title"), v.T("office.nav.kiosks")
	v.Lead = v.T("kiosk.office.lead")
	return v
}

// list shows all kiosks.
func (a *Area) list(c *gin.Context) error {
	return a.show(c, http.StatusOK, a.officeView(c), Kiosk{}, "", "")
}

// show draws the page: what was typed for a new one, and a code that is shown this once.
func (a *Area) show(c *gin.Context, status int, v page.View, typed Kiosk, id, code string) error {
	kiosks, err := a.Protocol.Store.Kiosks(c.Request.Context(), page.OfficerOf(c))
	if err != nil {
		return err
	}
	inOrder(kiosks)
	list := make([]shown, len(kiosks))
	for i, k := range kiosks {
		list[i] = shown{k, k.Alive(a.Protocol.Now(), a.Protocol.Times.Silence), api.KioskFingerprint(k.KeyID)}
		if k.ID == id {
			typed = k
		}
	}
	p := officePage{Kiosks: list, Typed: typed, Code: ShownCode(code), Origin: a.Protocol.Origin, Minutes: int(a.Protocol.Times.Code / time.Minute)}
	return page.Render(c, status, officeView(v, p))
}

// inOrder puts the kiosks of a place, which come by state and place, in the order in which
// people count: Borne 2 before Borne 10.
func inOrder(list []Kiosk) {
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(k Kiosk) bool { return k.State != list[0].State || k.Branch != list[0].Branch })
		if n < 0 {
			n = len(list)
		}
		slices.SortStableFunc(list[:n], func(a, b Kiosk) int { return strings.Compare(counted(a.Name), counted(b.Name)) })
		list = list[n:]
	}
}

var number = regexp.MustCompile(`[0-9]+`)

// counted is a name with its numbers written at one length, so that they compare as such.
func counted(name string) string {
	return number.ReplaceAllStringFunc(name, func(n string) string { return strings.Repeat("0", max(0, maxName-len(n))) + n })
}

// officePage is what the page shows.
type officePage struct {
	Kiosks  []shown
	Typed   Kiosk
	Code    string // of Typed; empty: none to show
	Origin  string
	Minutes int // that the code lives
}

// typedKiosk reads name and branch.
func typedKiosk(c *gin.Context) Kiosk {
	return Kiosk{Name: strings.TrimSpace(c.PostForm("name")), Branch: strings.TrimSpace(c.PostForm("branch"))}
}

// add makes a kiosk with a code. The code is in this answer alone; a page that is loaded
// again shows another, for the same kiosk.
func (a *Area) add(c *gin.Context) error {
	v, k := a.officeView(c), typedKiosk(c)
	if page.Switched(c) {
		return a.show(c, http.StatusOK, v, k, "", "")
	}
	if k.Check() != nil {
		for field, text := range map[string]string{"name": k.Name, "branch": k.Branch} {
			if (Kiosk{Name: text, Branch: text}).Check() != nil {
				v.Errors = append(v.Errors, page.FieldError{Field: field, Text: v.T("kiosk.office." + field + ".wrong")})
			}
		}
		return a.show(c, http.StatusUnprocessableEntity, v, k, "", "")
	}
	code, err := NewCode(a.Protocol.Rand)
	if err != nil {
		return err
	}
	k.CodeEnds = a.Protocol.Now().Add(a.Protocol.Times.Code)
	id, err := a.Protocol.Store.AddKiosk(c.Request.Context(), page.OfficerOf(c), k, code)
	if err != nil {
		return err
	}
	return a.show(c, http.StatusOK, v, k, id, code)
}

// invite gives a kiosk a new code; the key it had is refused from now on.
func (a *Area) invite(c *gin.Context) error {
	code, err := NewCode(a.Protocol.Rand)
	if err != nil {
		return err
	}
	ends := a.Protocol.Now().Add(a.Protocol.Times.Code)
	if err := a.Protocol.Store.InviteKiosk(c.Request.Context(), page.OfficerOf(c), c.Param("id"), code, ends); err != nil {
		return a.changed(c, err)
	}
	return a.show(c, http.StatusOK, a.officeView(c), Kiosk{}, c.Param("id"), code)
}

func (a *Area) rename(c *gin.Context) error {
	k := typedKiosk(c)
	k.ID = c.Param("id")
	for _, r := range c.PostForm("revision") {
		if r < '0' || r > '9' || k.Revision > 1<<30 {
			return a.changed(c, ErrChanged)
		}
		k.Revision = 10*k.Revision + int(r-'0')
	}
	return a.changed(c, a.Protocol.Store.ChangeKiosk(c.Request.Context(), page.OfficerOf(c), k))
}

func (a *Area) stop(to State) page.Handler {
	return func(c *gin.Context) error {
		return a.changed(c, a.Protocol.Store.StopKiosk(c.Request.Context(), page.OfficerOf(c), c.Param("id"), to))
	}
}

// changed goes back to the list, with a word about what somebody else did meanwhile.
func (a *Area) changed(c *gin.Context, err error) error {
	v := a.officeView(c)
	switch {
	case err == nil:
		c.Redirect(http.StatusSeeOther, v.URL(officePath))
		return nil
	case errors.Is(err, ErrKiosk):
		v.Errors = []page.FieldError{{Field: "name", Text: v.T("kiosk.office.name.wrong")}}
		return a.show(c, http.StatusUnprocessableEntity, v, Kiosk{}, "", "")
	case errors.Is(err, ErrChanged), errors.Is(err, ErrUnknown), errors.Is(err, ErrRevoked):
		v.Banner = &page.Banner{Kind: page.Changed, Title: v.T("kiosk.office.changed.title"), Text: v.T("kiosk.office.changed")}
		return a.show(c, http.StatusConflict, v, Kiosk{}, "", "")
	}
	return err
}

// rows are what a line says of a kiosk.
func (s shown) rows(v page.View) []page.SummaryRow {
	rows := []page.SummaryRow{{Label: v.T("kiosk.office.branch"), Value: s.Branch}}
	if s.KeyID != "" {
		rows = append(rows, page.SummaryRow{Label: v.T("kiosk.office.key"), Value: s.Fingerprint})
	}
	beat := v.T("kiosk.office.never")
	if !s.Beat.IsZero() {
		beat = locale.DateTime(v.Lang, s.Beat)
	}
	rows = append(rows, page.SummaryRow{Label: v.T("kiosk.office.beat"), Value: beat})
	if s.Why != "" {
		rows = append(rows, page.SummaryRow{Label: v.T("kiosk.office.why"), Value: v.T("kiosk.office.why." + s.Why)})
	}
	for _, trouble := range s.troubles() {
		rows = append(rows, page.SummaryRow{Label: v.T("kiosk.office.fault"), Value: v.T("kiosk.fault." + string(trouble))})
	}
	return append(rows, s.health(v)...)
}

// troubles are all that is wrong with the machine, as its agent last told.
func (s shown) troubles() []api.KioskTrouble {
	list := s.Health.Troubles
	if s.Fault != api.NoTrouble && !slices.Contains(list, s.Fault) {
		list = append([]api.KioskTrouble{s.Fault}, list...)
	}
	return list
}

// health is what else a machine tells of itself.
func (s shown) health(v page.View) []page.SummaryRow {
	h := s.Health
	var rows []page.SummaryRow
	if h.Readers > 0 {
		rows = append(rows, page.SummaryRow{Label: v.T("kiosk.office.readers"), Value: strconv.Itoa(h.Readers)})
	}
	if h.Printer != api.PrinterUnused {
		rows = append(rows, page.SummaryRow{Label: v.T("kiosk.office.printer"), Value: v.T("kiosk.office.printer." + string(h.Printer))})
	}
	if h.Sheets > 0 {
		rows = append(rows, page.SummaryRow{Label: v.T("kiosk.office.sheets"), Value: strconv.FormatUint(h.Sheets, 10)})
	}
	return rows
}

// ailing says that somebody has to look after the machine, though it speaks.
func (s shown) ailing() bool {
	p := s.Health.Printer
	return len(s.troubles()) > 0 || p != api.PrinterUnused && p != api.PrinterReady
}

// badge is the state in a word.
func (s shown) badge(v page.View) (page.Kind, string) {
	switch {
	case s.State == Active && s.Alive && s.ailing():
		return page.Changed, v.T("kiosk.office.state.trouble")
	case s.State == Active && s.Alive:
		return page.Valid, v.T("kiosk.office.state.alive")
	case s.State == Active:
		return page.Checking, v.T("kiosk.office.state.silent")
	case s.State == Invited:
		return page.Neutral, v.T("kiosk.office.state.invited")
	}
	return page.Changed, v.T("kiosk.office.state." + string(s.State))
}
