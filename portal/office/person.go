package office

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// searchForm is whom an officer looks for, and why, as it was typed. What was typed
// stands in no address.
type searchForm struct {
	Way              string // number, user, name, card
	Number, User     string
	Surname          string
	Day, Month, Year string
	Why, Words       string
}

// ways are the ways to search, in the order of the form.
var ways = []string{"number", "user", "name", byCard}

// byCard is the way by the person's card in the reader, for which nothing is typed.
const byCard = "card"

// maxTyped is the longest name or number taken, in characters.
const maxTyped = 120

func searchFormOf(c *gin.Context) searchForm {
	return searchForm{
		Way: typed(c, "way"), Number: typed(c, "number"), User: typed(c, "user"), Surname: typed(c, "surname"),
		Day: typed(c, "birth-day"), Month: typed(c, "birth-month"), Year: typed(c, "birth-year"),
		Why: typed(c, "why"), Words: typed(c, "words"),
	}
}

// search is the question that the form asks, with what is wrong in it.
func (f searchForm) search(v page.View) (Search, []page.FieldError) {
	var s Search
	var errs []page.FieldError
	wrong := func(field, key string) { errs = append(errs, page.FieldError{Field: field, Text: v.T(key)}) }
	switch f.Way {
	case "number":
		var err error
		if s.Number, err = nrn.Parse(f.Number); err != nil {
			wrong("number", "office.search.number.wrong")
		}
	case "user":
		if s.User = f.User; f.User == "" || len(f.User) > maxTyped {
			wrong("user", "office.search.user.wrong")
		}
	case "name":
		if s.Surname = f.Surname; !strings.ContainsFunc(f.Surname, unicode.IsLetter) || len(f.Surname) > maxTyped {
			wrong("surname", "office.search.surname.wrong")
		}
		var ok bool
		if s.Birth, ok = dateOf(f.Day, f.Month, f.Year); !ok {
			wrong("birth", "office.search.birth.wrong")
		}
	case byCard: // which says whose it is
	default:
		wrong("way", "office.search.way.wrong")
	}
	return s, append(errs, whyErrors(v, f.Why, f.Words)...)
}

// whyErrors are what is wrong with a reason for opening a file.
func whyErrors(v page.View, why, words string) []page.FieldError {
	var errs []page.FieldError
	if (Why{Key: why, Words: "x"}).Check() != nil {
		errs = append(errs, page.FieldError{Field: "why", Text: v.T("office.why.wrong")})
	}
	switch {
	case words == "":
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.why.empty")})
	case len([]rune(words)) > MaxWords:
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.words.long")})
	}
	return errs
}

// dateOf reads a date of three fields.
func dateOf(day, month, year string) (time.Time, bool) {
	text := year + "-" + pad(month) + "-" + pad(day)
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil && t.Year() >= 1880
}

func pad(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

func (o *Office) person(c *gin.Context) error {
	return o.showSearch(c, http.StatusOK, searchForm{Way: "number"}, nil)
}

func (o *Office) showSearch(c *gin.Context, status int, f searchForm, errs []page.FieldError) error {
	title := "office.person.title"
	if f.Way == byCard {
		title = "office.bycard.title"
	}
	v := view(c, "person", title)
	v.Lead, v.Keep, v.Errors = v.T("office.person.lead"), personPath, errs
	return page.Render(c, status, personView(v, f))
}

// search looks for a person and opens the file of the only one found. Of several the
// officer chooses; the reason goes along.
func (o *Office) search(c *gin.Context) error {
	f := searchFormOf(c)
	if page.Switched(c) {
		return o.showSearch(c, http.StatusOK, f, nil)
	}
	v := page.From(c)
	s, errs := f.search(v)
	if len(errs) > 0 {
		return o.showSearch(c, http.StatusUnprocessableEntity, f, errs)
	}
	if f.Way == byCard {
		return o.toCard(c, Why{Key: f.Why, Words: f.Words})
	}
	officer := page.OfficerOf(c)
	found, err := o.Store.SearchPerson(c.Request.Context(), officer, s)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		field := map[string]string{"number": "number", "user": "user", "name": "surname"}[f.Way]
		return o.showSearch(c, http.StatusUnprocessableEntity, f, []page.FieldError{{Field: field, Text: v.T("office.search.nobody")}})
	case len(found) == 1:
		return o.openFile(c, found[0].Member, Why{Key: f.Why, Words: f.Words})
	}
	v = view(c, "person", "office.found.title")
	v.Lead = v.T("office.found.lead")
	v.Back = page.Link{URL: v.URL(personPath), Text: v.T("office.person.back")}
	return page.Render(c, http.StatusOK, foundView(v, found, f))
}

// open opens the file of the person chosen.
func (o *Office) open(c *gin.Context) error {
	member, err := auth.ParseMemberID(c.PostForm("member"))
	if err != nil {
		return ErrNotFound
	}
	return o.openFile(c, member, Why{Key: typed(c, "why"), Words: typed(c, "words")})
}

func (o *Office) openFile(c *gin.Context, member auth.MemberID, w Why) error {
	id, err := o.Store.OpenFile(c.Request.Context(), page.OfficerOf(c), member, w)
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(filesPath+"/"+id))
	return nil
}

// masked hides the middle of an address or telephone number: what an officer compares
// with what the person says, and no more.
func masked(s string) string {
	if local, domain, ok := strings.Cut(s, "@"); ok {
		return string([]rune(local + "•")[:1]) + "•••@" + domain
	}
	r := []rune(s)
	if len(r) <= 4 {
		return strings.Repeat("•", len(r))
	}
	return strings.Repeat("•", 4) + string(r[len(r)-2:])
}

// filePage is a person's file.
type filePage struct {
	File                                              File
	Who, Contact, Account, Paid                       []page.SummaryRow
	Letters, Requests, SignIns, Checks, Looks         []page.LedgerRow
	MayCheck, MayEmail, MayEnrol, MayAccount, MaySign bool
	MayQueue                                          bool // read items of the queue
}

// inFile begins a page of an open file.
func inFile(c *gin.Context, f File, title string) page.View {
	v := view(c, "person", title)
	v.Lead = v.T("office.file.until", locale.A("time", locale.Time(v.Lang, f.Opening.Ends)),
		locale.A("why", why(v, f.Opening.Why)))
	return v
}

// why is a reason in words, without the officer's own.
func why(v page.View, w Why) string {
	text := word(v, "office.why.", w.Key)
	if w.Card {
		return v.T("office.bycard.why", locale.A("why", text))
	}
	return text
}

func (o *Office) file(c *gin.Context) error {
	f, err := o.Store.File(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	v := inFile(c, f, "office.file.title")
	if t := f.Opening.Why.Task; t != "" {
		v.Back = page.Link{URL: v.URL(queuePath + "/" + t), Text: v.T("office.file.item")}
	}
	p := filePage{
		File: f, Who: who(v, f), Contact: contact(v, f), Account: accountRows(v, f), Paid: []page.SummaryRow{paidRow(v, f.Paid)},
		MayCheck: o.may(v, auth.CheckIdentity), MayAccount: o.may(v, auth.ManageAccounts), MaySign: o.may(v, auth.SignForMember) && v.Leads(filesPath+"/"+f.Opening.ID+"/paper"),
		MayQueue: o.may(v, auth.WorkQueue),
	}
	if o.Enrolments != nil && f.Account.State != AccountDisabled {
		p.MayEmail, p.MayEnrol = p.MayCheck, o.may(v, auth.EnrolMember)
	}
	if done := c.Query("done"); slices.Contains(fileDone, done) {
		v.Banner = &page.Banner{Kind: page.Valid, Title: v.T("office.done." + done), Text: v.T("office.done." + done + ".text")}
	}
	o.fileLists(v, f, &p)
	landed(&v)
	return page.Render(c, http.StatusOK, fileView(v, p))
}

// fileDone are the acts that lead back to the file, which then says what was done.
var fileDone = []string{"check", "email", "second", AccountDisabled, AccountActive}

func who(v page.View, f File) []page.SummaryRow {
	digits := f.Number.Digits()
	birth := v.T("office.unknown")
	if !f.Birth.IsZero() {
		birth = locale.Date(v.Lang, f.Birth)
	}
	until := ""
	if !f.Until.IsZero() {
		until = v.T("account.until", locale.A("date", locale.Date(v.Lang, f.Until)))
	}
	return []page.SummaryRow{
		{Label: v.T("office.file.name"), Value: f.Name, Large: true},
		{Label: v.T("office.file.birth"), Value: birth},
		{Label: v.T("office.file.number"), Content: page.MaskedNumber(v, digits[len(digits)-2:])},
		{Label: v.T("office.file.member"), Value: f.Member, Detail: until},
	}
}

func contact(v page.View, f File) []page.SummaryRow {
	lang, _ := locale.Parse(f.Language)
	to := page.SummaryRow{Label: v.T("office.file.address")}
	lines := page.Postal{Street: f.Street, Postcode: f.Postcode, City: f.City, Country: f.Country}.Lines(v)
	if to.Value = strings.Join(lines, ", "); lines == nil {
		to.Value, to.Quiet = v.T("office.none"), true
	}
	rows := []page.SummaryRow{to}
	for _, r := range []struct{ key, value string }{{"email", f.Email}, {"phone", f.Phone}} {
		row := page.SummaryRow{Label: v.T("office.file." + r.key), Value: v.T("office.none"), Quiet: true}
		if r.value != "" {
			row.Value, row.Quiet = masked(r.value), false
		}
		rows = append(rows, row)
	}
	return append(rows, page.SummaryRow{Label: v.T("office.file.language"), Value: lang.Name()})
}

func accountRows(v page.View, f File) []page.SummaryRow {
	a := f.Account
	kind := map[string]page.Kind{"active": page.Valid, "disabled": page.Changed, "pending": page.Checking}[a.State]
	if kind == "" {
		kind, a.State = page.Neutral, "none"
	}
	return []page.SummaryRow{
		{Label: v.T("office.account.state"), Content: page.Badge(kind, v.T("office.account.state."+a.State)), Detail: accountReason(v, a)},
		{Label: v.T("office.account.password"), Value: yes(v, a.Password)},
		{Label: v.T("office.account.email"), Value: yes(v, a.Email)},
		{Label: v.T("office.account.sessions"), Value: strconv.Itoa(a.Sessions)},
	}
}

// paidRow is the last payment, or that none is recorded.
func paidRow(v page.View, p Paid) page.SummaryRow {
	row := page.SummaryRow{Label: v.T("office.paid.last")}
	if p.At.IsZero() {
		row.Value, row.Detail, row.Quiet = v.T("office.paid.none"), v.T("office.paid.none.text"), true
		return row
	}
	way, cents := "to", p.Cents
	if cents < 0 {
		way, cents = "from", -cents
	}
	row.Value = v.T("office.paid."+way, locale.A("amount", locale.Money(v.Lang, cents)), locale.A("date", locale.Date(v.Lang, p.At)))
	if p.Last4 != "" {
		row.Detail = v.T("office.paid.account", locale.A("last4", p.Last4))
	}
	return row
}

// accountReason is why an account was disabled, or opened again.
func accountReason(v page.View, a Account) string {
	key, words, ok := strings.Cut(a.Reason, ": ")
	if !ok {
		return a.Reason
	}
	return word(v, "office.account.why.", key) + ": " + words
}

func yes(v page.View, b bool) string {
	if b {
		return v.T("office.yes")
	}
	return v.T("office.no")
}

// fileLists fills the lists of a file.
func (o *Office) fileLists(v page.View, f File, p *filePage) {
	line := func(at time.Time, text, detail string, end page.LedgerRow) page.LedgerRow {
		return page.LedgerRow{Date: locale.DateRecent(v.Lang, at, v.Now), When: at.In(locale.Zone()).Format(time.DateOnly),
			Title: page.Link{Text: text}, Detail: detail, End: end.End}
	}
	for _, l := range f.Letters {
		p.Letters = append(p.Letters, line(l.At, word(v, "letters.kind.", l.Kind), l.Reference,
			page.LedgerRow{End: page.Badge(page.Neutral, word(v, "office.letter.state.", l.State))}))
	}
	for _, r := range f.Requests {
		row := line(r.At, word(v, "requests.kind.", r.Kind), r.Reference, page.LedgerRow{End: page.Badge(page.Neutral, word(v, "office.request.state.", r.State))})
		if r.Item != "" && p.MayQueue {
			row.Title.URL, row.Title.Hidden = v.URL(queuePath+"/"+r.Item), r.Reference
		}
		p.Requests = append(p.Requests, row)
	}
	for _, s := range f.SignIns {
		detail := ""
		if s.Denied {
			detail = v.T("office.signin.denied")
		}
		p.SignIns = append(p.SignIns, line(s.At, v.T("office.method."+string(s.Method)), detail, page.LedgerRow{}))
	}
	for _, k := range f.Checks {
		var proofs []string
		for _, proof := range k.Proofs {
			proofs = append(proofs, word(v, "office.proof.", proof))
		}
		p.Checks = append(p.Checks, line(k.At, k.Name+", "+k.Place, strings.Join(proofs, "; "), page.LedgerRow{}))
	}
	for _, l := range f.Looks {
		p.Looks = append(p.Looks, line(l.At, l.Name, why(v, l.Why), page.LedgerRow{}))
	}
}

// word is the text of a key that comes from the store: a word of tomorrow is shown as it
// is rather than as a raw key.
func word(v page.View, prefix, key string) string {
	if locale.Has(prefix + key) {
		return v.T(prefix + key)
	}
	return key
}
