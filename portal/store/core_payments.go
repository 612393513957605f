package store

import (
	"slices"

	"guichet.example/portal/core"
)

// Columns of payments, as they stand in coreTables.
const (
	paymentMember = iota
	paymentTreated
	paymentReference
	paymentCents = 8
)

func paymentValues(r core.Payment) []any {
	return []any{r.Member, date(r.Treated), r.Reference, string(r.Kind), date(r.Received), date(r.Paid), r.Payee, r.Last4, r.Cents, r.Communication}
}

// movePayment takes the lines of a payment along when it is dealt with on another day, or
// turns out to be another member's.
func movePayment(l *load, old, now []any) error {
	reference := now[paymentReference]
	persons, err := l.personsOf(old)
	if err != nil {
		return err
	}
	for _, person := range persons {
		moved, err := l.exec(`UPDATE refund_lines SET treated = ?, member = NULLIF(?, person) WHERE mutuality = ? AND person = ? AND treated = ? AND payment = ?`,
			now[paymentTreated], now[paymentMember], l.mutuality, person, old[paymentTreated], reference)
		if err != nil {
			return err
		}
		if moved > 0 && person != now[paymentMember] {
			if err := l.putPersons([][]any{{reference, person}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// personsOf are in whose files lines of a payment may be.
func (l *load) personsOf(payment []any) ([]string, error) {
	persons := []string{payment[paymentMember].(string)}
	err := l.each(`SELECT person FROM payment_persons WHERE mutuality = ? AND payment = ?`, []any{l.mutuality, payment[paymentReference]},
		func(scan func(...any) error) error {
			var person string
			err := scan(&person)
			persons = append(persons, person)
			return err
		})
	slices.Sort(persons)
	return slices.Compact(persons), err
}

var besideColumns = []string{"payment", "person"}

// putPersons notes in whose files lines of a payment are, besides its own member's.
func (l *load) putPersons(rows [][]any) error {
	_, err := l.rows("payment_persons", besideColumns, rows, " ON CONFLICT DO NOTHING")
	return err
}

// lookAhead tells a preview of what later rows are held against: a payment by its lines, a
// household's year by its shares.
func (l *load) lookAhead(values []any) {
	if l.ahead == nil {
		return
	}
	if l.batch.Kind == core.KindMaf {
		l.ahead.AddYear(yearOf(values), values[mafCounted].(int64))
	}
	if l.batch.Kind != core.KindPayment {
		return
	}
	reference, _ := values[paymentReference].(string)
	kind, _ := values[paymentKind].(string)
	cents, _ := values[paymentCents].(int64)
	l.ahead.AddPayment(reference, core.PaymentKind(kind), cents)
}
