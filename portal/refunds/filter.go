package refunds

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/signing/document"
)

// Bounds of what an address may ask for.
const (
	maxPersons = 50
	maxTicks   = 2 * document.MaxRefunds // more are told on the check page
	wholeTime  = -1                      // of Since: no period
)

// sorts are the columns that a list may be in the order of; a dash before one turns it
// around. The first is the default, the newest first.
var sorts = []string{"-treated", "treated", "-received", "received", "-paid", "paid", "-amount", "amount", "payee", "-payee", "reference", "-reference"}

// ownKinds are the kinds of the list that is not of professionals.
var ownKinds = []core.PaymentKind{core.Refund, core.Allowance, core.Ceiling, core.Contribution, core.Recovery}

// filter is what an address of the list says. All of it combines.
type filter struct {
	Persons          []auth.MemberID // empty: all
	Since            int             // months back from today; wholeTime; 0: the dates
	From, To         time.Time
	CareFrom, CareTo time.Time
	Kinds            []core.PaymentKind // of ownKinds; empty: all of them
	Professionals    bool               // payments to them, and no others
	Sort             string             // one of sorts
	After            string             // reference of the last payment before the page; empty: the first page
	Ticks            []string           // references
}

// dateParts are the fields of a date as typed.
type dateParts struct{ Day, Month, Year string }

// mistake is a field that does not hold, and the key of the words about it.
type mistake struct{ Field, Key string }

// Names of the dates, in the address and in the form.
const (
	fromField     = "from"
	toField       = "to"
	careFromField = "care-from"
	careToField   = "care-to"
)

// dateFields are the dates of a filter by their names.
func (f *filter) dateFields() map[string]*time.Time {
	return map[string]*time.Time{fromField: &f.From, toField: &f.To, careFromField: &f.CareFrom, careToField: &f.CareTo}
}

// parsed is what was read of an address.
type parsed struct {
	filter
	Typed map[string]dateParts // as the form sent them
	Wrong []mistake
	// Form says that it is as a form sends it, not as addresses of the list are written.
	Form bool
}

// parse reads an address. What it does not know it leaves out; a date that does not hold
// is a mistake, since the answer would be another than was asked for. months is the
// period of an address that names none.
func parse(q url.Values, months int) parsed {
	p := parsed{filter: filter{Since: months, Sort: sorts[0]}, Typed: map[string]dateParts{}}
	for _, id := range split(q.Get("p"), maxPersons) {
		p.person(id)
	}
	for _, name := range split(q.Get("kind"), len(ownKinds)) {
		p.kind(name)
	}
	for _, reference := range split(q.Get("t"), maxTicks) {
		p.tick(reference)
	}
	p.boxes(q)
	p.Professionals = q.Get("paid") == professionals
	if p.Professionals {
		p.Kinds = nil
	}
	if s := q.Get("sort"); slices.Contains(sorts, s) {
		p.Sort = s
	}
	if after := q.Get("after"); isReference(after) {
		p.After = after
	}
	p.dates(q)
	p.period(q.Get("since"))
	p.check()
	slices.Sort(p.Persons)
	slices.Sort(p.Kinds)
	return p
}

// professionals is the value of paid that asks for payments to them.
const professionals = "professionals"

func split(text string, most int) []string {
	parts := strings.SplitN(text, ".", most+1)
	return parts[:min(len(parts), most)]
}

func add[T comparable](list []T, x T, most int) []T {
	if slices.Contains(list, x) || len(list) >= most {
		return list
	}
	return append(list, x)
}

func (p *parsed) person(id string) {
	if id != "" && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" {
		p.Persons = add(p.Persons, auth.MemberID(id), maxPersons)
	}
}

func (p *parsed) kind(name string) {
	if k := core.PaymentKind(name); slices.Contains(ownKinds, k) {
		p.Kinds = add(p.Kinds, k, len(ownKinds))
	}
}

func (p *parsed) tick(reference string) {
	if isReference(reference) {
		p.Ticks = add(p.Ticks, reference, maxTicks)
	}
}

// isReference says whether a text may be the reference of a payment.
func isReference(s string) bool {
	return s != "" && len(s) <= 24 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// boxes reads what was ticked in a form: each box has a name of its own. In order, so
// that one form has one address.
func (p *parsed) boxes(q url.Values) {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		box, of, found := strings.Cut(name, "_")
		if !found {
			continue
		}
		p.Form = true
		switch box {
		case "p":
			p.person(of)
		case "k":
			p.kind(of)
		case "t":
			p.tick(of)
		}
	}
}

// dates reads the dates, whole or in three fields.
func (p *parsed) dates(q url.Values) {
	for name, into := range p.dateFields() {
		if whole := q.Get(name); whole != "" {
			at, err := time.Parse(time.DateOnly, whole)
			if err != nil || at.Year() < 1900 || at.Year() > 2200 {
				p.wrong(name, "date")
				continue
			}
			*into = at
			continue
		}
		if !q.Has(name+"-day") && !q.Has(name+"-month") && !q.Has(name+"-year") {
			continue
		}
		p.Form = true
		parts := dateParts{typed(q, name+"-day"), typed(q, name+"-month"), typed(q, name+"-year")}
		p.Typed[name] = parts
		at, part := parts.date()
		if part != "" {
			p.wrong(name+"-"+part, part)
		}
		*into = at
	}
	slices.SortFunc(p.Wrong, func(a, b mistake) int { return strings.Compare(a.Field, b.Field) })
}

// typed is what stands in a field, cut to what can be shown again.
func typed(q url.Values, name string) string {
	s := strings.TrimSpace(q.Get(name))
	if len(s) > 10 {
		return s[:10]
	}
	return s
}

func (p *parsed) wrong(field, key string) {
	p.Wrong = append(p.Wrong, mistake{field, "refunds.error." + key})
}

// date is the date that was typed, zero for nothing; or the part that does not hold.
func (d dateParts) date() (at time.Time, part string) {
	if d == (dateParts{}) {
		return at, ""
	}
	day, month, year := number(d.Day, 2), number(d.Month, 2), number(d.Year, 4)
	switch {
	case year < 1900 || year > 2200:
		return at, "year"
	case month < 1 || month > 12:
		return at, "month"
	}
	at = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if day < 1 || at.Day() != day {
		return time.Time{}, "day"
	}
	return at, ""
}

// number reads at most so many digits; -1 if it is something else.
func number(s string, digits int) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || len(s) > digits {
		return -1
	}
	return int(n)
}

// period reads how far back; dates that were given win.
func (p *parsed) period(since string) {
	switch months := number(since, 2); {
	case !p.From.IsZero() || !p.To.IsZero():
		p.Since = 0
	case since == "all":
		p.Since = wholeTime
	case months == 1 || months == 3 || months == 12:
		p.Since = months
	}
}

// check holds the dates of a pair against each other.
func (p *parsed) check() {
	if !p.From.IsZero() && !p.To.IsZero() && p.To.Before(p.From) {
		p.wrong(toField, "order")
	}
	if !p.CareFrom.IsZero() && !p.CareTo.IsZero() && p.CareTo.Before(p.CareFrom) {
		p.wrong(careToField, "order")
	}
}

// values writes the filter as addresses have it: the same filter has one address.
func (f filter) values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("p", join(f.Persons))
	set("kind", join(f.Kinds))
	set("t", join(f.Ticks))
	set("after", f.After)
	if f.Professionals {
		q.Set("paid", professionals)
	}
	if f.Sort != sorts[0] {
		set("sort", f.Sort)
	}
	switch {
	case f.Since == wholeTime:
		q.Set("since", "all")
	case f.Since > 0:
		q.Set("since", strconv.Itoa(f.Since))
	}
	for name, at := range f.dateFields() {
		if !at.IsZero() {
			q.Set(name, at.Format(time.DateOnly))
		}
	}
	return q
}

func join[T ~string](list []T) string {
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = string(x)
	}
	return strings.Join(parts, ".")
}

// query is what the filter asks of the store on that day.
func (f filter) query(today time.Time) Query {
	q := Query{Persons: f.Persons, From: f.From, To: f.To, CareFrom: f.CareFrom, CareTo: f.CareTo, Kinds: f.Kinds}
	if f.Since > 0 {
		q.From = back(today, f.Since)
	}
	switch {
	case f.Professionals:
		q.Kinds = []core.PaymentKind{core.ThirdParty}
	case len(q.Kinds) == 0:
		q.Kinds = ownKinds
	}
	return q
}

// back is the same day so many months before, or the last of that month.
func back(day time.Time, months int) time.Time {
	at := day.AddDate(0, -months, 0)
	if at.Day() != day.Day() {
		return at.AddDate(0, 0, -at.Day())
	}
	return at
}
