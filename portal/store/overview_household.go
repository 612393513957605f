package store

import (
	"cmp"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/home"
	"guichet.example/portal/people"
)

// Parts of the page that are filed under each person who may be seen.
const (
	partLine = iota
	partAppointment
	partFile
	partAgreement
)

// householdQuery is what is filed under each person who may be seen: her care, and what is
// coming; a file without a last day goes on for ever. PERSONS stands for as many rows as
// there are persons, filled up with nobody so that few different statements are prepared.
// They are listed as a table, which SQLite walks: for IN it would build one each time.
var householdQuery = `
	SELECT ` + partColumns(partLine, "l.payment", "l.person", "l.nature", "l.provider", "l.treated", "l.refund", "l.line") + `
		FROM (VALUES PERSONS) AS s CROSS JOIN refund_lines l
			JOIN payments p ON p.mutuality = l.mutuality AND p.member = coalesce(l.member, l.person) AND p.treated = l.treated AND p.payment = l.payment
		WHERE l.mutuality = ?1 AND l.person = s.column1 AND l.treated >= ?2 AND p.kind = 'refund'
	UNION ALL
	SELECT ` + partColumns(partAppointment, "member", "place", "city", "at") + ` FROM (VALUES PERSONS) AS s CROSS JOIN appointments
		WHERE mutuality = ?1 AND member = s.column1 AND at >= ?3 AND state IN ('set', 'moved')
	UNION ALL
	SELECT ` + partColumns(partFile, "member", "doctor", "coalesce(until, '9999-12-31')") + ` FROM (VALUES PERSONS) AS s CROSS JOIN medical_files
		WHERE mutuality = ?1 AND member = s.column1
	UNION ALL
	SELECT ` + partColumns(partAgreement, "member", "subject", "until") + ` FROM (VALUES PERSONS) AS s CROSS JOIN agreements
		WHERE mutuality = ?1 AND member = s.column1 AND state IN ('granted', 'ended') AND until >= ?4 AND until <= ?5`

// personPlaces are how many persons a statement has room for.
var personPlaces = []int{1, 2, 3, 4, 6, 12, 60}

// householdQueries by number of persons.
var householdQueries = func() map[int]string {
	all := map[int]string{}
	for _, n := range personPlaces {
		var places []string
		for i := range n {
			places = append(places, "(?"+strconv.Itoa(6+i)+")")
		}
		all[n] = strings.ReplaceAll(householdQuery, "PERSONS", strings.Join(places, ", "))
	}
	return all
}()

// careLine is a line of a refund as the page adds it up.
type careLine struct {
	payment, person, nature, provider, treated string
	refund, line                               int64
}

// household reads what is of all who may be seen.
func (r *overviewReader) household() error {
	places := personPlaces[len(personPlaces)-1]
	for _, n := range personPlaces {
		if len(r.visible.all) <= n {
			places = n
			break
		}
	}
	date := func(days int) string { return r.today.AddDate(0, 0, days).Format(time.DateOnly) }
	args := []any{r.login.Mutuality, max(date(-refundDays), r.since), micros(r.db.cfg.Now().Add(-2 * time.Hour)), date(-endedDays), date(endingDays)}
	for i := range places {
		person := "" // nobody
		if i < len(r.visible.all) {
			person = string(r.visible.all[i].Member)
		}
		args = append(args, person)
	}
	files := map[string]lastFile{}
	var lines []careLine
	err := r.c.eachPart(householdQueries[places], args, func(part int, x partRow) error {
		switch part {
		case partLine:
			var l careLine
			err := x.into(&l.payment, &l.person, &l.nature, &l.provider, &l.treated, &l.refund, &l.line)
			lines = append(lines, l)
			return err
		case partFile:
			var person string
			var f lastFile
			err := x.into(&person, &f.doctor, &f.until)
			if files[person].until.Before(f.until) {
				files[person] = f
			}
			return err
		}
		return r.dated(part, x)
	})
	if err != nil {
		return err
	}
	r.files(files)
	return r.refunds(lines)
}

// dated is an appointment, or an agreement that ends soon or just did.
func (r *overviewReader) dated(part int, x partRow) error {
	var person, place, city string
	if part == partAgreement {
		var until time.Time
		err := x.into(&person, &place, &until)
		r.coming(home.Agreement, person, until, place)
		return err
	}
	var at int64
	err := x.into(&person, &place, &city, &at)
	if city != place { // a practice; a town is said once
		place += ", " + city
	}
	r.coming(home.Appointment, person, fromMicros(at), place)
	return err
}

// lastFile is who keeps a global medical file, and its last day.
type lastFile struct {
	doctor string
	until  time.Time
}

// files are the global medical files of which the last ends soon, or just did.
func (r *overviewReader) files(last map[string]lastFile) {
	for _, p := range r.visible.all {
		f, ok := last[string(p.Member)]
		if ok && !f.until.Before(r.today.AddDate(0, 0, -endedDays)) && !f.until.After(r.today.AddDate(0, 0, endingDays)) {
			r.coming(home.FileEnds, string(p.Member), f.until, f.doctor)
		}
	}
}

func (r *overviewReader) coming(what, person string, at time.Time, place string) {
	r.o.Coming = append(r.o.Coming, home.Coming{What: what, Day: at, Person: r.name(person), Place: place, Ended: what != home.Appointment && at.Before(r.today)})
}

// name of a person who may be seen, empty for the member herself. That something of
// another was shown is kept for the trail.
func (r *overviewReader) name(person string) string {
	for _, p := range r.visible.all {
		if string(p.Member) != person || p.Self {
			continue
		}
		if !slices.Contains(r.shown, p.Member) {
			r.shown = append(r.shown, p.Member)
		}
		return p.Name
	}
	return ""
}

// language of what the insurance system says of a person.
func (r *overviewReader) language(person string) string {
	p, _ := people.Find(r.visible.all, auth.MemberID(person))
	return p.Language
}

// refunds puts the lines of one person in one payment together, and keeps the newest.
func (r *overviewReader) refunds(lines []careLine) error {
	slices.SortFunc(lines, func(a, b careLine) int {
		return cmp.Or(strings.Compare(b.treated, a.treated), strings.Compare(b.payment, a.payment),
			strings.Compare(a.person, b.person), cmp.Compare(a.line, b.line))
	})
	var person string
	for _, l := range lines {
		n := len(r.o.Refunds)
		if n > 0 && r.o.Refunds[n-1].Payment == l.payment && person == l.person {
			r.o.Refunds[n-1].Acts++
			r.o.Refunds[n-1].Cents += l.refund
			continue
		}
		if n == overviewRefunds {
			return nil
		}
		treated, err := dateOf(l.treated)
		if err != nil {
			return err
		}
		person = l.person
		r.o.Refunds = append(r.o.Refunds, home.Refund{
			Payment: l.payment, Nature: l.nature, Provider: l.provider, Acts: 1, Cents: l.refund, Treated: treated, Person: r.name(person), Language: r.language(person),
		})
	}
	return nil
}

// dateOf is a date; empty text is the zero time.
func dateOf(text string) (time.Time, error) {
	return fromDate(sql.NullString{String: text, Valid: text != ""})
}
