package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/indemnities"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

var _ indemnities.Store = (*DB)(nil)

// Bounds of what one page shows of one person.
const (
	periodRows      = 50
	appointmentRows = 20
	paymentRows     = 60
)

// Indemnities implements indemnities.Store.
func (db *DB) Indemnities(ctx context.Context, login auth.Login) (indemnities.Overview, error) {
	var o indemnities.Overview
	err := db.readRights(ctx, login, audit.ReadIndemnities, func(c *conn, visible []people.Person, today time.Time) error {
		ages, err := agesOf(c, login.Mutuality)
		if err != nil {
			return err
		}
		o = indemnities.Overview{Persons: visible, AsOf: ages[core.KindIncapacity]}
		for _, kind := range []core.Kind{core.KindIndemnity, core.KindAppointment} {
			if ages[kind].Before(o.AsOf) {
				o.AsOf = ages[kind]
			}
		}
		for _, v := range visible {
			if err := db.indemnitiesOf(c, login.Mutuality, v, today, &o); err != nil {
				return err
			}
		}
		sortOverview(&o)
		return nil
	})
	return o, err
}

// sortOverview puts the persons' lists together, the newest first; of two on one day, who
// comes first among the persons.
func sortOverview(o *indemnities.Overview) {
	slices.SortStableFunc(o.Periods, func(a, b indemnities.Period) int { return b.Since.Compare(a.Since) })
	slices.SortStableFunc(o.Appointments, func(a, b indemnities.Appointment) int { return b.At.Compare(a.At) })
	slices.SortStableFunc(o.Payments, func(a, b indemnities.Payment) int { return b.Paid.Compare(a.Paid) })
}

func (db *DB) indemnitiesOf(c *conn, mutuality string, of people.Person, today time.Time, o *indemnities.Overview) error {
	who := []any{mutuality, string(of.Member)}
	err := c.each(`SELECT since, until, kind, state FROM incapacities WHERE mutuality = ? AND member = ? ORDER BY since DESC LIMIT ?`,
		append(who[:2:2], periodRows), func(scan func(...any) error) error {
			p := indemnities.Period{Person: of}
			var d dates
			if err := scan(d.at(&p.Since), d.at(&p.Until), &p.Kind, &p.State); err != nil {
				return err
			}
			err := d.read()
			o.Periods = append(o.Periods, p)
			return err
		})
	if err == nil {
		var list []indemnities.Appointment
		list, err = db.appointments(c, mutuality, of)
		o.Appointments = append(o.Appointments, list...)
	}
	if err == nil {
		err = c.each(`SELECT `+indemnityColumns+` FROM indemnities WHERE mutuality = ? AND member = ? AND paid > ? ORDER BY paid DESC, indemnity LIMIT ?`,
			append(who[:2:2], today.AddDate(-1, 0, 0).Format(dateLayout), paymentRows), func(scan func(...any) error) error {
				i, err := scanIndemnity(scan)
				o.Payments = append(o.Payments, indemnities.Payment{Person: of, Indemnity: i})
				return err
			})
	}
	return err
}

const appointmentColumns = `appointment, at, place, street, postcode, city, bring, state`

func scanAppointment(scan func(...any) error, of people.Person) (indemnities.Appointment, error) {
	a := indemnities.Appointment{Person: of}
	var at int64
	err := scan(&a.Reference, &at, &a.Place, &a.Street, &a.Postcode, &a.City, &a.Bring, &a.State)
	a.At = fromMicros(at)
	return a, err
}

const indemnityColumns = `indemnity, paid, from_day, to_day, days, daily, gross, tax, net, last4`

func scanIndemnity(scan func(...any) error) (i core.Indemnity, err error) {
	var d dates
	if err := scan(&i.Reference, d.at(&i.Paid), d.at(&i.From), d.at(&i.To), &i.Days, &i.Daily, &i.Gross, &i.Tax, &i.Net, &i.Last4); err != nil {
		return i, err
	}
	err = d.read()
	return i, err
}

// Appointment implements indemnities.Store. The look is at the one person whose it is.
func (db *DB) Appointment(ctx context.Context, login auth.Login, id string) (indemnities.Appointment, error) {
	var found indemnities.Appointment
	err := db.revealOf(ctx, login, audit.ReadAppointment, func(c *conn) ([]auth.MemberID, error) {
		visible, err := db.visible(c, login)
		if err != nil {
			return nil, err
		}
		for _, v := range visible {
			list, err := db.appointments(c, login.Mutuality, v)
			if err != nil {
				return nil, err
			}
			for _, a := range list {
				if a.ID() == id {
					found = a
					return []auth.MemberID{v.Member}, nil
				}
			}
		}
		return nil, indemnities.ErrNotFound
	})
	if err != nil {
		return indemnities.Appointment{}, fmt.Errorf("reading appointment: %w", err)
	}
	return found, nil
}

// appointments are those of a person that a page shows, the newest first.
func (db *DB) appointments(c *conn, mutuality string, of people.Person) (list []indemnities.Appointment, err error) {
	after := micros(db.cfg.Now().AddDate(0, 0, -indemnities.Past))
	err = c.each(`SELECT `+appointmentColumns+` FROM appointments WHERE mutuality = ? AND member = ? AND at >= ? ORDER BY at DESC, appointment LIMIT ?`,
		[]any{mutuality, string(of.Member), after, appointmentRows}, func(scan func(...any) error) error {
			a, err := scanAppointment(scan, of)
			list = append(list, a)
			return err
		})
	return list, err
}

// Paid implements indemnities.Store.
func (db *DB) Paid(ctx context.Context, login auth.Login, person auth.MemberID, from, to time.Time) (indemnities.Paid, error) {
	var p indemnities.Paid
	err := db.revealOf(ctx, login, audit.ReadStatement, func(c *conn) ([]auth.MemberID, error) {
		if _, err := db.sees(c, login, person); err != nil {
			return nil, err
		}
		p = indemnities.Paid{}
		err := db.paid(c, login, person, from, to, &p)
		return []auth.MemberID{person}, err
	})
	if err != nil {
		return indemnities.Paid{}, fmt.Errorf("reading what was paid: %w", err)
	}
	return p, nil
}

func (db *DB) paid(c *conn, login auth.Login, person auth.MemberID, from, to time.Time, p *indemnities.Paid) (err error) {
	if p.Member, err = printed(c, login.Mutuality, login.Member); err != nil {
		return err
	}
	if p.Beneficiary, err = printed(c, login.Mutuality, person); err != nil {
		return err
	}
	ages, err := agesOf(c, login.Mutuality)
	if err != nil {
		return err
	}
	p.AsOf = ages[core.KindIndemnity]
	return c.each(`SELECT `+indemnityColumns+` FROM indemnities WHERE mutuality = ? AND member = ? AND paid >= ? AND paid <= ? ORDER BY paid, indemnity LIMIT ?`,
		[]any{login.Mutuality, string(person), from.Format(dateLayout), to.Format(dateLayout), document.MaxIndemnities + 1}, func(scan func(...any) error) error {
			i, err := scanIndemnity(scan)
			p.Payments = append(p.Payments, document.Indemnity{Paid: i.Paid, From: i.From, To: i.To, Days: i.Days,
				Daily: i.Daily, Gross: i.Gross, Tax: i.Tax, Net: i.Net})
			return err
		})
}

// printed is a person as a document names her.
func printed(c *conn, mutuality string, person auth.MemberID) (document.Person, error) {
	var p document.Person
	var given, surname string
	var d dates
	err := c.get(`SELECT given_names, surname, birth, affiliation FROM members WHERE mutuality = ? AND member = ?`,
		[]any{mutuality, string(person)}, &given, &surname, d.at(&p.Birth), &p.Affiliation)
	if err == nil {
		err = d.read()
	}
	p.Name = account.Member{GivenNames: given, Surname: surname}.Name()
	return p, err
}
