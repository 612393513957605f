package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
	"guichet.example/portal/refunds"
)

var _ refunds.Store = (*DB)(nil)

// maxRefunds bounds what one request reads of one person's file: rows of payments, and
// as many payments with acts. Nobody has so many in ten years.
const maxRefunds = 5_000

// Payments implements refunds.Store. Whatever the size of the tables, it reads the ranges
// of the persons who may be seen, in the order in which they are kept.
func (db *DB) Payments(ctx context.Context, login auth.Login, q refunds.Query) (refunds.Found, error) {
	var found refunds.Found
	err := db.revealOf(ctx, login, audit.ListRefunds, func(c *conn) (_ []auth.MemberID, err error) {
		found, err = db.payments(c, login, q)
		return personsOf(found.Payments), err
	})
	if err != nil {
		return refunds.Found{}, fmt.Errorf("listing payments: %w", err)
	}
	return found, nil
}

// personsOf are those whom payments tell of, each once.
func personsOf(list []refunds.Payment) (persons []auth.MemberID) {
	for _, p := range list {
		if p.Open && !slices.Contains(persons, p.Person) {
			persons = append(persons, p.Person)
		}
		for _, person := range p.Persons {
			if !slices.Contains(persons, person) {
				persons = append(persons, person)
			}
		}
	}
	return persons
}

// ledger collects the payments of one request.
type ledger struct {
	*conn
	mutuality string
	query     refunds.Query
	visible   []people.Person
	wanted    []auth.MemberID
	since     string // last date that is whole; empty: all are
	payments  map[string]*refunds.Payment
}

func (db *DB) payments(c *conn, login auth.Login, q refunds.Query) (refunds.Found, error) {
	l, err := db.ledger(c, login, q)
	if err != nil {
		return refunds.Found{}, err
	}
	for _, p := range l.visible {
		if err := l.headers(p.Member); err != nil {
			return refunds.Found{}, err
		}
	}
	for _, person := range l.wanted {
		if err := l.sums(person); err != nil {
			return refunds.Found{}, err
		}
	}
	if q.Lines {
		for _, person := range l.wanted {
			if err := l.acts(person); err != nil {
				return refunds.Found{}, err
			}
		}
	}
	return l.found()
}

func (db *DB) ledger(c *conn, login auth.Login, q refunds.Query) (*ledger, error) {
	visible, err := db.visible(c, login)
	if errors.Is(err, people.ErrNotVisible) {
		return nil, refunds.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	l := &ledger{conn: c, mutuality: login.Mutuality, query: q, visible: visible, payments: map[string]*refunds.Payment{}}
	for _, p := range visible {
		if len(q.Persons) == 0 || slices.Contains(q.Persons, p.Member) {
			l.wanted = append(l.wanted, p.Member)
		}
	}
	for _, person := range q.Persons {
		if !l.sees(person) {
			return nil, refunds.ErrNotFound
		}
	}
	return l, nil
}

func (l *ledger) sees(person auth.MemberID) bool {
	_, ok := people.Find(l.visible, person)
	return ok
}

// narrow says that not all of a payment may be asked for.
func (l *ledger) narrow() bool {
	return len(l.wanted) < len(l.visible) || !l.query.CareFrom.IsZero() || !l.query.CareTo.IsZero()
}

// between are two dates as text, both included; open where zero.
func between(from, to time.Time) (first, last string) {
	last = "9999-12-31"
	if !from.IsZero() {
		first = from.Format(dateLayout)
	}
	if !to.IsZero() {
		last = to.Format(dateLayout)
	}
	return first, last
}

const paymentColumns = `member, payment, kind, received, treated, paid, payee, last4, cents, communication`

func (l *ledger) scanPayment(scan func(...any) error) (*refunds.Payment, error) {
	var p refunds.Payment
	var d dates
	err := scan(&p.Person, &p.Reference, &p.Kind, d.at(&p.Received), d.at(&p.Treated), d.at(&p.Paid), &p.Payee, &p.Last4, &p.Whole, &p.Communication)
	if err != nil {
		return nil, err
	}
	err = d.read()
	if p.Open = l.sees(p.Person); !p.Open {
		p = refunds.Payment{Reference: p.Reference, Kind: p.Kind, Received: p.Received, Treated: p.Treated, Paid: p.Paid}
	}
	return &p, err
}

// headers reads the payments in the file of one person.
func (l *ledger) headers(person auth.MemberID) error {
	from, to := between(l.query.From, l.query.To)
	n, last := 0, ""
	err := l.each(`
		SELECT `+paymentColumns+` FROM payments
		WHERE mutuality = ? AND member = ? AND treated >= ? AND treated <= ?
		ORDER BY treated DESC, payment DESC LIMIT ?`,
		[]any{l.mutuality, string(person), from, to, maxRefunds}, func(scan func(...any) error) error {
			p, err := l.scanPayment(scan)
			if err != nil {
				return err
			}
			l.payments[p.Reference] = p
			n, last = n+1, p.Treated.Format(dateLayout)
			return nil
		})
	if n == maxRefunds {
		l.since = max(l.since, last)
	}
	return err
}

// sums reads what one person's acts add up to in each payment.
func (l *ledger) sums(person auth.MemberID) error {
	from, to := between(l.query.From, l.query.To)
	first, end := between(l.query.CareFrom, l.query.CareTo)
	type part struct {
		reference, treated, member string
		cents                      int64
	}
	var parts []part
	err := l.each(`
		SELECT payment, treated, MIN(coalesce(member, person)), CAST(SUM(refund) AS BIGINT) FROM refund_lines
		WHERE mutuality = ? AND person = ? AND treated >= ? AND treated <= ?
			AND care_from <= ? AND coalesce(care_to, care_from) >= ?
		GROUP BY treated, payment ORDER BY treated DESC, payment DESC LIMIT ?`,
		[]any{l.mutuality, string(person), from, to, end, first, maxRefunds}, func(scan func(...any) error) error {
			var p part
			err := scan(&p.reference, &p.treated, &p.member, &p.cents)
			parts = append(parts, p)
			return err
		})
	if err != nil {
		return err
	}
	if len(parts) == maxRefunds {
		l.since = max(l.since, parts[len(parts)-1].treated)
	}
	for _, x := range parts {
		p := l.payments[x.reference]
		if p == nil {
			if p, err = l.header(x.member, x.treated, x.reference); err != nil {
				return err
			}
		}
		p.Persons, p.Cents = append(p.Persons, person), p.Cents+x.cents
	}
	return nil
}

// header reads one payment in a file that may not be seen, and of it what may be known.
func (l *ledger) header(member, treated, reference string) (p *refunds.Payment, err error) {
	err = l.each(`SELECT `+paymentColumns+` FROM payments WHERE mutuality = ? AND member = ? AND treated = ? AND payment = ?`,
		[]any{l.mutuality, member, treated, reference}, func(scan func(...any) error) error {
			p, err = l.scanPayment(scan)
			return err
		})
	if err == nil && p == nil {
		err = fmt.Errorf("acts without their payment: %w", ErrDamaged)
	}
	if err == nil {
		l.payments[reference] = p
	}
	return p, err
}

// found puts together what was read, the newest first.
func (l *ledger) found() (refunds.Found, error) {
	f := refunds.Found{People: l.visible}
	for _, p := range l.payments {
		if !l.asked(p) || l.since != "" && p.Treated.Format(dateLayout) <= l.since {
			continue
		}
		slices.SortFunc(p.Lines, func(a, b refunds.Line) int { return l.order(a, b) })
		f.Payments = append(f.Payments, *p)
	}
	slices.SortFunc(f.Payments, func(a, b refunds.Payment) int {
		return cmp.Or(b.Treated.Compare(a.Treated), cmp.Compare(b.Reference, a.Reference))
	})
	ages, err := agesOf(l.conn, l.mutuality)
	if err != nil {
		return f, err
	}
	f.AsOf = ages[core.KindPayment]
	f.Since, err = dateOf(l.since)
	return f, err
}

// asked says whether a payment is among those asked for, and settles its amount: that of
// the acts asked for where it is of care, all of it where not.
func (l *ledger) asked(p *refunds.Payment) bool {
	ofCare := p.Kind == core.Refund || p.Kind == core.ThirdParty
	switch {
	case len(l.query.Kinds) > 0 && !slices.Contains(l.query.Kinds, p.Kind):
		return false
	case !p.Open:
		p.Whole = p.Cents
		return len(p.Persons) > 0
	case !l.narrow():
		p.Cents = p.Whole
		return true
	case ofCare:
		return len(p.Persons) > 0
	}
	p.Cents = p.Whole
	return slices.Contains(l.wanted, p.Person) && l.query.CareFrom.IsZero() && l.query.CareTo.IsZero()
}

// order is that of people, then of certificates, then of numbers.
func (l *ledger) order(a, b refunds.Line) int {
	place := func(x refunds.Line) int { return slices.Index(l.wanted, x.Person) }
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Certificate, b.Certificate), cmp.Compare(a.Number, b.Number))
}

const lineColumns = `person, payment, line, certificate, nature, code, provider, care_from, care_to, quantity, fee, supplement, refund, own`

func (l *ledger) scanLine(scan func(...any) error) error {
	var x refunds.Line
	var reference string
	var d dates
	err := scan(&x.Person, &reference, &x.Number, &x.Certificate, &x.Nature, &x.Code, &x.Provider, d.at(&x.From), d.at(&x.To),
		&x.Quantity, &x.Fee, &x.Supplement, &x.Refund, &x.Own)
	if err == nil {
		err = d.read()
	}
	if p := l.payments[reference]; p != nil && err == nil {
		p.Lines = append(p.Lines, x)
	}
	return err
}

// acts reads the acts of one person in the whole period.
func (l *ledger) acts(person auth.MemberID) error {
	from, to := between(l.query.From, l.query.To)
	first, end := between(l.query.CareFrom, l.query.CareTo)
	if l.since > from {
		from = l.since
	}
	return l.each(`
		SELECT `+lineColumns+` FROM refund_lines
		WHERE mutuality = ? AND person = ? AND treated >= ? AND treated <= ?
			AND care_from <= ? AND coalesce(care_to, care_from) >= ?`,
		[]any{l.mutuality, string(person), from, to, end, first}, l.scanLine)
}

// isReference says whether a text may be the reference of a payment.
var isReference = regexp.MustCompile(`^[A-Z0-9-]{1,24}$`).MatchString

// Payment implements refunds.Store.
func (db *DB) Payment(ctx context.Context, login auth.Login, references ...string) (refunds.Found, error) {
	var found refunds.Found
	err := db.revealOf(ctx, login, audit.ReadRefund, func(c *conn) (_ []auth.MemberID, err error) {
		found, err = db.payment(c, login, references)
		return personsOf(found.Payments), err
	})
	if err != nil {
		return refunds.Found{}, fmt.Errorf("reading a payment: %w", err)
	}
	return found, nil
}

func (db *DB) payment(c *conn, login auth.Login, references []string) (refunds.Found, error) {
	l, err := db.ledger(c, login, refunds.Query{})
	if err != nil {
		return refunds.Found{}, err
	}
	for _, reference := range references {
		if err := l.one(reference); err != nil {
			return refunds.Found{}, err
		}
	}
	found, err := l.found()
	if err == nil && len(found.Payments) != len(l.payments) {
		return refunds.Found{}, refunds.ErrNotFound
	}
	return found, err
}

// one reads a payment with the acts in it that may be seen.
func (l *ledger) one(reference string) error {
	if !isReference(reference) {
		return refunds.ErrNotFound
	}
	var p *refunds.Payment
	err := l.each(`SELECT `+paymentColumns+` FROM payments WHERE mutuality = ? AND payment = ?`,
		[]any{l.mutuality, reference}, func(scan func(...any) error) (err error) {
			p, err = l.scanPayment(scan)
			return err
		})
	if err == nil && p == nil {
		err = refunds.ErrNotFound
	}
	if err != nil {
		return err
	}
	l.payments[reference] = p
	for _, person := range l.wanted {
		err := l.each(`SELECT `+lineColumns+` FROM refund_lines WHERE mutuality = ? AND person = ? AND treated = ? AND payment = ?`,
			[]any{l.mutuality, string(person), p.Treated.Format(dateLayout), reference}, l.scanLine)
		if err != nil {
			return err
		}
	}
	for _, x := range p.Lines {
		if p.Cents += x.Refund; !slices.Contains(p.Persons, x.Person) {
			p.Persons = append(p.Persons, x.Person)
		}
	}
	return nil
}
