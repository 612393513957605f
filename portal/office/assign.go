package office

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// assignForm is to whom an item goes, as it was typed.
type assignForm struct {
	To, Words  string
	Colleagues []page.Option
}

// assign asks to which colleague an item goes.
func (o *Office) assign(c *gin.Context) error {
	return o.showAssign(c, http.StatusOK, assignForm{}, nil)
}

func (o *Office) showAssign(c *gin.Context, status int, f assignForm, errs []page.FieldError) error {
	officer := page.OfficerOf(c)
	i, err := o.Store.Item(c.Request.Context(), officer, c.Param("id"))
	switch {
	case err != nil:
		return err
	case !i.Closed.IsZero():
		return ErrState
	case i.Hold.Staff != officer.ID:
		return HeldError{Hold: i.Hold}
	}
	list, err := o.Store.Staff(c.Request.Context(), o.by(c))
	if err != nil {
		return err
	}
	for _, k := range list {
		them := auth.Officer{Mutuality: o.Mutuality, ID: k.ID, Roles: k.Roles}
		if k.ID != officer.ID && k.Disabled.IsZero() && o.Policy.AllowOfficer(&them, auth.WorkQueue) == nil {
			f.Colleagues = append(f.Colleagues, page.Option{Value: string(k.ID), Text: k.Name})
		}
	}
	v := view(c, "queue", "office.assign.title")
	v.Lead = v.T("office.assign.lead", locale.A("kind", v.T("office.kind."+string(i.Kind))), locale.A("reference", i.Reference))
	v.Back = page.Link{URL: v.URL(queuePath + "/" + i.ID), Text: v.T("office.file.item")}
	v.Keep, v.Errors = queuePath+"/"+i.ID+"/assign", errs
	return page.Render(c, status, assignView(v, i.ID, f))
}

// giveTo gives the item to the colleague chosen, with a word to her.
func (o *Office) giveTo(c *gin.Context) error {
	f := assignForm{To: typed(c, "to"), Words: typed(c, "words")}
	if page.Switched(c) {
		return o.showAssign(c, http.StatusOK, f, nil)
	}
	v := page.From(c)
	var errs []page.FieldError
	to, err := auth.ParseStaffID(f.To)
	if err != nil {
		errs = append(errs, page.FieldError{Field: "to", Text: v.T("office.assign.choose")})
	}
	switch {
	case f.Words == "":
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.assign.empty")})
	case len([]rune(f.Words)) > MaxWords:
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.words.long")})
	}
	if len(errs) > 0 {
		return o.showAssign(c, http.StatusUnprocessableEntity, f, errs)
	}
	if err := o.Store.AssignItem(c.Request.Context(), page.OfficerOf(c), c.Param("id"), to, f.Words); err != nil {
		return err
	}
	return o.toDone(c)
}
