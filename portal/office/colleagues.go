package office

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

func (o *Office) by(c *gin.Context) By {
	officer := page.OfficerOf(c)
	return By{Mutuality: o.Mutuality, Officer: &officer}
}

// staff lists who works here.
func (o *Office) staff(c *gin.Context) error {
	list, err := o.Store.Staff(c.Request.Context(), o.by(c))
	if err != nil {
		return err
	}
	v := view(c, "staff", "office.staff.title")
	v.Lead = v.T("office.staff.lead")
	if done := c.Query("done"); slices.Contains(staffDone, done) {
		v.Banner = &page.Banner{Kind: page.Valid, Title: v.T("office.staff.done." + done)}
	}
	var rows []page.TableRow
	for _, k := range list {
		state := page.Badge(page.Valid, v.T("office.staff.works"))
		if !k.Disabled.IsZero() {
			state = page.Badge(page.Neutral, v.T("office.staff.disabled"))
		}
		rows = append(rows, page.TableRow{
			page.TitleCell(page.Link{URL: v.URL(staffPath + "/" + string(k.ID)), Text: k.Name}, k.Place),
			page.Text(roleWords(v, k.Roles)), state,
		})
	}
	return page.Render(c, http.StatusOK, staffView(v, rows))
}

// staffDone are the acts that lead back to the list, which then says what was done.
var staffDone = []string{"added", "changed", "disabled", "enabled"}

func roleWords(v page.View, roles []auth.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = v.T("office.role." + string(r))
	}
	if len(words) == 0 {
		return v.T("office.staff.norole")
	}
	return strings.Join(words, ", ")
}

// colleagueForm is a member of the staff as typed. The number is asked once and never
// shown again.
type colleagueForm struct {
	Colleague
	Number string
	New    bool
	Own    bool // the officer herself: her roles are not hers to change
}

func colleagueFormOf(c *gin.Context) colleagueForm {
	f := colleagueForm{Number: typed(c, "number")}
	f.ID = auth.StaffID(c.Param("id"))
	f.Name, f.Language, f.Place = typed(c, "name"), typed(c, "language"), typed(c, "place")
	f.Revision, _ = strconv.Atoi(c.PostForm("revision")) // 0 is no revision: ErrChanged
	for _, r := range auth.Roles() {
		if c.PostForm("role-"+string(r)) == "1" {
			f.Roles = append(f.Roles, r)
		}
	}
	return f
}

func (f colleagueForm) holds(r auth.Role) bool { return auth.Officer{Roles: f.Roles}.Is(r) }

// errors are what is wrong with what was typed.
func (f colleagueForm) errors(v page.View) []page.FieldError {
	var errs []page.FieldError
	wrong := func(field, key string) { errs = append(errs, page.FieldError{Field: field, Text: v.T(key)}) }
	if f.New {
		if _, err := nrn.Parse(f.Number); err != nil {
			wrong("number", "office.search.number.wrong")
		}
	}
	if f.Name == "" || !short(f.Name) {
		wrong("name", "office.staff.name.wrong")
	}
	if _, ok := locale.Parse(f.Language); !ok {
		wrong("language", "office.staff.language.wrong")
	}
	if !short(f.Place) {
		wrong("place", "office.staff.place.wrong")
	}
	return errs
}

func (o *Office) newColleague(c *gin.Context) error {
	v := page.From(c)
	return o.showColleague(c, http.StatusOK, colleagueForm{New: true, Colleague: Colleague{Language: string(v.Lang)}}, nil)
}

func (o *Office) showColleague(c *gin.Context, status int, f colleagueForm, errs []page.FieldError) error {
	v := view(c, "staff", "office.staff.new")
	v.Keep = staffPath + "/new"
	if !f.New {
		v.Title, v.Keep = v.T("office.staff.change"), staffPath+"/"+string(f.ID)
		f.Own = f.ID == v.Officer.ID
	}
	v.Back = page.Link{URL: v.URL(staffPath), Text: v.T("office.staff.back")}
	v.Errors = errs
	return page.Render(c, status, colleagueView(v, f))
}

func (o *Office) addColleague(c *gin.Context) error {
	f := colleagueFormOf(c)
	f.New, f.ID = true, ""
	if page.Switched(c) {
		return o.showColleague(c, http.StatusOK, f, nil)
	}
	v := page.From(c)
	if errs := f.errors(v); len(errs) > 0 {
		return o.showColleague(c, http.StatusUnprocessableEntity, f, errs)
	}
	number, err := nrn.Parse(f.Number)
	if err != nil {
		return err
	}
	_, err = o.Store.AddStaff(c.Request.Context(), o.by(c), NewColleague{f.Colleague, number})
	if errors.Is(err, ErrStaffExists) {
		return o.showColleague(c, http.StatusUnprocessableEntity, f, []page.FieldError{{Field: "number", Text: v.T("office.staff.exists")}})
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL(staffPath+"?done=added"))
	return nil
}

// find reads one colleague.
func (o *Office) find(c *gin.Context) (Colleague, error) {
	list, err := o.Store.Staff(c.Request.Context(), o.by(c))
	for _, k := range list {
		if string(k.ID) == c.Param("id") {
			return k, err
		}
	}
	return Colleague{}, errors.Join(err, ErrNotFound)
}

func (o *Office) colleague(c *gin.Context) error {
	k, err := o.find(c)
	if err != nil {
		return err
	}
	return o.showColleague(c, http.StatusOK, colleagueForm{Colleague: k}, nil)
}

func (o *Office) changeColleague(c *gin.Context) error {
	f := colleagueFormOf(c)
	k, err := o.find(c)
	if err != nil {
		return err
	}
	f.Disabled = k.Disabled
	v := page.From(c)
	if k.ID == v.Officer.ID {
		f.Roles = k.Roles // not in the form; the store refuses another value
		for _, r := range auth.Roles() {
			if c.PostForm("role-"+string(r)) != "" {
				return ErrOwnRoles
			}
		}
	}
	if page.Switched(c) {
		return o.showColleague(c, http.StatusOK, f, nil)
	}
	if errs := f.errors(v); len(errs) > 0 {
		return o.showColleague(c, http.StatusUnprocessableEntity, f, errs)
	}
	if err := o.Store.ChangeStaff(c.Request.Context(), o.by(c), f.Colleague); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL(staffPath+"?done=changed"))
	return nil
}

// askDisable says what follows before a colleague is shut out.
func (o *Office) askDisable(c *gin.Context) error {
	k, err := o.find(c)
	switch {
	case err != nil:
		return err
	case k.ID == page.OfficerOf(c).ID:
		return ErrOwnRoles
	case !k.Disabled.IsZero():
		return ErrChanged
	}
	v := view(c, "staff", "office.staff.disable.title")
	v.Lead = v.T("office.staff.disable.lead", locale.A("name", k.Name))
	v.Back = page.Link{URL: v.URL(staffPath + "/" + string(k.ID)), Text: v.T("office.staff.back.one")}
	return page.Render(c, http.StatusOK, disableView(v, k))
}

func (o *Office) disableColleague(c *gin.Context) error { return o.switchColleague(c, true) }
func (o *Office) enableColleague(c *gin.Context) error  { return o.switchColleague(c, false) }

func (o *Office) switchColleague(c *gin.Context, disabled bool) error {
	if err := o.Store.DisableStaff(c.Request.Context(), o.by(c), auth.StaffID(c.Param("id")), disabled); err != nil {
		return err
	}
	done := "enabled"
	if disabled {
		done = "disabled"
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(staffPath+"?done="+done))
	return nil
}
