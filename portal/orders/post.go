package orders

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

// Bounds of orders by post.
const (
	// Period is how long a person's labels last: until then no others are ordered.
	Period = 90 * 24 * time.Hour
	// MaxEnvelopes is how many envelopes a member orders in a Period.
	MaxEnvelopes = 20
)

// postForm is what the member typed, as she typed it.
type postForm struct {
	Who                             string // ids of the people ticked, a space between
	Quantity                        string
	FromDay, FromMonth, FromYear    string
	UntilDay, UntilMonth, UntilYear string
	Country                         string
}

// Names of the fields.
const (
	whoField      = "who"
	quantityField = "quantity"
	fromField     = "from"
	untilField    = "until"
)

// post is one of the orders that come by post and are made of the same parts.
type post struct {
	*Orders
	kind document.Kind
}

func (p post) path() string { return ordersPath + "/" + string(p.kind) }

func (p post) route(r page.Routes) {
	r.GET(p.path(), auth.OrderDocument, p.form)
	r.POST(p.path()+"/check", auth.OrderDocument, p.take)
	r.GET(p.path()+"/check", auth.OrderDocument, p.check)
	r.POST(p.path()+"/send", auth.OrderDocument, p.send)
}

func (p post) hasPeople() bool   { return p.kind != document.KindEnvelopes }
func (p post) hasJourney() bool  { return p.kind == document.KindTravelPapers }
func (p post) hasQuantity() bool { return p.kind == document.KindEnvelopes }

// Earlier is an order of a kind that was made before and still counts.
type Earlier struct {
	At     time.Time
	Act    document.PostOrder
	People []auth.MemberID // whom it is for; empty: known by their names alone
}

// For reports whether it is for this person: two of one name are two.
func (e Earlier) For(p people.Person) bool {
	if len(e.People) == 0 {
		return slices.Contains(e.Act.ForPersons, p.Name)
	}
	return slices.Contains(e.People, p.Member)
}

// postState is a draft with what the store knows, and what comes of both.
type postState struct {
	draft   page.Draft[postForm]
	who     Person
	people  []people.Person
	earlier []Earlier
	act     document.PostOrder
	wrong   []page.FieldError
}

func (p post) drafts() page.DraftForm[postForm] {
	return page.DraftForm[postForm]{Store: p.Store, Name: p.path()}
}

func (p post) read(c *gin.Context) (s postState, found bool, err error) {
	ctx, login := c.Request.Context(), page.LoginOf(c)
	if s.draft, found, err = p.drafts().Read(c); err != nil {
		return s, false, err
	}
	if s.who, err = p.Store.Orderer(ctx, login); err != nil {
		return s, false, fmt.Errorf("reading who orders: %w", err)
	}
	if s.people, err = p.Store.Visible(ctx, login); err != nil {
		return s, false, fmt.Errorf("reading for whom to order: %w", err)
	}
	if s.earlier, err = p.Store.Ordered(ctx, login, p.kind, p.Now().Add(-Period)); err != nil {
		return s, false, fmt.Errorf("reading earlier orders: %w", err)
	}
	if found {
		s.act, s.wrong, err = p.answers(page.From(c), s)
	}
	return s, found, err
}

// chosen are the people ticked, of those whom the member may order for.
func chosen(who string, visible []people.Person) []people.Person {
	ids := strings.Fields(who)
	var list []people.Person
	for _, p := range visible {
		if slices.Contains(ids, string(p.Member)) {
			list = append(list, p)
		}
	}
	return list
}

// orderedFor is the earlier order for a person that still counts.
func (s postState) orderedFor(one people.Person) (Earlier, bool) {
	for _, e := range s.earlier {
		if e.For(one) {
			return e, true
		}
	}
	return Earlier{}, false
}

// concerned are those whom the order is for: the people ticked, or the member herself.
func (s postState) concerned(p post) []people.Person {
	if !p.hasPeople() {
		return s.people[:1]
	}
	return chosen(s.draft.Answers.Who, s.people)
}

// left is how many envelopes may still be ordered.
func (s postState) left() int {
	n := MaxEnvelopes
	for _, e := range s.earlier {
		n -= e.Act.Quantity
	}
	return max(n, 0)
}

// answers checks the form: the order as it will be signed, or what is wrong.
func (p post) answers(v page.View, s postState) (document.PostOrder, []page.FieldError, error) {
	if s.who.address(v) == nil {
		return document.PostOrder{}, nil, ErrNoAddress
	}
	var wrong []page.FieldError
	say := func(field, key string, args ...locale.Arg) {
		wrong = append(wrong, page.FieldError{Field: field, Text: v.T("orders.post.error."+key, args...)})
	}
	act := document.PostOrder{
		What: p.kind, Language: document.Language(v.Lang), Mutuality: p.Mutuality, Date: p.today(),
		Member:     document.Person{Name: s.who.Name, Birth: s.who.Birth, Affiliation: s.who.Affiliation},
		ForPersons: []string{s.who.Name}, DeliverTo: s.who.address(v),
	}
	if p.hasPeople() {
		travellers := s.concerned(p)
		act.ForPersons = people.Named(v.Lang, travellers, s.people)
		for i, one := range travellers {
			if _, again := s.orderedFor(one); again && p.kind == document.KindLabels {
				say(whoField, "again", locale.A("name", act.ForPersons[i]))
			}
		}
		if len(act.ForPersons) == 0 {
			say(whoField, "who")
		}
	}
	if p.hasQuantity() {
		act.Quantity = number(s.draft.Answers.Quantity, 2)
		switch {
		case act.Quantity < 1 || act.Quantity > document.MaxEnvelopes:
			say(quantityField, "quantity", locale.A("n", document.MaxEnvelopes))
		case act.Quantity > s.left():
			say(quantityField, "room", locale.A("n", s.left()))
		}
	}
	if p.hasJourney() {
		more, err := p.journey(v, s, &act)
		return act, append(wrong, more...), err
	}
	return act, wrong, nil
}

// journey reads country and dates into the order, or says what is wrong with them, in the
// order of the page.
func (p post) journey(v page.View, s postState, act *document.PostOrder) (wrong []page.FieldError, err error) {
	f := s.draft.Answers
	text := v.T("orders.post.error.country")
	if act.Country = f.Country; act.Country != "" {
		text, err = countryText(v, document.EHICOrder{Language: act.Language, Mutuality: act.Mutuality, Member: act.Member,
			Date: act.Date, ForPersons: []string{s.who.Name}, DeliverTo: act.DeliverTo, Country: act.Country})
	}
	if text != "" {
		wrong = append(wrong, page.FieldError{Field: countryField, Text: text})
	}
	var mistake page.FieldError
	if act.From, mistake = p.near(v, fromField, f.FromDay, f.FromMonth, f.FromYear); mistake.Field != "" {
		wrong = append(wrong, mistake)
	}
	if act.Until, mistake = p.near(v, untilField, f.UntilDay, f.UntilMonth, f.UntilYear); mistake.Field != "" {
		wrong = append(wrong, mistake)
	}
	if act.From != nil && act.Until != nil && act.Until.Before(*act.From) {
		wrong = append(wrong, page.FieldError{Field: untilField, Text: v.T("orders.post.error.back")})
	}
	return wrong, err
}

// near is day within the horizon.
func (o *Orders) near(v page.View, field, d, m, y string) (*time.Time, page.FieldError) {
	date, mistake := o.day(v, field, d, m, y)
	if last := o.today().AddDate(horizon, 0, 0); date != nil && !date.Before(last) {
		return nil, page.FieldError{Field: field, Text: v.T("orders.post.error.far", locale.A("date", locale.Date(v.Lang, last)), which(v, field))}
	}
	return date, mistake
}

// which names a date of the journey.
func which(v page.View, field string) locale.Arg {
	return locale.A("which", v.T(map[string]string{fromField: "orders.check.departure", untilField: "orders.post.row.until"}[field]))
}

// day reads a date of the journey in its three fields: a day that there is, from today on.
func (o *Orders) day(v page.View, field, d, m, y string) (*time.Time, page.FieldError) {
	refuse := func(key string) (*time.Time, page.FieldError) {
		return nil, page.FieldError{Field: field, Text: v.T("orders.post.error."+key, which(v, field))}
	}
	if d == "" || m == "" || y == "" {
		return refuse("part")
	}
	day, month, year := number(d, 2), number(m, 2), number(y, 4)
	if year < 1000 || month < 1 || month > 12 || day < 1 {
		return refuse("day")
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	switch {
	case date.Day() != day:
		return refuse("day")
	case date.Before(o.today()):
		return refuse("past")
	}
	return &date, page.FieldError{}
}
