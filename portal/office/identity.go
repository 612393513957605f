package office

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/door"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// identityForm is the checklist of an identity check.
type identityForm struct {
	Place, Words string
	For          string // what it is made for: "email", or empty
	Proofs       []string
}

func identityFormOf(c *gin.Context) identityForm {
	f := identityForm{Place: typed(c, "place"), Words: typed(c, "words"), For: purpose(c.PostForm("for"))}
	for _, proof := range Proofs() {
		if c.PostForm("proof-"+proof) == "1" {
			f.Proofs = append(f.Proofs, proof)
		}
	}
	return f
}

func (f identityForm) has(proof string) bool { return slices.Contains(f.Proofs, proof) }

// purpose accepts what an identity check can be made for.
func purpose(s string) string {
	if s == "email" {
		return s
	}
	return ""
}

func (o *Office) identity(c *gin.Context) error {
	form := identityForm{Place: page.OfficerOf(c).Place, For: purpose(c.Query("for"))}
	return o.showIdentity(c, http.StatusOK, form, nil)
}

func (o *Office) showIdentity(c *gin.Context, status int, form identityForm, errs []page.FieldError) error {
	f, err := o.Store.File(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	v := inFile(c, f, "office.identity.title")
	lead := "office.identity.lead"
	if form.For == "email" {
		lead += ".email"
	}
	v.Lead = v.T(lead, locale.A("name", f.Name))
	v.Back = page.Link{URL: v.URL(filesPath + "/" + f.Opening.ID), Text: v.T("office.file.back")}
	v.Keep, v.Errors = filesPath+"/"+f.Opening.ID+"/identity", errs
	return page.Render(c, status, identityView(v, f, form))
}

// checked stores the check; at a contact point the next page gives the person a way in.
func (o *Office) checked(c *gin.Context) error {
	f := identityFormOf(c)
	if page.Switched(c) {
		return o.showIdentity(c, http.StatusOK, f, nil)
	}
	v := page.From(c)
	var errs []page.FieldError
	if f.Place == "" || !short(f.Place) {
		errs = append(errs, page.FieldError{Field: "place", Text: v.T("office.identity.place.wrong")})
	}
	if !Enough(f.Proofs) {
		errs = append(errs, page.FieldError{Field: "proof-eid", Text: v.T("office.identity.proofs.wrong")})
	}
	if len([]rune(f.Words)) > MaxWords {
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.words.long")})
	}
	if len(errs) > 0 {
		return o.showIdentity(c, http.StatusUnprocessableEntity, f, errs)
	}
	id := c.Param("id")
	if _, err := o.Store.RecordCheck(c.Request.Context(), page.OfficerOf(c), id, Check{Place: f.Place, Proofs: f.Proofs, Words: f.Words}); err != nil {
		return err
	}
	to := "?done=check"
	switch {
	case o.Enrolments != nil && f.For == "email":
		to = "/email"
	case o.Enrolments != nil && o.may(v, auth.EnrolMember):
		to = "/enrol"
	}
	c.Redirect(http.StatusSeeOther, v.URL(filesPath+"/"+id+to))
	return nil
}

// freshCheck is the newest identity check of the file, if it is the officer's own and the
// person is still at the counter.
func (o *Office) freshCheck(officer auth.Officer, f File) (Checked, bool) {
	for _, k := range f.Checks {
		if k.Staff == officer.ID && o.Now().Sub(k.At) <= CheckLife && !k.At.Before(f.Opening.Opened) {
			return k, true
		}
	}
	return Checked{}, false
}

// enrol offers the ways in, after the identity was checked.
func (o *Office) enrol(c *gin.Context) error {
	officer := page.OfficerOf(c)
	f, err := o.Store.File(c.Request.Context(), officer, c.Param("id"))
	if err != nil {
		return err
	}
	v := inFile(c, f, "office.enrol.title")
	base := filesPath + "/" + f.Opening.ID
	check, ok := o.freshCheck(officer, f)
	if !ok || o.Enrolments == nil {
		c.Redirect(http.StatusSeeOther, v.URL(base+"/identity"))
		return nil
	}
	v.Lead = v.T("office.enrol.lead", locale.A("name", f.Name), locale.A("date", when(v, check.At)))
	v.Back = page.Link{URL: v.URL(base), Text: v.T("office.file.back")}
	v.CardPage = true
	landed(&v)
	return page.Render(c, http.StatusOK, enrolView(v, f, page.CardStep{
		Challenge: v.URL(base + "/card/challenge"), Token: v.URL(base + "/card"),
		Other: page.Link{URL: v.URL(base), Text: v.T("office.file.back")},
	}))
}

// handOver makes a one-use code, which goes into a sealed letter, and gives the receipt.
func (o *Office) handOver(c *gin.Context) error {
	f, check, err := o.readyToEnrol(c)
	if err != nil {
		return err
	}
	// Sent twice, the code of the first is dead: Enrolments keeps one a person.
	reference, err := o.Enrolments.Code(c.Request.Context(), page.OfficerOf(c), f.Opening.Member, check.ID)
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(filesPath+"/"+f.Opening.ID+"/receipt?letter="+url.QueryEscape(reference)))
	return nil
}

func (o *Office) readyToEnrol(c *gin.Context) (File, Checked, error) {
	officer := page.OfficerOf(c)
	f, err := o.Store.File(c.Request.Context(), officer, c.Param("id"))
	if err != nil {
		return f, Checked{}, err
	}
	check, ok := o.freshCheck(officer, f)
	if !ok || o.Enrolments == nil {
		return f, check, ErrState
	}
	return f, check, nil
}

// receipt is the page that is printed for the person: what was done, where, by whom.
func (o *Office) receipt(c *gin.Context) error {
	officer := page.OfficerOf(c)
	f, err := o.Store.File(c.Request.Context(), officer, c.Param("id"))
	if err != nil {
		return err
	}
	check, ok := o.freshCheck(officer, f)
	if !ok {
		return ErrState
	}
	v := inFile(c, f, "office.receipt.title")
	v.Lead = v.T("office.receipt.card")
	v.Back = page.Link{URL: v.URL(filesPath + "/" + f.Opening.ID), Text: v.T("office.file.back")}
	rows := []page.SummaryRow{
		{Label: v.T("office.file.name"), Value: f.Name},
		{Label: v.T("office.receipt.place"), Value: check.Place},
		{Label: v.T("office.receipt.by"), Value: officer.Name},
		{Label: v.T("office.receipt.at"), Value: when(v, o.Now())},
	}
	letter := false
	for _, l := range f.Letters {
		if l.Reference == c.Query("letter") {
			letter = true
			v.Lead = v.T("office.receipt.code")
			rows = append(rows, page.SummaryRow{Label: v.T("office.receipt.letter"), Value: l.Reference})
		}
	}
	landed(&v)
	return page.Render(c, http.StatusOK, receiptView(v, rows, letter && o.may(v, auth.PrintLetters)))
}

// bindCard opens the account for the card that the person put into the reader. It must be
// hers: the number in the certificate is that of the file.
func (o *Office) bindCard(c *gin.Context) error {
	f, check, err := o.readyToEnrol(c)
	if err != nil {
		return o.cardProblem(err)
	}
	holder, err := o.Person.Holder(c)
	if err != nil {
		return o.refuse(c, door.NewProblem(err))
	}
	if holder.Number != f.Number {
		return o.refuse(c, &door.Problem{State: "wrong_person", Name: f.Name, Cause: errors.New("card of another person than that of the file")})
	}
	if err := o.Enrolments.Card(c.Request.Context(), page.OfficerOf(c), f.Opening.Member, check.ID); err != nil {
		return o.cardProblem(err)
	}
	v := page.From(c)
	c.JSON(http.StatusOK, gin.H{"next": v.URL(filesPath + "/" + f.Opening.ID + "/receipt")})
	return nil
}

// cardProblem says on the card panel what the page would say.
func (o *Office) cardProblem(err error) error {
	if errors.Is(err, ErrNoOpening) || errors.Is(err, ErrState) {
		return &door.Problem{State: "changed", Cause: err}
	}
	return err
}
