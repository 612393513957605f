package store

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/home"
	"guichet.example/portal/people"
)

// householdQuery is what is filed under each person who may be seen: her care, and what is
// coming; a file without a last day goes on for ever. PERSONS stands for as many places as
// there are persons, filled up so that few different statements are prepared.
const householdQuery = `
	SELECT 1, l.payment, l.person, l.nature, l.provider, '', l.treated, 0, l.refund, l.line FROM refund_lines l
		JOIN payments p ON p.mutuality = l.mutuality AND p.member = coalesce(l.member, l.person) AND p.treated = l.treated AND p.payment = l.payment
		WHERE l.mutuality = ?1 AND l.person IN (PERSONS) AND l.treated >= ?2 AND p.kind = 'refund'
	UNION ALL
	SELECT 2, appointment, member, place, city, '', '', at, 0, 0 FROM appointments
		WHERE mutuality = ?1 AND member IN (PERSONS) AND at >= ?3 AND state IN ('set', 'moved')
	UNION ALL
	SELECT 3, '', member, doctor, '', '', coalesce(until, '9999-12-31'), 0, 0, 0 FROM medical_files
		WHERE mutuality = ?1 AND member IN (PERSONS)
	UNION ALL
	SELECT 4, agreement, member, subject, '', '', until, 0, 0, 0 FROM agreements
		WHERE mutuality = ?1 AND member IN (PERSONS) AND state IN ('granted', 'ended') AND until >= ?4 AND until <= ?5`

// personPlaces are how many persons a statement has room for.
var personPlaces = []int{1, 4, 12, 60}

// householdQueries by number of persons.
var householdQueries = func() map[int]string {
	all := map[int]string{}
	for _, n := range personPlaces {
		var places []string
		for i := range n {
			places = append(places, "?"+strconv.Itoa(6+i))
		}
		all[n] = strings.ReplaceAll(householdQuery, "PERSONS", strings.Join(places, ", "))
	}
	return all
}()

// household reads what is of all who may be seen.
func (r *overviewReader) household() error {
	places := personPlaces[len(personPlaces)-1]
	for _, n := range personPlaces {
		if len(r.visible) <= n {
			places = n
			break
		}
	}
	date := func(days int) string { return r.today.AddDate(0, 0, days).Format(time.DateOnly) }
	args := []any{r.login.Mutuality, max(date(-refundDays), r.since), micros(r.db.cfg.Now().Add(-2 * time.Hour)), date(-endedDays), date(endingDays)}
	for i := range places {
		args = append(args, string(r.visible[min(i, len(r.visible)-1)].Member))
	}
	files := map[string]overviewRow{}
	var lines []overviewRow
	err := r.each(householdQueries[places], args, func(x overviewRow) error {
		switch x.part {
		case 1:
			lines = append(lines, x)
		case 2:
			place := x.b
			if x.c != x.b { // a practice; a town is said once
				place += ", " + x.c
			}
			r.coming(home.Appointment, x, fromMicros(x.at), place)
		case 3:
			if files[x.a].day < x.day {
				files[x.a] = x
			}
		case 4:
			until, err := dateOf(x.day)
			r.coming(home.Agreement, x, until, x.b)
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.files(files); err != nil {
		return err
	}
	return r.refunds(lines)
}

// files are the global medical files of which the last ends soon, or just did.
func (r *overviewReader) files(last map[string]overviewRow) error {
	for _, p := range r.visible {
		x := last[string(p.Member)]
		until, err := dateOf(x.day)
		if err != nil {
			return err
		}
		if until.IsZero() || until.Before(r.today.AddDate(0, 0, -endedDays)) || until.After(r.today.AddDate(0, 0, endingDays)) {
			continue
		}
		r.coming(home.FileEnds, x, until, x.b)
	}
	return nil
}

func (r *overviewReader) coming(what string, x overviewRow, at time.Time, place string) {
	r.o.Coming = append(r.o.Coming, home.Coming{What: what, Day: at, Person: r.name(x.a), Place: place, Ended: what != home.Appointment && at.Before(r.today)})
}

// name of a person who may be seen, empty for the member herself. That something of
// another was shown is kept for the trail.
func (r *overviewReader) name(person string) string {
	for _, p := range r.visible {
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
	p, _ := people.Find(r.visible, auth.MemberID(person))
	return p.Language
}

// refunds puts the lines of one person in one payment together, and keeps the newest.
func (r *overviewReader) refunds(lines []overviewRow) error {
	slices.SortFunc(lines, func(a, b overviewRow) int {
		if c := strings.Compare(b.day, a.day); c != 0 {
			return c
		}
		if c := strings.Compare(b.id, a.id); c != 0 {
			return c
		}
		if c := strings.Compare(a.a, b.a); c != 0 {
			return c
		}
		return int(a.m - b.m)
	})
	var person string
	for _, x := range lines {
		n := len(r.o.Refunds)
		if n > 0 && r.o.Refunds[n-1].Payment == x.id && person == x.a {
			r.o.Refunds[n-1].Acts++
			r.o.Refunds[n-1].Cents += x.n
			continue
		}
		if n == overviewRefunds {
			return nil
		}
		treated, err := dateOf(x.day)
		if err != nil {
			return err
		}
		person = x.a
		r.o.Refunds = append(r.o.Refunds, home.Refund{
			Payment: x.id, Nature: x.b, Provider: x.c, Acts: 1, Cents: x.n, Treated: treated, Person: r.name(x.a), Language: r.language(x.a),
		})
	}
	return nil
}

// dateOf is a date; empty text is the zero time.
func dateOf(text string) (time.Time, error) {
	return fromDate(sql.NullString{String: text, Valid: text != ""})
}
